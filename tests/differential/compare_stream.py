# SPDX-License-Identifier: Apache-2.0
"""Connections and datagrams through Debian's program and through keel: what the client got, how it ended, who was chosen, what the
servers got, and the log line. compare.py is the same for requests of HTTP."""
import os
import pathlib
import re
import shutil
import socket
import ssl
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from lib import config, ports, process, program, syslog, where  # noqa: E402
from compare import Unsupported, differences, running, timer, wait_free  # noqa: E402

NAMES = ("a", "b", "c")


def hello(name=None, alpn=None, oldest=None):
    """a TLS client's first message"""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols(alpn)
    if oldest:
        context.maximum_version = oldest
    out = ssl.MemoryBIO()
    tls = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


class Talk:
    """<steps>: bytes are sent; a number is so many seconds of waiting; "end" closes our direction, "reset" cuts; what is not asked for is
    read until the end or until <quiet> seconds pass without a byte. <udp>: each piece of bytes is a datagram, each answer one. <which>:
    the port's placeholder."""

    def __init__(self, name, *steps, source=None, count=1, udp=False, quiet=0.25, which="port", differs=None, any_order=False):
        self.name, self.steps, self.source, self.count, self.udp = name, steps, source, count, udp
        self.quiet, self.which, self.differs, self.any_order = quiet, which, differs, any_order


class Group:
    """<greets>: the servers speak first; <log>: how many lines a talk leaves (0: none are compared)"""

    def __init__(self, name, feature, text, talks, differs=None, greets=True, log=1):
        self.name, self.feature, self.text, self.asks, self.differs = name, feature, text, talks, differs
        self.greets, self.log = greets, log
        self.language = "nginx" if name.startswith("nginx") else "haproxy"


class Seen:
    def __init__(self):
        self.got, self.end, self.servers, self.log = [], [], [], []

    def parts(self):
        return {"client got": self.got, "end": self.end, "servers got": self.servers, "log": self.log}


class Server:
    """says its name (if it greets), then sends back what comes; a datagram is answered with name and content"""

    def __init__(self, name):
        self.name, self.greets, self.seen = name.encode(), True, []
        self.tcp = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.tcp.getsockname()[1]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        for run in (self._accept, self._datagrams):
            threading.Thread(target=run, daemon=True).start()

    def _accept(self):
        while True:
            try:
                s, who = self.tcp.accept()
            except OSError:
                return
            entry = [self.name.decode(), b""]
            self.seen.append(entry)
            threading.Thread(target=self._serve, args=(s, entry), daemon=True).start()

    def _serve(self, s, entry):
        with s:
            try:
                if self.greets:
                    s.sendall(self.name + b"\n")
                while data := s.recv(65536):
                    entry[1] += data
                    s.sendall(data)
                    if data.endswith(b"bye"):
                        return
            except OSError:
                pass

    def _datagrams(self):
        while True:
            try:
                data, who = self.udp.recvfrom(65536)
                self.seen.append([self.name.decode(), data])
                if not data.startswith(b"quiet"):
                    self.udp.sendto(self.name + b":" + data, who)
            except OSError:
                return

    def stop(self):
        self.tcp.close()
        self.udp.close()


# -- one talk

def speak_tcp(talk, port, seen):
    got, end = b"", "open"
    try:
        connection = socket.create_connection(("127.0.0.1", port), 3, (talk.source, 0) if talk.source else None)
    except ConnectionResetError:
        seen.got.append(got)
        seen.end.append("closed")
        return
    with connection as s:
        try:
            for step in talk.steps:
                if isinstance(step, bytes):
                    s.sendall(step)
                elif step == "end":
                    s.shutdown(socket.SHUT_WR)
                else:
                    time.sleep(step)
            s.settimeout(talk.quiet)
            while True:
                more = s.recv(65536)
                got += more
                if not more:
                    end = "closed"
                    break
        except TimeoutError:
            pass
        except OSError:
            end = "closed"      # by a RST, when bytes were on the way: whose luck that is differs
        seen.got.append(got)
        seen.end.append(end)


def speak_udp(talk, port, seen):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        if talk.source:
            s.bind((talk.source, 0))
        s.connect(("127.0.0.1", port))
        s.settimeout(talk.quiet)
        for step in talk.steps:
            if not isinstance(step, bytes):
                time.sleep(step)
                continue
            s.send(step)
            try:
                seen.got.append(s.recv(65536))
            except OSError:
                seen.got.append(None)


def one(group, p, talk, servers, target):
    seen = Seen()
    before = {n: len(s.seen) for n, s in servers.items()}
    lines = len(log_lines(group, p, target))
    for _ in range(talk.count):
        (speak_udp if talk.udp else speak_tcp)(talk, p.values[talk.which], seen)
    if group.log:
        process.wait_until(lambda: len(log_lines(group, p, target)) >= lines + group.log * talk.count, 2.5)
    time.sleep(0.02)
    seen.servers = [normal_bytes(n, d, p) for x, s in servers.items() for n, d in s.seen[before[x]:]]
    if group.log:
        seen.log = [normal_log(group, line, p) for line in log_lines(group, p, target)[lines:]]
    seen.got = [None if g is None else normal_bytes("", g, p)[1] for g in seen.got]
    if talk.any_order:
        seen.servers, seen.got, seen.log = sorted(seen.servers), sorted(seen.got), sorted(seen.log)
    return seen


def log_lines(group, p, target):
    return p.read("access.log").splitlines() if group.language == "nginx" else [m.rstrip("\n") for m in list(target.messages)]


def normal_bytes(name, data, p):
    """ports of clients differ"""
    data = re.sub(rb"(PROXY TCP[46] \S+ \S+ )\d+ ", rb"\1N ", data)
    data = re.sub(rb"(\r\n\r\n\0\r\nQUIT\n.\x11..........)..", rb"\1NN", data, flags=re.S)
    return name, data


def normal_log(group, line, p):
    line = re.sub(r"\[\d\d/\w{3}/\d{4}:[\d:.]+( [+-]\d{4})?\]", "[TIME]", line)
    line = re.sub(r"\b\d+\.\d{3}\b", "SECONDS", line)
    if group.language == "haproxy":
        line = re.sub(r"^<\d+>.*?haproxy\[\d+\]: ", "", line)
        line = re.sub(r"(127\.\d+\.\d+\.\d+):\d+", r"\1:N", line)
        line = re.sub(r" \d+/\d+/\d+/\d+/(\+?\d+) (\d+/\d+)", r" CONNS/\1 \2", line)
        line = re.sub(r" (?:-?\d+/){2,4}\+?\d+ ", lambda m: " " + "/".join(timer(t) for t in m[0].strip().split("/")[:-1]) + "/TOTAL ", line)
    else:
        line = re.sub(r"CLIENT (\S+):\d+", r"CLIENT \1:N", line)
    return line


# -- both programs

def run(group, folder, values, servers, target, peer):
    for s in servers.values():
        s.greets = group.greets
        s.seen.clear()
    target.messages.clear()
    p = program.Program(group.language, folder, "", peer=peer, **values)
    p.write(group.text)
    with running(p, folder, peer, listens=("port",)):
        return [one(group, p, talk, servers, target) for talk in group.asks]


def both(group):
    """-> (what the peer did, what keel did), one Seen for each talk; keel's may be an exception"""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="keel-play-"))
    os.chmod(folder, 0o755)
    servers, target = {n: Server(n) for n in NAMES}, syslog.Target()
    values = {"port": ports.free_port(), "udp": ports.free_port(socket.SOCK_DGRAM), "port2": ports.free_port(), "closed": ports.free_port(),
              "log": target.port, **{n: s.port for n, s in servers.items()}}
    try:
        theirs = run(group, folder, dict(values), servers, target, True)
        wait_free(values["port"])
        try:
            ours = run(group, folder, dict(values), servers, target, where.TEST_PEER)
        except (program.NotStarted, Unsupported, AssertionError, OSError) as e:
            ours = e
        return theirs, ours
    finally:
        for s in servers.values():
            s.stop()
        target.close()
        shutil.rmtree(folder, ignore_errors=True)


__all__ = ["Group", "Talk", "Unsupported", "both", "config", "differences", "hello"]
