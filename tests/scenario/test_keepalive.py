# SPDX-License-Identifier: Apache-2.0
"""Connections are kept on both sides: who may reuse what, and for how long."""
import pytest

from lib import client, config, process

CONF = {
    "nginx": config.nginx("""
        keepalive_timeout 3s; keepalive_requests 50;
        upstream up { server 127.0.0.1:@o1@; keepalive 8; }
        server {
            listen 127.0.0.1:@port@;
            location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; }
        }"""),
    "haproxy": config.haproxy("""
frontend fe
    bind 127.0.0.1:@port@
    timeout http-keep-alive 3s
    default_backend be
backend be
    http-reuse always
    server s1 127.0.0.1:@o1@"""),
}

NO_REUSE = {
    "nginx": config.nginx("""
        upstream up { server 127.0.0.1:@o1@; }
        server {
            listen 127.0.0.1:@port@;
            location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection close; }
        }"""),
    "haproxy": config.haproxy("""
listen all
    bind 127.0.0.1:@port@
    option http-server-close
    server s1 127.0.0.1:@o1@"""),
}


@pytest.fixture
def proxy(start, origin, language):
    o = origin()
    p = start(language, CONF[language], o1=o.port)
    p.origin = o
    return p


def test_one_connection_carries_many_requests(proxy):
    with client.Client(proxy.port) as c:
        for i in range(30):
            a = c.ask(target=f"/echo/{i}")
            assert a.status == 200 and f"/echo/{i}" in a.text
            assert a.keeps
    assert len(proxy.origin.requests) == 30
    assert proxy.origin.accepted == 1, "the origin's connection was not reused"


def test_new_clients_share_idle_origin_connections(proxy):
    for i in range(20):
        with client.Client(proxy.port) as c:
            assert c.ask(target=f"/echo/{i}").status == 200
    assert len(proxy.origin.requests) == 20
    assert proxy.origin.accepted <= 2


def test_origin_connections_follow_concurrency_not_clients(proxy):
    clients = [client.Client(proxy.port) for _ in range(6)]
    for _ in range(3):
        for c in clients:
            c.request(target="/slow/100")
        for c in clients:
            assert c.answer().body == b"o1"
    for c in clients:
        c.close()
    assert len(proxy.origin.requests) == 18
    assert proxy.origin.accepted <= 6


def test_pipelined_requests_are_answered_in_order(proxy):
    with client.Client(proxy.port) as c:
        c.send(b"".join(client.make_request(target=t) for t in ("/slow/200", "/size/70000", "/echo/third", "/size/0", "/echo/fifth")))
        assert c.answer().body == b"o1"
        assert len(c.answer().body) == 70000
        assert "/echo/third" in c.answer().text
        assert c.answer().body == b""
        assert "/echo/fifth" in c.answer().text


def test_pipelined_bodies_do_not_run_into_each_other(proxy):
    with client.Client(proxy.port) as c:
        c.send(client.make_request("POST", "/echo", body=b"GET /forbidden HTTP/1.1\r\nHost: x\r\n\r\n") +
               client.make_request("POST", "/echo", body=[b"0\r\n\r\n", b"GET /forbidden HTTP/1.1\r\n\r\n"]) +
               client.make_request(target="/echo/last"))
        answers = [c.answer() for _ in range(3)]
    assert [a.status for a in answers] == [200, 200, 200]
    assert [r.method for r in proxy.origin.requests] == ["POST", "POST", "GET"]
    assert proxy.origin.bad == []


def test_request_in_single_bytes(proxy):
    with client.Client(proxy.port) as c:
        c.send_slowly(client.make_request("POST", "/echo", body=b"slow"), gap=0.002)
        assert '"size": 4' in c.answer().text
        assert c.ask(target="/echo/next").status == 200


def test_connection_close_is_obeyed(proxy):
    with client.Client(proxy.port) as c:
        a = c.ask(target="/echo", fields=[("Connection", "close")])
        assert a.status == 200 and not a.keeps
        assert c.closed()


def test_http10_closes_unless_asked(proxy):
    with client.Client(proxy.port) as c:
        assert c.ask(target="/echo", version="1.0").status == 200
        assert c.closed()
    with client.Client(proxy.port) as c:
        a = c.ask(target="/echo", version="1.0", fields=[("Connection", "keep-alive")])
        assert a.status == 200 and a.framing == "length"
        assert (a.get("Connection") or "").lower() == "keep-alive"
        assert c.ask(target="/echo/2", version="1.0", fields=[("Connection", "keep-alive")]).status == 200


def test_idle_client_is_closed_after_its_timeout(proxy):
    with client.Client(proxy.port, timeout=8) as c:
        assert c.ask(target="/echo").status == 200
        assert c.quiet(1.5), "closed before the keep-alive timeout"
        assert c.closed(4), "not closed after the keep-alive timeout"


def test_origin_that_closes_costs_no_request(proxy):
    """the origin says Connection: close, or closes an idle connection without a word"""
    with client.Client(proxy.port) as c:
        for path in ("/close/10", "/echo/1", "/idle-close/50", "/echo/2"):
            assert c.ask(target=path).status == 200
            process.wait_until(lambda: proxy.origin.open == 0 or path.startswith("/echo"), 1)
        assert c.ask(target="/echo/3").keeps


def test_fields_of_one_hop_do_not_pass(proxy):
    with client.Client(proxy.port) as c:
        c.ask(target="/echo", fields=[("Connection", "keep-alive"), ("Keep-Alive", "timeout=9")])
    got = proxy.origin.requests[0]
    assert "keep-alive" not in [v.lower() for v in got.all("Connection")]


def test_without_reuse_each_request_has_its_connection(start, origin, language):
    o = origin()
    p = start(language, NO_REUSE[language], o1=o.port)
    with client.Client(p.port) as c:
        for i in range(5):
            a = c.ask(target=f"/echo/{i}")
            assert a.status == 200 and a.keeps, "the client's side is kept all the same"
    assert o.accepted == 5
