# SPDX-License-Identifier: Apache-2.0
"""The floating address: who holds it, how fast it moves, and what must never move it. Two directors on the course's addresses, in
namespaces of our own. KEEL_ROUNDS says how often a takeover is measured (1); the worst counts."""
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from lib import director, process, where
from lib.director import ADDRESS, FAST, HOSTS, course

ROUNDS = int(os.environ.get("KEEL_ROUNDS", "1"))
pytestmark = [pytest.mark.needs("root", "netns"), pytest.mark.keel_only("they name their peers themselves"), pytest.mark.timeout(90)]

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
    time.sleep(0.5)
    assert a.has() and not b.has(), "and the other one does not"
    return a, b


def pair(site, which, text=director.COURSE, more="    nopreempt", priorities=(100, 50), **options):
    for kind in which:
        if kind == "keepalived" and where.missing("keepalived"):
            pytest.skip(where.missing("keepalived"))
    argv = [site.keepalived(h, course(p, more, text=text, **options), peer=k == "keepalived") for h, p, k in
            (("d1", priorities[0], which[0]), ("d2", priorities[1], which[1]))]
    return begin(site, *argv)


# -- the course's file

@pytest.mark.parametrize("which", PAIRS, ids="-".join)
def test_the_courses_file_and_its_line_in_tcpdump(site, which):
    if where.missing("tcpdump"):
        pytest.skip(where.missing("tcpdump"))
    a, b = pair(site, which)
    out = site.net.run("switch", ["timeout", "4", "tcpdump", "-nn", "-v", "-c", "2", "-i", "br0", "vrrp"]).stdout
    brief = site.net.run("switch", ["timeout", "4", "tcpdump", "-nn", "-c", "2", "-i", "br0", "vrrp"]).stdout
    assert "VRRPv2, Advertisement, vrid 80, prio 100, authtype simple, intvl 1s, length 20" in brief, brief
    assert f"IP {HOSTS['d1']} > 224.0.0.18" in brief and "bad" not in out.lower()
    assert all(x.ttl == 255 and x.to == "224.0.0.18" for x in site.wire.adverts)
    assert {x.source for x in site.wire.adverts} == {HOSTS["d1"]}, "only the master sends"
    assert site.wire.announced and site.wire.announced[0][1] == ADDRESS, "gratuitous ARP"


def test_tshark_finds_no_fault(site):
    if where.missing("tshark"):
        pytest.skip(where.missing("tshark"))
    a, b = pair(site, ("keel", "keel"))
    out = site.net.run("switch", ["timeout", "8", "tshark", "-i", "br0", "-c", "3", "-f", "vrrp", "-V", "-o", "vrrp.v3_checksum_as_in_v2:FALSE"]).stdout
    assert out.count("Checksum Status: Good") >= 3 and "incorrect" not in out and "Malformed" not in out, out[-2000:]


# -- takeover

def measure(site, a, b, way, seconds):
    """-> seconds until the other one holds the address and says so"""
    if way == "killed":
        at = a.kill_hard()
    else:
        at = time.monotonic()
        os.kill(a.pid, signal.SIGTERM)
    took = site.wire.first("d2", at, seconds)
    assert took is not None and process.wait_until(b.has, 1), "the other one takes the address"
    if way == "stopped" and where.peer("keepalived").name in a.argv[0]:      # how long that one takes to say goodbye is its own matter
        took -= [x for x in site.wire.of("d1", at) if x.priority == 0][0].at - at
    return took


# A backup of priority 100 waits three intervals and (256 - 100) / 256 of one more; after a goodbye only the latter.
LIMITS = {("v2", "killed"): 3.7, ("v2", "stopped"): 0.7, ("v3", "killed"): 0.40, ("v3", "stopped"): 0.1}


@pytest.mark.parametrize("which", PAIRS, ids="-".join)
@pytest.mark.parametrize("version,way", LIMITS)
@pytest.mark.timeout(90 + 20 * ROUNDS)
def test_takeover(site, which, version, way):
    """the stronger one goes, the other one takes over; the stronger one comes back (it preempts here)"""
    text = FAST if version == "v3" else director.COURSE
    a, b = pair(site, which, text=text, more="", priorities=(150, 100))
    times = []
    for _ in range(ROUNDS):
        times.append(measure(site, a, b, way, 8))
        if way == "killed":
            a.revive()
        else:
            assert a.stop()
            assert not a.has(), "a clean stop leaves no address behind"
            a.start()
        assert process.wait_until(lambda: a.has() and not b.has(), 12), "it comes back"
    limit = LIMITS[version, way]
    print(f"takeover {'-'.join(which)} {version} {way}: worst {max(times):.3f} s of {len(times)}, limit {limit} s")
    assert max(times) <= limit
    assert site.wire.two_masters_for() <= (1.05 if version == "v2" else 0.12), "never two masters longer than one interval"


def test_only_requests_in_the_gap_fail(site):
    a, b = pair(site, ("keel", "keel"), text=FAST)
    for host in ("d1", "d2"):
        site.helper(host, SMALL_WEB, host)
        assert process.wait_until(lambda: ":80 " in site.net.run(host, ["ss", "-ltn"]).stdout, 5)
    probe = site.probe()
    time.sleep(1.5)
    at = time.monotonic()
    os.kill(a.pid, signal.SIGTERM)
    time.sleep(1.5)
    assert not probe.failed(until=at - 0.05), "before"
    assert not probe.failed(since=at + 0.3), "after"
    assert {r[2].split()[-1] for r in probe.answers(since=at + 0.5)} == {"d2"}


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


def test_nopreempt_holds(site):
    a, b = pair(site, ("keel", "keel"), text=FAST, more="    nopreempt")
    measure(site, a, b, "stopped", 5)
    assert a.stop()
    a.start()
    time.sleep(2)
    assert b.has() and not a.has(), "the stronger one that came back leaves the address where it is"


# -- reload, signals, ends

def test_reload_while_master_misses_no_advert(site):
    a, b = pair(site, ("keel", "keel"), text=FAST)
    begun = time.monotonic()
    watch = site.helper("d1", WATCH_ADDRESS, stdout=subprocess.PIPE, text=True)
    for n in range(5):
        site.keepalived("d1", course(100, "    nopreempt\n    virtual_ipaddress_excluded {\n        10.9.9.%d\n    }" % n, text=FAST))
        os.kill(a.pid, signal.SIGHUP)
        assert process.wait_until(lambda: a.has(f"10.9.9.{n}"), 5), "the new file is served"
        time.sleep(0.3)
    assert site.wire.longest_gap("d1", begun + 0.2, time.monotonic() - 0.2) < 0.2, "adverts go on"
    assert not site.wire.of("d2", begun), "nobody else thought that it was away"
    os.killpg(watch.pid, signal.SIGTERM)
    assert "deleted " + ADDRESS not in watch.communicate()[0], "the address was never removed"
    assert [x for x in a.addresses() if x.startswith("10.9.9.")] == ["10.9.9.4/32"]


WATCH_ADDRESS = r'''
import os, sys
os.execvp("stdbuf", ["stdbuf", "-oL", "sh", "-c", "ip monitor address | sed -u 's/^Deleted.*inet /deleted /'"])
'''


def test_a_reload_with_a_mistake_changes_nothing(site):
    a, b = pair(site, ("keel", "keel"), text=FAST)
    good = (site.dir / "d1.keepalived.conf").read_text()
    site.write("d1.keepalived.conf", good.replace("virtual_router_id 80", "virtual_router_id 300"))
    os.kill(a.pid, signal.SIGHUP)
    assert process.wait_until(lambda: '"300" is not a number' in a.text(), 5), "it is said"
    time.sleep(0.5)
    assert a.has() and not b.has() and site.wire.of("d1", time.monotonic() - 0.3)


def test_dumps_by_signal(site):
    a, b = pair(site, ("keel", "keel"), text=FAST)
    begun = time.time()
    numbers = {}
    for word in ("DATA", "STATS", "JSON"):
        numbers[word] = int(subprocess.run([where.keel(), "keepalived", "--signum=" + word], capture_output=True, text=True).stdout)
        os.kill(a.pid, numbers[word])
        time.sleep(0.2)
    assert numbers["DATA"] == signal.SIGUSR1 and numbers["STATS"] == signal.SIGUSR2

    def fresh(name):
        path = "/tmp/keepalived." + name
        assert process.wait_until(lambda: os.path.exists(path) and os.path.getmtime(path) >= begun - 1 and os.path.getsize(path), 3), path
        with open(path) as f:
            return f.read()
    try:
        assert "VRRP Instance = VI_1" in fresh("data") and "State = MASTER" in fresh("data")
        assert "Became master: 1" in fresh("stats")
        assert json.loads(fresh("json"))["instances"][0]["state"] == "MASTER"
    finally:
        for name in ("data", "stats", "json"):
            if os.path.exists("/tmp/keepalived." + name):
                os.remove("/tmp/keepalived." + name)


def test_pid_files(site):
    a, b = pair(site, ("keel", "keel"), text=FAST)
    assert (site.dir / "d1.pid").read_text().strip() == str(a.pid)
    vrrp = int((site.dir / "d1.vrrp.pid").read_text())
    assert vrrp in a.pids()
    assert a.stop()
    assert not (site.dir / "d1.pid").exists() and not (site.dir / "d1.vrrp.pid").exists()


def test_it_becomes_a_daemon_and_there_is_only_one(site):
    argv = [str(x) for x in site.keepalived("d1", course(100, text=FAST)) if x != "-n"]
    done = site.net.run("d1", argv, timeout=10)
    pid = int((site.dir / "d1.pid").read_text())
    try:
        assert done.returncode == 0 and done.stderr == "" and process.alive(pid)
        assert process.wait_until(lambda: ADDRESS in site.net.run("d1", ["ip", "addr"]).stdout, 5)
        assert os.readlink(f"/proc/{pid}/fd/2") == "/dev/null"
        again = site.net.run("d1", argv, timeout=10)
        assert again.returncode == 1 and "already running" in again.stderr
        assert int((site.dir / "d1.pid").read_text()) == pid
    finally:
        os.kill(pid, signal.SIGTERM)
    assert process.wait_until(lambda: not process.alive(pid), 6)
    assert ADDRESS not in site.net.run("d1", ["ip", "addr"]).stdout


@pytest.mark.parametrize("end", ["TERM", "INT", "parent killed"])
def test_every_end_leaves_the_interface_as_it_was(site, end):
    more = "    virtual_ipaddress_excluded {\n        10.9.9.1/24\n        fd99::7/64\n    }\n    virtual_routes {\n        10.8.0.0/16 via 192.168.122.9\n    }"
    before = site.net.run("d1", ["sh", "-c", "ip -o addr show dev eth0 | awk '{print $4}'; ip route"]).stdout
    a = site.start("d1", site.keepalived("d1", course(100, more, text=FAST)))
    assert process.wait_until(lambda: a.has() and a.has("10.9.9.1"), 6)
    time.sleep(0.3)
    assert "10.8.0.0/16" in site.net.run("d1", ["ip", "route"]).stdout
    at = time.monotonic()
    a.pids()
    os.kill(a.pid, {"TERM": signal.SIGTERM, "INT": signal.SIGINT, "parent killed": signal.SIGKILL}[end])
    a.popen.wait(5)

    def now():
        return site.net.run("d1", ["sh", "-c", "ip -o addr show dev eth0 | awk '{print $4}'; ip route"]).stdout
    assert process.wait_until(lambda: now() == before, 3), now()
    assert [x for x in site.wire.of("d1", at) if x.priority == 0], "with a goodbye"


def test_one_that_hangs_when_all_ends_leaves_nothing_behind(site):
    a = site.start("d1", site.keepalived("d1", course(100, text=FAST)))
    assert process.wait_until(a.has, 6)
    a.pids()
    time.sleep(0.3)
    os.kill(a.child("vrrp"), signal.SIGSTOP)
    at = time.monotonic()
    os.kill(a.pid, signal.SIGTERM)
    a.popen.wait(8)
    assert time.monotonic() - at < 5.5 and not a.has(), "it is killed, and another life of it cleans up"
    assert [x for x in site.wire.of("d1", at) if x.priority == 0]


def test_a_crash_of_the_process_that_holds_it_moves_nothing(site):
    a, b = pair(site, ("keel", "keel"), text=director.COURSE)
    watch = site.helper("d1", WATCH_ADDRESS, stdout=subprocess.PIPE, text=True)
    time.sleep(0.5)
    begun = time.monotonic()
    for _ in range(3):
        victim = a.child("vrrp")
        os.kill(victim, signal.SIGKILL)
        assert process.wait_until(lambda: a.child("vrrp") not in (None, victim), 3), "there is another one"
        time.sleep(1.3)
    assert not site.wire.of("d2", begun) and a.has() and not b.has()
    assert site.wire.longest_gap("d1", begun, time.monotonic()) < 2.3
    os.killpg(watch.pid, signal.SIGTERM)
    assert "deleted " + ADDRESS not in watch.communicate()[0]


# -- what the process may do

@pytest.mark.needs("release")
def test_two_capabilities_and_a_filter(site):
    a = site.start("d1", site.keepalived("d1", course(100, text=FAST), release=True))
    assert process.wait_until(a.has, 5)
    status = process.status(int((site.dir / "d1.vrrp.pid").read_text()))
    assert status["CapEff"] == status["CapPrm"] == status["CapBnd"] == "0000000000003000", "NET_ADMIN and NET_RAW"
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    nice = int(open(f"/proc/{int((site.dir / 'd1.vrrp.pid').read_text())}/stat").read().rsplit(")", 1)[1].split()[16])
    assert nice == -20, "its turn comes first"


def test_without_privileges_one_sentence_names_them(site):
    file = site.write("conf", course(100))
    done = site.net.run("d1", ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", where.keel_release() if where.missing("release") is None else where.keel(),
                               "keepalived", "-n", "-l", "-f", file, "-p", "/tmp/none/p", "-r", "/tmp/none/v"], timeout=20)
    assert done.returncode == 1 and "CAP_NET_RAW" in done.stderr and "CAP_NET_ADMIN" in done.stderr, done.stderr


# -- the balancer and the address in one program

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


def whole(site, **more):
    webs = {n: site.helper("client", SMALL_WEB, f"w{n}", 8000 + n) for n in (1, 2)}
    time.sleep(0.4)
    a, b = begin(site, director_of(site, "d1", 100, **more), director_of(site, "d2", 50, **more))
    return a, b, webs


TRACK = "    nopreempt\n    track_backend {\n        www\n    }"


def test_the_whole_director_in_one_program(site):
    a, b, webs = whole(site)
    probe = site.probe()
    time.sleep(1)
    assert {r[2] for r in probe.answers()} == {"200 w1", "200 w2"} and not probe.failed()
    at = a.kill_hard()
    took = site.wire.first("d2", at, 6)
    assert took is not None and took <= 3 + 206 / 256 + 0.1, "three intervals, and the skew of priority 50"
    time.sleep(0.5)
    last = probe.answers(since=at)[-5:]
    assert all(r[2].startswith("200") for r in last)
    assert {t["what"]: t["is"] for t in b.instance()["tracks"]} == {"balancer": "well"}


def test_a_worker_that_crashes_and_is_replaced_moves_nothing(site):
    a, b, webs = whole(site)
    begun = time.monotonic()
    for _ in range(2):
        worker = a.child("worker")
        os.kill(worker, signal.SIGKILL)
        assert process.wait_until(lambda: a.child("worker") not in (None, worker), 5)
        time.sleep(1.2)
    assert not site.wire.of("d2", begun) and a.has() and not b.has()
    assert site.wire.longest_gap("d1", begun, time.monotonic()) < 1.3
    assert a.instance()["state"] == "MASTER" and a.instance()["counters"]["released"] == 0


def test_a_hung_worker_gives_the_address_away(site):
    a, b, webs = whole(site)
    worker = a.child("worker")
    at = time.monotonic()
    os.kill(worker, signal.SIGSTOP)
    try:
        took = site.wire.first("d2", at, 8)
        assert took is not None and took <= 3.7 + 0.7, "3 s until it counts as hung, then a goodbye"
        assert process.wait_until(lambda: b.has() and not a.has(), 1)
        print(f"hung worker: {took:.2f} s")
        assert "has not turned for" in a.text() or "hang" in a.text() or "stand" in a.text()
    finally:
        os.kill(worker, signal.SIGCONT)
    time.sleep(1.5)
    assert b.has() and not a.has(), "nopreempt: it stays where it is"


def test_a_worker_that_stays_away_gives_the_address_away(site):
    """it dies at once each time that it is started: the parent pauses longer and longer"""
    a, b, webs = whole(site)
    at = time.monotonic()
    moved = None
    while moved is None and time.monotonic() - at < 12:
        worker = a.child("worker")
        if worker:
            os.kill(worker, signal.SIGKILL)
        time.sleep(0.02)
        found = [x for x in site.wire.of("d2", at) if x.priority]
        moved = found[0].at - at if found else None
    assert moved is not None and process.wait_until(b.has, 1)
    print(f"worker gone for good: {moved:.2f} s")


def test_a_director_without_backends_yields(site):
    a, b, webs = whole(site, more=TRACK)
    at = time.monotonic()
    site.net.run("d1", ["ip", "route", "add", "prohibit", HOSTS["client"] + "/32"])
    took = site.wire.first("d2", at, 8)
    assert took is not None, "the address moves by itself, without a script"
    assert process.wait_until(lambda: b.has() and not a.has(), 2)
    print(f"no healthy server: {took:.2f} s")
    assert took <= 0.7 + 2 * 0.2 + 1.2 + 0.5, "the check's time, then a goodbye"
    assert a.instance()["state"] == "YIELDED" and "pool www" in a.instance()["why"]


def test_backends_dead_for_both_one_holds_the_address_and_answers_503(site):
    a, b, webs = whole(site, more=TRACK)
    probe = site.probe()
    time.sleep(0.5)
    at = time.monotonic()
    for w in webs.values():
        w.kill()
    assert process.wait_until(lambda: (a.instance() or {}).get("state") in ("HOLDING", "YIELDED")
                              and "HOLDING" in ((a.instance() or {}).get("state"), (b.instance() or {}).get("state")), 20, 0.1), "one takes it back"
    time.sleep(3)
    states = sorted([a.instance()["state"], b.instance()["state"]])
    assert states == ["HOLDING", "YIELDED"] and a.has() != b.has(), "exactly one holds it"
    last = probe.answers(since=time.monotonic() - 1)
    assert last and all(r[2].startswith("503") for r in last), "and answers"
    for n in webs:
        site.helper("client", SMALL_WEB, f"w{n}", 8000 + n)
    assert process.wait_until(lambda: "MASTER" in (a.instance()["state"], b.instance()["state"]), 15, 0.1), "it is well again"
    time.sleep(0.5)
    assert a.has() != b.has()
    assert probe.answers(since=time.monotonic() - 0.3)[-1][2].startswith("200")


def test_an_upgrade_hands_the_address_over(site):
    """a new program is started beside the old one; its process goes on where the old one let go"""
    a, b, webs = whole(site)
    begun, old = time.monotonic(), a.child("vrrp")
    watch = site.helper("d1", WATCH_ADDRESS, stdout=subprocess.PIPE, text=True)
    time.sleep(0.3)
    os.kill(a.pid, signal.SIGUSR2)
    assert process.wait_until(lambda: not process.alive(old), 15), "the old one lets go"
    time.sleep(2.5)
    titles = [process.title(p) for p in a.pids()]
    assert titles.count("keel: vrrp") == 1, titles
    assert a.has() and not b.has() and not site.wire.of("d2", begun)
    assert site.wire.longest_gap("d1", begun, time.monotonic()) < 2.3 and not [x for x in site.wire.of("d1", begun) if x.priority == 0]
    fresh = [p for p in a.pids() if process.title(p) == "keel: parent" and p != a.pid]
    assert len(fresh) == 1
    os.kill(a.pid, signal.SIGQUIT)
    a.popen.wait(8)
    a.seen.update(process.tree(fresh[0]))
    time.sleep(1.5)
    assert a.has() and not b.has() and not site.wire.of("d2", begun), "and the old program's end changes nothing"
    os.killpg(watch.pid, signal.SIGTERM)
    assert "deleted " + ADDRESS not in watch.communicate()[0]
    os.kill(fresh[0], signal.SIGTERM)
    assert process.wait_until(lambda: not process.alive(fresh[0]), 6) and not a.has()


PAGE = HAPROXY + """
listen stats
    bind *:8080
    stats enable
    stats uri /
    stats show-legends
"""


def test_the_status_page_and_its_json_know_the_addresses(site):
    webs = {n: site.helper("client", SMALL_WEB, f"w{n}", 8000 + n) for n in (1, 2)}
    a = site.start("d1", director_of(site, "d1", 100, text=FAST, balancer=PAGE))
    assert process.wait_until(a.has, 8)
    time.sleep(0.5)
    page = site.net.run("client", ["curl", "-s", "-m", "3", f"http://{HOSTS['d1']}:8080/"]).stdout
    assert "<h2>Addresses</h2>" in page and "VI_1" in page and "MASTER" in page and ADDRESS in page
    overview = json.loads(site.net.run("client", ["curl", "-s", "-m", "3", f"http://{HOSTS['d1']}:8080/;api=overview"]).stdout)
    assert overview["addresses"]["instances"][0]["state"] == "MASTER"


def test_a_director_listens_at_the_address_that_the_other_one_has(site):
    webs = {n: site.helper("client", SMALL_WEB, f"w{n}", 8000 + n) for n in (1, 2)}
    there = HAPROXY.replace("bind *:80", f"bind {ADDRESS}:80")
    a, b = begin(site, director_of(site, "d1", 100, text=FAST, balancer=there), director_of(site, "d2", 50, text=FAST, balancer=there))
    a.stop()
    assert process.wait_until(b.has, 5)
    assert site.net.run("client", ["curl", "-s", "-m", "3", f"http://{ADDRESS}/"]).stdout.startswith("w")


def test_nginx_and_an_upstream_that_is_tracked(site):
    web = site.helper("client", SMALL_WEB, "w1", 8001)
    conf = site.write("d1.nginx.conf", """error_log stderr;
events { }
http { access_log off; upstream site { server 192.168.122.9:8001 max_fails=1 fail_timeout=5s; } server { listen 80; location / { proxy_pass http://site; } } }
""")
    more = "    track_upstream {\n        site\n    }"
    a = site.start("d1", [where.keel(), "run", "--control", site.dir / "d1.sock", conf, site.write("d1.keepalived.conf", course(100, more, text=FAST))])
    assert process.wait_until(a.has, 8)
    assert {t["what"]: t["detail"] for t in a.instance()["tracks"]} == {"pool site": "1 of 1 usable", "balancer": "serving"}
    assert site.net.run("client", ["curl", "-s", "-m", "3", f"http://{ADDRESS}/"]).stdout == "w1\n"


def test_two_programs_the_control_socket_is_named(site):
    webs = {n: site.helper("client", SMALL_WEB, f"w{n}", 8000 + n) for n in (1, 2)}
    time.sleep(0.4)
    balancers = {}
    for host in ("d1", "d2"):
        text = HAPROXY.replace("@dir@", str(site.dir)).replace("HOST", host)
        balancers[host] = site.start(host, [where.keel(), "run", "--control", "none", site.write(f"{host}.haproxy.cfg", text)])
    assert process.wait_until(lambda: all((site.dir / f"{h}.ha.sock").exists() for h in balancers), 8)
    conf = {h: course(p, TRACK, globals=f"   balancer_socket {site.dir}/{h}.ha.sock") for h, p in (("d1", 100), ("d2", 50))}
    a, b = begin(site, *(site.keepalived(h, conf[h]) for h in conf))
    assert {t["what"]: t["is"] for t in a.instance()["tracks"]} == {"pool www": "well", "balancer": "well"}
    worker = balancers["d1"].child("worker")
    at = time.monotonic()
    os.kill(worker, signal.SIGSTOP)
    took = site.wire.first("d2", at, 8)
    os.kill(worker, signal.SIGCONT)
    assert took is not None and took <= 4.6 and process.wait_until(lambda: b.has() and not a.has(), 1), "it hung"
    at = time.monotonic()
    balancers["d2"].stop()
    assert site.wire.first("d1", at, 6) is not None, "it ended"


# -- scripts

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


def test_a_check_script_moves_the_address(site):
    check = script(site, "check", f"test ! -e {site.dir}/$(hostname).ill -a ! -e {site.dir}/ill-$PPID\n")
    flag = site.dir / "d1.ill"
    check = script(site, "check", f"case $(ip -o -4 addr show dev eth0) in *{HOSTS['d1']}*) test ! -e {flag};; *) true;; esac\n")
    a, b = pair(site, ("keel", "keel"), more="    nopreempt\n    track_script {\n        chk\n    }", before=CHECK % check)
    at = time.monotonic()
    flag.touch()
    took = site.wire.first("d2", at, 6)
    assert took is not None and took <= 1.0 + 0.7 + 0.4, "the check's interval, then a goodbye"
    assert a.instance()["state"] == "FAULT" and "script chk" in a.instance()["why"]
    flag.unlink()
    assert process.wait_until(lambda: a.instance()["state"] == "BACKUP", 4)
    assert b.has() and not a.has()


def test_the_courses_two_programs_and_its_script(site):
    """its script, but for the line that stops keepalived: it fails instead"""
    check = script(site, "check_haproxy_status.sh", "/usr/bin/curl -sf -m 1 -o /dev/null -I http://localhost || exit 1\n")
    webs = {n: site.helper("client", SMALL_WEB, f"w{n}", 8000 + n) for n in (1, 2)}
    time.sleep(0.4)
    balancers = {}
    for host in ("d1", "d2"):
        text = HAPROXY.replace("@dir@", str(site.dir)).replace("HOST", host)
        balancers[host] = site.start(host, [where.keel(), "run", "--control", "none", site.write(f"{host}.haproxy.cfg", text)])
    assert process.wait_until(lambda: all((site.dir / f"{h}.ha.sock").exists() for h in balancers), 8)
    more = "    nopreempt\n    track_script {\n        chk\n    }"
    a, b = begin(site, *(site.keepalived(h, course(p, more, before=CHECK % check)) for h, p in (("d1", 100), ("d2", 50))))
    at = time.monotonic()
    balancers["d1"].stop()
    took = site.wire.first("d2", at, 6)
    assert took is not None and took <= 1.0 + 0.9 + 0.6
    assert site.net.run("client", ["curl", "-s", "-m", "3", f"http://{ADDRESS}/"]).stdout.startswith("w")


def test_a_script_that_hangs_is_killed_with_what_it_started(site):
    check = script(site, "check", f"echo $$ >> {site.dir}/started\nsleep 300 & sleep 300\n")
    a = site.start("d1", site.keepalived("d1", course(100, "    track_script {\n        chk\n    }", before=CHECK % check)))
    assert process.wait_until(lambda: "timed out" in a.text(), 6), "it is said"
    assert process.wait_until(lambda: (a.instance() or {}).get("state") == "FAULT", 3)
    time.sleep(2.5)
    started = [int(p) for p in (site.dir / "started").read_text().split()]
    assert not process.alive(started[0]), "killed"
    out = subprocess.run(["ps", "-eo", "pgid,args"], capture_output=True, text=True).stdout
    assert not [l for l in out.splitlines() if l.split()[0] == str(started[0])], "and its children"


def test_notify_scripts_are_told_in_keepalived_s_words(site):
    note = script(site, "note", f'echo "$@ uid=$(id -u)" >> {site.dir}/notes\n')
    os.chmod(site.dir, 0o777)
    (site.dir / "notes").touch()
    os.chmod(site.dir / "notes", 0o666)
    more = f'    notify_master "{note} now master" nobody\n    notify {note} root\n    notify_stop "{note} stopped" root'
    a = site.start("d1", site.keepalived("d1", course(100, more, text=FAST)))
    assert process.wait_until(a.has, 5)
    assert process.wait_until(lambda: "MASTER" in (site.dir / "notes").read_text(), 3)
    assert a.stop()
    notes = (site.dir / "notes").read_text()
    assert "INSTANCE VI_1 BACKUP 100 uid=0\n" in notes and "INSTANCE VI_1 MASTER 100 uid=0\n" in notes
    assert "now master uid=65534\n" in notes, "as the user that the file names"
    assert "stopped uid=0\n" in notes and "INSTANCE VI_1 STOP 100 uid=0\n" in notes, "also when it ends"


def test_a_fifo_has_every_change(site):
    reader = script(site, "reader", f"exec cat \"$1\" > {site.dir}/heard\n")
    a = site.start("d1", site.keepalived("d1", course(100, text=FAST, globals=f"   vrrp_notify_fifo {site.dir}/fifo\n   vrrp_notify_fifo_script {reader}\n   script_user root")))
    assert process.wait_until(a.has, 5)
    assert process.wait_until(lambda: (site.dir / "heard").exists() and 'INSTANCE "VI_1" MASTER 100\n' in (site.dir / "heard").read_text(), 3)
    assert a.stop()
    assert not (site.dir / "fifo").exists()


# -- what must change nothing

HOSTILE = r'''
import socket, struct, sys, time, random
version, seconds, kind = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
me = "192.168.122.9"
def csum(b):
    if len(b) % 2: b += b"\0"
    s = sum(struct.unpack("!%dH" % (len(b) // 2), b))
    while s >> 16: s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff
src, dst = socket.inet_aton(me), socket.inet_aton("224.0.0.18")
def advert(vrid=80, prio=254, addresses=("192.168.122.100",), auth=b"1111", kind=1, typ=1, count=None, v=version, good=True, extra=b""):
    a = b"".join(map(socket.inet_aton, addresses)); n = len(addresses) if count is None else count
    if v == 2:
        p = struct.pack("!BBBBBBH", v << 4 | typ, vrid, prio, n, kind, 1, 0) + a + auth.ljust(8, b"\0") + extra
        c = csum(p)
    else:
        p = struct.pack("!BBBBHH", v << 4 | typ, vrid, prio, n, 10, 0) + a + extra
        c = csum(src + dst + struct.pack("!BBH", 0, 112, len(p)) + p)
    return p[:6] + struct.pack("!H", c) + p[8:] if good else p[:6] + struct.pack("!H", c ^ 0x5555) + p[8:]
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
s.setsockopt(0, 32, socket.inet_aton(me))
ah = socket.socket(socket.AF_INET, socket.SOCK_RAW, 51)
ah.setsockopt(0, 32, socket.inet_aton(me)); ah.setsockopt(0, 33, 255)
kinds = {
    "checksum": lambda: s.sendto(advert(good=False), ("224.0.0.18", 0)),
    "ttl": lambda: s.sendto(advert(), ("224.0.0.18", 0)),
    "vrid": lambda: s.sendto(advert(vrid=81), ("224.0.0.18", 0)),
    "password": lambda: s.sendto(advert(auth=b"2222"), ("224.0.0.18", 0)),
    "truncated": lambda: s.sendto(advert()[:random.randrange(0, 19 if version == 2 else 11)], ("224.0.0.18", 0)),
    "ah": lambda: ah.sendto(struct.pack("!BBHIII", 112, 4, 0, 1, 1, 0) + b"\0" * 12 + advert(), ("224.0.0.18", 0)),
    "addresses": lambda: s.sendto(advert(addresses=("192.168.122.200",), prio=1), ("224.0.0.18", 0)),
}
end, n = time.time() + seconds, 0
begun = time.time()
s.setsockopt(0, 33, 254 if kind == "ttl" else 255)
while time.time() < end:
    try: kinds[kind](); n += 1
    except OSError: pass
    wait = begun + n / 650 - time.time()
    if wait > 0: time.sleep(wait)
print(n)
'''

KINDS = {"checksum": "bad_checksum", "ttl": "bad_ttl", "vrid": "unknown_vrid", "password": "wrong_password", "truncated": "truncated", "ah": "auth_ah",
         "addresses": "wrong_addresses"}


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_600_hostile_adverts_a_second_change_nothing(site, version):
    a, b = pair(site, ("keel", "keel"), text=FAST if version == "v3" else director.COURSE)
    begun = time.monotonic()
    counted = {}
    for kind in KINDS:
        if version == "v3" and kind == "password":
            continue
        sent = int(site.helper("client", HOSTILE, version[1], 2, kind, stdout=subprocess.PIPE, text=True).communicate(timeout=20)[0])
        assert sent >= 1000, (kind, sent)
        time.sleep(0.3)
        counted[kind] = [refusals(d).get(KINDS[kind], 0) for d in (a, b)]
        assert all(n >= sent * 0.95 for n in counted[kind]), (kind, sent, [refusals(d) for d in (a, b)])
    assert a.has() and not b.has() and not site.wire.of("d2", begun)
    gap = site.wire.longest_gap("d1", begun, time.monotonic())
    assert gap < (0.25 if version == "v3" else 1.3), "and delay nothing"
    assert [i["history"][-1]["to"] for i in (a.instance(), b.instance())] == ["MASTER", "BACKUP"]


def refusals(d):
    """all that were refused, by kind"""
    s = d.status()
    total = dict(s["foreign"])
    for i in s["instances"]:
        for k, n in i["counters"]["refused"].items():
            total[k] = total.get(k, 0) + n
    return total


# -- beyond keepalived

def test_an_address_that_is_taken_away_is_put_back(site):
    a = site.start("d1", site.keepalived("d1", course(100, text=FAST)))
    assert process.wait_until(a.has, 5)
    time.sleep(0.3)
    site.net.run("d1", ["ip", "addr", "del", ADDRESS + "/32", "dev", "eth0"])
    assert process.wait_until(a.has, 1), "it is back"
    assert process.wait_until(lambda: a.instance()["counters"]["addresses_put_back"] == 1, 2)
    assert "Restoring deleted address" in a.text()


def test_two_masters_are_seen_and_the_cause_is_named(site):
    """the other one does not hear us: it becomes master too"""
    a, b = pair(site, ("keel", "keel"), text=FAST)
    port = f"p{list(HOSTS).index('d2')}"
    site.net.run("switch", ["ip", "link", "set", port, "type", "bridge_slave", "mcast_flood", "off"])
    assert process.wait_until(b.has, 5), "two masters now"
    assert process.wait_until(lambda: "two_masters" in (a.instance() or {}), 4)
    assert a.instance()["two_masters"]["cause"] == "one_way"
    assert "112" in a.text(), "the log says what to look at"


def test_an_operator_gives_the_address_away(site):
    a, b = pair(site, ("keel", "keel"), text=FAST, more="")

    def ctl(*words):
        done = subprocess.run([where.keel(), "ctl", "-s", site.dir / "d1.sock", *words], capture_output=True, text=True, timeout=10)
        return done.returncode, (done.stdout + done.stderr).strip()
    assert ctl("disable", "vrrp", "VI_7")[0] == 1
    at = time.monotonic()
    assert ctl("disable", "vrrp", "VI_1") == (0, "")
    assert site.wire.first("d2", at, 3) is not None and process.wait_until(lambda: b.has() and not a.has(), 1)
    assert process.wait_until(lambda: a.instance()["given_away"], 2) and a.instance()["state"] == "YIELDED"
    assert process.wait_until(lambda: ctl("enable", "vrrp", "VI_1") == (0, ""), 2)
    assert process.wait_until(lambda: a.has() and not b.has(), 3), "it preempts here"


def test_a_missing_interface_is_waited_for(site):
    text = course(100, text=FAST).replace("interface eth0", "interface later0")
    a = site.start("d1", site.keepalived("d1", text))
    assert process.wait_until(lambda: "later0" in a.text() and (a.instance() or {}).get("state") == "FAULT", 6), "it says so"
    site.net.run("d1", ["ip", "link", "add", "later0", "type", "veth", "peer", "name", "later1"])
    site.net.run("d1", ["ip", "link", "set", "later1", "up"])
    site.net.run("d1", ["ip", "addr", "add", "192.168.99.1/24", "dev", "later0"])
    site.net.run("d1", ["ip", "link", "set", "later0", "up"])
    assert process.wait_until(lambda: a.has(device="later0"), 5)


def test_an_address_that_is_there_already_is_adopted(site):
    site.net.run("d1", ["ip", "addr", "add", ADDRESS + "/32", "dev", "eth0"])
    a = site.start("d1", site.keepalived("d1", course(100, text=FAST)))
    assert process.wait_until(lambda: (a.instance() or {}).get("state") == "MASTER", 5)
    assert a.stop() and not a.has()


def test_check_says_what_cannot_work(work):
    def check(*texts):
        files = []
        for n, text in enumerate(texts):
            path = work / f"{n}.conf"
            path.write_text(text)
            files += ["--as", "keepalived", path]
        done = subprocess.run([where.keel(), "check", *files], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}, timeout=20)
        return done.stderr + done.stdout
    missing = check(course(100, "    nopreempt\n    track_script {\n        chk weight -20\n    }", before=CHECK % "/no/such/script"))
    assert "/no/such/script" in missing and "nopreempt" in missing
    assert "8" in check(course(100).replace("auth_pass 1111", "auth_pass 123456789"))
    other = course(50).replace("virtual_router_id 80", "virtual_router_id 81").replace("advert_int 1", "advert_int 2")
    alone = check(course(100, TRACK))
    assert "there is no balancer in these files" in alone
    balancer = work / "haproxy.cfg"
    balancer.write_text(HAPROXY.replace("@dir@", str(work)))
    together = subprocess.run([where.keel(), "check", balancer, work / "0.conf"], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    assert together.returncode == 0, together.stderr
    (work / "0.conf").write_text(course(100, TRACK.replace("www", "wwww")))
    together = subprocess.run([where.keel(), "check", balancer, work / "0.conf"], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    assert together.returncode == 1 and "there is no pool `wwww`" in together.stderr
    pairwise = check(course(100), other)
    assert "virtual_router_id" in pairwise and "advert_int" in pairwise
