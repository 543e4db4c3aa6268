# SPDX-License-Identifier: Apache-2.0
"""HAProxy's queues: servers that take so many at a time, those who wait for one, for how long, and who goes without."""
import concurrent.futures
import re
import time

import pytest

from lib import client, config, ports, process, statistics, syslog, toys, where

pytestmark = pytest.mark.timeout(40)


class Slow:
    """servers that answer when they are told to"""

    def __init__(self, toy):
        self.waiting, self.seen = [], []
        self.toy = toy(self._serve)
        self.port = self.toy.port

    def _serve(self, s):
        while data := s.recv(65536):
            s.settimeout(30)
            path = data.split(b" ")[1].decode()
            self.seen.append(path)
            gate = concurrent.futures.Future()
            self.waiting.append((path, gate))
            gate.result(20)
            s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(path), path.encode()))

    def let(self, count=1):
        """the oldest of those that are here go"""
        for _ in range(count):
            self.waiting.pop(0)[1].set_result(True)

    def has(self, count, seconds=5):
        assert process.wait_until(lambda: len(self.waiting) >= count, seconds), (len(self.waiting), count)
        time.sleep(0.05)
        assert len(self.waiting) == count, self.waiting


@pytest.fixture
def slow(toy):
    made = []

    def make():
        made.append(Slow(toy))
        return made[-1]
    yield make
    for s in made:
        for _, gate in s.waiting:
            gate.cancel() or gate.set_exception(OSError())


def run(start, body, threads=1, **values):
    listens = values.pop("listens", ("port", "stats"))
    return start("haproxy", config.haproxy(statistics.PAGE + body, threads=threads, **values.pop("frame", {})), stats=ports.free_port(), listens=listens, **values)


class Asked:
    """requests in the order of their numbers, each on a connection of its own"""

    def __init__(self, port, count, first=0, gap=0.03):
        self.pool = concurrent.futures.ThreadPoolExecutor(count)
        self.jobs = []
        for i in range(first, first + count):
            self.jobs.append(self.pool.submit(self._one, port, f"/{i}"))
            time.sleep(gap)

    @staticmethod
    def _one(port, path):
        answer = client.ask(port, target=path, timeout=15)
        return answer.status, answer.text if answer.status == 200 else "", time.monotonic()

    def statuses(self):
        return [j.result()[0] for j in self.jobs]


def queued(p, name, count):
    assert process.wait_until(lambda: statistics.rows(p)[name]["qcur"] == str(count), 4), (name, statistics.rows(p)[name]["qcur"], count)


def test_a_server_takes_so_many_and_the_rest_waits_in_order(start, slow):
    s = slow()
    p = run(start, """
listen l
    bind 127.0.0.1:@port@
    server s 127.0.0.1:@s@ maxconn 2
""", s=s.port)
    asked = Asked(p.port, 5)
    s.has(2)
    queued(p, "l/BACKEND", 3)
    assert statistics.rows(p)["l/s"]["scur"] == "2"
    order = list(s.seen)
    for _ in range(3):
        s.let()
        s.has(2)
    s.let(2)
    assert asked.statuses() == [200] * 5
    order = s.seen
    assert order == ["/0", "/1", "/2", "/3", "/4"], "first come, first served"
    assert statistics.rows(p)["l/BACKEND"]["qmax"] == "3" and statistics.rows(p)["l/s"]["smax"] == "2"


def test_who_is_pinned_waits_for_its_own_server(start, slow):
    """its queue is the server's, and the others are not asked; a server's maxqueue sends further ones elsewhere"""
    a, b = slow(), slow()
    p = run(start, """
listen l
    bind 127.0.0.1:@port@
    cookie S insert
    option redispatch
    server a 127.0.0.1:@a@ maxconn 1 maxqueue 1 cookie a
    server b 127.0.0.1:@b@ maxconn 5 cookie b
""", a=a.port, b=b.port)
    pool = concurrent.futures.ThreadPoolExecutor(3)

    def pinned(path):
        return pool.submit(client.ask, p.port, target=path, fields=[("Cookie", "S=a")], timeout=15)
    jobs = [pinned("/1")]
    a.has(1)
    jobs.append(pinned("/2"))
    queued(p, "l/a", 1)
    jobs.append(pinned("/3"))
    b.has(1)
    assert b.seen == ["/3"], "the queue was full"
    b.let()
    a.let()
    a.has(1)
    a.let()
    assert [j.result().status for j in jobs] == [200] * 3
    assert a.seen == ["/1", "/2"]


def test_timeout_queue(start, slow):
    """who waited long enough gets 503, and its line says where: sQ"""
    s, log = slow(), syslog.Target()
    p = run(start, """
listen l
    bind 127.0.0.1:@port@
    option httplog
    log 127.0.0.1:@log@ local0
    timeout queue 600ms
    server s 127.0.0.1:@s@ maxconn 1
""", s=s.port, log=log.port)
    first = Asked(p.port, 1)
    s.has(1)
    began = time.monotonic()
    late = client.ask(p.port, target="/late", timeout=10)
    assert late.status == 503 and 0.5 < time.monotonic() - began < 4
    line = log.wait('"GET /late ')
    log.close()
    assert line and re.search(r" l l/<NOSRV> 0/\d{3,4}/-1/-1/\d{3,4} 503 \d+ - - sQ-- 2/2/1/0/0 0/1 ", line), line
    s.let()
    assert first.statuses() == [200]
    assert s.seen == ["/0"], "it never reached a server"


def test_redispatch_out_of_a_dead_servers_queue(start, slow, toy):
    """whoever waits for a server that goes down is given another one"""
    a, b, health = slow(), slow(), toy(toys.http(200))
    p = run(start, """
listen l
    bind 127.0.0.1:@port@
    option httpchk
    option redispatch
    cookie S insert
    server a 127.0.0.1:@a@ maxconn 1 cookie a check port @health@ inter 100ms rise 1 fall 1
    server b 127.0.0.1:@b@ maxconn 9 cookie b
""", a=a.port, b=b.port, health=health.port)
    assert process.wait_until(lambda: statistics.rows(p)["l/a"]["check_status"].strip("* ") == "L7OK", 4)
    pool = concurrent.futures.ThreadPoolExecutor(3)
    jobs = [pool.submit(client.ask, p.port, target="/0", fields=[("Cookie", "S=a")], timeout=15)]
    a.has(1)
    jobs += [pool.submit(client.ask, p.port, target=f"/{i}", fields=[("Cookie", "S=a")], timeout=15) for i in (1, 2)]
    queued(p, "l/a", 2)
    health.serve = toys.http(500)
    b.has(2)
    b.let(2)
    a.let()
    assert [j.result().status for j in jobs] == [200] * 3 and sorted(b.seen) == ["/1", "/2"]


@pytest.mark.parametrize("option", ["option abortonclose", "no option abortonclose"], ids=["abortonclose", "without"])
def test_abortonclose(start, slow, option):
    """who left while it waited is not sent to a server at all; without the option its request is"""
    s = slow()
    p = run(start, f"""
listen l
    bind 127.0.0.1:@port@
    {option}
    server s 127.0.0.1:@s@ maxconn 1
""", s=s.port)
    first = Asked(p.port, 1)
    s.has(1)
    gone = client.Client(p.port)
    gone.request(target="/gone")
    queued(p, "l/BACKEND", 1)
    if option.startswith("no "):
        gone.half_close()               # a client that sends no more, and listens
        time.sleep(0.3)
        s.let()
        s.has(1)
        s.let()
        assert gone.answer().text == "/gone"
        gone.close()
    else:
        gone.close()
        queued(p, "l/BACKEND", 0)
        s.let()
        time.sleep(0.3)
        assert s.seen == ["/0"]
    assert first.statuses() == [200]


def test_minconn_follows_the_load(start, slow):
    """between minconn and maxconn a server's limit grows with the backend's load, which is full at fullconn"""
    s = slow()
    p = run(start, """
frontend f
    bind 127.0.0.1:@port@
    default_backend b
backend b
    fullconn 20
    server s 127.0.0.1:@s@ minconn 2 maxconn 8
""", s=s.port)
    quiet = Asked(p.port, 3, gap=0.1)
    s.has(2)
    queued(p, "b/BACKEND", 1)
    loud = Asked(p.port, 9, first=10, gap=0.05)
    assert process.wait_until(lambda: statistics.rows(p)["b/BACKEND"]["scur"] == "12", 4)
    s.let()                             # haproxy looks again when somebody leaves
    s.has(4)                            # of 8, by 11 of 20
    assert statistics.rows(p)["b/BACKEND"]["scur"] == "11", "who waits is counted"
    while not all(j.done() for j in quiet.jobs + loud.jobs):
        if s.waiting:
            s.let()
        time.sleep(0.02)
    assert quiet.statuses() + loud.statuses() == [200] * 12
    again = Asked(p.port, 3, gap=0.1)
    s.has(2)
    while not all(j.done() for j in again.jobs):
        if s.waiting:
            s.let()
        time.sleep(0.02)
    assert again.statuses() == [200] * 3


@pytest.mark.parametrize("threads", [1, 2])
def test_nobody_is_forgotten(start, origin, threads):
    """many clients over a server of one place: each is served, none twice, on one thread and on two"""
    o = origin("one")
    p = run(start, """
listen l
    bind 127.0.0.1:@port@
    server s 127.0.0.1:@o@ maxconn 1
""", o=o.port, threads=threads)
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda i: client.ask(p.port, target=f"/slow/5/{i}", timeout=20).status, range(60)))
    assert answers == [200] * 60 and len(o.requests) == 60 and statistics.rows(p)["l/s"]["smax"] == "1"


def test_slots_of_tcp(start, toy):
    """the same for connections: who waits is connected when one ends"""
    echo = toy(lambda s: [s.sendall(d) for d in iter(lambda: s.recv(100), b"")])
    p = run(start, """
listen l
    mode tcp
    bind 127.0.0.1:@port@
    server s 127.0.0.1:@e@ maxconn 1
""", e=echo.port)
    with p.connect() as one, p.connect() as two:
        one.sendall(b"1")
        assert one.recv(1) == b"1"
        two.sendall(b"2")
        queued(p, "l/BACKEND", 1)
        one.close()
        two.settimeout(5)
        assert two.recv(1) == b"2"


def test_a_queue_that_a_second_server_drains(start, slow):
    """who waits for anybody is taken by whoever is free first; a new server helps at once"""
    a, b = slow(), slow()
    p = run(start, """
listen l
    bind 127.0.0.1:@port@
    balance leastconn
    server a 127.0.0.1:@a@ maxconn 1
    server b 127.0.0.1:@b@ maxconn 1 disabled
""", a=a.port, b=b.port, frame={"top": "stats socket @dir@/s level admin"})
    asked = Asked(p.port, 3)
    a.has(1)
    queued(p, "l/BACKEND", 2)
    client.socket_command(p.dir / "s", "enable server l/b")
    if where.TEST_PEER:
        a.let()                 # haproxy looks again when somebody leaves
    b.has(1)
    b.let()
    while not all(j.done() for j in asked.jobs):
        for s in (a, b):
            if s.waiting:
                s.let()
        time.sleep(0.02)
    assert asked.statuses() == [200] * 3
