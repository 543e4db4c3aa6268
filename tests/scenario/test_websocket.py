# SPDX-License-Identifier: Apache-2.0
"""WebSocket tunnels through both languages."""
import os
import threading

import pytest

from lib import client, config, websocket

CONF = {
    "nginx": config.nginx("""
        map $http_upgrade $connection_upgrade { default upgrade; '' close; }
        upstream up { server 127.0.0.1:@o1@; }
        server {
            listen 127.0.0.1:@port@;
            location / {
                proxy_pass http://up; proxy_http_version 1.1; proxy_read_timeout 2s;
                proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
            }
        }"""),
    "haproxy": config.haproxy("""
listen all
    bind 127.0.0.1:@port@
    timeout tunnel 2s
    server s1 127.0.0.1:@o1@"""),
}


@pytest.fixture
def proxy(start, origin, language):
    o = origin()
    p = start(language, CONF[language], o1=o.port)
    p.origin = o
    return p


def open_tunnel(port, path="/ws", extra=()):
    c, key = client.Client(port), websocket.new_key()
    c.request(target=path, fields=[("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
                                   ("Sec-WebSocket-Key", key), *extra])
    a = c.answer()
    assert a.status == 101, a
    assert a.get("Sec-WebSocket-Accept") == websocket.accept_key(key)
    assert a.get("Upgrade").lower() == "websocket" and "upgrade" in a.get("Connection").lower()
    return c


def receive(c):
    return websocket.read_frame_from(lambda n: c._exactly(n, client.Answer(1, 101, "", [])))


def echo(c, payload, opcode=websocket.BINARY):
    c.send(websocket.frame(payload, opcode, mask=os.urandom(4)))
    assert receive(c) == (opcode, payload)


def test_echo_of_all_sizes(proxy):
    with open_tunnel(proxy.port) as c:
        for size in (0, 1, 125, 126, 65535, 65536, 200_000):
            echo(c, os.urandom(size))


def test_text_and_ping_pass_untouched(proxy):
    with open_tunnel(proxy.port) as c:
        echo(c, "grüße".encode(), websocket.TEXT)
        echo(c, b"still there?", websocket.PING)


def test_close_frame_ends_both_sides(proxy):
    with open_tunnel(proxy.port) as c:
        echo(c, (1000).to_bytes(2, "big"), websocket.CLOSE)
        assert c.closed()
    assert proxy.origin.open == 0


def test_frame_in_the_segment_of_the_handshake(proxy):
    """the first bytes of the tunnel come with the 101, or with the request"""
    with open_tunnel(proxy.port, "/ws/greet") as c:
        assert receive(c) == (websocket.BINARY, b"hello from o1")
        echo(c, b"and back")
    c, key = client.Client(proxy.port), websocket.new_key()
    with c:
        head = client.make_request(target="/ws", fields=[("Upgrade", "websocket"), ("Connection", "Upgrade"),
                                                         ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", key)])
        c.send(head + websocket.frame(b"eager", mask=b"abcd"))
        assert c.answer().status == 101
        assert receive(c) == (websocket.BINARY, b"eager")


def test_many_tunnels_at_once(proxy):
    tunnels = [open_tunnel(proxy.port) for _ in range(30)]
    for i, c in enumerate(tunnels):
        c.send(websocket.frame(b"%d" % i, mask=b"mask"))
    for i, c in reversed(list(enumerate(tunnels))):
        assert receive(c) == (websocket.BINARY, b"%d" % i)
    for c in tunnels:
        c.close()


def test_both_directions_at_once(proxy):
    """a megabyte each way at the same time: nobody waits for the other"""
    payloads = [os.urandom(50_000) for _ in range(20)]
    with open_tunnel(proxy.port) as c:
        sender = threading.Thread(target=lambda: [c.send(websocket.frame(p, mask=b"1234")) for p in payloads])
        sender.start()
        for p in payloads:
            assert receive(c) == (websocket.BINARY, p)
        sender.join()


def test_idle_tunnel_is_closed_after_its_timeout(proxy):
    with open_tunnel(proxy.port) as c:
        echo(c, b"x")
        assert c.quiet(1.2)
        assert c.closed(3)


def test_refused_upgrade_is_an_ordinary_answer(proxy):
    with client.Client(proxy.port) as c:
        a = c.ask(target="/ws", fields=[("Upgrade", "chat"), ("Connection", "Upgrade")])
        assert a.status == 426 and a.body == b"upgrade"
        assert c.ask(target="/who").body == b"o1"


def test_client_that_leaves_frees_the_origin(proxy):
    c = open_tunnel(proxy.port)
    echo(c, b"x")
    c.reset()
    for _ in range(100):
        if proxy.origin.open == 0:
            break
        threading.Event().wait(0.02)
    assert proxy.origin.open == 0
