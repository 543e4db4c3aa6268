# SPDX-License-Identifier: Apache-2.0
"""The floating address: who holds it, how fast it moves, and what must never move it. Two directors on the course's addresses, in
namespaces of our own. KEEL_ROUNDS says how often a takeover is measured; then the worst counts. Without it the best of three does, for
a machine that does other things meanwhile may take a turn away. What is measured is the release build."""
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from lib import director, process, where
from lib.director import ADDRESS, FAST, HOSTS, course
from lib.takeover import MARKS, PAIRS, SMALL_WEB, WATCH_ADDRESS, listens, measure, pair, shown, site  # noqa: F401

ROUNDS = int(os.environ.get("KEEL_ROUNDS", "0"))
TRIES = ROUNDS or 3
SLACK = 0 if ROUNDS else 0.15       # of bounds that are about one turn
pytestmark = MARKS


# -- the course's file

@pytest.mark.parametrize("which", PAIRS, ids="-".join)
def test_the_courses_file_and_its_line_in_tcpdump(site, which):
    if where.missing("tcpdump"):
        pytest.skip(where.missing("tcpdump"))
    a, b = pair(site, which)
    dump = ["timeout", "9", "tcpdump", "-nn", "-c", "2", "-i", "br0"]
    one, two = (site.net.popen("switch", [*dump, *more, "vrrp"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) for more in (["-v"], []))
    out, brief = one.communicate()[0], two.communicate()[0]
    assert "VRRPv2, Advertisement, vrid 80, prio 100, authtype simple, intvl 1s, length 20" in brief, brief
    assert f"IP {HOSTS['d1']} > 224.0.0.18" in brief and "bad" not in out.lower()
    assert all(x.ttl == 255 and x.to == "224.0.0.18" for x in site.wire.adverts)
    assert {x.source for x in site.wire.adverts} == {HOSTS["d1"]}, "only the master sends"
    assert site.wire.announced and site.wire.announced[0][1] == ADDRESS, "gratuitous ARP"


def test_tshark_finds_no_fault(site):
    if where.missing("tshark"):
        pytest.skip(where.missing("tshark"))
    a, b = pair(site, ("keel", "keel"), text=FAST)
    out = site.net.run("switch", ["timeout", "15", "tshark", "-i", "br0", "-c", "3", "-f", "vrrp", "-V", "-o", "vrrp.v3_checksum_as_in_v2:FALSE"]).stdout
    assert out.count("Checksum Status: Good") >= 3 and "incorrect" not in out and "Malformed" not in out, out[-2000:]


# -- takeover


# A backup of priority 100 waits three intervals and (256 - 100) / 256 of one more; after a goodbye only the latter.
LIMITS = {("v2", "killed"): 3.7, ("v2", "stopped"): 0.7, ("v3", "killed"): 0.40, ("v3", "stopped"): 0.1}


def comes_back(a, b, way):
    if way == "killed":
        a.revive()
    else:
        assert a.stop()
        assert not a.has(), "a clean stop leaves no address behind"
        a.start()
    assert process.wait_until(lambda: a.has() and not b.has(), 12), "it comes back"


@pytest.mark.parametrize("which", PAIRS, ids="-".join)
@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.timeout(90 + 40 * TRIES)
def test_takeover(site, which, version):
    """the stronger one goes, the other one takes over; the stronger one comes back (it preempts here)"""
    text = FAST if version == "v3" else director.COURSE
    a, b = pair(site, which, text=text, more="", priorities=(150, 100), release=True)
    for way in ("stopped", "killed"):
        times, goodbyes, limit = [], [], LIMITS[version, way]
        for _ in range(TRIES):
            took, goodbye = measure(site, a, b, way, 8)
            times.append(took)
            goodbyes.append(goodbye or 0)
            well = not ROUNDS and took <= limit
            if not well or (version, way) != ("v2", "killed"):      # that one takes long, and the others show it
                comes_back(a, b, way)
            if well:
                break
        print(f"takeover {'-'.join(which)} {version} {way}: worst {max(times):.3f} s, median {sorted(times)[len(times) // 2]:.3f} s of {len(times)}, limit {limit} s;"
              f" goodbye after {max(goodbyes) * 1000:.1f} ms at worst; two masters for {site.wire.two_masters_for():.3f} s at most")
        assert (max(times) if ROUNDS else min(times)) <= limit
    assert site.wire.two_masters_for() <= (1.05 if version == "v2" else 0.12) + SLACK, "never two masters longer than one interval"


@pytest.mark.parametrize("which", PAIRS + [("keepalived", "keepalived")], ids="-".join)
@pytest.mark.timeout(90 + 20 * TRIES)
def test_the_courses_own_priorities(site, which):
    """100 and 50: by RFC 3768 the skew of priority 50 alone is 0.805 s"""
    if which != ("keel", "keel") and not ROUNDS:
        pytest.skip("a figure to compare with: KEEL_ROUNDS=20")
    a, b = pair(site, which, more="    nopreempt", release=True)
    times, limit = [], 3 + 206 / 256 + 0.1

    def again(d, start):
        heard = d.text().count("Entering BACKUP STATE")
        start()
        assert process.wait_until(lambda: d.text().count("Entering BACKUP STATE") > heard, 9)
    for _ in range(TRIES):
        sent = len(site.wire.of("d1"))
        assert process.wait_until(lambda: len(site.wire.of("d1")) > sent, 3, 0.002), "right after an advert: the longest that it can take"
        times.append(measure(site, a, b, "killed", 8)[0])
        if not ROUNDS and times[-1] <= limit:
            break
        again(a, a.revive)
        b.stop()
        assert process.wait_until(a.has, 9)
        again(b, b.start)
        time.sleep(1.2)
    print(f"takeover {'-'.join(which)}, the course's priorities: worst {max(times):.3f} s of {len(times)}")
    assert "keel" not in which or (max(times) if ROUNDS else min(times)) <= limit


def test_only_requests_in_the_gap_fail(site):
    a, b = pair(site, ("keel", "keel"), text=FAST, release=True)
    for host in ("d1", "d2"):
        site.helper(host, SMALL_WEB, host)
        listens(site, host, 80)
    probe = site.probe()
    assert process.wait_until(lambda: len(probe.answers()) > 25, 10)
    at = time.monotonic()
    os.kill(a.pid, signal.SIGTERM)
    time.sleep(1.5)
    assert not probe.failed(until=at - 0.05), "before"
    assert not probe.failed(since=at + 0.3 + SLACK), "after"
    assert {r[2].split()[-1] for r in probe.answers(since=at + 0.5)} == {"d2"}


def test_nopreempt_holds(site):
    a, b = pair(site, ("keel", "keel"), text=FAST, more="    nopreempt")
    measure(site, a, b, "stopped", 5)
    assert a.stop()
    a.start()
    time.sleep(2)
    assert b.has() and not a.has(), "the stronger one that came back leaves the address where it is"


STRONGER = r'''
# a master of priority 254 that says so once and, if told to, announces the address 5 ms later; -> when it spoke
import socket, struct, sys, time
def csum(b):
    s = sum(struct.unpack("!%dH" % (len(b) // 2), b))
    while s >> 16: s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff
vip = socket.inet_aton("192.168.122.100")
p = struct.pack("!BBBBBBH", 0x21, 80, 254, 1, 1, 1, 0) + vip + b"1111".ljust(8, b"\0")
p = p[:6] + struct.pack("!H", csum(p)) + p[8:]
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
s.setsockopt(0, 32, socket.inet_aton("192.168.122.9")); s.setsockopt(0, 33, 255)
e = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); e.bind(("eth0", 0))
mac = e.getsockname()[4]
spoke = announced = time.monotonic()
s.sendto(p, ("224.0.0.18", 0))
if sys.argv[1] == "announces":
    time.sleep(0.005)
    announced = time.monotonic()
    e.send(b"\xff" * 6 + mac + struct.pack("!HHHBBH", 0x806, 1, 0x800, 6, 4, 1) + mac + vip + b"\0" * 6 + vip)
print(spoke, announced)
'''
GONE = r'''
# when an address is taken off
import socket, struct, time
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0); s.bind((0, 0x10))
while True:
    if struct.unpack_from("=IH", s.recv(8000))[1] == 21: print(time.monotonic(), flush=True)
'''


def test_a_master_that_is_beaten_keeps_the_address_until_the_other_has_announced_it(site):
    """what neighbours send meanwhile still comes here"""
    a = site.start("d1", site.keepalived("d1", course(100), release=True))
    watch = site.helper("d1", GONE, stdout=subprocess.PIPE, text=True)

    def beaten(how):
        """-> seconds from the announcement (else from the advert) until the address goes, and between the two"""
        assert process.wait_until(a.has, 9), "nobody is there any more"
        spoke, announced = map(float, site.net.run("client", [sys.executable, "-c", STRONGER, how]).stdout.split())
        gone = float(watch.stdout.readline())
        assert not [x for x in site.wire.of("d1", spoke + 0.02 + SLACK) if x.at < spoke + 2], "it does not speak meanwhile"
        return gone - announced, announced - spoke
    assert process.wait_until(a.has, 9)
    for _ in range(TRIES):
        kept, late = beaten("announces")
        if 0 <= kept < 0.09 - late:
            break
    silent = beaten("is silent")[0]
    print(f"gone {kept * 1000:.0f} ms after it was announced, {late * 1000:.0f} ms after the advert; else kept for {silent * 1000:.0f} ms")
    assert 0 <= kept < 0.09 - late, "with the announcement"
    assert 0.09 < silent < 0.4 + 2 * SLACK


RULES = """    nopreempt
    virtual_rules {
        from 192.168.2.0/24 table 100
        to 192.168.3.0/24 table 101 preference 700
        from 192.168.28.0/24 to 192.168.29.0/26 table 102 iif eth0 oif lo tos 16 fwmark 24/12 preference 39
        from 10.5.0.0/16 goto 700 priority 40
        to 10.6.0.0/16 blackhole preference 41
        not from 10.9.0.0/16 table 6 preference 44
        from 10.10.0.0/16 suppress_prefixlength 0 table main preference 45
        from fd00::/16 table 7 preference 46
        from all fwmark 7 lookup 8 preference 47
        from 10.11.0.0/16 prohibit preference 48
        from 10.13.0.0/16 table 100
    }"""


def test_routing_rules_are_what_keepalived_makes_of_them(site):
    if where.missing("keepalived"):
        pytest.skip(where.missing("keepalived"))
    shown = []
    for peer in (True, False):
        a = site.start("d1", site.keepalived("d1", course(100, RULES, text=FAST), peer=peer))
        assert process.wait_until(lambda: a.has() and "from 10.13.0.0/16" in site.net.run("d1", ["ip", "rule"]).stdout, 6), a.text()
        shown.append(site.net.run("d1", ["sh", "-c", "ip rule; ip -6 rule"]).stdout)
        assert a.stop()
        assert site.net.run("d1", ["sh", "-c", "ip rule; ip -6 rule"]).stdout.count("\n") == 5, "the machine's own"
    assert shown[0] == shown[1]


# -- reload, signals, ends

def test_reload_while_master_misses_no_advert(site):
    a, b = pair(site, ("keel", "keel"), text=FAST, release=True)
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
    more = """    virtual_ipaddress_excluded {
        10.9.9.1/24
        fd99::7/64
    }
    virtual_routes {
        10.8.0.0/16 via 192.168.122.9
    }
    virtual_rules {
        from 10.9.9.0/24 table 100 preference 700
    }"""
    state = ["sh", "-c", "ip -o addr show dev eth0 | awk '{print $4}'; ip route; ip rule"]
    before = site.net.run("d1", state).stdout
    a = site.start("d1", site.keepalived("d1", course(100, more, text=FAST)))
    assert process.wait_until(lambda: a.has() and a.has("10.9.9.1"), 6)
    assert process.wait_until(lambda: "10.8.0.0/16" in site.net.run("d1", ["ip", "route"]).stdout, 3)
    assert process.wait_until(lambda: "700:\tfrom 10.9.9.0/24 lookup 100" in site.net.run("d1", ["ip", "rule"]).stdout, 3)
    at = time.monotonic()
    a.pids()
    os.kill(a.pid, {"TERM": signal.SIGTERM, "INT": signal.SIGINT, "parent killed": signal.SIGKILL}[end])
    a.popen.wait(5)

    def now():
        return site.net.run("d1", state).stdout
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
    assert time.monotonic() - at < 7 and not a.has(), "it is killed after 5 s, and another life of it cleans up"
    assert not site.wire.of("d1", at + 0.2), "without a word: everybody has missed it long since"


def test_a_crash_of_the_process_that_holds_it_moves_nothing(site):
    a, b = pair(site, ("keel", "keel"), text=director.COURSE)
    watch = site.helper("d1", WATCH_ADDRESS, stdout=subprocess.PIPE, text=True)
    time.sleep(0.5)
    begun = time.monotonic()
    for _ in range(2):
        victim = a.child("vrrp")
        os.kill(victim, signal.SIGKILL)
        assert process.wait_until(lambda: a.child("vrrp") not in (None, victim), 3), "there is another one"
        time.sleep(1.3)
    assert not site.wire.of("d2", begun) and a.has() and not b.has()
    assert site.wire.longest_gap("d1", begun, time.monotonic()) < 2.3
    os.killpg(watch.pid, signal.SIGTERM)
    assert "deleted " + ADDRESS not in watch.communicate()[0]


def test_one_that_hangs_is_replaced_before_anybody_misses_it(site):
    """adverts a second apart: it is noticed within 2 s, and the other one waits for 3.8"""
    a, b = pair(site, ("keel", "keel"), text=director.COURSE)
    watch = site.helper("d1", WATCH_ADDRESS, stdout=subprocess.PIPE, text=True)
    time.sleep(0.5)
    begun = time.monotonic()
    victim = a.child("vrrp")
    os.kill(victim, signal.SIGSTOP)
    assert process.wait_until(lambda: not process.alive(victim), 4), "it is killed"
    print(f"hangs: noticed after {time.monotonic() - begun:.2f} s, adverts go on after {site.wire.first('d1', time.monotonic(), 4):.2f} s more")
    assert "hangs" in a.text()
    time.sleep(2.5)
    assert not site.wire.of("d2", begun) and a.has() and not b.has()
    os.killpg(watch.pid, signal.SIGTERM)
    assert "deleted " + ADDRESS not in watch.communicate()[0], "the address was never removed"


def test_one_that_hangs_for_longer_than_the_others_wait_gives_way(site):
    a, b = pair(site, ("keel", "keel"), text=FAST)
    for preempts in (False, True):
        begun = time.monotonic()
        victim = a.child("vrrp")
        os.kill(victim, signal.SIGSTOP)
        assert site.wire.first("d2", begun, 2) is not None, "the other one takes over"
        assert process.wait_until(lambda: not process.alive(victim), 4), "it is killed"
        assert process.wait_until(lambda: not a.has(), 2), "its next life finds the address, hears the other one, and lets go"
        assert b.has() and not [x for x in site.wire.of("d1", begun + 1) if x.priority], "nopreempt: it does not speak"
        assert site.wire.two_masters_for(begun) <= 0.12 + SLACK, "never two masters longer than one interval"
        if not preempts:
            b.stop()
            assert process.wait_until(a.has, 3)
            b.start()
            assert process.wait_until(lambda: b.instance() is not None, 3)
            time.sleep(0.5)


def test_a_crash_does_not_forget_what_the_operator_said(site):
    a, b = pair(site, ("keel", "keel"), text=FAST, more="")
    assert a.ctl("disable", "vrrp", "VI_1") == (0, "")
    assert process.wait_until(lambda: b.has() and not a.has(), 3)
    victim = a.child("vrrp")
    os.kill(victim, signal.SIGKILL)
    assert process.wait_until(lambda: a.child("vrrp") not in (None, victim) and (a.instance() or {}).get("state") == "YIELDED", 4)
    assert a.instance()["given_away"]
    time.sleep(0.5)
    assert b.has() and not a.has(), "it preempts here, but it was given away"
    assert process.wait_until(lambda: a.ctl("enable", "vrrp", "VI_1") == (0, ""), 2)
    assert process.wait_until(lambda: a.has() and not b.has(), 3)


# -- what the process may do

@pytest.mark.needs("release")
def test_two_capabilities_and_a_filter(site):
    a = site.start("d1", site.keepalived("d1", course(100, text=FAST), release=True))
    assert process.wait_until(a.has, 5)
    status = process.status(int((site.dir / "d1.vrrp.pid").read_text()))
    assert status["CapEff"] == status["CapPrm"] == status["CapBnd"] == "0000000000003000", "NET_ADMIN and NET_RAW"
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    nice = {p: int(open(f"/proc/{p}/stat").read().rsplit(")", 1)[1].split()[16]) for p in a.pids()}
    assert nice.pop(a.child("vrrp")) == -20, "its turn comes first"
    assert nice.pop(a.pid) == (os.nice(0) or -20), "and that of who hands the end on, unless somebody has given it another"
    assert set(nice.values()) == {os.nice(0)}, "and nobody else's"


def test_without_privileges_one_sentence_names_them(site):
    file = site.write("conf", course(100))
    done = site.net.run("d1", ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", where.keel_release() if where.missing("release") is None else where.keel(),
                               "keepalived", "-n", "-l", "-f", file, "-p", "/tmp/none/p", "-r", "/tmp/none/v"], timeout=20)
    assert done.returncode == 1 and "CAP_NET_RAW" in done.stderr and "CAP_NET_ADMIN" in done.stderr, done.stderr
