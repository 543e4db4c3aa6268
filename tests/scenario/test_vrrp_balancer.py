# SPDX-License-Identifier: Apache-2.0
"""The balancer and the floating address: in one program, in two, and with check scripts between them. Two directors in namespaces."""
import json
import os
import signal
import subprocess
import time

import pytest

from lib import director, process, where
from lib.director import ADDRESS, FAST, HOSTS, course
from lib.takeover import CHECK, HAPROXY, MARKS, SMALL_WEB, TRACK, WATCH_ADDRESS, begin, director_of, listens, pair, script, shown, site, two_webs, whole  # noqa: F401

pytestmark = MARKS


# -- the balancer and the address in one program

def test_the_whole_director_in_one_program(site):
    a, b, webs = whole(site)
    probe = site.probe()
    assert process.wait_until(lambda: len(probe.answers()) > 20, 10)
    assert {r[2] for r in probe.answers()} == {"200 w1", "200 w2"} and not probe.failed()
    at = a.kill_hard()
    took = site.wire.first("d2", at, 6)
    assert took is not None and took <= 3 + 206 / 256 + 0.25, "three intervals, and the skew of priority 50"
    assert process.wait_until(lambda: len(probe.answers(since=at + took)) > 5, 5)
    last = probe.answers(since=at + took)[-5:]
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
    a, b, webs = whole(site, text=FAST)
    worker = a.child("worker")
    at = time.monotonic()
    os.kill(worker, signal.SIGSTOP)
    try:
        took = site.wire.first("d2", at, 8)
        assert took is not None and took <= 3.7 + 0.7, "3 s until it counts as hung, then a goodbye"
        assert process.wait_until(lambda: b.has() and not a.has(), 3)
        print(f"hung worker: {took:.2f} s")
        assert "has not turned for" in a.text() or "hang" in a.text() or "stand" in a.text()
    finally:
        os.kill(worker, signal.SIGCONT)
    time.sleep(1.5)
    assert b.has() and not a.has(), "nopreempt: it stays where it is"


def test_a_worker_that_stays_away_gives_the_address_away(site):
    """it dies at once each time that it is started: the parent pauses longer and longer"""
    a, b, webs = whole(site, text=FAST)
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
    a, b, webs = whole(site, more=TRACK, text=FAST)
    at = time.monotonic()
    site.net.run("d1", ["ip", "route", "add", "prohibit", HOSTS["client"] + "/32"])
    took = site.wire.first("d2", at, 8)
    assert took is not None, "the address moves by itself, without a script"
    assert process.wait_until(lambda: b.has() and not a.has(), 2)
    print(f"no healthy server: {took:.2f} s")
    assert took <= 0.7 + 2 * 0.2 + 1.2 + 0.5, "the check's time, then a goodbye"
    assert process.wait_until(lambda: a.instance()["state"] == "YIELDED", 5), "what is shown comes a little later"
    assert "pool www" in a.instance()["why"]


def test_backends_dead_for_both_one_holds_the_address_and_answers_503(site):
    a, b, webs = whole(site, more=TRACK, text=FAST)
    probe = site.probe()
    for w in webs.values():
        w.kill()
    assert process.wait_until(lambda: (a.instance() or {}).get("state") in ("HOLDING", "YIELDED")
                              and "HOLDING" in ((a.instance() or {}).get("state"), (b.instance() or {}).get("state")), 20, 0.1), "one takes it back"
    time.sleep(2)
    states = sorted([a.instance()["state"], b.instance()["state"]])
    assert states == ["HOLDING", "YIELDED"] and a.has() != b.has(), "exactly one holds it"
    last = probe.answers(since=time.monotonic() - 1)
    assert last and all(r[2].startswith("503") for r in last), "and answers"
    for n in webs:
        site.helper("client", SMALL_WEB, f"w{n}", 8000 + n)
    assert process.wait_until(lambda: "MASTER" in (a.instance()["state"], b.instance()["state"]), 15, 0.1), "it is well again"
    assert process.wait_until(lambda: a.has() != b.has(), 3)
    since = time.monotonic()
    assert process.wait_until(lambda: len(probe.answers(since)) > 5, 8)
    assert probe.answers(since)[-1][2].startswith("200")


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


SLOW_WEB = r'''
import asyncio
async def serve(r, w):
    try:
        await r.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.2)
        w.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nslow\n")
        await w.drain()
    except Exception: pass
    w.close()
async def main():
    async with await asyncio.start_server(serve, "", 8001, backlog=500) as s: await s.serve_forever()
asyncio.run(main())
'''
ASK_MUCH = r'''
# 100 requests a second for as long as it is told; a line for each: when the request was sent, what came of it
import asyncio, socket, sys, time
async def one(loop):
    sent, what = 0.0, "-"
    try:
        with socket.socket() as s:
            s.setblocking(False)
            await loop.sock_connect(s, (sys.argv[1], 80))
            await loop.sock_sendall(s, b"GET / HTTP/1.1\r\nHost: v\r\n\r\n")
            sent, got = time.monotonic(), b""
            while not got.endswith(b"slow\n"):
                more = await asyncio.wait_for(loop.sock_recv(s, 9000), 4)
                if not more: raise EOFError
                got += more
            what = "answered"
    except (OSError, EOFError, asyncio.TimeoutError) as e: what = type(e).__name__
    print("%.4f %.4f %s" % (sent, time.monotonic(), what), flush=True)
async def main():
    loop, tasks, end = asyncio.get_running_loop(), [], time.monotonic() + float(sys.argv[2])
    while time.monotonic() < end:
        tasks.append(asyncio.create_task(one(loop)))
        await asyncio.sleep(0.01)
    await asyncio.wait(tasks, timeout=5)
asyncio.run(main())
'''


def test_answers_under_way_when_the_address_moves_arrive(site):
    """the better one comes back: what the other one was asked before is answered by it all the same, from an address that is gone"""
    site.helper("client", SLOW_WEB)
    listens(site, "client", 8001)
    ones = [director_of(site, h, p, text=FAST, more="", balancer=HAPROXY.replace(" check inter 200ms rise 2 fall 2", "").replace("8002", "8001"))
            for h, p in (("d1", 150), ("d2", 100))]
    b = site.start("d2", ones[1])
    assert process.wait_until(b.has, 9)
    asked = site.helper("client", ASK_MUCH, ADDRESS, 3, stdout=subprocess.PIPE, text=True)
    time.sleep(0.5)
    begun = time.monotonic()
    a = site.start("d1", ones[0])
    assert process.wait_until(lambda: a.has() and not b.has(), 9)
    rows = [(float(sent), float(done), what) for sent, done, what in map(str.split, asked.communicate(timeout=15)[0].splitlines())]
    moved = begun + site.wire.first("d1", begun, 1)
    under_way = [r for r in rows if r[0] < moved - 0.02 and moved + 0.02 < r[1]]
    lost = [r for r in rows if r[2] != "answered"]
    print(f"{len(rows)} requests, {len(under_way)} under way when the address moved, {len(lost)} lost: {lost}")
    assert len(under_way) >= 3 and all(what == "answered" for _, _, what in under_way)
    assert all(0 <= moved + 0.1 - sent < 0.2 for sent, _, _ in lost if sent), "at most one that was being made just then"


PAGE = HAPROXY + """
listen stats
    bind *:8080
    stats enable
    stats uri /
    stats show-legends
"""


def test_the_status_page_and_its_json_know_the_addresses(site):
    webs = two_webs(site)
    a = site.start("d1", director_of(site, "d1", 100, text=FAST, balancer=PAGE))
    assert process.wait_until(a.has, 8)

    def ask(path):
        return site.net.run("client", ["curl", "-s", "-m", "3", f"http://{HOSTS['d1']}:8080/{path}"]).stdout
    assert process.wait_until(lambda: "MASTER" in ask(""), 8, 0.2), "the worker hears of it a little later"
    page = ask("")
    assert "<h2>Addresses</h2>" in page and "VI_1" in page and "MASTER" in page and ADDRESS in page
    overview = json.loads(ask(";api=overview"))
    assert overview["addresses"]["instances"][0]["state"] == "MASTER"


def test_a_director_listens_at_the_address_that_the_other_one_has(site):
    webs = two_webs(site)
    there = HAPROXY.replace("bind *:80", f"bind {ADDRESS}:80")
    a, b = begin(site, director_of(site, "d1", 100, text=FAST, balancer=there), director_of(site, "d2", 50, text=FAST, balancer=there))
    a.stop()
    assert process.wait_until(b.has, 5)
    assert site.net.run("client", ["curl", "-s", "-m", "3", f"http://{ADDRESS}/"]).stdout.startswith("w")


def test_nginx_and_an_upstream_that_is_tracked(site):
    site.helper("client", SMALL_WEB, "w1", 8001)
    listens(site, "client", 8001)
    conf = site.write("d1.nginx.conf", """error_log stderr;
events { }
http { access_log off; upstream site { server 192.168.122.9:8001 max_fails=1 fail_timeout=5s; } server { listen 80; location / { proxy_pass http://site; } } }
""")
    more = "    track_upstream {\n        site\n    }"
    a = site.start("d1", [where.keel(), "run", "--control", site.dir / "d1.sock", conf, site.write("d1.keepalived.conf", course(100, more, text=FAST))])
    assert process.wait_until(a.has, 8)
    tracks = {"pool site": "1 of 1 usable", "balancer": "serving"}
    assert process.wait_until(lambda: {t["what"]: t["detail"] for t in a.instance()["tracks"]} == tracks, 5), a.instance()
    assert site.net.run("client", ["curl", "-s", "-m", "3", f"http://{ADDRESS}/"]).stdout == "w1\n"


def test_two_programs_the_control_socket_is_named(site):
    webs = two_webs(site)
    balancers = {}
    for host in ("d1", "d2"):
        text = HAPROXY.replace("@dir@", str(site.dir)).replace("HOST", host)
        balancers[host] = site.start(host, [where.keel(), "run", "--control", "none", site.write(f"{host}.haproxy.cfg", text)])
    assert process.wait_until(lambda: all((site.dir / f"{h}.ha.sock").exists() for h in balancers), 8)
    conf = {h: course(p, TRACK, text=FAST, globals=f"   balancer_socket {site.dir}/{h}.ha.sock") for h, p in (("d1", 100), ("d2", 50))}
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

def test_a_check_script_moves_the_address(site):
    check = script(site, "check", f"test ! -e {site.dir}/$(hostname).ill -a ! -e {site.dir}/ill-$PPID\n")
    flag = site.dir / "d1.ill"
    check = script(site, "check", f"case $(ip -o -4 addr show dev eth0) in *{HOSTS['d1']}*) test ! -e {flag};; *) true;; esac\n")
    a, b = pair(site, ("keel", "keel"), more="    nopreempt\n    track_script {\n        chk\n    }", before=CHECK % check)
    at = time.monotonic()
    flag.touch()
    took = site.wire.first("d2", at, 6)
    assert took is not None and took <= 1.0 + 0.7 + 0.4, "the check's interval, then a goodbye"
    assert process.wait_until(lambda: a.instance()["state"] == "FAULT", 5), "what is shown comes a little later"
    assert "script chk" in a.instance()["why"]
    flag.unlink()
    assert process.wait_until(lambda: a.instance()["state"] == "BACKUP", 4)
    assert b.has() and not a.has()


def test_the_courses_two_programs_and_its_script(site):
    """its script, but for the line that stops keepalived: it fails instead"""
    check = script(site, "check_haproxy_status.sh", "/usr/bin/curl -sf -m 1 -o /dev/null -I http://localhost || exit 1\n")
    webs = two_webs(site)
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
