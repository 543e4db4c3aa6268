# SPDX-License-Identifier: Apache-2.0
"""nginx's limits: bytes a second, requests by time and at once. What a client is held back by must end when the limit allows it."""
import threading
import time

import pytest

from lib import client, config

FILE = """
    limit_req_zone $server_name zone=slow:64k rate=5r/s;
    limit_conn_zone $server_name zone=both:64k;
    server {
        listen 127.0.0.1:@port@; server_name example.org; root @dir@;
        location /size/ { limit_rate 40k; proxy_pass http://127.0.0.1:@a@; }
        location /chunked/ { limit_rate 40k; proxy_pass http://127.0.0.1:@a@; }
        location /after/ { limit_rate 10k; limit_rate_after 90k; proxy_pass http://127.0.0.1:@a@/; }
        location /set/ { set $limit_rate 40k; proxy_pass http://127.0.0.1:@a@/; }
        location /big { limit_rate 40k; }
        location /delay { limit_req zone=slow burst=5; proxy_pass http://127.0.0.1:@a@; }
        location /wait/ { limit_conn both 2; proxy_pass http://127.0.0.1:@a@; }
    }"""


def begin(start, origin):
    a = origin("a")
    return start("nginx", config.nginx(FILE), a=a.port), a


def ask(p, target):
    began = time.monotonic()
    with client.Client(p.port, timeout=15) as c:
        c.send(client.make_request("GET", target, [("Connection", "close")], None, "example.org"))
        answer = c.answer()
    return answer, time.monotonic() - began


@pytest.mark.parametrize("target,least", [("/size/100000", 1.2), ("/chunked/100000/10", 1.2), ("/set/size/100000", 1.2), ("/big", 1.2), ("/after/size/90000", 0)])
def test_limit_rate(start, origin, target, least):
    p, _ = begin(start, origin)
    p.write("x" * 100000, "big")
    answer, took = ask(p, target)
    assert answer.status == 200 and len(answer.body) >= 90000
    assert least <= took < least + 2, f"it took {took:.2f} s"


def test_a_request_that_is_too_early_waits(start, origin):
    p, _ = begin(start, origin)
    times = [ask(p, "/delay/size/3") for _ in range(4)]
    assert [a.status for a, _ in times] == [200] * 4
    assert times[0][1] < 0.15 and all(0.1 < t < 0.6 for _, t in times[1:]), [round(t, 2) for _, t in times]


def test_requests_at_once(start, origin):
    p, a = begin(start, origin)
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(ask(p, "/wait/slow/700")[0].status)) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(seen) == [200, 200, 503, 503]
    assert ask(p, "/wait/slow/1")[0].status == 200, "what has ended still counts"


def test_an_address_of_one_request_is_not_the_next_ones(start, origin):
    p = start("nginx", config.nginx("""
        set_real_ip_from 127.0.0.0/8; real_ip_header X-Real-IP;
        server { listen 127.0.0.1:@port@; location / { return 200 $remote_addr; } }"""))
    with client.Client(p.port) as c:
        seen = [c.ask(target="/", fields=fields).text for fields in ([("X-Real-IP", "192.0.2.1")], [], [("X-Real-IP", "192.0.2.2")], [])]
    assert seen == ["192.0.2.1", "127.0.0.1", "192.0.2.2", "127.0.0.1"]
