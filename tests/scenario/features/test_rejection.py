# SPDX-License-Identifier: Apache-2.0
"""Connections and requests that are turned away: before a byte was read, after the first bytes, with a status, late, or without a word."""
import socket
import time

import pytest

from lib import client, config, process, toys, where

pytestmark = pytest.mark.timeout(30)


def connect(port, source="127.0.0.1", timeout=4):
    return client.Client(port, source=(source, 0), timeout=timeout)


def turned_away(port, source, data=b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"):
    """closed or reset, without an answer"""
    try:
        with connect(port, source) as c:
            c.send(data)
            return c.until_closed(4) == b""
    except (ConnectionError, BrokenPipeError):
        return True


def test_by_address_before_a_byte_is_read(start, origin):
    """tcp-request connection: the cheapest; a session rule comes after PROXY headers and TLS"""
    o = origin()
    p = start("haproxy", config.haproxy("""
frontend f
    bind 127.0.0.1:@port@
    bind 127.0.0.1:@port2@ accept-proxy
    acl known src 127.0.0.0/28 198.51.100.0/24
    tcp-request connection reject if { src 127.0.0.5 }
    tcp-request session reject if !known
    default_backend b
backend b
    server s 127.0.0.1:@o@
listen stats
    bind 127.0.0.1:@port3@
    stats uri /
""", top="stats socket @dir@/s level admin"), o=o.port, listens=("port", "port2", "port3"))
    assert client.ask(p.port, target="/who").text == "o1"
    assert turned_away(p.port, "127.0.0.5") and turned_away(p.port, "127.0.1.1")
    for address, good in (("198.51.100.7", True), ("203.0.113.7", False)):
        head = f"PROXY TCP4 {address} 192.0.2.1 1000 80\r\n".encode() + client.make_request(target="/who", fields=[("Connection", "close")])
        if good:
            with connect(p.port2) as c:
                c.send(head)
                assert c.answer().text == "o1"
        else:
            assert turned_away(p.port2, "127.0.0.1", head)
    row = next(l for l in client.socket_command(p.dir / "s", "show stat").splitlines() if l.startswith("f,FRONTEND"))
    names = client.socket_command(p.dir / "s", "show stat").splitlines()[0].lstrip("# ").split(",")
    cells = dict(zip(names, row.split(",")))
    assert (cells["dcon"], cells["dses"], cells["dreq"], cells["stot"]) == ("1", "2", "0", "2"), "both kinds are counted, and are no sessions"
    assert len(o.requests) == 2, "nothing reached a server"


def test_by_rate(start, origin):
    """who connects too often is turned away until it is quiet again; nobody else is"""
    o = origin()
    p = start("haproxy", config.haproxy("""
frontend f
    bind 127.0.0.1:@port@
    stick-table type ip size 1k expire 10s store conn_rate(2s)
    tcp-request connection track-sc0 src
    tcp-request connection reject if { sc0_conn_rate gt 5 }
    default_backend b
backend b
    server s 127.0.0.1:@o@
"""), o=o.port)
    once = client.make_request(target="/who", fields=[("Connection", "close")])
    assert [turned_away(p.port, "127.0.0.9", once) for _ in range(8)] == [False] * 5 + [True] * 3, "five in two seconds"
    assert client.ask(p.port, target="/who", source=("127.0.0.10", 0)).text == "o1"
    assert process.wait_until(lambda: not turned_away(p.port, "127.0.0.9", once), 15, 1.5)


def test_by_the_first_bytes(start):
    """a content rule waits for what it needs, no longer than inspect-delay"""
    echo = toys.Toy(lambda s: [s.sendall(d) for d in iter(lambda: s.recv(100), b"")])
    try:
        p = start("haproxy", config.haproxy("""
frontend f
    bind 127.0.0.1:@port@
    tcp-request inspect-delay 700ms
    tcp-request content reject if { req.payload(0,4) -m bin 53534800 }
    tcp-request content accept if { req.len gt 3 }
    tcp-request content reject
    default_backend b
backend b
    server s 127.0.0.1:@echo@
""", mode="tcp"), echo=echo.port)
        with connect(p.port) as c:
            c.send_slowly(b"hello", gap=0.05)
            assert c.sock.recv(5) == b"hello"
        assert turned_away(p.port, "127.0.0.1", b"SSH\0 and more")
        began = time.monotonic()
        assert turned_away(p.port, "127.0.0.1", b"ab")
        assert 0.5 < time.monotonic() - began < 3.5
    finally:
        echo.stop()


def test_requests_with_a_status_late_or_without_a_word(start, origin):
    o = origin()
    p = start("haproxy", config.haproxy("""
frontend f
    bind 127.0.0.1:@port@
    timeout tarpit 900ms
    http-request deny if { path /403 }
    http-request deny deny_status 429 hdr Retry-After 60 if { path /429 }
    http-request reject if { path /reject }
    http-request tarpit deny_status 503 if { path /tarpit }
    http-request silent-drop if { path /silent }
    http-request deny deny_status 400 if { req.hdr_cnt(x-twice) gt 1 }
    http-response deny deny_status 502 if { res.hdr(x-secret) -m found }
    default_backend b
backend b
    server s 127.0.0.1:@o@
"""), o=o.port)
    assert client.ask(p.port, target="/403").status == 403
    answer = client.ask(p.port, target="/429")
    assert answer.status == 429 and answer.get("Retry-After") == "60"
    assert turned_away(p.port, "127.0.0.1", client.make_request(target="/reject"))
    began = time.monotonic()
    assert client.ask(p.port, target="/tarpit").status == 503 and 0.8 < time.monotonic() - began < 4
    assert client.ask(p.port, target="/who", fields=[("X-Twice", "1"), ("X-Twice", "2")]).status == 400
    assert client.ask(p.port, target="/fields?X-Secret=1").status == 502
    assert [r.target for r in o.requests] == ["/fields?X-Secret=1"]
    with connect(p.port, timeout=1) as c:
        c.send(client.make_request(target="/silent"))
        try:
            data = c.sock.recv(100)
        except TimeoutError:
            data = None
        except ConnectionResetError:
            data = b""
        # with the capability the client is left alone with its connection; without it the connection is reset
        assert data in (None, b"")
    assert client.ask(p.port, target="/who").status == 200


def test_an_overload_ends_in_the_kernels_queue(start, origin):
    """maxconn of a frontend: who comes later is not turned away but waits, and is served in its turn"""
    o = origin()
    p = start("haproxy", config.haproxy("""
frontend f
    bind 127.0.0.1:@port@
    maxconn 3
    default_backend b
backend b
    server s 127.0.0.1:@o@
"""), o=o.port)
    kept = [connect(p.port) for _ in range(3)]
    for c in kept:
        assert c.ask(target="/who").status == 200
    with connect(p.port, timeout=8) as late:
        late.request(target="/who")
        assert late.quiet(0.6)
        kept[0].close()
        late.sock.settimeout(8)
        assert late.answer().status == 200
    for c in kept[1:]:
        assert c.ask(target="/who").status == 200
        c.close()
