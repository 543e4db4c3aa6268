# SPDX-License-Identifier: Apache-2.0
"""The course's three ways to keep a client with its server: its address, a cookie of ours, and the session that the application itself gives."""
import pytest

from lib import client, config, ports, process, toys

pytestmark = pytest.mark.timeout(30)

SERVERS = """    server a 127.0.0.1:@a@ {a}
    server b 127.0.0.1:@b@ {b}
    server c 127.0.0.1:@c@ {c}
"""


def servers(a="", b="", c=""):
    return SERVERS.format(a=a, b=b, c=c)


@pytest.fixture
def three(start, origin):
    def make(body, **more):
        origins = {n: origin(n) for n in "abc"}
        p = start("haproxy", config.haproxy(body, **more), **{n: o.port for n, o in origins.items()})
        p.origins = origins
        return p
    return make


def who(p, times=1, port=None, **how):
    return [client.ask(port or p.port, target="/who", **how).text for _ in range(times)]


# -- 1. the client's address

def test_by_address(three):
    """each address keeps its server, many addresses are spread, and one server's end moves its own clients alone"""
    p = three("listen l\n    bind 127.0.0.1:@port@\n    bind 127.0.0.1:@port2@\n    balance source\n    hash-type consistent\n    option redispatch 1\n    retries 2\n" + servers())
    addresses = [f"127.0.{i % 7}.{i + 1}" for i in range(30)]
    first = {a: who(p, source=(a, 0))[0] for a in addresses}
    assert set(first.values()) == set("abc")
    assert all(who(p, 2, source=(a, 0)) == [first[a]] * 2 for a in addresses[:10])
    p.origins["b"].stop()
    again = {a: who(p, source=(a, 0))[0] for a in addresses}
    assert all(again[a] == first[a] for a in addresses if first[a] != "b"), "nobody else moves"
    assert {again[a] for a in addresses if first[a] == "b"} <= {"a", "c"}


# -- 2. a cookie that we give

def cookie(answer, name="SRV"):
    return next((v for v in answer.all("Set-Cookie") if v.startswith(name + "=")), None)


def test_by_a_cookie_that_is_inserted(three):
    p = three("listen l\n    bind 127.0.0.1:@port@\n    cookie SRV insert indirect nocache\n    option redispatch 1\n    retries 2\n" + servers("cookie sa", "cookie sb", "cookie sc"))
    answer = client.ask(p.port, target="/fields?ETag=x")
    name = answer.get("X-Origin")
    assert cookie(answer) == f"SRV=s{name}; path=/" and "private" in answer.get("Cache-Control")
    mine = cookie(answer).split(";")[0]
    kept = [client.ask(p.port, target="/echo", fields=[("Cookie", "x=1; " + mine)]) for _ in range(5)]
    assert {a.get("X-Origin") for a in kept} == {name} and not any(map(cookie, kept))
    assert p.origins[name].requests[-1].get("Cookie") == "x=1", "indirect: the application never sees it"
    p.origins[name].stop()
    moved = client.ask(p.port, target="/who", fields=[("Cookie", mine)])
    assert moved.status == 200 and moved.text != name and cookie(moved) == f"SRV=s{moved.text}; path=/", "redispatched, with a new cookie"


def test_by_a_prefix_of_the_applications_cookie(three):
    p = three("listen l\n    bind 127.0.0.1:@port@\n    cookie SID prefix\n" + servers("cookie sa", "cookie sb", "cookie sc"))
    answer = client.ask(p.port, target="/fields?Set-Cookie=SID%3Dabc%3B+path%3D/")
    name = answer.get("X-Origin")
    assert cookie(answer, "SID") == f"SID=s{name}~abc; path=/"
    for _ in range(4):
        assert client.ask(p.port, target="/echo", fields=[("Cookie", f"SID=s{name}~abc")]).get("X-Origin") == name
    assert p.origins[name].requests[-1].get("Cookie") == "SID=abc"


# -- 3. the application's own session

def test_by_the_applications_session(three):
    """learnt from the answer that begins it, found in the cookie that comes back, kept for other sections and shown to operators"""
    p = three("""
backend sessions
    stick-table type string len 32 size 1000 expire 5m
frontend f
    bind 127.0.0.1:@port@
    default_backend shop
backend shop
    balance roundrobin
    stick store-response res.cook(JSESSIONID) table sessions
    stick match req.cook(JSESSIONID) table sessions
""" + servers(), top="stats socket @dir@/s level admin")
    began = [client.ask(p.port, target=f"/fields?Set-Cookie=JSESSIONID%3Dsession{i}%3B+path%3D/").get("X-Origin") for i in range(6)]
    assert set(began) == set("abc")
    for i, name in enumerate(began):
        for _ in range(2):
            assert who(p, fields=[("Cookie", f"lang=zh; JSESSIONID=session{i}")]) == [name]
    assert set(who(p, 6)) == set("abc"), "who has no session takes turns"
    table = client.socket_command(p.dir / "s", "show table sessions")
    assert "used:6" in table and "key=session3 " in table


def test_by_a_table_of_addresses_that_two_services_share(three):
    """who met a server in one place meets it in the other"""
    p = three("""
backend clients
    stick-table type ip size 1k expire 1m
listen one
    bind 127.0.0.1:@port@
    stick on src table clients
""" + servers() + """
listen two
    bind 127.0.0.1:@port2@
    stick match src table clients
""" + servers())
    for i in range(1, 7):
        source = (f"127.0.1.{i}", 0)
        mine = who(p, source=source)
        assert who(p, 2, source=source) == mine * 2
        assert who(p, 2, port=p.port2, source=source) == mine * 2


def test_a_pinned_client_waits_for_nobody_else(start):
    """without redispatch a dead server is an error for its own clients, as HAProxy has it"""
    good = toys.Toy(toys.http(200, b"good"))
    try:
        p = start("haproxy", config.haproxy("""
listen l
    bind 127.0.0.1:@port@
    retries 1
    cookie SRV insert
    server dead 127.0.0.1:@dead@ cookie d
    server good 127.0.0.1:@good@ cookie g
"""), dead=ports.free_port(), good=good.port)
        assert client.ask(p.port, fields=[("Cookie", "SRV=d")]).status == 503
        assert client.ask(p.port, fields=[("Cookie", "SRV=g")]).text == "good"
        assert process.alive(p.popen.pid)
    finally:
        good.stop()
