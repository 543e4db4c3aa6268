# SPDX-License-Identifier: Apache-2.0
"""Two directors and those who watch them, in network namespaces: the course's addresses, one floating address between them.

    site = Site()                                # hosts d1 .56, d2 .57, client .9, switch
    site.start("d1", site.keepalived("d1", text))  # keel keepalived; peer=True: Debian's
    site.start("d2", site.balancer("d2", haproxy_text, keepalived_text))  # keel run haproxy.cfg keepalived.conf
    site.wire.adverts                            # what was heard on the wire: (time, source, fields)
    site.remove()

Times are of this machine's monotonic clock. Everything is stopped by pid; what a program wrote is in <folder>/HOST.log.
"""
import collections
import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

from . import netns, process, program, where

ADDRESS = "192.168.122.100"
HOSTS = {"d1": "192.168.122.56", "d2": "192.168.122.57", "client": "192.168.122.9"}

COURSE = """! Configuration File for keepalived

global_defs {
   router_id director
%(globals)s
}
%(before)s
vrrp_instance VI_1 {
    state BACKUP
%(more)s
    interface eth0
    virtual_router_id 80
    priority %(priority)d
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass 1111
    }
    virtual_ipaddress {
        192.168.122.100
    }
}
"""
FAST = """global_defs {
    router_id director
%(globals)s
}
%(before)s
vrrp_instance VI_1 {
    version 3
    state BACKUP
%(more)s
    interface eth0
    virtual_router_id 80
    priority %(priority)d
    advert_int 0.1
    virtual_ipaddress {
        192.168.122.100
    }
}
"""


def course(priority=100, more="    nopreempt", before="", globals="", text=COURSE):
    return text % {"priority": priority, "more": more, "before": before, "globals": globals}


# -- the wire

_LISTEN = r'''
import socket, sys, time, json, struct
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind(("br0", 0))
s.setsockopt(socket.SOL_SOCKET, 35, 1)      # SO_TIMESTAMPNS: when it came, not when we had a turn
print("ready", flush=True)
while True:
    f, more = s.recvmsg(2000, 100)[:2]
    t = time.monotonic()
    for level, kind, data in more:
        if kind == 35: t -= time.time() - sum(n / d for n, d in zip(struct.unpack("qq", data[:16]), (1, 1e9)))
    kind = struct.unpack("!H", f[12:14])[0]
    if kind == 0x0800 and f[23] == 112:
        ihl = (f[14] & 15) * 4
        total = struct.unpack("!H", f[16:18])[0]
        print(json.dumps(["advert", t, socket.inet_ntoa(f[26:30]), f[14 + ihl:14 + total].hex(), f[22], socket.inet_ntoa(f[30:34])]), flush=True)
    elif kind == 0x86dd and f[20] == 112:
        n = struct.unpack("!H", f[18:20])[0]
        print(json.dumps(["advert", t, socket.inet_ntop(socket.AF_INET6, f[22:38]), f[54:54 + n].hex(), f[21],
                          socket.inet_ntop(socket.AF_INET6, f[38:54])]), flush=True)
    elif kind == 0x0806 and f[28:32] == f[38:42]:
        print(json.dumps(["arp", t, socket.inet_ntoa(f[28:32]), f[22:28].hex(":")]), flush=True)
'''

Advert = collections.namedtuple("Advert", "at source version vrid priority count interval auth ttl to raw")


def read_advert(at, source, text, ttl, to):
    b = bytes.fromhex(text).ljust(8, b"\0")      # some are cut short on purpose
    version = b[0] >> 4
    interval = b[5] if version == 2 else (struct.unpack("!H", b[4:6])[0] & 0xfff) / 100
    return Advert(at, source, version, b[1], b[2], b[3], interval, b[4] if version == 2 else None, ttl, to, b)


class Wire:
    """listens on the switch"""

    def __init__(self, net):
        self.adverts, self.announced = [], []
        self._popen = net.popen("switch", [sys.executable, "-c", _LISTEN], stdout=subprocess.PIPE, text=True)
        self._popen.stdout.readline()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._popen.stdout:
            kind, *rest = json.loads(line)
            if kind == "advert":
                self.adverts.append(read_advert(*rest))
            else:
                self.announced.append(tuple(rest))

    def of(self, host, since=0.0):
        return [a for a in self.adverts if a.source == HOSTS[host] and a.at >= since]

    def first(self, host, since, seconds, priority=None):
        """the time from <since> to that host's first advert (of more than priority 0)"""
        def found():
            return [a for a in self.of(host, since) if (a.priority > 0 if priority is None else a.priority == priority)]
        process.wait_until(found, seconds, 0.005)
        return found()[0].at - since if found() else None

    def longest_gap(self, host, since, until):
        times = [since] + [a.at for a in self.of(host, since) if a.at <= until] + [until]
        return max(b - a for a, b in zip(times, times[1:]))

    def reigns(self, host, since=0.0):
        """(from, to): how long that host sent adverts as master; a goodbye, or silence for two intervals, ends it"""
        out, begun, last = [], None, None
        for a in self.of(host, since):
            if begun is not None and (a.priority == 0 or a.at - last.at > 2 * a.interval + 0.05):
                out.append((begun, last.at))
                begun = None
            if a.priority > 0:
                begun = a.at if begun is None else begun
                last = a
        return out + ([(begun, last.at)] if begun is not None else [])

    def two_masters_for(self, since=0.0):
        """the longest time during which both sent adverts as master"""
        return max([min(a[1], b[1]) - max(a[0], b[0]) for a in self.reigns("d1", since) for b in self.reigns("d2", since)] + [0.0])

    def stop(self):
        self._popen.kill()
        self._popen.wait()


# -- the directors

class Director:
    def __init__(self, site, host, argv, env=None):
        self.site, self.host, self.argv = site, host, [str(a) for a in argv]
        self.log = site.dir / f"{host}.log"
        self.env = {**os.environ, "LC_ALL": "C", "ASAN_OPTIONS": "detect_leaks=1", **(env or {})}
        self.popen = None
        self.seen = set()

    def start(self):
        with open(self.log, "ab") as out:
            self.popen = self.site.net.popen(self.host, self.argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self.env)
        return self

    @property
    def pid(self):
        return self.popen.pid

    def pids(self):
        found = process.tree(self.pid) if self.popen.poll() is None else []
        self.seen.update(found)
        return found

    def child(self, word):
        """the pid of the living child whose title says <word>, or that the vrrp pid file names: in keepalived's place titles stay as they
        were, and all of them have that file's name in them"""
        pids = [p for p in self.pids() if p != self.pid]
        if word == "vrrp":
            try:
                named = int((self.site.dir / f"{self.host}.vrrp.pid").read_text())
                return named if named in pids else None
            except (OSError, ValueError):
                pass
        return next((p for p in pids if process.title(p).startswith("keel: ") and word in process.title(p)), None)

    def text(self):
        try:
            return self.log.read_text(errors="replace")
        except OSError:
            return ""

    def has(self, address=ADDRESS, device="eth0"):
        out = self.site.net.run(self.host, ["ip", "addr", "show", "dev", device]).stdout
        return f" {address}/" in out

    def addresses(self, device="eth0"):
        return re.findall(r"inet6? (\S+)", self.site.net.run(self.host, ["ip", "addr", "show", "dev", device]).stdout)

    def kill_hard(self):
        """all of it dies and its cable is out, as when a machine dies; -> when"""
        pids = self.pids()
        self.site.cable(self.host, False)
        at = time.monotonic()
        for p in pids:
            _kill(p, signal.SIGKILL)
        self.popen.wait(5)
        self.site.net.run(self.host, ["ip", "addr", "del", ADDRESS + "/32", "dev", "eth0"])
        for name in ("pid", "vrrp.pid"):      # /run is empty after a boot
            (self.site.dir / f"{self.host}.{name}").unlink(missing_ok=True)
        return at

    def revive(self):
        self.site.cable(self.host, True)
        return self.start()

    def stop(self, seconds=6):
        """-> whether it ended by itself"""
        self.pids()
        if self.popen.poll() is None:
            _kill(self.pid, signal.SIGTERM)
        try:
            self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        gone = process.wait_until(lambda: not any(process.alive(p) for p in self.seen), 2)
        for p in self.seen:
            if process.alive(p):
                _kill(p, signal.SIGKILL)
        self.popen.wait(2)
        return bool(gone)

    def status(self):
        """what `keel ctl show vrrp` says"""
        done = subprocess.run([str(where.keel()), "ctl", "-s", str(self.site.dir / f"{self.host}.sock"), "show", "vrrp"],
                              capture_output=True, text=True, timeout=10)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def ctl(self, *words):
        """-> code, text"""
        done = subprocess.run([str(where.keel()), "ctl", "-s", str(self.site.dir / f"{self.host}.sock"), *words], capture_output=True, text=True, timeout=10)
        return done.returncode, (done.stdout + done.stderr).strip()

    def instance(self, which=0):
        status = self.status()
        return status["instances"][which] if status and status["instances"] else None


def _kill(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


_PROBE = r'''
# one request each 20 ms over new connections; a line for each: when it was sent, how long it took, what came ("-": nothing)
import socket, sys, time, threading
lock = threading.Lock()
def one(t):
    who = "-"
    try:
        s = socket.create_connection((sys.argv[1], 80), 1); s.settimeout(1)
        s.sendall(b"GET / HTTP/1.1\r\nHost: v\r\nConnection: close\r\n\r\n")
        d = b""
        while True:
            x = s.recv(4000)
            if not x: break
            d += x
        who = d[9:12].decode() + " " + d.rsplit(b"\n", 2)[-2 if d.endswith(b"\n") else -1].decode("latin-1").strip()
    except OSError: pass
    with lock: print("%.4f %.3f %s" % (t, time.monotonic() - t, who), flush=True)
while True:
    t = time.monotonic()
    threading.Thread(target=one, args=(t,), daemon=True).start()
    time.sleep(0.02)
'''


class Probe:
    """a client that asks the floating address all the time"""

    def __init__(self, net):
        self.rows = []
        self._popen = net.popen("client", [sys.executable, "-c", _PROBE, ADDRESS], stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._popen.stdout:
            at, took, what = line.split(" ", 2)
            self.rows.append((float(at), float(took), what.strip()))

    def failed(self, since=0.0, until=1e18):
        return [r for r in sorted(self.rows) if since <= r[0] <= until and r[2] == "-"]

    def answers(self, since=0.0):
        return [r for r in sorted(self.rows) if r[0] >= since and r[2] != "-"]

    def stop(self):
        self._popen.kill()
        self._popen.wait()


class Site:
    def __init__(self, folder):
        self.dir = pathlib.Path(folder)
        self.net = netns.Net(HOSTS)
        self.net.run("switch", ["ip", "link", "set", "br0", "type", "bridge", "mcast_snooping", "0"])
        for host in HOSTS:
            self.net.run(host, ["sysctl", "-qw", "net.ipv6.conf.eth0.accept_dad=0"])
        self.wire = Wire(self.net)
        self.directors, self._helpers = [], []

    def cable(self, host, plugged):
        self.net.run("switch", ["ip", "link", "set", f"p{list(HOSTS).index(host)}", "up" if plugged else "down"])

    def write(self, name, text, mode=0o644):
        path = self.dir / name
        path.write_text(text)
        os.chmod(path, mode)
        return path

    def keepalived(self, host, text, *more, peer=False, release=False):
        """the command line: keel keepalived, or the real one"""
        file = self.write(f"{host}.keepalived.conf", text)
        tail = ["-n", "-l", "-D", "-P", "-f", file, "-p", self.dir / f"{host}.pid", "-r", self.dir / f"{host}.vrrp.pid", *more]
        if peer:
            return [where.peer("keepalived"), *tail]
        binary = where.keel_release() if release else where.keel()
        return [binary, "keepalived", *tail, "--control", self.dir / f"{host}.sock"]

    def balancer(self, host, balancer_text, text, name="haproxy.cfg", release=False):
        """the command line of the whole director in one program"""
        binary = where.keel_release() if release else where.keel()
        return [binary, "run", "--control", self.dir / f"{host}.sock", self.write(f"{host}.{name}", balancer_text),
                self.write(f"{host}.keepalived.conf", text)]

    def start(self, host, argv, env=None):
        d = Director(self, host, argv, {**where.peer_environment(), **(env or {})} if "keepalived" in pathlib.Path(str(argv[0])).name
                     else env)
        self.directors.append(d)
        return d.start()

    def helper(self, host, code, *args, **more):
        """a small Python program on a host; killed at the end"""
        p = self.net.popen(host, [sys.executable, "-c", code, *map(str, args)], **more)
        self._helpers.append(p)
        return p

    def probe(self):
        p = Probe(self.net)
        self._helpers.append(p._popen)
        return p

    def remove(self):
        """-> sentences about what a play must fail for"""
        trouble = []
        for d in self.directors:
            if not d.stop():
                trouble.append(f"{d.host}: had to be killed")
            bad = program._BAD.search(d.text().encode())
            if bad:
                trouble.append(f"{d.host}: {d.text()[max(0, bad.start() - 200):bad.start() + 3000]}")
        for p in self._helpers:
            if p.poll() is None:
                p.kill()
                p.wait()
        self.wire.stop()
        self.net.remove()
        return trouble
