# SPDX-License-Identifier: Apache-2.0
"""Programs that read logs read ours as they read the peers': halog, goaccess, lnav, and rsyslog that writes them down.

Each play runs where its program is installed or unpacked (halog comes with haproxy; tools/peers fetch goaccess lnav) and is skipped elsewhere.
"""
import glob
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time

import pytest

from lib import client, config, ports, process, syslog, where

ASKED = [("/size/100", 200)] * 12 + [("/status/404", 404)] * 5 + [("/status/500", 500)] * 3 + [("/slow/120", 200)] * 2
HAPROXY = """
frontend web
    bind 127.0.0.1:@port@
    option httplog
    default_backend app
backend app
    server s1 127.0.0.1:@o1@
    server s2 127.0.0.1:@o2@
"""


def program(name):
    found = shutil.which(name) or next(iter(glob.glob(str(where.PEERS / "usr/*bin" / name))), None)
    if not found:
        pytest.skip(f"needs the command {name}, installed or unpacked by tools/peers fetch")
    return found


def run(*command, **more):
    """with the libraries of an unpacked package beside the program"""
    env = dict(os.environ, HOME=str(more.pop("home", "/tmp")), TERM="dumb")
    libs = glob.glob(str(pathlib.Path(command[0]).resolve().parents[1] / "lib/*-linux-gnu"))
    if libs and not libs[0].startswith("/usr/lib"):
        env["LD_LIBRARY_PATH"] = ":".join(libs)
    return subprocess.run(command, capture_output=True, text=True, timeout=30, env=env, **more)


@pytest.fixture
def haproxy_lines(prepare, origin):
    """the lines as a syslog server stores them: with a date and a host before the program's name"""
    target = syslog.Target()
    p = prepare("haproxy", config.haproxy(HAPROXY, top=f"log 127.0.0.1:{target.port} local2", defaults="log global"), o1=origin("a").port, o2=origin("b").port)
    p.start()
    for path, _ in ASKED:
        client.ask(p.port, target=path)
    assert process.wait_until(lambda: sum("HTTP/1.1" in m for m in target.messages) == len(ASKED), 5)
    target.close()
    lines = []
    for m in target.messages:
        if "HTTP/1.1" not in m:
            continue
        head, rest = m.split("haproxy[", 1)
        lines.append(head.split(">", 1)[1] + "lb1 haproxy[" + rest.rstrip("\n"))
    return lines


@pytest.fixture
def nginx_log(prepare, origin):
    p = prepare("nginx", config.nginx("""server { listen 127.0.0.1:@port@; access_log @dir@/access.log combined; location / { proxy_pass http://127.0.0.1:@o1@; } }""", log=""), o1=origin().port)
    p.start()
    for path, _ in ASKED:
        client.ask(p.port, target=path, fields=[("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0"), ("Referer", "http://from.example/")])
    assert process.wait_until(lambda: len(p.read("access.log").splitlines()) == len(ASKED), 3)
    return p.dir / "access.log"


def test_halog(haproxy_lines):
    halog = program("halog")
    text = "".join(l + "\n" for l in haproxy_lines)

    def of(*options):
        done = subprocess.run([halog, *options], input=text, capture_output=True, text=True, timeout=20, env=dict(os.environ, **where.peer_environment()))
        assert done.returncode == 0, done.stderr
        return [l.split() for l in done.stdout.splitlines() if l and not l.startswith("#")]
    assert sorted((row[0], row[1]) for row in of("-st", "-q")) == [("200", "14"), ("404", "5"), ("500", "3")]
    servers = {row[0]: int(row[7]) for row in of("-srv", "-q")}
    assert servers == {"app/s1": 11, "app/s2": 11}
    assert {row[0]: int(row[1]) for row in of("-tc", "-q")} == {"--": len(ASKED)}
    assert len(of("-H", "-rt", "100", "-q")) == 2, "two answers took longer than 100 ms"


def test_goaccess(nginx_log, work):
    goaccess = program("goaccess")
    out = work / "report.json"
    done = run(goaccess, str(nginx_log), "--log-format=COMBINED", "-o", str(out), "--no-global-config", home=work)
    assert done.returncode == 0, done.stderr
    report = json.loads(out.read_text())
    assert report["general"]["total_requests"] == report["general"]["valid_requests"] == len(ASKED) and report["general"]["failed_requests"] == 0
    codes = {}
    for group in report["status_codes"]["data"]:
        for one in group["items"]:
            codes[one["data"][:3]] = one["hits"]["count"]
    assert codes == {"200": 14, "404": 5, "500": 3}
    assert report["general"]["bandwidth"] == 12 * 100 + 8 * len("o1 says 404") + 2 * len("o1")
    assert [r["data"] for r in report["browsers"]["data"]] == ["Firefox"] and [r["data"] for r in report["referring_sites"]["data"]] == ["from.example"]
    assert {r["data"]: r["hits"]["count"] for r in report["requests"]["data"]}["/size/100"] == 12


def lnav(work, log, query):
    done = run(program("lnav"), "-n", "-c", ";" + query, "-c", ":write-json-to -", str(log), home=work)
    assert done.returncode == 0, done.stderr
    start = done.stdout.index("[")
    return json.loads(done.stdout[start:done.stdout.rindex("]") + 1])


def test_lnav_reads_the_combined_log(nginx_log, work):
    rows = lnav(work, nginx_log, "SELECT sc_status, count(*) AS n FROM access_log GROUP BY sc_status")
    assert {str(r["sc_status"]): r["n"] for r in rows} == {"200": 14, "404": 5, "500": 3}


def test_lnav_reads_httplog(haproxy_lines, work):
    log = work / "haproxy.log"
    log.write_text("".join(l + "\n" for l in haproxy_lines))
    rows = lnav(work, log, "SELECT status_code, server_name, count(*) AS n FROM haproxy_log GROUP BY status_code, server_name")
    assert sum(r["n"] for r in rows) == len(ASKED)
    assert {r["server_name"] for r in rows} == {"s1", "s2"} and {str(r["status_code"]) for r in rows} == {"200", "404", "500"}


@pytest.fixture
def rsyslog(work):
    """a real rsyslogd on UDP and on a UNIX socket; gives (UDP port, socket, file with what it stored)"""
    daemon = program("rsyslogd")
    modules = glob.glob(str(pathlib.Path(daemon).resolve().parents[1] / "lib/*-linux-gnu/rsyslog")) or ["/usr/lib/x86_64-linux-gnu/rsyslog"]
    port, sock, stored = ports.free_port(socket.SOCK_DGRAM), work / "dev-log", work / "stored.log"
    conf = work / "rsyslog.conf"
    conf.write_text(f"""global(workDirectory="{work}")
module(load="{modules[0]}/imudp.so")
module(load="{modules[0]}/imuxsock.so" SysSock.Use="off")
input(type="imudp" address="127.0.0.1" port="{port}")
input(type="imuxsock" Socket="{sock}")
template(name="shape" type="string" string="%syslogfacility-text%.%syslogseverity-text% %HOSTNAME% %syslogtag%%msg%\\n")
local2.info action(type="omfile" file="{stored}" template="shape")
""")
    env = dict(os.environ)
    libs = glob.glob(str(pathlib.Path(daemon).resolve().parents[1] / "lib/*-linux-gnu"))
    if libs and not libs[0].startswith("/usr/lib"):
        env["LD_LIBRARY_PATH"] = ":".join(libs)
    p = subprocess.Popen([daemon, "-n", "-f", str(conf), "-i", str(work / "rsyslog.pid"), "-M", modules[0]], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.wait_until(lambda: sock.exists() or p.poll() is not None, 5) and p.poll() is None, p.stdout.read()
    os.chmod(sock, 0o777)
    time.sleep(0.2)
    yield port, sock, stored
    p.terminate()
    p.wait(10)


@pytest.mark.parametrize("how", ["udp", "unix"])
def test_rsyslog_stores_httplog(prepare, origin, rsyslog, how):
    port, sock, stored = rsyslog
    at = f"127.0.0.1:{port}" if how == "udp" else str(sock)
    p = prepare("haproxy", config.haproxy(HAPROXY, top=f"log {at} local2 info", defaults="log global"), o1=origin("a").port, o2=origin("b").port)
    p.start()
    for i in range(5):
        client.ask(p.port, target=f"/echo/{i}")
    assert process.wait_until(lambda: stored.exists() and stored.read_text().count("/echo/") == 5, 5)
    line = [l for l in stored.read_text().splitlines() if "/echo/3" in l][0]
    assert line.startswith("local2.info ") and f" haproxy[" in line and line.endswith('"GET /echo/3 HTTP/1.1"')


def test_rsyslog_stores_nginx(prepare, origin, rsyslog):
    port, _, stored = rsyslog
    p = prepare("nginx", config.nginx(f"""server {{ listen 127.0.0.1:@port@; access_log syslog:server=127.0.0.1:{port},facility=local2,tag=shop combined;
        location / {{ proxy_pass http://127.0.0.1:@o1@; }} }}""", log=""), o1=origin().port)
    p.start()
    client.ask(p.port, target="/who")
    assert process.wait_until(lambda: stored.exists() and "GET /who" in stored.read_text(), 5)
    assert "local2.info " in stored.read_text() and " shop: 127.0.0.1 - - [" in stored.read_text()
