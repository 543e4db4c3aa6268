# SPDX-License-Identifier: Apache-2.0
"""What must not move the floating address, or must be said: hostile adverts, two masters, somebody else's hands, a full disk."""
import json
import os
import signal
import subprocess
import time

import pytest

from lib import director, process, where
from lib.director import ADDRESS, FAST, HOSTS, course
from lib.takeover import CHECK, HAPROXY, MARKS, TRACK, pair, shown, site  # noqa: F401

pytestmark = MARKS


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
        sent = int(site.helper("client", HOSTILE, version[1], 1, kind, stdout=subprocess.PIPE, text=True).communicate(timeout=20)[0])
        assert sent >= 500, (kind, sent)

        def all_counted():
            counted[kind] = [refusals(d).get(KINDS[kind], 0) for d in (a, b)]
            return all(n >= sent * 0.95 for n in counted[kind])
        assert process.wait_until(all_counted, 5, 0.2), (kind, sent, [refusals(d) for d in (a, b)])
    assert a.has() and not b.has() and not site.wire.of("d2", begun)
    gap = site.wire.longest_gap("d1", begun, time.monotonic())
    assert gap < (0.3 if version == "v3" else 1.3), "and delay nothing"
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


def test_another_host_answers_for_the_address(site):
    """somebody configured it by hand: no advert is heard from there, but ARP is answered"""
    a = site.start("d1", site.keepalived("d1", course(100, text=FAST)))
    assert process.wait_until(a.has, 5)
    site.net.run("client", ["ip", "addr", "add", ADDRESS + "/32", "dev", "eth0"])
    assert process.wait_until(lambda: (a.instance() or {}).get("two_masters"), 14), "asked every 10 s"
    found = a.instance()["two_masters"]
    mac = site.net.run("client", ["cat", "/sys/class/net/eth0/address"]).stdout.strip()
    assert found["cause"] == "silent" and mac in json.dumps(found), found
    assert mac in a.text() and "by hand" in a.text() and a.has()


def test_two_masters_with_two_passwords(site):
    """each refuses the other's adverts: the log of both says what differs"""
    a = site.start("d1", site.keepalived("d1", course(100)))
    b = site.start("d2", site.keepalived("d2", course(50).replace("auth_pass 1111", "auth_pass 2222")))
    assert process.wait_until(lambda: a.has() and b.has(), 12), "two masters"
    for d in (a, b):
        assert process.wait_until(lambda: (d.instance() or {}).get("two_masters", {}).get("cause") == "refused", 6), d.text()
        assert "make both configurations agree" in d.text() and "password" in d.text()


def test_an_operator_gives_the_address_away(site):
    a, b = pair(site, ("keel", "keel"), text=FAST, more="")
    assert a.ctl("disable", "vrrp", "VI_7")[0] == 1
    at = time.monotonic()
    assert a.ctl("disable", "vrrp", "VI_1") == (0, "")
    assert site.wire.first("d2", at, 3) is not None and process.wait_until(lambda: b.has() and not a.has(), 1)
    assert process.wait_until(lambda: a.instance()["given_away"], 2) and a.instance()["state"] == "YIELDED"
    assert process.wait_until(lambda: a.ctl("enable", "vrrp", "VI_1") == (0, ""), 2)
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
    small = course(100, "    track_script {\n        chk weight -20\n    }", before=CHECK % "/bin/true")
    assert "-20" in check(small, course(50)) and "50" in check(small, course(50)), "a weight that does not reach across the gap of priorities"
    assert "-20" not in check(small, course(90)), "and one that does"
    script = work / "check"
    script.write_text("#!/bin/sh\n")
    os.chmod(script, 0o777)
    anyone = check(course(100, "    track_script {\n        chk\n    }", before=CHECK % script))
    assert "may be written by others" in anyone and str(script) in anyone
    pairwise = check(course(100), other)
    assert "virtual_router_id" in pairwise and "advert_int" in pairwise


# -- a full disk, a kernel that refuses

FULL = """
mkdir -p {mnt} && mount --bind {work} {mnt} && mount -t tmpfs -o size=64k,nr_inodes=40 none /tmp && mkdir -p {work} && mount --bind {mnt} {work} || exit 9
mkdir /tmp/run
head -c 1000000 /dev/zero > /tmp/fill 2>/dev/null; n=0; while touch /tmp/run/fill$n; do n=$((n + 1)); done 2>/dev/null
exec "$@"
"""


def on_a_full_disk(site, argv):
    """the command line of a director whose /tmp is full: no block and no inode is left there; it sees the play's folder all the same"""
    mnt = "/mnt" if os.path.isdir("/mnt") else "/media"
    return ["sh", "-c", FULL.format(mnt=mnt, work=site.dir), "sh", *argv]


def inside(d, *argv):
    """runs a command where <d> lives"""
    return subprocess.run(["nsenter", "-m", "-n", "-t", str(d.pid), *argv], capture_output=True, text=True, timeout=10)


def test_a_full_disk_stops_nothing(site):
    """pid files, the FIFO, the control socket and dumps cannot be written: each is said once, and is there when there is room"""
    if str(where.keel()).startswith("/tmp/"):
        pytest.skip("the program itself is in /tmp, which is taken away here")
    argv = [str(x) for x in site.keepalived("d1", course(100, text=FAST, globals="   vrrp_notify_fifo /tmp/run/fifo"))]
    names = {str(site.dir / "d1.pid"): "/tmp/run/p", str(site.dir / "d1.vrrp.pid"): "/tmp/run/v"}
    a = site.start("d1", on_a_full_disk(site, [names.get(x, x) for x in argv]))
    assert process.wait_until(a.has, 8), a.text()
    b = site.start("d2", site.keepalived("d2", course(50, text=FAST)))
    assert process.wait_until(lambda: "pid file /tmp/run/p" in a.text() and "pid file /tmp/run/v" in a.text(), 3)
    assert "no room" in a.text() and "fifo /tmp/run/fifo - No space left" in a.text()
    begun = time.monotonic()
    os.kill(a.pid, signal.SIGUSR1)
    assert process.wait_until(lambda: "cannot write what was asked for" in a.text(), 3)
    time.sleep(6)
    assert a.text().count("pid file /tmp/run/p") == 1 and a.text().count("notify fifo") == 1, "once"
    inside(a, "sh", "-c", "rm /tmp/run/fill*")
    os.kill(a.pid, signal.SIGUSR1)
    assert process.wait_until(lambda: a.text().count("cannot write what was asked for") == 2, 3), "an inode, but no block: said again, for it was asked again"
    assert inside(a, "cat", "/tmp/run/p").returncode != 0, "no empty pid file"
    inside(a, "rm", "/tmp/fill")
    assert process.wait_until(lambda: inside(a, "cat", "/tmp/run/p").stdout.strip() == str(a.pid), 8), "there is room now"
    assert a.ctl("disable", "vrrp", "VI_1") == (0, "")
    assert process.wait_until(lambda: inside(a, "test", "-p", "/tmp/run/fifo").returncode == 0, 3), "with the next change"
    os.kill(a.pid, signal.SIGUSR1)
    assert process.wait_until(lambda: "VRRP Instance = VI_1" in inside(a, "cat", "/tmp/keepalived.data").stdout, 3)
    assert site.wire.longest_gap("d1", begun, begun + 5) < 0.25, "and all the time adverts went on"


def test_an_address_that_the_kernel_refuses_is_said_once_and_tried_again(site):
    """IPv6 is switched off on the interface; the other address is there all the same"""
    site.net.run("d1", ["sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=1"])
    more = "    virtual_ipaddress_excluded {\n        fd99::7/64\n    }"
    a = site.start("d1", site.keepalived("d1", course(100, more, text=FAST)))
    assert process.wait_until(a.has, 6)
    assert process.wait_until(lambda: "disable_ipv6=0" in a.text(), 2), a.text()
    time.sleep(6)
    assert a.text().count("fd99::7") == 1 and a.instance()["state"] == "MASTER"
    site.net.run("d1", ["sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=0"])
    assert process.wait_until(lambda: a.has("fd99::7"), 7), "by itself"
    assert "at last" in a.text() and a.stop() and not a.has("fd99::7")


def test_a_kernel_that_lets_nothing_be_changed(site):
    """CAP_NET_ADMIN is missing: the sentence names it, adverts are heard and nothing dies"""
    argv = [str(x) for x in site.keepalived("d1", course(100, text=FAST))]
    a = site.start("d1", ["setpriv", "--bounding-set", "-net_admin", *argv])
    assert process.wait_until(lambda: "CAP_NET_ADMIN" in a.text(), 8), a.text()
    time.sleep(6)
    assert a.text().count("CAP_NET_ADMIN") <= 2 and (a.popen.poll() is None or a.popen.returncode == 1)


def test_an_interface_that_goes_while_it_is_master(site):
    a = site.start("d1", site.keepalived("d1", course(100, text=FAST).replace("interface eth0", "interface later0")))

    def make():
        site.net.run("d1", ["sh", "-c", "ip link add later0 type veth peer name later1; ip link set later1 up; ip addr add 192.168.99.1/24 dev later0; ip link set later0 up"])
    make()
    assert process.wait_until(lambda: a.has(device="later0"), 8)
    site.net.run("d1", ["ip", "link", "del", "later0"])
    assert process.wait_until(lambda: (a.instance() or {}).get("state") == "FAULT", 3)
    make()
    assert process.wait_until(lambda: a.has(device="later0"), 6), "it is back, and so is the address"
    assert process.wait_until(lambda: a.instance()["state"] == "MASTER", 2)
