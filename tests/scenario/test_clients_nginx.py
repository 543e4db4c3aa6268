# SPDX-License-Identifier: Apache-2.0
"""Programs of nginx's operators, as Debian ships them, read our stub_status: munin's plugins and Prometheus's exporter.

tools/peers fetch munin-nginx nginx-exporter
"""
import os
import re
import subprocess
import urllib.request

import pytest

from lib import client, config, ports, process, where

BODY = """
server {
    listen 127.0.0.1:@port@;
    listen unix:@dir@/status.sock;
    location = /nginx_status { stub_status on; access_log off; allow 127.0.0.1; allow unix:; deny all; }
    location / { return 204; }
}"""


@pytest.fixture
def program(start):
    return start("nginx", config.nginx(BODY))


def tool(name, path):
    if where.missing(name):
        pytest.skip(where.missing(name))
    return where.PEERS / path


def munin(p, plugin, *more):
    env = {**os.environ, "PERL5LIB": ":".join(str(where.PEERS / d) for d in ("usr/share/perl5", "usr/lib/x86_64-linux-gnu/perl5/5.36")),
           "url": f"http://127.0.0.1:{p.port}/nginx_status", "MUNIN_LIBDIR": str(where.PEERS / "usr/share/munin")}
    done = subprocess.run(["perl", plugin, *more], env=env, capture_output=True, text=True, timeout=10)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_munin(program):
    status, request = tool("munin-nginx", "usr/share/munin/plugins/nginx_status"), tool("munin-nginx", "usr/share/munin/plugins/nginx_request")
    assert munin(program, status, "autoconf") == munin(program, request, "autoconf") == "yes\n"
    assert "graph_title Nginx status\n" in munin(program, status, "config")
    before = int(munin(program, request).removeprefix("request.value "))
    with client.Client(program.port) as idle:
        idle.ask()
        assert munin(program, status) == "total.value 2\nreading.value 0\nwriting.value 1\nwaiting.value 1\n"
    assert int(munin(program, request).removeprefix("request.value ")) == before + 3, "the idle one's, and two of munin"


@pytest.mark.parametrize("door", ["page", "socket"])
def test_prometheus_exporter(program, door):
    exporter = tool("nginx-exporter", "usr/bin/prometheus-nginx-exporter")
    port = ports.free_port()
    at = f"http://127.0.0.1:{program.port}" if door == "page" else f"unix:{program.dir}/status.sock:"
    run = subprocess.Popen([exporter, f"-nginx.scrape-uri={at}/nginx_status", f"-web.listen-address=127.0.0.1:{port}"],
                           stdout=subprocess.DEVNULL, stderr=open(program.dir / "exporter.stderr", "wb"))

    def metrics():
        text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5).read().decode()
        return {m[1]: float(m[2]) for m in re.finditer(r"^(nginx_[a-z_]+|nginx_[^ ]+) (\S+)$", text, re.M)}
    try:
        assert process.wait_until(lambda: process.listens(port), 5)
        before = metrics()
        for _ in range(7):
            client.ask(program.port)
        with client.Client(program.port) as idle:
            idle.ask()
            m = metrics()
        assert m["nginx_up"] == 1
        assert m["nginx_http_requests_total"] == before["nginx_http_requests_total"] + 9, "eight of ours and one of its own"
        assert m["nginx_connections_accepted"] == m["nginx_connections_handled"] >= before["nginx_connections_accepted"] + 8
        assert m["nginx_connections_active"] >= 2 and m["nginx_connections_writing"] == 1 and m["nginx_connections_reading"] == 0
        assert m["nginx_connections_waiting"] == m["nginx_connections_active"] - 1
        program.stop()
        assert metrics()["nginx_up"] == 0
    finally:
        run.terminate()
        run.wait(5)
