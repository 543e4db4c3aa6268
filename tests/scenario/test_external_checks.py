# SPDX-License-Identifier: Apache-2.0
"""Checks that start a program: what it is told, what its end means, that none outlives its time; and the lines of results."""
import csv
import os
import pathlib
import stat

import pytest

from lib import client, config, ports, process, syslog, toys

PROGRAM = """#!/bin/sh
/usr/bin/env > "@work@/$$.env" && /bin/mv "@work@/$$.env" "@work@/env.$HAPROXY_SERVER_NAME"
echo "$*" > "@work@/$$.args" && /bin/mv "@work@/$$.args" "@work@/args.$HAPROXY_SERVER_NAME"
case $HAPROXY_SERVER_NAME in
    bad) exit 3;;
    killed) kill -9 $$;;
    hangs) exec /bin/sleep 61;;
    tree) /bin/sleep 61 & echo $! > "@work@/child"; /bin/sleep 61;;
esac
exit 0
"""

BODY = """
listen web
    bind 127.0.0.1:@port@
    option external-check
    external-check command @work@/program
    external-check path /usr/bin:/bin:/nowhere
    server good 127.0.0.1:7 check inter 300ms maxconn 33
    server bad [::1]:8 check inter 300ms fall 1 ssl verify none
    server killed unix@@work@/socket check inter 300ms fall 1
    server hangs 127.0.0.1:9 check inter 300ms fall 1
backend missing
    mode tcp
    option external-check
    external-check command @work@/none
    server s 127.0.0.1:7 check inter 300ms fall 1
backend alone
    mode tcp
    option external-check
    external-check command @work@/program
    server alone 127.0.0.1:7 check inter 300ms
listen statistics
    bind 127.0.0.1:@stats@
    stats enable
    stats uri /stats
"""


def codes(p):
    lines = client.ask(p.values["stats"], target="/stats;csv").text.lstrip("# ").splitlines()
    return {r["svname"]: (r["status"], r["check_status"].lstrip("* "), r["check_code"]) for r in csv.DictReader(lines)}


def serve(start, work, top, text=BODY, build=None, **values):
    os.chmod(work, 0o777)
    program = pathlib.Path(work) / "program"
    program.write_text(PROGRAM.replace("@work@", str(work)))
    program.chmod(program.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    top = "external-check\ninsecure-fork-wanted\n" + top
    text = config.haproxy(text.replace("@work@", str(work)), top=top)
    return start("haproxy", text, listens=("stats",), stats=ports.free_port(), binary=build, **values)


def variables(work, name):
    lines = (pathlib.Path(work) / f"env.{name}").read_text().splitlines()
    return dict(l.split("=", 1) for l in lines)


@pytest.mark.both_builds
def test_a_program_is_told_of_its_server_and_its_end_counts(start, work, build):
    p = serve(start, work, "", build=build)
    wanted = {
        "good": ("UP", "PROCOK", "0"),
        "bad": ("DOWN", "PROCERR", "3"),
        "killed": ("DOWN", "PROCERR", "4294967295"),
        "hangs": ("DOWN", "PROCTOUT", "0"),
        "s": ("DOWN", "PROCERR", "255"),
        "alone": ("UP", "PROCOK", "0"),
    }
    process.wait_until(lambda: wanted.items() <= codes(p).items(), 10)
    assert {n: codes(p)[n] for n in wanted} == wanted
    args = {n: (pathlib.Path(work) / f"args.{n}").read_text().strip() for n in ("good", "bad", "killed", "alone")}
    assert args == {
        "good": f"127.0.0.1 {p.port} 127.0.0.1 7",
        "bad": f"127.0.0.1 {p.port} ::1 8",
        "killed": f"127.0.0.1 {p.port} {work}/socket NOT_USED",
        "alone": "NOT_USED NOT_USED 127.0.0.1 7",
    }
    told = variables(work, "good")
    told.pop("PWD", None)
    assert told == {
        "HAPROXY_PROXY_ADDR": "127.0.0.1", "HAPROXY_PROXY_PORT": str(p.port), "HAPROXY_PROXY_NAME": "web", "HAPROXY_PROXY_ID": "1", "HAPROXY_SERVER_ADDR": "127.0.0.1", "HAPROXY_SERVER_PORT": "7",
        "HAPROXY_SERVER_ID": "1", "HAPROXY_SERVER_NAME": "good", "HAPROXY_SERVER_CURCONN": "0", "HAPROXY_SERVER_MAXCONN": "33",
        "HAPROXY_SERVER_SSL": "0", "HAPROXY_SERVER_PROTO": "h1", "PATH": "/usr/bin:/bin:/nowhere",
    }
    more = variables(work, "killed"), variables(work, "bad"), variables(work, "alone")
    assert more[0]["HAPROXY_SERVER_PORT"] == "" and more[1]["HAPROXY_SERVER_SSL"] == "1"
    assert more[2]["HAPROXY_PROXY_ADDR"] == more[2]["HAPROXY_PROXY_PORT"] == "" and more[2]["HAPROXY_SERVER_PROTO"] == "tcp"


@pytest.mark.keel_only("HAProxy ends the program alone, not what it started")
@pytest.mark.both_builds
def test_what_hangs_is_ended_with_all_that_it_started(start, work, build):
    p = serve(start, work, "", text=BODY.replace("server hangs", "server tree"), build=build)
    child = pathlib.Path(work) / "child"
    process.wait_until(lambda: child.exists() and child.read_text().strip(), 10)
    pid = int(child.read_text())
    assert process.wait_until(lambda: not process.alive(pid), 10), "what a late program started is still there"
    process.wait_until(lambda: child.read_text().strip() not in ("", str(pid)), 10)
    last = int(child.read_text())
    p.stop()
    assert process.wait_until(lambda: not process.alive(last), 5), "it outlived the balancer"


@pytest.mark.keel_only("HAProxy since 2.9")
def test_preserve_env(start, work, monkeypatch):
    monkeypatch.setenv("OF_THE_CALLER", "yes")
    for word, there in (("external-check preserve-env", True), ("external-check", False)):
        p = serve(start, work, word)
        env = pathlib.Path(work) / "env.good"
        process.wait_until(lambda: codes(p)["good"][1] == "PROCOK" and env.exists(), 8)
        told = variables(work, "good")
        assert ("OF_THE_CALLER" in told) == there
        assert told["PATH"] == "/usr/bin:/bin:/nowhere"
        p.stop()
        env.unlink()


def test_each_change_of_a_result_is_logged(start):
    """HAProxy's `option log-health-checks`: the line of the result, then the server's, which does not repeat why"""
    log = syslog.Target()
    t = toys.Toy(toys.http(200))
    text = config.haproxy("""
listen web
    bind 127.0.0.1:@port@
    log 127.0.0.1:@log@ local0
    option log-health-checks
    option httpchk GET /
    http-check disable-on-404
    server s 127.0.0.1:@s@ check inter 150ms rise 2 fall 2
    server b 127.0.0.1:@none@ check inter 150ms rise 2 fall 2 backup
""")
    try:
        start("haproxy", text, log=log.port, s=t.port, none=ports.free_port())
        steps = [
            (None, "Health check for server web/s succeeded, reason: Layer7 check passed, code: 200", "status: 2/2 UP."),
            (None, "Health check for backup server web/b failed, reason: Layer4 connection problem", "status: 0/2 DOWN."),
            (None, "Backup Server web/b is DOWN. 1 active and 0 backup servers left.", "remaining in queue."),
            (404, "Health check for server web/s conditionally succeeded, reason: Layer7 check conditionally passed, code: 404", "status: 2/2 UP."),
            (500, "Health check for server web/s failed, reason: Layer7 wrong status, code: 500", "status: 1/2 UP."),
            (500, "Health check for server web/s failed, reason: Layer7 wrong status, code: 500", "status: 0/2 DOWN."),
            (500, "Server web/s is DOWN. 0 active and 0 backup servers left.", "remaining in queue."),
            (404, "Health check for server web/s failed, reason: Layer7 wrong status, code: 404", None),
            (200, "Health check for server web/s succeeded, reason: Layer7 check passed, code: 200", "status: 1/2 DOWN."),
            (200, "Health check for server web/s succeeded, reason: Layer7 check passed, code: 200", "status: 2/2 UP."),
            (200, "Server web/s is UP. 1 active and 0 backup servers online.", "total in queue."),
        ]
        for status, begins, ends in steps:
            if status:
                t.serve = toys.http(status)
            if ends is None:
                continue  # the same result as before: no line
            assert process.wait_until(lambda: any(begins in m and m.rstrip().endswith(ends) for m in log.messages), 8), (begins, ends, log.messages)
        assert not any("code: 404" in m and "failed" in m for m in log.messages)
        assert all(m.startswith("<133>") for m in log.messages if "Health check" in m), "local0.notice"
    finally:
        t.stop()
        log.close()


@pytest.mark.parametrize("lines, words", (
    (("", "option external-check\n external-check command /bin/true"), "unable to find required 'global.external-check'"),
    (("external-check", "option external-check"), "unable to find required 'external-check command'"),
))
def test_what_is_missing_is_said(prepare, lines, words):
    text = f"global\n {lines[0]}\nlisten web\n bind 127.0.0.1:1\n mode tcp\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n {lines[1]}\n server s 127.0.0.1:1 check\n"
    done = prepare("haproxy", text).command("-c")
    assert done.returncode == 1 and words in done.stderr
