# SPDX-License-Identifier: Apache-2.0
"""Hosts as network namespaces on one bridge, which itself lives in a namespace: nothing is seen on the machine's own interfaces.

    net = Net({"lb": "10.0.0.5", "web": "10.0.0.17"})
    net.run("lb", ["curl", "-s", "http://10.0.0.17/"])
    with net.inside("web"):              # this thread, and the threads that it starts
        Origin(host="10.0.0.17", port=8081).start()
    net.call("lb", client.ask, 80, address="10.0.0.17")      # the same without a process: a socket stays where it was made
    net.remove()

Every name begins with PREFIX and the pid of the test run; remove_leftovers() removes those of runs that are gone.
"""
import contextlib
import ctypes
import os
import re
import subprocess

PREFIX = "keelt"
_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
_count = 0


def enter(name):
    """this thread, and nobody else, is on that host from now on: so are the sockets that it makes"""
    with open(f"/run/netns/{name}") as f:
        if _libc.setns(f.fileno(), _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"cannot enter {name}")


def _ip(*words, ns=None, check=True):
    argv = ["ip", *(["-n", ns] if ns else []), *words]
    done = subprocess.run(argv, capture_output=True, text=True)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: {done.stderr.strip()}")
    return done


def remove_leftovers():
    """removes namespaces of test runs that ended without removing them"""
    for name in _ip("netns", "list", check=False).stdout.splitlines():
        own = re.match(rf"{PREFIX}(\d+)x", name)
        if own and not os.path.exists(f"/proc/{own[1]}"):
            _remove(name.split()[0])


def _remove(name):
    for pid in _ip("netns", "pids", name, check=False).stdout.split():
        try:
            os.kill(int(pid), 9)          # only what runs inside a namespace that we made
        except ProcessLookupError:
            pass
    _ip("netns", "del", name, check=False)


class Net:
    def __init__(self, addresses, prefix_length=24):
        global _count
        _count += 1
        self._base = f"{PREFIX}{os.getpid()}x{_count}"
        self.addresses = addresses
        self._made = []
        try:
            self._switch = self._new("switch")
            _ip("link", "add", "br0", "type", "bridge", ns=self._switch)
            _ip("link", "set", "br0", "up", ns=self._switch)
            for i, (host, address) in enumerate(addresses.items()):
                self._host(i, host, f"{address}/{prefix_length}")
        except BaseException:
            self.remove()
            raise

    def _new(self, host):
        name = f"{self._base}-{host}"
        _ip("netns", "add", name)
        self._made.append(name)
        _ip("link", "set", "lo", "up", ns=name)
        return name

    def _host(self, number, host, address):
        name = self._new(host)
        _ip("link", "add", "eth0", "type", "veth", "peer", "name", f"p{number}", "netns", self._switch, ns=name)
        _ip("link", "set", f"p{number}", "master", "br0", "up", ns=self._switch)
        _ip("addr", "add", address, "dev", "eth0", ns=name)
        _ip("link", "set", "eth0", "up", ns=name)

    def name(self, host):
        return f"{self._base}-{host}"

    def argv(self, host, argv):
        return ["ip", "netns", "exec", self.name(host), *map(str, argv)]

    @contextlib.contextmanager
    def inside(self, host):
        """this thread is on <host>: a socket stays where it was made, a thread where it was started"""
        with open("/proc/thread-self/ns/net") as home:
            enter(self.name(host))
            try:
                yield
            finally:
                _libc.setns(home.fileno(), _CLONE_NEWNET)

    def run(self, host, argv, timeout=20, **more):
        """runs a command on a host to its end; -> CompletedProcess with text"""
        return subprocess.run(self.argv(host, argv), capture_output=True, text=True, timeout=timeout, **more)

    def add(self, host, *addresses):
        """further addresses of a host, each with its prefix"""
        for address in addresses:
            _ip("addr", "add", address, "dev", "eth0", ns=self.name(host))

    def popen(self, host, argv, **more):
        return subprocess.Popen(self.argv(host, argv), start_new_session=True, **more)

    def call(self, host, function, /, *args, **more):
        """what function(...) gives when it is called on that host"""
        with self.inside(host):
            return function(*args, **more)

    def remove(self):
        for name in reversed(self._made):
            _remove(name)
        self._made = []
