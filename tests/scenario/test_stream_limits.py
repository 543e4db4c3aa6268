# SPDX-License-Identifier: Apache-2.0
"""stream {} of nginx.conf: how many connections at once (limit_conn), how fast, and servers chosen by their time."""
import socket
import time

import pytest

from lib import client, config, datagrams, process, toys

keel_only = pytest.mark.keel_only("a part of nginx Plus")
FORM = "log_format f '$status|$limit_conn_status'; access_log @dir@/access.log f;"


def stream(server, more="", zone="limit_conn_zone $remote_addr zone=addr:1m;"):
    return config.nginx(stream=f"{FORM} {zone} {more}\n server {{ listen 127.0.0.1:@port@; {server} }}")


def talk(port, source=None):
    """a connection through which the toy has said hello, or None where it was closed"""
    s = socket.create_connection(("127.0.0.1", port), timeout=5, source_address=(source, 0) if source else None)
    s.settimeout(5)
    try:
        if s.recv(5) == b"hello":
            return s
    except ConnectionResetError:
        pass
    s.close()
    return None


def greet(s):
    s.sendall(b"hello")
    while s.recv(100):
        pass


def lines(p, count):
    assert process.wait_until(lambda: len(p.read("access.log").splitlines()) >= count, 5)
    return sorted(p.read("access.log").splitlines())


@pytest.fixture
def toy():
    made = toys.Toy(greet)
    yield made
    made.stop() if hasattr(made, "stop") else None


def test_so_many_at_once_and_no_more(start, toy):
    p = start("nginx", stream("limit_conn addr 2; proxy_pass 127.0.0.1:@toy@;"), toy=toy.port)
    first, second = talk(p.port), talk(p.port)
    assert first and second and talk(p.port) is None
    assert talk(p.port, "127.0.0.7"), "another address has its own count"
    first.close()
    assert process.wait_until(lambda: talk(p.port), 5), "a place that was given back is there again"
    assert process.wait_until(lambda: 'limiting connections by zone "addr"' in p.read("error.log"), 5)
    assert "503|REJECTED" in lines(p, 2)


def test_the_server_is_not_asked_for_who_is_too_many(start, toy):
    p = start("nginx", stream("limit_conn addr 1; proxy_pass 127.0.0.1:@toy@;"), toy=toy.port)
    one = talk(p.port)
    for _ in range(5):
        assert talk(p.port) is None
    assert one and toy.accepted == 1


def test_dry_run_only_tells(start, toy):
    p = start("nginx", stream("limit_conn addr 1; limit_conn_dry_run on; limit_conn_log_level warn; proxy_pass 127.0.0.1:@toy@;"), toy=toy.port)
    one, two = talk(p.port), talk(p.port)
    assert one and two
    assert process.wait_until(lambda: "limiting connections, dry run" in p.read("error.log"), 5)
    assert "[warn]" in next(l for l in p.read("error.log").splitlines() if "dry run" in l)
    one.close(), two.close()
    assert lines(p, 2) == ["200|PASSED", "200|REJECTED_DRY_RUN"]


def test_a_limit_of_all_servers_and_one_of_one(start, toy):
    """levels inherit limit_conn where they have none of their own"""
    text = config.nginx(stream=f"""{FORM} limit_conn_zone $server_port zone=port:1m; limit_conn port 1;
        server {{ listen 127.0.0.1:@port@; proxy_pass 127.0.0.1:@toy@; }}
        server {{ listen 127.0.0.1:@port2@; limit_conn port 2; proxy_pass 127.0.0.1:@toy@; }}""")
    p = start("nginx", text, toy=toy.port, listens=("port", "port2"))
    held = [talk(p.port), talk(p.port2), talk(p.port2)]
    assert all(held) and talk(p.port) is None and talk(p.port2) is None


def test_an_empty_key_has_no_limit(start, toy):
    p = start("nginx", stream("limit_conn addr 1; proxy_pass 127.0.0.1:@toy@;", zone='map $remote_addr $key { 127.0.0.1 ""; default $remote_addr; } limit_conn_zone $key zone=addr:1m;'), toy=toy.port)
    held = [talk(p.port) for _ in range(4)]
    assert all(held)


def test_sessions_of_udp_count_too(start):
    server = datagrams.Server("a")
    try:
        text = config.nginx(stream=f"""{FORM} limit_conn_zone $remote_addr zone=addr:1m;
            server {{ listen 127.0.0.1:@port@; return x; }}
            server {{ listen 127.0.0.1:@udp@ udp; limit_conn addr 1; proxy_timeout 5s; proxy_pass 127.0.0.1:@server@; }}""")
        p = start("nginx", text, server=server.port, udp=_udp_port())
        with datagrams.Client(p.values["udp"]) as one, datagrams.Client(p.values["udp"], timeout=0.5) as two:
            assert one.ask(b"x")
            two.send(b"y")
            assert "503|REJECTED" in lines(p, 1)
    finally:
        server.stop()


def _udp_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def test_a_rate_by_variable(start):
    """proxy_download_rate of a map: one client slow, another not"""
    big = toys.Toy(lambda s: s.sendall(b"x" * 60000))
    p = start("nginx", config.nginx(stream="""map $remote_addr $rate { 127.0.0.9 20000; default 0; }
        server { listen 127.0.0.1:@port@; proxy_download_rate $rate; proxy_pass 127.0.0.1:@toy@; }"""), toy=big.port)

    def took(source):
        began = time.monotonic()
        s = socket.create_connection(("127.0.0.1", p.port), timeout=20, source_address=(source, 0))
        got = 0
        while data := s.recv(65536):
            got += len(data)
        s.close()
        assert got == 60000
        return time.monotonic() - began
    assert took("127.0.0.9") > 1.5 > took("127.0.0.8")


# -- by time

def late(seconds):
    def serve(s):
        time.sleep(seconds)
        s.sendall(b"hello")
    return serve


@keel_only
@pytest.mark.parametrize("how", ["least_time first_byte;", "least_time last_byte;", "random two least_time=first_byte;"])
def test_streams_go_to_who_speaks_first(start, how):
    """both accept at once, so that connect would tell nothing"""
    slow, quick = toys.Toy(late(0.15)), toys.Toy(late(0))
    p = start("nginx", config.nginx(stream=f"upstream up {{ {how} server 127.0.0.1:@slow@; server 127.0.0.1:@quick@; }}"
                                    " server { listen 127.0.0.1:@port@; proxy_pass up; }"), slow=slow.port, quick=quick.port)
    for _ in range(20):
        assert talk(p.port)
    assert slow.accepted <= 4


def http(seconds, seen):
    """answers after so long; a path with "hang" much later"""
    def serve(s):
        head = s.recv(4096)
        seen.append(head)
        time.sleep(1.5 if b"hang" in head else seconds)
        s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    return serve


@keel_only
@pytest.mark.parametrize("inflight,goes_on", [("", True), ("inflight", False)])
def test_what_is_not_answered_yet_counts_with_inflight(start, inflight, goes_on):
    """a server that was the quickest and hangs now: only inflight sees that before it answers"""
    asked = []
    quick, slow = toys.Toy(http(0, asked)), toys.Toy(http(0.1, []))
    p = start("nginx", config.nginx(f"""upstream up {{ least_time header {inflight}; server 127.0.0.1:@quick@; server 127.0.0.1:@slow@; }}
        server {{ listen 127.0.0.1:@port@; location / {{ proxy_pass http://up; }} }}"""), quick=quick.port, slow=slow.port)
    for _ in range(8):
        client.ask(p.port)
    with client.Client(p.port, timeout=10) as c:
        c.send(client.make_request("GET", "/hang"))
        assert process.wait_until(lambda: any(b"hang" in a for a in asked), 5)
        time.sleep(0.5)
        before = len(asked)
        client.ask(p.port)
        assert (len(asked) > before) == goes_on
