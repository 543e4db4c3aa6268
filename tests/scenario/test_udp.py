# SPDX-License-Identifier: Apache-2.0
"""UDP through nginx's stream: who gets which datagram, when a session ends, and what outlives a reload."""
import re
import signal
import socket
import time

import pytest

from lib import config, datagrams, ports, process, where

FORMAT = ("log_format mine '$protocol $status $bytes_received $bytes_sent $upstream_addr $upstream_bytes_sent $upstream_bytes_received';"
          " access_log @dir@/access.log mine;\n")


def text(server, servers="server 127.0.0.1:@a@; server 127.0.0.1:@b@;", listen="127.0.0.1:@udp@ udp", threads=1, more=""):
    """the TCP service is there to be waited for"""
    return config.nginx(stream=FORMAT + f"upstream up {{ {servers} }}\nserver {{ listen 127.0.0.1:@port@; return ok; }}\n{more}\n"
                        f"server {{ listen {listen}; {server} }}", threads=threads)


@pytest.fixture
def two():
    servers = datagrams.Server("a"), datagrams.Server("b")
    yield servers
    for s in servers:
        s.stop()


@pytest.fixture
def udp(start, two):
    def make(server="proxy_pass up; proxy_timeout 1s;", **more):
        values = {"a": two[0].port, "b": two[1].port, "udp": ports.free_port(socket.SOCK_DGRAM), **more.pop("values", {})}
        return start("nginx", text(server, **more), **values)
    return make


def port_of(p):
    return p.values["udp"]


def log(p, lines, seconds=3):
    process.wait_until(lambda: len(p.read("access.log").splitlines()) >= lines, seconds)
    return p.read("access.log").splitlines()


def test_a_client_keeps_its_server_and_the_next_client_gets_the_next(udp, two):
    p = udp()
    for _ in range(2):
        with datagrams.Client(port_of(p)) as first, datagrams.Client(port_of(p)) as second:
            names = {first.ask(b"1")[:1], second.ask(b"2")[:1]}
            assert names == {b"a", b"b"}
            mine = first.ask(b"3")[:1]
            assert [first.ask(b"%d" % i)[:1] for i in range(5)] == [mine] * 5
    assert all(len(s.seen) > 0 for s in two)


def test_a_session_has_one_socket_towards_its_server(udp, two):
    p = udp()
    with datagrams.Client(port_of(p)) as c:
        for i in range(4):
            c.ask(b"x%d" % i)
    assert len({port for s in two for port, _ in s.seen}) == 1


def test_large_and_empty_datagrams_pass(udp):
    p = udp()
    with datagrams.Client(port_of(p)) as c:
        for size in (0, 1, 1472, 2048, 2049, 9000) + (() if where.TEST_PEER else (60000,)):     # nginx cuts at 16384
            data = bytes(i * 7 & 255 for i in range(size))
            answer = c.ask(data)
            assert answer[2:] == data, size


def test_many_clients_at_once(udp, two):
    p = udp(threads=2, listen="127.0.0.1:@udp@ udp reuseport", server="proxy_pass up; proxy_timeout 5s;")
    clients = [datagrams.Client(port_of(p)) for _ in range(300)]
    for turn in range(3):
        for i, c in enumerate(clients):
            c.send(b"%d/%d" % (i, turn))
        for i, c in enumerate(clients):
            assert c.answer()[2:] == b"%d/%d" % (i, turn)
    used = {port for s in two for port, _ in s.seen}
    assert len(used) == 300, "each client has one session, whichever thread its datagrams come to"
    for c in clients:
        c.close()


@pytest.mark.parametrize("reuseport", ["", "reuseport"])
def test_with_several_workers_a_session_is_not_torn(udp, two, reuseport):
    if not reuseport:
        where.not_the_peer("nginx's workers take each other's datagrams")
    p = udp(threads=4, listen=f"127.0.0.1:@udp@ udp {reuseport}")
    for _ in range(8):
        with datagrams.Client(port_of(p)) as c:
            mine = c.ask(b"first")[:1]
            assert [c.ask(b"%d" % i)[:1] for i in range(10)] == [mine] * 10


def test_reload_keeps_sessions(udp, two):
    """a client that has a server keeps it, though the file now says otherwise; a new one goes by the new file"""
    where.not_the_peer("nginx's new workers know nothing of the old ones' sessions")
    p = udp(server="proxy_pass up; proxy_timeout 20s;", threads=2, listen="127.0.0.1:@udp@ udp reuseport", servers="server 127.0.0.1:@a@;")
    clients = [datagrams.Client(port_of(p)) for _ in range(10)]
    assert all(c.ask(b"before").startswith(b"a:") for c in clients)
    p.write(text("proxy_pass up; proxy_timeout 20s;", "server 127.0.0.1:@b@;", "127.0.0.1:@udp@ udp reuseport", 2))
    p.signal(signal.SIGHUP)

    def served_anew():
        with datagrams.Client(port_of(p)) as c:
            return c.ask(b"new").startswith(b"b:")
    assert process.wait_until(served_anew, 5, 0.1)
    assert all(c.ask(b"after").startswith(b"a:") for c in clients)
    for c in clients:
        c.close()


def test_a_service_that_a_reload_takes_away_answers_no_more(udp, two):
    p = udp(server="proxy_pass up; proxy_timeout 20s;")
    with datagrams.Client(port_of(p), timeout=0.3) as c:
        assert c.ask(b"x")
        p.write(config.nginx(stream="server { listen 127.0.0.1:@port@; return ok; }"))
        p.signal(signal.SIGHUP)
        assert process.wait_until(lambda: c.ask(b"y") is None, 5, 0.1)


def test_answers_end_the_session(udp, two):
    p = udp("proxy_pass up; proxy_timeout 10s; proxy_responses 1;")
    with datagrams.Client(port_of(p)) as c:
        for i in range(4):
            assert c.ask(b"%d" % i)
            assert len(log(p, i + 1)) == i + 1, "each answer ends its session, so each datagram is one"
    assert [len(s.seen) for s in two] == [2, 2]
    assert re.fullmatch(r"UDP 200 1 3 127\.0\.0\.1:\d+ 1 3", log(p, 4)[0])


def test_no_answer_is_waited_for(udp, two):
    p = udp("proxy_pass up; proxy_timeout 10s; proxy_responses 0;")
    with datagrams.Client(port_of(p), timeout=0.3) as c:
        assert c.ask(b"log line") is None
    assert re.fullmatch(r"UDP 200 8 0 127\.0\.0\.1:\d+ 8 0", log(p, 1)[0])


def test_requests_end_what_belongs_to_a_session(udp, two):
    p = udp("proxy_pass up; proxy_timeout 10s; proxy_requests 2; proxy_responses 1;")
    with datagrams.Client(port_of(p)) as c:
        for i in range(5):
            assert c.ask(b"%d" % i)
    sessions = sorted([d for _, d in s.seen] for s in two)
    assert sessions == [[b"0", b"1", b"4"], [b"2", b"3"]]
    assert len(log(p, 2)) == 2


def test_several_answers_to_one_datagram(start):
    three = datagrams.Server("t", answers=3)
    p = start("nginx", text("proxy_pass up; proxy_timeout 10s; proxy_responses 3;", "server 127.0.0.1:@a@;"), a=three.port,
              udp=ports.free_port(socket.SOCK_DGRAM))
    with datagrams.Client(port_of(p)) as c:
        assert [c.ask(b"x"), c.answer(), c.answer()] == [b"t:x"] * 3
    assert len(log(p, 1)) == 1
    three.stop()


def test_an_idle_session_ends(udp, two):
    p = udp("proxy_pass up; proxy_timeout 500ms;")
    with datagrams.Client(port_of(p)) as c:
        for _ in range(4):
            assert c.ask(b"x")
            time.sleep(0.3)
        assert p.read("access.log") == "", "each datagram begins its time anew"
        assert re.fullmatch(r"UDP 200 4 12 .*", log(p, 1)[0])
        assert c.ask(b"y"), "the next one begins another"
    assert len({port for s in two for port, _ in s.seen}) == 2


def test_a_silent_server_is_a_failure_when_answers_are_expected(start):
    silent = datagrams.Server("s", answers=0)
    good = datagrams.Server("g")
    p = start("nginx", text("proxy_pass up; proxy_timeout 500ms; proxy_responses 1;"), a=silent.port, b=good.port, udp=ports.free_port(socket.SOCK_DGRAM))
    with datagrams.Client(port_of(p), timeout=0.3) as c:
        assert c.ask(b"1") is None
        assert re.fullmatch(r"UDP 502 1 0 127\.0\.0\.1:\d+ 1 0", log(p, 1)[0])
        assert [c.ask(b"%d" % i) for i in range(4)] == [b"g:%d" % i for i in range(4)], "it was taken out"
    assert process.wait_until(lambda: "upstream timed out (110: Connection timed out) while proxying connection" in p.read("error.log"), 3)
    silent.stop(), good.stop()


def test_a_dead_server_costs_no_datagram(start, two):
    """nobody listens there: the first datagram, which nobody has seen, goes to the next server"""
    where.not_the_peer("nginx loses the datagram")
    p = start("nginx", text("proxy_pass up; proxy_timeout 5s;"), a=ports.free_port(socket.SOCK_DGRAM), b=two[1].port, udp=ports.free_port(socket.SOCK_DGRAM))
    for i in range(6):
        with datagrams.Client(port_of(p)) as c:
            assert c.ask(b"%d" % i) == b"b:%d" % i
    assert process.wait_until(lambda: "recv() failed (111: Connection refused)" in p.read("error.log"), 3)


def test_a_server_that_dies_loses_its_clients_to_the_other(start):
    where.not_the_peer("nginx keeps them for proxy_timeout")
    servers = [datagrams.Server("a"), datagrams.Server("b")]
    p = start("nginx", text("proxy_pass up; proxy_timeout 10s;"), a=servers[0].port, b=servers[1].port, udp=ports.free_port(socket.SOCK_DGRAM))
    with datagrams.Client(port_of(p), timeout=0.3) as c:
        assert c.ask(b"1") == b"a:1"
        servers[0].stop()
        assert process.wait_until(lambda: c.ask(b"2") == b"b:2", 3)
    servers[1].stop()


def test_no_server_at_all(start):
    p = start("nginx", text("proxy_pass up; proxy_timeout 1s; proxy_responses 1;"), a=ports.free_port(socket.SOCK_DGRAM), b=ports.free_port(socket.SOCK_DGRAM),
              udp=ports.free_port(socket.SOCK_DGRAM))
    with datagrams.Client(port_of(p), timeout=0.3) as c:
        c.ask(b"1")
    assert log(p, 1)[0].startswith("UDP 502 1 0" if not where.TEST_PEER else "UDP ")


def test_the_answer_comes_from_the_address_that_was_asked(udp, two):
    """a socket on every address: connected clients drop what comes from another one"""
    p = udp(listen="@udp@ udp")
    for address in ("127.0.0.1", "127.0.0.2", "127.1.2.3"):
        with datagrams.Client(port_of(p), address) as c:
            assert c.ask(b"x")


def test_ipv6(start):
    server = datagrams.Server("six", host="::1")
    p = start("nginx", text("proxy_pass up; proxy_timeout 1s;", "server [::1]:@a@;", "[::]:@udp@ udp"), a=server.port, udp=ports.free_port(socket.SOCK_DGRAM))
    with datagrams.Client(port_of(p), "::1") as c:
        assert c.ask(b"x") == b"six:x"
    server.stop()


def test_return_and_variables(udp):
    p = udp('return "$protocol $remote_addr:$remote_port $server_addr:$server_port\\n";')
    with datagrams.Client(port_of(p)) as c:
        assert c.ask(b"who").decode() == "UDP 127.0.0.1:%d 127.0.0.1:%d\n" % (c.getsockname()[1], port_of(p))


def test_who_may_not(udp):
    p = udp("deny 127.0.0.3; proxy_pass up; proxy_timeout 1s;")
    with datagrams.Client(port_of(p), timeout=0.3) as good, datagrams.Client(port_of(p), source="127.0.0.3", timeout=0.3) as bad:
        assert bad.ask(b"123") is None and good.ask(b"1")
    assert log(p, 1)[0] == "UDP 403 3 0 - - -"


def test_map_chooses_the_upstream(udp):
    p = udp("proxy_pass $to; proxy_timeout 1s;", more="upstream one { server 127.0.0.1:@a@; } upstream other { server 127.0.0.1:@b@; }"
            " map $remote_addr $to { default one; 127.0.0.3 other; }")
    with datagrams.Client(port_of(p)) as one, datagrams.Client(port_of(p), source="127.0.0.3") as other:
        assert one.ask(b"x") == b"a:x" and other.ask(b"x") == b"b:x"


def test_proxy_header(start):
    """version 1 stands before the first datagram"""
    server = datagrams.Server("s")
    p = start("nginx", text("proxy_pass up; proxy_timeout 1s; proxy_protocol on;", "server 127.0.0.1:@a@;"), a=server.port, udp=ports.free_port(socket.SOCK_DGRAM))
    with datagrams.Client(port_of(p)) as c:
        c.ask(b"one"), c.ask(b"two")
        mine = c.getsockname()[1]
    assert [d for _, d in server.seen] == [b"PROXY TCP4 127.0.0.1 127.0.0.1 %d %d\r\none" % (mine, port_of(p)), b"two"]
    server.stop()


@pytest.mark.parametrize("method", ["least_conn;", "hash $remote_addr;", "hash $remote_addr consistent;", "random;", "random two;"])
def test_every_way_to_choose(udp, two, method):
    p = udp(servers=method + " server 127.0.0.1:@a@; server 127.0.0.1:@b@;")
    clients = [datagrams.Client(port_of(p)) for _ in range(20)]
    names = [c.ask(b"x")[:1] for c in clients]
    if method.startswith("hash"):
        assert len(set(names)) == 1
    elif method == "least_conn;":
        assert names.count(b"a") == 10
    else:
        assert len(set(names)) == 2
    for c in clients:
        c.close()


def test_stopping_ends_sessions(udp):
    where.not_the_peer("nginx 1.22 waits for proxy_timeout")
    p = udp("proxy_pass up; proxy_timeout 10m;")
    with datagrams.Client(port_of(p)) as c:
        assert c.ask(b"x")
        p.signal(signal.SIGQUIT)
        assert p.wait(5) == 0


@pytest.mark.keel_only("words of keel's own")
@pytest.mark.parametrize("listen", ["unix:@dir@/x udp", "127.0.0.1:@udp@ udp ssl", "127.0.0.1:@udp@ udp proxy_protocol", "127.0.0.1:@udp@ udp backlog=5",
                                    "127.0.0.1:@udp@ udp fastopen=5"])
def test_what_makes_no_sense_with_datagrams_is_refused(prepare, listen):
    p = prepare("nginx", text("return x;", listen=listen), a=1, b=2, udp=3)
    done = p.command("-t")
    assert done.returncode == 1 and "udp" in done.stderr
