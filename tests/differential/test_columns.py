# SPDX-License-Identifier: Apache-2.0
"""The table of `show stat` beside Debian's haproxy's: the same traffic, with one session that goes on, and the same cells."""
import csv
import io
import socket

import pytest

from lib import client, config, ports, process, program, toys, where

BODY = """
frontend fe
    bind 127.0.0.1:@port@
    rate-limit sessions 1000
    default_backend be
listen tl
    mode tcp
    bind 127.0.0.1:@port2@
    server t1 127.0.0.1:@mute@
backend be
    server s1 127.0.0.1:@o1@ check inter 100ms
    server s2 127.0.0.1:@closed@ check inter 100ms fall 1 pool-max-conn 5
    server s3 127.0.0.1:@o1@
backend ag
    server a1 127.0.0.1:@o1@ weight 10 agent-check agent-port @agent@ agent-inter 100ms
backend goes
    server g1 127.0.0.1:@o1@ disabled
backend em
"""

# what depends on the moment, on how long a machine takes, or on what the bytes of HTTP are called
NOT_COMPARED = {"slim", "bin", "bout", "rate", "rate_max", "req_rate", "req_rate_max", "conn_rate", "conn_rate_max", "lastchg", "downtime", "lastsess",
                "check_duration", "agent_duration", "ctime", "rtime", "ttime", "ctime_max", "rtime_max", "ttime_max", "srv_icur", "idle_conn_cur", "safe_conn_cur",
                "used_conn_cur", "need_conn_est", "chkfail", "h1_open_connections", "h1_open_streams", "h1_bytes_in", "h1_bytes_out", "h1_spliced_bytes_in",
                "h1_spliced_bytes_out", "connect", "reuse", "h1_total_connections", "smax"}
# these may differ in the number, not in whether there is one
FILLED = {"agent_duration", "rate", "rate_max", "lastchg", "downtime", "lastsess", "ctime_max", "rtime_max", "ttime_max", "srv_icur", "idle_conn_cur", "used_conn_cur",
          "connect", "reuse", "chkfail", "h1_open_connections", "h1_total_connections", "smax"}


def table(p, name="show stat"):
    text = client.socket_command(p.dir / "admin.sock", name)
    return {(r["pxname"], r["svname"]): r for r in csv.DictReader(io.StringIO(text.lstrip("# ")))}


def use(p):
    """four requests, and a TCP session that stays open; the table then"""
    assert process.wait_until(lambda: table(p)["be", "s2"]["status"] == "DOWN" and table(p)["be", "s1"]["check_status"] == "L4OK", 10)
    assert process.wait_until(lambda: table(p)["ag", "a1"]["agent_status"] == "L7STS", 10)
    for command in ("set server goes/g1 state ready", "set server goes/g1 state maint", "set server goes/g1 state ready"):
        client.socket_command(p.dir / "admin.sock", command)
    for _ in range(4):
        assert client.ask(p.port).status == 200
    assert process.wait_until(lambda: all(table(p)[r]["hrsp_2xx"] == "4" for r in (("fe", "FRONTEND"), ("be", "BACKEND"))), 5), "counted when they have ended"
    with socket.create_connection(("127.0.0.1", p.port2)):
        assert process.wait_until(lambda: table(p)["tl", "t1"]["scur"] == "1", 5)
        found = []

        def is_quiet():
            """HAProxy says of a check that runs "* L4OK", and leaves the last one's words out"""
            found[:] = [table(p)]
            return not any(str(cell).startswith("* ") for r in found[0].values() for cell in r.values())
        assert process.wait_until(is_quiet, 5)
        return found[0]


@pytest.mark.skipif(not where.peer("haproxy").exists(), reason="Debian's haproxy is not unpacked (tools/peers fetch haproxy)")
def test_same_cells(work, origin):
    o, mute, closed = origin("o"), toys.Toy(lambda s: s.recv(10)), ports.free_port()
    agent = toys.Toy(lambda s: s.sendall(b"down # disk is full\n"))
    tables = []
    try:
        for peer in (False, True):
            folder = work / f"peer-{peer}"
            folder.mkdir(mode=0o755)
            p = program.Program("haproxy", folder, config.haproxy(BODY, top="stats socket @dir@/admin.sock level admin"), peer=peer,
                                o1=o.port, mute=mute.port, closed=closed, agent=agent.port)
            p.start(listens=("port", "port2"))
            try:
                tables.append(use(p))
            finally:
                p.stop()
    finally:
        mute.stop(), agent.stop()
    ours, theirs = tables
    assert list(ours) == list(theirs)
    differ = []
    for row, cells in theirs.items():
        for column, value in cells.items():
            mine = ours[row].get(column)
            if column in FILLED and bool(mine) == bool(value) or column in NOT_COMPARED - FILLED or column is None:
                continue
            if mine != value:
                differ.append((row, column, mine, value))
    assert differ == []
    assert ours["goes", "BACKEND"]["chkdown"] == theirs["goes", "BACKEND"]["chkdown"] == "1"
    assert ours["tl", "t1"]["stot"] == "1", "a session that goes on is counted"
