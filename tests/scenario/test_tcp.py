# SPDX-License-Identifier: Apache-2.0
"""Plain TCP through both languages: nginx stream and HAProxy's mode tcp."""
import socket
import struct
import threading
import time

import pytest

from lib import bulk, client, config, ports, process, where


def nginx(extra="", upstream="server 127.0.0.1:@o1@;", threads=1):
    return config.nginx(stream=f"""
        upstream up {{ {upstream} }}
        server {{ listen 127.0.0.1:@port@; proxy_pass up; proxy_connect_timeout 500ms; proxy_timeout 2s; {extra} }}""", threads=threads)


def haproxy(extra="", servers="server s1 127.0.0.1:@o1@", threads=1):
    return config.haproxy("listen all\n    bind 127.0.0.1:@port@\n    timeout connect 500ms\n    timeout client 2s\n    timeout server 2s\n    "
                          + extra + "\n    " + servers, mode="tcp", threads=threads)


TEXT = {"nginx": nginx, "haproxy": haproxy}
HALF = {"nginx": "proxy_half_close on;", "haproxy": ""}


class Peer:
    """a TCP server whose connections the play holds in its hands"""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", ports.free_port()))
        self.listener.settimeout(3)
        self.port = self.listener.getsockname()[1]

    def accept(self):
        s, _ = self.listener.accept()
        s.settimeout(5)
        return s

    def close(self):
        self.listener.close()


@pytest.fixture
def peer():
    p = Peer()
    yield p
    p.close()


@pytest.fixture
def relay(start, peer, language):
    def make(extra=None, **more):
        p = start(language, TEXT[language](*([extra[language]] if extra else [])), o1=peer.port, **more)
        return p
    return make


def both(p, peer):
    """a client's socket and the server's end of it"""
    c = p.connect()
    c.sendall(b"first")
    s = peer.accept()
    assert s.recv(100) == b"first"
    return c, s


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def recv_exactly(sock, size):
    data = b""
    while len(data) < size:
        more = sock.recv(size - len(data))
        if not more:
            break
        data += more
    return data


def test_bytes_pass_both_ways(relay, peer):
    c, s = both(relay(), peer)
    for i in range(20):
        c.sendall(b"ping %d" % i)
        assert s.recv(100) == b"ping %d" % i
        s.sendall(b"pong %d" % i)
        assert c.recv(100) == b"pong %d" % i


def test_server_speaks_first(relay, peer):
    """as MySQL and SMTP do: the connection is opened before the client sent a byte"""
    p = relay()
    c = p.connect()
    s = peer.accept()
    s.sendall(b"220 hello")
    assert c.recv(100) == b"220 hello"


def test_half_close_of_the_client(relay, peer):
    c, s = both(relay(HALF), peer)
    c.sendall(b"the end")
    c.shutdown(socket.SHUT_WR)
    assert recv_exactly(s, 100) == b"the end", "the server sees the end of what was sent"
    s.sendall(b"an answer after it")
    time.sleep(0.2)
    s.sendall(b", in two parts")
    s.close()
    assert recv_exactly(c, 100) == b"an answer after it, in two parts"


def test_half_close_of_the_server(relay, peer):
    c, s = both(relay(HALF), peer)
    s.sendall(b"all I had")
    s.shutdown(socket.SHUT_WR)
    assert recv_exactly(c, 100) == b"all I had"
    c.sendall(b"still listening?")
    assert recv_exactly(s, 16) == b"still listening?"
    c.close()
    assert s.recv(10) == b""


def test_without_half_close_nginx_ends_both_sides(start, peer):
    c, s = both(start("nginx", nginx(), o1=peer.port), peer)
    c.sendall(b"the end")
    c.shutdown(socket.SHUT_WR)
    assert recv_exactly(s, 100) == b"the end"
    assert c.recv(1) == b""


def test_reset_of_the_client_reaches_the_server(relay, peer):
    c, s = both(relay(), peer)
    reset(c)
    try:
        assert s.recv(10) == b""
    except ConnectionResetError:
        pass


def test_reset_of_the_server_reaches_the_client(relay, peer):
    c, s = both(relay(), peer)
    s.sendall(b"x" * 10)
    assert recv_exactly(c, 10) == b"x" * 10
    reset(s)
    try:
        assert c.recv(10) == b""
    except ConnectionResetError:
        pass


def test_bytes_before_a_close_are_not_lost(relay, peer):
    """the server sends and closes at once; a slow client still gets all of it"""
    c, s = both(relay(), peer)
    data = bytes(bulk.piece(0, 900_000))
    threading.Thread(target=lambda: (s.sendall(data), s.close()), daemon=True).start()
    time.sleep(0.3)
    assert recv_exactly(c, 1_000_000) == data


def test_idle_timeout(relay, peer):
    c, s = both(relay(), peer)
    began = time.monotonic()
    assert c.recv(1) == b"" and 1.5 < time.monotonic() - began < 4
    assert s.recv(1) == b""


def test_traffic_in_one_direction_keeps_it_open(relay, peer, language):
    if language == "haproxy":
        pytest.skip("HAProxy's timeouts are of each side alone")
    c, s = both(relay(), peer)
    for _ in range(6):
        time.sleep(0.5)
        s.sendall(b".")
        assert c.recv(1) == b"."


def test_refused_server(start, language):
    p = start(language, TEXT[language](), o1=ports.free_port())
    c = p.connect()
    try:
        assert c.recv(1) == b""
    except ConnectionResetError:
        pass


def test_next_server_after_a_refusal(start, peer, language):
    text = {"nginx": nginx(upstream="server 127.0.0.1:@dead@ max_fails=0; server 127.0.0.1:@o1@;"),
            "haproxy": haproxy("option redispatch 1\n    retries 2\n    timeout connect 200ms",
                               "server dead 127.0.0.1:@dead@\n    server s1 127.0.0.1:@o1@")}[language]
    p = start(language, text, o1=peer.port, dead=ports.free_port())
    for _ in range(3):
        c, s = both(p, peer)
        c.close(), s.close()


@pytest.mark.parametrize("threads", [1, 2])
def test_servers_alternate(start, language, threads):
    if threads == 2 and language == "nginx":
        where.not_the_peer("nginx's worker processes each count for themselves")
    peers = [Peer(), Peer()]
    text = {"nginx": nginx(upstream="server 127.0.0.1:@a@; server 127.0.0.1:@b@;", threads=threads),
            "haproxy": haproxy(servers="server a 127.0.0.1:@a@\n    server b 127.0.0.1:@b@", threads=threads)}[language]
    p = start(language, text, a=peers[0].port, b=peers[1].port)

    def serve(peer, name):
        while True:
            try:
                s, _ = peer.listener.accept()
            except OSError:
                return
            s.sendall(name)
            s.close()
    for peer, name in zip(peers, (b"a", b"b")):
        peer.listener.settimeout(None)
        threading.Thread(target=serve, args=(peer, name), daemon=True).start()
    seen = b""
    for _ in range(20):
        with p.connect() as c:
            seen += recv_exactly(c, 10)
    for peer in peers:
        peer.listener.shutdown(socket.SHUT_RDWR)
        peer.close()
    assert seen in (b"ab" * 10, b"ba" * 10)


@pytest.mark.parametrize("kind", ["nginx", "haproxy", "haproxy-splice"])
def test_a_quarter_gigabyte_both_ways_at_once(start, kind, capfd):
    """256 MiB up and down at the same time, each byte compared"""
    size = 256 << 20
    server = bulk.Origin(raw=size)
    language = kind.split("-")[0]
    text = haproxy("option splice-auto") if kind == "haproxy-splice" else TEXT[language](HALF[language])
    binary = None if where.TEST_PEER or where.missing("release") else where.keel_release()
    p = start(language, text, o1=server.port, binary=binary)
    before = process.pss_kb(p.pids())
    with p.connect(timeout=20) as c:
        def send():
            bulk.send_pattern(c, size)
            c.shutdown(socket.SHUT_WR)
        sender = threading.Thread(target=send)
        sender.start()
        check = bulk.Check()
        bulk.receive(c, size, check)
        grown = process.pss_kb(p.pids()) - before
        sender.join()
        verdict = recv_exactly(c, 1000)
    server.stop()
    assert check.good(size) and verdict == f"size {size} good".encode()
    with capfd.disabled():
        print(f"\n256 MiB both ways, {kind}: {grown} kB more")
    assert binary is None and not where.TEST_PEER or grown < 16384


def test_stalled_reader_holds_the_sender_back(relay, peer):
    """bounded memory: what the client does not read, the server cannot send"""
    p = relay()
    c, s = both(p, peer)
    s.settimeout(0.5)
    sent, before = 0, process.pss_kb(p.pids())
    try:
        while sent < 200 << 20:
            sent += s.send(b"z" * 65536)
    except TimeoutError:
        pass
    assert sent < 64 << 20
    assert process.pss_kb(p.pids()) - before < 16384        # a sanitized build touches memory of its own
    c.close(), s.close()


def test_many_connections(relay, peer):
    p = relay()
    pairs = []
    peer.listener.listen(256)
    for i in range(150):
        c = p.connect()
        c.sendall(b"%03d" % i)
        pairs.append([c, None])
    for _ in range(150):
        s = peer.accept()
        pairs[int(recv_exactly(s, 3))][1] = s
    for c, s in pairs:
        s.sendall(b"ok")
    assert all(recv_exactly(c, 2) == b"ok" for c, _ in pairs)
    for c, s in pairs:
        c.close(), s.close()
    assert process.wait_until(lambda: sum(process.descriptors(w) for w in p.workers() or p.pids()) < 150, 5)


def test_http_passes_untouched(start, origin, language):
    o = origin()
    p = start(language, TEXT[language](), o1=o.port)
    with client.Client(p.port) as c:
        a = c.ask("POST", "/echo", [("X-Odd-Case", "kept")], [b"a", b"b"])
        assert a.status == 200 and '"X-Odd-Case"' in a.text and "X-Forwarded" not in a.text


def test_who_is_sent_away_or_answered_costs_nobody_else(start, peer, language):
    """without a server being asked: denied, and answered by ourselves"""
    text = {"nginx": config.nginx(stream="server { listen 127.0.0.1:@port@; deny 127.0.0.3; proxy_pass 127.0.0.1:@o1@; }\n"
                                  'server { listen 127.0.0.1:@port2@; return "hello\\n"; }'),
            "haproxy": haproxy("tcp-request content reject if { src 127.0.0.3 }") + "listen none\n    bind 127.0.0.1:@port2@\n"}[language]
    p = start(language, text, o1=peer.port)
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", p.port), 3, ("127.0.0.3", 0)) as bad:
            assert bad.recv(10) == b""
        with socket.create_connection(("127.0.0.1", p.port2), 3) as c:
            assert recv_exactly(c, 10) == (b"hello\n" if language == "nginx" else b"")
        c, s = both(p, peer)
        c.close(), s.close()
