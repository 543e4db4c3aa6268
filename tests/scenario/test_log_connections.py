# SPDX-License-Identifier: Apache-2.0
"""HAProxy's logs over connections: tcp@, and ring sections that send lines on; a server that is late, or leaves, loses none that fits."""
import re
import socket
import threading

import pytest

from lib import client, config, ports, process

FRONT = """
{ring}
listen web
    bind 127.0.0.1:@port@
    log {target} local1
    log-format "line %HP"
    http-request return status 200
"""


class Receiver:
    """keeps what arrives, one list of bytes a connection"""

    def __init__(self, port=0):
        self.sock = socket.socket()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind(("127.0.0.1", port))
        self.sock.listen(8)
        self.port = self.sock.getsockname()[1]
        self.got, self.open = [], []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                s, _ = self.sock.accept()
            except OSError:
                return
            self.open.append(s)
            self.got.append(bytearray())
            threading.Thread(target=self._read, args=(s, self.got[-1]), daemon=True).start()

    @staticmethod
    def _read(s, into):
        try:
            while data := s.recv(65536):
                into += data
        except OSError:
            pass

    def all(self):
        return b"".join(bytes(g) for g in self.got)

    def close(self):
        for s in (self.sock, *self.open):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()


@pytest.fixture
def receiver():
    made = []

    def make(port=0):
        made.append(Receiver(port))
        return made[-1]
    yield make
    for r in made:
        r.close()


RING = """ring far
    format {format}
    size 32768
    maxlen 200
    timeout connect 5s
    timeout server 5s
    server one 127.0.0.1:@a@ {proto}"""
WHEN = r"\w{3} [ \d]\d \d\d:\d\d:\d\d"
TARGETS = {
    "tcp": ("", "tcp@127.0.0.1:@a@", rf"<142>{WHEN} haproxy\[\d+\]: line /NAME\n"),
    "tcp_short": ("", "tcp@127.0.0.1:@a@ format short", r"<6>line /NAME\n"),
    "ring": (RING.format(format="priority", proto=""), "ring@far format raw", r"<142>line /NAME\n"),
    "counted": (RING.format(format="raw", proto="log-proto octet-count"), "ring@far", r"7 line /NAME"),
}


@pytest.mark.parametrize("name", TARGETS)
def test_lines_arrive_in_order(start, receiver, name):
    ring, target, wanted = TARGETS[name]
    r = receiver()
    p = start("haproxy", config.haproxy(FRONT.format(ring=ring, target=target)), a=r.port)
    for i in "abc":
        client.ask(p.port, target=f"/{i}")
    pattern = "".join(wanted.replace("NAME", i) for i in "abc")
    assert process.wait_until(lambda: re.fullmatch(pattern.encode(), r.all()), 5), r.all()


@pytest.mark.parametrize("name", ("tcp_short", "counted"))
def test_lines_wait_for_a_server_that_comes_later(start, receiver, name):
    ring, target, _ = TARGETS[name]
    port = ports.free_port()
    p = start("haproxy", config.haproxy(FRONT.format(ring=ring, target=target)), a=port)
    for i in range(3):
        assert client.ask(p.port, target=f"/{i}").status == 200, "nobody waits for a log"
    r = receiver(port)
    assert process.wait_until(lambda: r.all().count(b"line /") == 3, 8), r.all()


@pytest.mark.keel_only("haproxy 2.6 may lose the line that finds the connection closed")
def test_a_server_that_comes_back_is_spoken_to_again(start, receiver):
    r = receiver()
    p = start("haproxy", config.haproxy(FRONT.format(ring="", target="tcp@127.0.0.1:@a@ format raw")), a=r.port)
    client.ask(p.port, target="/1")
    assert process.wait_until(lambda: b"line /1\n" in r.all(), 5)
    r.close()
    client.ask(p.port, target="/2")
    again = receiver(r.port)
    client.ask(p.port, target="/3")
    assert process.wait_until(lambda: again.all() == b"line /2\nline /3\n", 8), again.all()


@pytest.mark.keel_only("the sentence is keel's")
def test_a_server_that_never_comes_stops_nothing(start):
    p = start("haproxy", config.haproxy(FRONT.format(ring=RING.format(format="raw", proto=""), target="ring@far len 4096")).replace(
        'log-format "line %HP"', 'log-format "%HP"'), a=ports.free_port())
    for i in range(400):
        assert client.ask(p.port, target="/" + "x" * 180).status == 200
    assert process.wait_until(lambda: "takes no lines" in p.stderr, 5), "said once"
