# SPDX-License-Identifier: Apache-2.0
"""What the plays about the floating address share: the site with two directors, how they begin, how long a takeover takes.

    from lib.takeover import shown, site         # fixtures: pytest finds them by these names
"""
import os
import signal
import time

import pytest

from . import director, process, where
from .director import course

MARKS = [pytest.mark.needs("root", "netns"), pytest.mark.keel_only("they name their peers themselves"), pytest.mark.timeout(90),
         pytest.mark.slow]
PAIRS = [("keel", "keel"), ("keel", "keepalived"), ("keepalived", "keel")]


@pytest.fixture
def site(work):
    s = director.Site(work)
    yield s
    trouble = s.remove()
    if trouble:
        pytest.fail("\n".join(trouble), pytrace=False)


@pytest.fixture(autouse=True)
def shown(request, work):
    """the directors' own words beside a failure"""
    yield
    if getattr(request.node, "failed", False):
        for log in sorted(work.glob("*.log")):
            print(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}")


def begin(site, one, two, holder_within=9):
    """starts both; -> them, when the first holds the address"""
    a = site.start("d1", one)
    assert process.wait_until(a.has, holder_within), "the first director holds the address"
    b = site.start("d2", two)
    assert process.wait_until(lambda: "BACKUP" in b.text(), holder_within)
    told = len(site.wire.of("d1"))
    assert process.wait_until(lambda: len(site.wire.of("d1")) > told, 3, 0.005), "it goes on saying so"
    assert a.has() and not b.has(), "and the other one does not"
    return a, b


def pair(site, which, text=director.COURSE, more="    nopreempt", priorities=(100, 50), release=False, **options):
    """<release>: for plays that measure; sanitizers make a program several times slower"""
    for kind in which:
        if kind == "keepalived" and where.missing("keepalived"):
            pytest.skip(where.missing("keepalived"))
    argv = [site.keepalived(h, course(p, more, text=text, **options), peer=k == "keepalived", release=release) for h, p, k in
            (("d1", priorities[0], which[0]), ("d2", priorities[1], which[1]))]
    return begin(site, *argv)


def listens(site, host, port):
    """waits until somebody on <host> listens there"""
    assert process.wait_until(lambda: f":{port} " in site.net.run(host, ["ss", "-ltn"]).stdout, 10)


def measure(site, a, b, way, seconds):
    """-> seconds until the other one holds the address and says so, and how many of them until the goodbye (None: there was none)"""
    if way == "killed":
        at = a.kill_hard()
    else:
        at = time.monotonic()
        os.kill(a.pid, signal.SIGTERM)
    took = site.wire.first("d2", at, seconds)
    assert took is not None and process.wait_until(b.has, 1), "the other one takes the address"
    goodbye = next((x.at - at for x in site.wire.of("d1", at) if x.priority == 0), None)
    if way == "stopped" and where.peer("keepalived").name in a.argv[0]:      # how long that one takes to say goodbye is its own matter
        took -= goodbye
    return took, goodbye


WATCH_ADDRESS = r'''
import os, sys
os.execvp("stdbuf", ["stdbuf", "-oL", "sh", "-c", "ip monitor address | sed -u 's/^Deleted.*inet /deleted /'"])
'''


SMALL_WEB = r'''
import http.server, sys
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(s):
        b = (sys.argv[1] + "\n").encode()
        s.send_response(200); s.send_header("Content-Length", str(len(b))); s.end_headers(); s.wfile.write(b)
    do_HEAD = do_GET
    def log_message(s, *a): pass
http.server.ThreadingHTTPServer(("", int(sys.argv[2]) if len(sys.argv) > 2 else 80), H).serve_forever()
'''


# -- the balancer, check scripts

HAPROXY = """
global
    stats socket @dir@/HOST.ha.sock level admin
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
listen www
    bind *:80
    balance roundrobin
    server http1 192.168.122.9:8001 check inter 200ms rise 2 fall 2
    server http2 192.168.122.9:8002 check inter 200ms rise 2 fall 2
"""


def director_of(site, host, priority, text=director.COURSE, more="    nopreempt", balancer=HAPROXY):
    return site.balancer(host, balancer.replace("@dir@", str(site.dir)).replace("HOST", host), course(priority, more, text=text))


def two_webs(site):
    webs = {n: site.helper("client", SMALL_WEB, f"w{n}", 8000 + n) for n in (1, 2)}
    for n in webs:
        listens(site, "client", 8000 + n)
    return webs


def whole(site, **more):
    webs = two_webs(site)
    a, b = begin(site, director_of(site, "d1", 100, **more), director_of(site, "d2", 50, **more))
    return a, b, webs


TRACK = "    nopreempt\n    track_backend {\n        www\n    }"


def script(site, name, text):
    return site.write(name, "#!/bin/sh\n" + text, 0o755)


CHECK = """vrrp_script chk {
    script "%s"
    interval 1
    timeout 1
    rise 1
    fall 1
    user root
}"""
