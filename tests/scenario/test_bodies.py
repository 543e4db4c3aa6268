# SPDX-License-Identifier: Apache-2.0
"""Bodies in both directions, in every framing, buffered and streaming."""
import json
import socket
import time

import pytest

from lib import client, config, origin as origins, where

NGINX = """
    client_max_body_size 4m;
    upstream up {{ server 127.0.0.1:@o1@; keepalive 8; }}
    server {{
        listen 127.0.0.1:@port@;
        proxy_http_version 1.1; proxy_set_header Connection ""; {extra}
        location / {{ proxy_pass http://up; }}
        location /trailers {{ proxy_pass http://up; {trailers} }}
    }}"""
HAPROXY = """
listen all
    bind 127.0.0.1:@port@
    http-reuse always
    {extra}
    server s1 127.0.0.1:@o1@"""
FLAVOURS = {
    "nginx": ("nginx", config.nginx(NGINX.format(extra="", trailers=""))),
    "nginx-unbuffered": ("nginx", config.nginx(NGINX.format(extra="proxy_buffering off; proxy_request_buffering off;", trailers=""))),
    "haproxy": ("haproxy", config.haproxy(HAPROXY.format(extra=""))),
}


@pytest.fixture(params=list(FLAVOURS))
def proxy(request, start, origin):
    language, text = FLAVOURS[request.param]
    o = origin()
    p = start(language, text, o1=o.port)
    p.origin, p.flavour = o, request.param
    return p


def open_client(start, origin, language, extra, **more):
    o = origin()
    text = config.nginx(NGINX.format(extra=extra, trailers="")) if language == "nginx" else config.haproxy(HAPROXY.format(extra=extra))
    p = start(language, text, o1=o.port, **more)
    p.origin = o
    return p


# -- answers

@pytest.mark.parametrize("size", [0, 1, 4095, 16384, 70001, 3_000_000])
def test_answer_with_length(proxy, size):
    with client.Client(proxy.port) as c:
        a = c.ask(target=f"/size/{size}")
        assert a.framing == "length" and a.body == origins.pattern(size)
        assert c.ask(target="/who").body == b"o1", "the connection is out of step"


@pytest.mark.parametrize("size,pieces", [(10, 10), (100_000, 3), (1_000_000, 1000)])
def test_answer_in_chunks(proxy, size, pieces):
    with client.Client(proxy.port) as c:
        a = c.ask(target=f"/chunked/{size}/{pieces}")
        assert a.framing == "chunked" and a.body == origins.pattern(size)
        assert c.ask(target="/who").body == b"o1"


def test_answer_that_ends_with_the_connection(proxy):
    for path in ("/until-close/50000", "/http10/50000"):
        with client.Client(proxy.port) as c:
            a = c.ask(target=path)
            assert a.status == 200 and a.body == origins.pattern(50000), path
            assert a.framing in ("chunked", "close")
            assert a.framing == "close" or c.ask(target="/who").body == b"o1"


def test_http10_client_gets_no_chunks(proxy):
    with client.Client(proxy.port) as c:
        if proxy.language == "haproxy":
            where.not_the_peer("it passes the chunks on, against RFC 9112 6.1")
        a = c.ask(target="/chunked/50000/5", version="1.0")
        assert a.framing in ("close", "length") and a.body == origins.pattern(50000)


@pytest.mark.parametrize("proxy", ["nginx-unbuffered", "haproxy"], indirect=True)
def test_dripping_answer_arrives_as_it_comes(proxy):
    """a body in progress is passed on, not held until it is whole"""
    with client.Client(proxy.port) as c:
        c.request(target="/drip/10/100")
        began = time.monotonic()
        c.head()
        c._exactly(1, None)
        first = time.monotonic() - began
    assert first < 0.7, f"the first byte took {first:.2f} s of a body that takes 1 s"


def test_head_keeps_the_length_and_has_no_body(proxy):
    with client.Client(proxy.port) as c:
        for path, length in (("/size/12345", "12345"), ("/size/0", "0")):
            a = c.ask("HEAD", path)
            assert a.status == 200 and a.get("Content-Length") == length
            assert c.quiet(0.1)
        c.ask("HEAD", "/chunked/100/2")
        assert c.ask(target="/who").body == b"o1"
    assert proxy.origin.requests[0].method == "HEAD"


@pytest.mark.parametrize("code", [204, 304])
def test_statuses_without_a_body(proxy, code):
    with client.Client(proxy.port) as c:
        a = c.ask(target=f"/empty/{code}")
        assert a.status == code and c.quiet(0.1)
        assert c.ask(target="/who").body == b"o1"


def test_answer_trailers(proxy):
    with client.Client(proxy.port) as c:
        a = c.ask(target="/trailers/1000", fields=[("TE", "trailers")])
        assert a.body == origins.pattern(1000)
        if proxy.flavour == "haproxy":
            assert ("x-check", "sum") in [(n.lower(), v) for n, v in a.trailers]
        assert c.ask(target="/who").body == b"o1"


@pytest.mark.keel_only("proxy_pass_trailers came with nginx 1.27.2")
def test_answer_trailers_when_nginx_is_asked_for_them(start, origin):
    o = origin()
    p = start("nginx", config.nginx(NGINX.format(extra="", trailers="proxy_pass_trailers on;")), o1=o.port)
    a = client.ask(p.port, target="/trailers/1000", fields=[("TE", "trailers")])
    assert ("X-Check", "sum") in [(n.title(), v) for n, v in a.trailers]


def test_trailers_are_dropped_where_the_file_says_so(start, origin):
    where.not_the_peer("2.6 does not know these options")
    o = origin()
    p = start("haproxy", config.haproxy(HAPROXY.format(extra="option http-drop-request-trailers\n    option http-drop-response-trailers")), o1=o.port)
    with client.Client(p.port) as c:
        a = c.ask(target="/trailers/1000", fields=[("TE", "trailers")])
        assert a.body == origins.pattern(1000) and a.trailers == []
        c.send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")
        c.send(client.chunked([b"abc"], [("X-Sum", "3")]))
        assert json.loads(c.answer().text)["trailers"] == []


def test_large_trailers_reach_a_slow_reader(start, origin):
    """more than a socket takes at once, and framing that must not pass"""
    o = origin()
    p = start("haproxy", config.haproxy(HAPROXY.format(extra="")), o1=o.port)
    with client.Client(p.port, timeout=10) as c:
        c.send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")
        c.send_slowly(client.chunked([b"abc"], [("X-Big", "b" * 3000), ("Content-Length", "7"), ("X-Last", "z")]), gap=0.0005)
        seen = json.loads(c.answer().text)
        assert seen["size"] == 3 and ["X-Big", "b" * 3000] in [[n.title(), v] for n, v in seen["trailers"]]
        if not where.TEST_PEER:
            assert [n.lower() for n, _ in seen["trailers"]] == ["x-big", "x-last"]
        assert c.ask(target="/who").body == b"o1"


# -- requests

@pytest.mark.parametrize("size", [0, 1, 8192, 300_000, 2_000_000])
def test_request_with_length(proxy, size):
    data = origins.pattern(size)
    with client.Client(proxy.port) as c:
        assert json.loads(c.ask("POST", "/echo", body=data).text)["size"] == size
        assert c.ask(target="/who").body == b"o1"
    assert proxy.origin.requests[0].body == data


@pytest.mark.parametrize("pieces,each", [(1, 1), (7, 1000), (300, 1000), (1, 300_000)])
def test_request_in_chunks(proxy, pieces, each):
    data = origins.pattern(pieces * each)
    with client.Client(proxy.port) as c:
        a = c.ask("PUT", "/echo", body=[data[i:i + each] for i in range(0, len(data), each)])
        assert json.loads(a.text)["size"] == len(data)
        assert c.ask(target="/who").body == b"o1"
    assert proxy.origin.requests[0].body == data


def test_chunks_in_both_directions(proxy):
    with client.Client(proxy.port) as c:
        for i in range(3):
            a = c.ask("POST", "/chunked/40000/9", body=[b"x" * 1000] * 20)
            assert a.body == origins.pattern(40000)
    assert [len(r.body) for r in proxy.origin.requests] == [20000] * 3


def test_chunked_request_in_single_bytes(proxy):
    with client.Client(proxy.port) as c:
        c.send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")
        c.send_slowly(b"5;name=value\r\nhello\r\n00006\r\n world\r\n0\r\n\r\n", gap=0.002)
        assert json.loads(c.answer().text)["size"] == 11
    assert proxy.origin.requests[0].body == b"hello world"


def test_request_trailers(proxy):
    with client.Client(proxy.port) as c:
        c.send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n")
        c.send(client.chunked([b"abc"], [("X-Sum", "3")]))
        seen = json.loads(c.answer().text)
        assert seen["size"] == 3
        assert c.ask(target="/who").body == b"o1"
    if proxy.flavour == "haproxy":
        assert [n.lower() for n, _ in seen["trailers"]] == ["x-sum"]


def test_slow_request_body(proxy):
    with client.Client(proxy.port, timeout=8) as c:
        c.send(f"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 50\r\n\r\n")
        c.send_slowly(b"s" * 50, gap=0.02)
        assert json.loads(c.answer().text)["size"] == 50


def test_both_framings_at_once_never_pass(proxy):
    """RFC 9112 6.3: refused, or forwarded with one framing; and the connection ends"""
    with client.Client(proxy.port) as c:
        c.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nA\r\n0\r\n\r\n")
        c.send("GET /smuggled HTTP/1.1\r\nHost: t\r\n\r\n")
        a = c.answer()
    assert a.status in (200, 400)
    for r in proxy.origin.requests:
        assert not (r.get("Content-Length") and r.get("Transfer-Encoding"))
    assert a.status == 400 or json.loads(a.text)["size"] == 1


# -- Expect, interim answers, early answers

def test_expect_100_continue(proxy):
    """the client waits for 100, whoever gives it: nginx itself, with HAProxy the origin"""
    path = "/continue" if proxy.flavour == "haproxy" else "/echo"
    with client.Client(proxy.port) as c:
        c.send(f"POST {path} HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        interim = c.head()
        assert interim.status == 100 and not interim.all("Content-Length")
        c.send(b"hello")
        assert json.loads(c.answer().text)["size"] == 5
        assert c.ask(target="/who").body == b"o1"


def test_expect_when_the_body_is_refused(proxy):
    """a final status instead of 100: the body is never sent, and what follows is not taken for a body"""
    path = "/early-close/403" if proxy.flavour == "haproxy" else "/echo"
    size = 5 if proxy.flavour == "haproxy" else 5_000_000
    with client.Client(proxy.port) as c:
        c.send(f"POST {path} HTTP/1.1\r\nHost: t\r\nContent-Length: {size}\r\nExpect: 100-continue\r\n\r\n")
        assert c.answer().status == (403 if proxy.flavour == "haproxy" else 413)


def test_interim_answers(proxy):
    if proxy.language == "nginx":
        where.not_the_peer("1.22 takes the first interim answer for the last; newer ones skip or pass it")
    with client.Client(proxy.port) as c:
        a = c.ask(target="/info/103/2")
        assert a.status == 200 and a.body == b"final"
        if proxy.flavour == "haproxy":
            assert [i.status for i in a.interim] == [103, 103]
            assert a.interim[0].get("Link") == "</a.css>; rel=preload"
        assert c.ask(target="/who").body == b"o1"


def test_answer_before_the_body_was_read(proxy):
    """the origin answers at once and reads on; the client gets the answer, and the whole body still goes up"""
    with client.Client(proxy.port) as c:
        a = c.ask("POST", "/early/200", body=origins.pattern(200_000))
        assert a.status == 200 and a.body == b"early"


def test_answer_and_close_before_the_body_was_read(proxy):
    """the origin refuses an upload: its answer reaches the client, although the origin's socket is closed by then"""
    with client.Client(proxy.port) as c:
        c.send("POST /early-close/403 HTTP/1.1\r\nHost: t\r\nContent-Length: 200\r\n\r\n" + "x" * 100)
        if proxy.flavour == "nginx":     # buffered: asked only when the whole body is there
            c.send("x" * 100)
        a = c.answer()
        assert a.status == 403 and a.body == b"early"


def test_body_over_the_limit_is_refused(start, origin):
    o = origin()
    p = start("nginx", FLAVOURS["nginx"][1], o1=o.port)
    with client.Client(p.port) as c:
        c.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5000000\r\n\r\n")
        assert c.answer().status == 413
    with client.Client(p.port) as c:
        c.send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n4c4b40\r\n")
        try:
            c.send(b"x" * 4_500_000)
        except OSError:
            pass
        assert c.answer().status == 413
    assert o.requests == []


# -- clients that go half, or all the way

def test_half_closed_client_is_served(start, origin, language):
    extra = {"nginx": "proxy_ignore_client_abort on;", "haproxy": "no option abortonclose"}[language]
    p = open_client(start, origin, language, extra)
    with client.Client(p.port) as c:
        c.request("POST", "/slow/300", body=b"abc")
        c.half_close()
        assert c.answer().body == b"o1"
        assert c.closed()


def test_half_closed_inside_a_body_is_no_request(proxy):
    with client.Client(proxy.port) as c:
        c.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n\r\nhalf")
        c.half_close()
        data = c.until_closed()
        assert not data or data.split(b" ")[1] in (b"400", b"408"), data
    assert all(not r.whole for r in proxy.origin.requests)
    assert client.ask(proxy.port, target="/who").body == b"o1"


def test_client_that_leaves_during_an_answer(proxy):
    c = client.Client(proxy.port)
    c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    c.request(target="/size/3000000")
    c.sock.recv(1000)
    c.reset()
    assert client.ask(proxy.port, target="/who").body == b"o1"


def test_slow_reader_gets_everything(proxy):
    with client.Client(proxy.port, timeout=10) as c:
        c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
        c.request(target="/size/3000000")
        time.sleep(0.5)
        assert c.answer().body == origins.pattern(3_000_000)
