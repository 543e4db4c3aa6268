# SPDX-License-Identifier: Apache-2.0
"""What goes wrong beside the traffic: an agent that talks nonsense, a check that never ends, a table that is full, a log target that is gone, no
descriptor left. The rest goes on, and the operator hears it once."""
import re
import socket
import subprocess
import time

import pytest

from lib import client, config, ports, process, statistics, syslog, toys

pytestmark = pytest.mark.timeout(40)


@pytest.fixture
def target():
    t = syslog.Target()
    yield t
    t.close()


def drips(s):
    """an answer that begins well and never ends"""
    s.recv(65536)
    s.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        s.sendall(b"X-More: and more\r\n")
        time.sleep(0.05)


def floods(s):
    s.recv(65536)
    s.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    while True:
        s.sendall(b"no end of it " * 1000)


def test_checks_that_never_end(start, toy):
    """each has its time: who drips headers or floods a body is judged, and the others are looked at meanwhile"""
    made = {"drip": toy(drips), "flood": toy(floods), "mute": toy(lambda s: time.sleep(30)), "good": toy(toys.http(200, b"well"))}
    backends = "".join(f"""
backend {n}
    option httpchk GET /
    http-check expect string well
    timeout check 400ms
    server s 127.0.0.1:@{n}@ check inter 200ms rise 1 fall 1
""" for n in made)
    p = start("haproxy", config.haproxy(statistics.PAGE + backends), listens=("stats",), stats=ports.free_port(), **{n: t.port for n, t in made.items()})
    assert process.wait_until(lambda: {statistics.rows(p)[f"{n}/s"]["status"] for n in ("drip", "flood", "mute")} == {"DOWN"}, 8), statistics.rows(p)
    assert statistics.rows(p)["good/s"]["status"] == "UP"
    made["good"].serve = toys.http(500)
    assert process.wait_until(lambda: statistics.rows(p)["good/s"]["status"] == "DOWN", 4), "the others' checks do not wait"
    assert sum(process.descriptors(w) for w in p.pids()) < 200, "no connection is left behind"


@pytest.mark.keel_only("HAProxy says nothing of an agent's words")
def test_an_agent_that_answers_nonsense(start, toy, target):
    """told once for as long as it goes on, in the log and at stderr; what it says beside that counts"""
    agent = toy(lambda s: s.sendall(agent.says))
    agent.says = b"up 100%\n"
    back = toy(toys.http(200))
    p = start("haproxy", config.haproxy(statistics.PAGE + """
backend b
    server s 127.0.0.1:@s@ weight 100 check inter 100ms agent-check agent-inter 100ms agent-port @agent@
""", top="log 127.0.0.1:@log@ local0", defaults="log global"), listens=("stats",), stats=ports.free_port(), s=back.port, agent=agent.port, log=target.port)
    assert process.wait_until(lambda: statistics.rows(p)["b/s"]["status"] == "UP", 4)
    agent.says = b"\x1b[31mhello\xff\"world 40%\n"
    assert process.wait_until(lambda: statistics.rows(p)["b/s"]["weight"] == "40", 4)
    assert target.wait("Agent of b/s says")
    count = agent.accepted
    assert process.wait_until(lambda: agent.accepted > count + 5, 5)
    said = [m for m in target.messages if "Agent of b/s says" in m]
    assert len(said) == 1 and '".[31mhello..world"' in said[0] and syslog.parse(said[0])[:2] == (16, 4)
    assert len(re.findall(r"\[WARNING\].*Agent of b/s says", p.stderr)) == 1
    agent.says = b"up\n"
    count = agent.accepted
    assert process.wait_until(lambda: agent.accepted > count + 2, 5)
    agent.says = b"what?\n"
    assert process.wait_until(lambda: sum("Agent of b/s says" in m for m in target.messages) == 2, 4), "news again"


@pytest.mark.keel_only("HAProxy says nothing of a full table")
def test_a_table_that_is_full(start, origin, target):
    p = start("haproxy", config.haproxy("""
listen l
    bind 127.0.0.1:@port@
    stick-table type string len 16 size 2 expire 1500ms nopurge store http_req_cnt
    http-request track-sc0 url_param(k)
    http-response set-header X-Count %[sc0_http_req_cnt]
    server s 127.0.0.1:@o@
""", top="log 127.0.0.1:@log@ local0 notice", defaults="log global"), o=origin().port, log=target.port)

    def count(key):
        answer = client.ask(p.port, target=f"/who?k={key}")
        assert answer.status == 200, "requests go on"
        return answer.get("X-Count") or ""
    assert [count("a"), count("b"), count("a")] == ["1", "1", "2"]
    assert [count(f"c{i}") for i in range(20)] == [""] * 20 and count("b") == "2"
    assert target.wait("stick table l is full")
    time.sleep(0.2)
    assert sum("is full" in m for m in target.messages) == 1
    assert process.wait_until(lambda: count("later") == "1", 6, 0.4), "who is old makes room"


def test_a_log_target_that_is_gone(start, origin):
    """nobody listens there: requests are served, and another target gets its lines"""
    there, gone = syslog.Target(), ports.free_port(socket.SOCK_DGRAM)
    p = start("haproxy", config.haproxy("""
listen l
    bind 127.0.0.1:@port@
    option httplog
    server s 127.0.0.1:@o@
""", top=f"log 127.0.0.1:{gone} local0\nlog @dir@/nobody.sock local0\nlog 127.0.0.1:{there.port} local1", defaults="log global"), o=origin().port)
    for i in range(20):
        assert client.ask(p.port, target=f"/echo/{i}").status == 200
    assert process.wait_until(lambda: sum("GET /echo/" in m for m in there.messages) == 20, 5)
    there.close()
    assert p.stderr.count("nobody.sock") <= 1 and p.stderr.count(str(gone)) <= 1, p.stderr


@pytest.mark.needs("root")
@pytest.mark.keel_only("a limit that is lowered from outside")
def test_no_descriptor_left_is_told_where_global_says(start, origin, target):
    p = start("haproxy", config.haproxy("""
listen l
    bind 127.0.0.1:@port@
    server s 127.0.0.1:@o@
""", top="log 127.0.0.1:@log@ local0 notice\nuser root"), o=origin().port, log=target.port)
    with client.Client(p.port) as c:
        assert c.ask(target="/who").status == 200
        worker = max(p.workers(), key=process.descriptors)
        highest = process.descriptor_numbers(worker)[-1]
        subprocess.run(["prlimit", "--pid", str(worker), f"--nofile={highest + 1}:"], check=True)
        idle = [p.connect() for _ in range(3)]
        assert target.wait("Too many open files")
        assert c.ask(target="/who").status == 200, "who is here goes on"
        subprocess.run(["prlimit", "--pid", str(worker), "--nofile=1000:"], check=True)
        for s in idle:
            s.close()
        assert client.ask(p.port, target="/who", timeout=8).status == 200
