# SPDX-License-Identifier: Apache-2.0
"""Weighted round robin: two servers really alternate, whichever thread takes the connection; weights are exact."""
import collections
import concurrent.futures

import pytest

from lib import client, config, where


def nginx(servers, threads):
    return config.nginx(f"""
        upstream up {{ {servers} }}
        server {{ listen 127.0.0.1:@port@; location / {{ proxy_pass http://up; }} }}""", threads=threads)


def haproxy(servers, threads):
    return config.haproxy(f"""
listen all
    bind 127.0.0.1:@port@
    balance roundrobin
    {servers}""", threads=threads)


TWO = {"nginx": "server 127.0.0.1:@a@; server 127.0.0.1:@b@;",
       "haproxy": "server a 127.0.0.1:@a@\n    server b 127.0.0.1:@b@"}
WEIGHTED = {"nginx": "server 127.0.0.1:@a@ weight=3; server 127.0.0.1:@b@ weight=1;",
            "haproxy": "server a 127.0.0.1:@a@ weight 3\n    server b 127.0.0.1:@b@ weight 1"}
THREE = {"nginx": "server 127.0.0.1:@a@ weight=5; server 127.0.0.1:@b@ weight=1; server 127.0.0.1:@c@ weight=1;",
         "haproxy": "server a 127.0.0.1:@a@ weight 5\n    server b 127.0.0.1:@b@ weight 1\n    server c 127.0.0.1:@c@ weight 1"}
SPARE = {"nginx": "server 127.0.0.1:@a@; server 127.0.0.1:@b@ backup; server 127.0.0.1:@c@ down;",
         "haproxy": "server a 127.0.0.1:@a@\n    server b 127.0.0.1:@b@ backup\n    server c 127.0.0.1:@c@ disabled"}


@pytest.fixture(params=[1, 2], ids=["1-thread", "2-threads"])
def threads(request, language):
    if request.param == 2 and language == "nginx" and where.TEST_PEER:
        pytest.skip("nginx's worker processes each count for themselves")
    return request.param


@pytest.fixture
def balancer(start, origin, language, threads):
    def make(servers, **more):
        origins = {n: origin(n) for n in "abc"}
        text = {"nginx": nginx, "haproxy": haproxy}[language](servers[language], threads)
        p = start(language, text, **{n: o.port for n, o in origins.items()}, **more)
        p.origins = origins
        return p
    return make


def who(port, times):
    return "".join(client.ask(port, target="/who").text for _ in range(times))


def test_two_servers_alternate_over_new_connections(balancer):
    seen = who(balancer(TWO).port, 40)
    assert seen in ("ab" * 20, "ba" * 20)


def test_two_servers_alternate_on_one_connection(balancer):
    with client.Client(balancer(TWO).port) as c:
        seen = "".join(c.ask(target="/who").text for _ in range(40))
    assert seen in ("ab" * 20, "ba" * 20)


def test_two_servers_share_evenly_under_concurrency(balancer):
    p = balancer(TWO)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        seen = collections.Counter("".join(pool.map(lambda _: who(p.port, 25), range(8))))
    assert seen == {"a": 100, "b": 100}


def test_weights_are_exact(balancer):
    assert collections.Counter(who(balancer(WEIGHTED).port, 40)) == {"a": 30, "b": 10}


def test_weights_are_spread_not_bunched(balancer):
    """smooth weighted round robin: the heavy server's turns are spread over each cycle"""
    seen = who(balancer(THREE).port, 28)
    assert collections.Counter(seen) == {"a": 20, "b": 4, "c": 4}
    assert "aaaaa" not in seen and "bc" not in seen.replace("a", "|")


def test_backup_waits_until_the_others_are_gone(balancer, language, threads):
    p = balancer(SPARE)
    assert who(p.port, 10) == "a" * 10
    p.origins["a"].stop()
    if language == "nginx":
        assert who(p.port, 5) == "b" * 5
    else:
        assert client.ask(p.port, target="/who").status == 503, "without a check a refused server stays in its place"
