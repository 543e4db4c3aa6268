# SPDX-License-Identifier: Apache-2.0
"""Programs of HAProxy's operators, as Debian ships them, pointed at us: exporter, monitoring plugin, munin, hatop, ansible's module.

tools/peers fetch haproxy-exporter check-haproxy-stats munin-haproxy hatop ansible-haproxy
"""
import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
import urllib.request

import pytest

from lib import client, config, load, origin as origins, ports, process, where

BODY = """
frontend site
    bind 127.0.0.1:@port@
    default_backend pool
backend pool
    balance roundrobin
    option redispatch
    server s1 127.0.0.1:@o1@ check inter 100 fall 2 rise 2
    server s2 127.0.0.1:@o2@ check inter 100 fall 2 rise 2
listen stats
    bind 127.0.0.1:@port2@
    stats enable
    stats uri /stats
    stats auth admin:secret
"""


@pytest.fixture
def program(prepare, origin):
    one, two = origin("one"), origin("two")
    p = prepare("haproxy", config.haproxy(BODY, top="stats socket @dir@/admin.sock level admin mode 600"), o1=one.port, o2=two.port)
    p.one, p.two = one, two
    p.options = ["-W", "-db"]
    p.start(listens=("port", "port2"))
    assert process.wait_until(lambda: say(p, "show stat").count("L4OK") == 2, 5)
    return p


def say(p, command):
    return client.socket_command(p.dir / "admin.sock", command)


def status(p, server):
    return next(line for line in say(p, "show stat").split("\n") if line.startswith(f"pool,{server},")).split(",")[17]


def tool(name, path):
    if where.missing(name):
        pytest.skip(where.missing(name))
    return where.PEERS / path


# -- prometheus-haproxy-exporter

def metrics(port):
    """{name{labels}: value}"""
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5).read().decode()
    return {m[1]: float(m[2]) for m in re.finditer(r"^(haproxy_[^ ]+) (\S+)$", text, re.M)}


@pytest.mark.parametrize("door", ["page", "socket"])
def test_prometheus_exporter(program, door):
    exporter = tool("haproxy-exporter", "usr/bin/prometheus-haproxy-exporter")
    p, port = program, ports.free_port()
    for _ in range(6):
        assert client.ask(p.port, target="/who").status == 200
    uri = f"http://admin:secret@127.0.0.1:{p.port2}/stats;csv" if door == "page" else f"unix:{p.dir}/admin.sock"
    run = subprocess.Popen([exporter, f"--haproxy.scrape-uri={uri}", f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL,
                           stderr=open(p.dir / "exporter.stderr", "wb"))
    try:
        assert process.wait_until(lambda: process.listens(port), 5)
        m = metrics(port)
        assert m["haproxy_up"] == 1 and m["haproxy_exporter_csv_parse_failures_total"] == 0
        assert m['haproxy_server_up{backend="pool",server="s1"}'] == m['haproxy_server_up{backend="pool",server="s2"}'] == m['haproxy_backend_up{backend="pool"}'] == 1
        assert m['haproxy_frontend_http_requests_total{frontend="site"}'] == 6
        assert m['haproxy_server_http_responses_total{backend="pool",code="2xx",server="s1"}'] == 3
        assert m['haproxy_server_weight{backend="pool",server="s2"}'] == 1
        p.one.stop()
        assert process.wait_until(lambda: metrics(port)['haproxy_server_up{backend="pool",server="s1"}'] == 0, 5)
        m = metrics(port)
        assert m['haproxy_backend_up{backend="pool"}'] == 1
        assert m['haproxy_server_check_failures_total{backend="pool",server="s1"}'] >= 1
    finally:
        run.terminate()
        run.wait(5)


# -- monitoring-plugins-contrib

def test_check_haproxy_stats(program):
    check = tool("check-haproxy-stats", "usr/lib/nagios/plugins/check_haproxy_stats")
    p = program

    def run(*more):
        done = subprocess.run(["perl", check, "-s", p.dir / "admin.sock", *more], capture_output=True, text=True, timeout=10)
        return done.returncode, done.stdout
    code, out = run("-w", "80", "-c", "90")
    assert code == 0 and "OK" in out, out
    p.one.stop()
    assert process.wait_until(lambda: status(p, "s1") == "DOWN", 5)
    code, out = run()
    assert code == 2 and "pool" in out and "s1" in out and "DOWN" in out, out
    say(p, "set server pool/s1 state maint")
    assert run()[0] == 2 and run("-m")[0] == 0
    say(p, "set server pool/s1 state ready")
    say(p, "set server pool/s2 state drain")
    p.one = origins.Origin("one", port=p.one.port).start()
    try:
        assert process.wait_until(lambda: status(p, "s1") == "UP", 5)
        assert run()[0] != 0 and run("-n")[0] == 0
    finally:
        p.one.stop()


# -- munin

def test_munin_plugin(program):
    plugin = tool("munin-haproxy", "usr/share/munin/plugins/haproxy_")
    p = program
    for _ in range(8):
        client.ask(p.port, target="/who")
    env = {**os.environ, "PERL5LIB": ":".join(str(where.PEERS / d) for d in ("usr/share/perl5", "usr/lib/x86_64-linux-gnu/perl5/5.36", "usr/lib/x86_64-linux-gnu/perl-base")),
           "url": f"http://admin:secret@127.0.0.1:{p.port2}/stats;csv;norefresh", "MUNIN_LIBDIR": str(where.PEERS / "usr/share/munin")}

    def run(*more):
        return subprocess.run(["perl", plugin, *more], env=env, capture_output=True, text=True, timeout=10)
    graph = run("config")
    assert graph.returncode == 0, graph.stderr
    assert "graph_title HAProxy statistics for site\n" in graph.stdout and "ss1.label s1\n" in graph.stdout
    values = dict(line.split(" ") for line in run().stdout.strip().split("\n"))
    assert values["ss1.value"] == values["ss2.value"] == "4"


# -- hatop

def test_hatop(program):
    """opened, a server taken out with F10 and back with F9"""
    p = program
    hatop = str(tool("hatop", "usr/bin/hatop"))
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm", LANG="C.UTF-8")
        os.execv("/usr/bin/python3", ["python3", hatop, "-s", str(p.dir / "admin.sock")])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 132, 0, 0))
    seen = b""

    def read(until, seconds=8):
        nonlocal seen
        end = time.monotonic() + seconds
        while time.monotonic() < end and not until():
            if select.select([fd], [], [], 0.1)[0]:
                try:
                    seen += os.read(fd, 65536)
                except OSError:
                    return False
        return until()
    try:
        assert read(lambda: b"L4OK" in seen and b"s2" in seen), seen[-2000:]
        assert b"pool" in seen and b"Traceback" not in seen
        for _ in range(12):                          # down to a server's row: F10 acts on servers alone
            if "MAINT" in (status(p, "s1"), status(p, "s2")):
                break
            os.write(fd, b"\x1b[21~")
            read(lambda: "MAINT" in (status(p, "s1"), status(p, "s2")), 0.6)
            if "MAINT" not in (status(p, "s1"), status(p, "s2")):
                os.write(fd, b"\x1bOB")
                read(lambda: False, 0.2)
        assert "MAINT" in (status(p, "s1"), status(p, "s2")), "F10 did nothing"
        os.write(fd, b"\x1b[20~")
        assert read(lambda: "MAINT" not in (status(p, "s1"), status(p, "s2")), 5), "F9 did nothing"
    finally:
        os.kill(pid, 15)
        os.waitpid(pid, 0)
        os.close(fd)


# -- ansible: community.general.haproxy

def ansible(p, **arguments):
    module = tool("ansible-haproxy", "usr/lib/python3/dist-packages/ansible_collections/community/general/plugins/modules/haproxy.py")
    given = {"ANSIBLE_MODULE_ARGS": {"socket": str(p.dir / "admin.sock"), "backend": "pool", "wait_interval": 1, "wait_retries": 20, **arguments}}
    done = subprocess.run(["/usr/bin/python3", "-P", module], input=json.dumps(given), capture_output=True, text=True, timeout=40,
                          env={**os.environ, "PYTHONPATH": str(where.PEERS / "usr/lib/python3/dist-packages"), "PYTHONDONTWRITEBYTECODE": "1"})
    out = json.loads(done.stdout)
    assert not out.get("failed"), out
    return out


def test_ansible_acts(program):
    p = program
    out = ansible(p, state="disabled", host="s1", wait=True)
    assert out["changed"] and status(p, "s1") == "MAINT"
    ansible(p, state="enabled", host="s1", weight="20", wait=True)
    assert process.wait_until(lambda: status(p, "s1") == "UP", 3) and say(p, "get weight pool/s1") == "20 (initial 1)\n\n"
    ansible(p, state="disabled", host="s2", shutdown_sessions=True, fail_on_not_found=True)
    assert status(p, "s2") == "MAINT"
    ansible(p, state="enabled", host="s2", health=True)
    assert process.wait_until(lambda: status(p, "s2") == "UP", 3)


@pytest.mark.timeout(90)
def test_ansible_rolling_deploy(program):
    """each server drained, taken down, brought back: no request fails"""
    p = program
    tool("ansible-haproxy", "usr/lib/python3/dist-packages/ansible_collections/community/general/plugins/modules/haproxy.py")
    ld = load.Load(p.port, rate=100, clients=10).start(60)
    for name, server in (("s1", p.one), ("s2", p.two)):
        ansible(p, state="drain", host=name, wait=True, drain=True)
        assert status(p, name) == "DRAIN"
        server.stop()
        time.sleep(0.5)
        fresh = origins.Origin(server.name, port=server.port).start()
        try:
            ansible(p, state="enabled", host=name, wait=True)
            assert process.wait_until(lambda: status(p, name) == "UP", 5)
            time.sleep(0.5)
        finally:
            if name == "s1":
                p.one = fresh
            else:
                p.two = fresh
    ld.stop()
    p.one.stop()
    p.two.stop()
    report = ld.report()
    print(report)
    assert report["sent"] > 200 and report["failed"] == 0, report
