# SPDX-License-Identifier: Apache-2.0
"""So many connections a second: accepting pauses, and who waits is served a moment later. Of the process, by kind, and of one frontend."""
import socket
import time

import pytest

from lib import client, config, process

BODY = """
frontend site
    bind 127.0.0.1:@port@
    {own}
    http-request return status 200
frontend free
    bind 127.0.0.1:@port2@
    http-request return status 200
"""


@pytest.fixture
def site(prepare):
    def make(top="", own=""):
        p = prepare("haproxy", config.haproxy(BODY.format(own=own), top="stats socket @dir@/admin.sock level admin\n" + top, threads=2))
        p.start(listens=())
        process.wait_until(lambda: "Pid" in info(p), 10)
        return p
    return make


def info(p):
    try:
        text = client.socket_command(p.dir / "admin.sock", "show info")
    except OSError:
        return {}
    return dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)


def answers(port, count, seconds):
    """when each of <count> connections that come at once was answered"""
    all_ = []
    for _ in range(count):
        s = socket.create_connection(("127.0.0.1", port))
        s.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        s.setblocking(False)
        all_.append(s)
    start, done = time.monotonic(), []
    while all_ and time.monotonic() - start < seconds:
        for s in list(all_):
            try:
                if s.recv(1000):
                    done.append(time.monotonic() - start)
            except BlockingIOError:
                continue
            s.close()
            all_.remove(s)
        time.sleep(0.005)
    for s in all_:
        s.close()
    return done


def assert_slow(done):
    """30 connections of which 10 may begin a second take about two"""
    assert len(done) == 30
    assert sum(t < 0.7 for t in done) <= 18, done
    assert done[-1] > 1.2, done


LIMITS = [("maxconnrate 10", ""), ("maxsessrate 10", ""), ("", "rate-limit sessions 10")]


@pytest.mark.parametrize("top,own", LIMITS)
def test_the_file_limits(site, top, own):
    p = site(top, own)
    assert_slow(answers(p.port, 30, 8))
    if own:
        done = answers(p.port2, 30, 5)
        assert len(done) == 30 and done[-1] < 1, "another frontend is not slowed"
        rows = client.socket_command(p.dir / "admin.sock", "show stat site 1 -1").splitlines()
        assert dict(zip(rows[0].split(","), rows[1].split(",")))["rate_lim"] == "10"
    else:
        line = {"maxconnrate 10": "ConnRateLimit", "maxsessrate 10": "SessRateLimit"}[top]
        assert info(p)[line] == "10"


def test_an_operator_limits(site):
    p = site()
    done = answers(p.port, 30, 5)
    assert len(done) == 30 and done[-1] < 1
    time.sleep(1)
    assert client.socket_command(p.dir / "admin.sock", "set rate-limit connections global 10").strip() == ""
    assert info(p)["ConnRateLimit"] == "10"
    assert_slow(answers(p.port, 30, 8))
    client.socket_command(p.dir / "admin.sock", "set rate-limit connections global 0")
    done = answers(p.port, 30, 5)
    assert len(done) == 30 and done[-1] < 1


def test_handshakes_alone_are_limited(site):
    p = site("maxsslrate 1")
    assert info(p)["SslRateLimit"] == "1" and info(p)["SslRate"] == "0"
    done = answers(p.port, 30, 5)
    assert len(done) == 30 and done[-1] < 1, "a plain connection is none"
