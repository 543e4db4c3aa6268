# SPDX-License-Identifier: Apache-2.0
"""tcp-response content: what rules make of a TCP server's first bytes, as Debian's haproxy does it."""
import socket
import threading

import pytest

from lib import config, ports


class Speaker:
    """a TCP server that says its pieces as soon as the client said "go" for each of them"""

    def __init__(self, pieces):
        self.pieces, self.more = pieces, threading.Semaphore(1)
        self.listener = socket.create_server(("127.0.0.1", ports.free_port()))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                c, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.speak, args=(c,), daemon=True).start()

    def speak(self, c):
        with c:
            c.settimeout(10)
            try:
                if not c.recv(1):       # the client's byte: a connection that only asks whether somebody listens brings none
                    return
                for piece in self.pieces:
                    c.sendall(piece)
                    threading.Event().wait(0.15)
                c.recv(1)
            except OSError:
                pass

    def close(self):
        self.listener.close()


def heard(p, wanted):
    """what the client got, until it is <wanted> or the connection ends; -> (bytes, has it ended?)"""
    with p.connect() as c:
        c.settimeout(4)
        c.sendall(b"x")
        got, ended = b"", False
        while not ended and (wanted is None or got != wanted):
            try:
                piece = c.recv(100)
            except ConnectionResetError:
                piece = b""
            ended, got = not piece, got + piece
        return got, ended


HELLO = b"\x16\x03\x01\x00\x4a\x02\x00\x00\x46\x03\x01" + bytes(32) + b"\x04abcd" + bytes(33)      # as a server of TLS 1.0 begins
REJECT = "tcp-response content reject if { res.payload(0,5) -m str HELLO }"
CASES = {
    "without a delay nobody waits": (REJECT, [b"HELLO all"], b"HELLO all"),
    "in two pieces": ("tcp-response inspect-delay 3s\n" + REJECT, [b"HEL", b"LO all"], None),
    "another word": ("tcp-response inspect-delay 3s\n" + REJECT, [b"HEL", b"P all"], b"HELP all"),
    "accepted": ("tcp-response inspect-delay 3s\ntcp-response content accept if { res.len gt 3 }\ntcp-response content reject", [b"HE", b"LLO"], b"HELLO"),
    "too short in time": ("tcp-response inspect-delay 200ms\ntcp-response content accept if { res.len gt 3 }\ntcp-response content reject", [b"HE"], None),
    "a length and what it counts": ("tcp-response inspect-delay 3s\ntcp-response content reject if { res.payload_lv(0,1) -m str abc }", [b"\x03ab", b"cd"], None),
    "the type of a hello": ("tcp-response inspect-delay 3s\ntcp-response content reject if { res.ssl_hello_type 2 }", [HELLO[:4], HELLO[4:]], None),
    "a variable": ("tcp-response inspect-delay 3s\ntcp-response content set-var(sess.x) res.payload(0,2) if { res.len gt 2 }\ntcp-response content reject if { var(sess.x) -m str HE }", [b"HELLO"], None),
    "without a condition": ("tcp-response content reject", [b"HELLO"], None),
}


@pytest.mark.parametrize("name", list(CASES))
def test_first_bytes_of_a_server(start, name):
    rules, pieces, wanted = CASES[name]
    speaker = Speaker(pieces)
    text = config.haproxy("listen all\n    bind 127.0.0.1:@port@\n    timeout client 4s\n    timeout server 4s\n    " + rules.replace("\n", "\n    ") + "\n    server s1 127.0.0.1:@o1@", mode="tcp")
    try:
        p = start("haproxy", text, o1=speaker.port)
        got, ended = heard(p, wanted)
    finally:
        speaker.close()
    assert (got, ended) == ((wanted, False) if wanted else (b"", True))


def test_close_lets_out_what_is_there(start):
    speaker = Speaker([b"HELLO"])
    try:
        p = start("haproxy", config.haproxy("""listen all
    bind 127.0.0.1:@port@
    tcp-response inspect-delay 3s
    tcp-response content close if { res.payload(0,2) -m bin 4845 }
    server s1 127.0.0.1:@o1@""", mode="tcp"), o1=speaker.port)
        assert heard(p, None) == (b"HELLO", True)
    finally:
        speaker.close()


def test_the_session_id_of_a_server_sticks(start):
    """stick store-response payload_lv(43,1): the table of the manual, with bytes that look like a server's hello"""
    speaker = Speaker([HELLO])
    try:
        p = start("haproxy", config.haproxy("""listen all
    bind 127.0.0.1:@port@
    stick-table type binary len 32 size 1k expire 30m
    tcp-response inspect-delay 3s
    tcp-response content accept if { res.ssl_hello_type 2 }
    stick store-response payload_lv(43,1) if { res.ssl_hello_type 2 }
    server s1 127.0.0.1:@o1@""", mode="tcp", top="stats socket @dir@/sock level admin"), o1=speaker.port)
        assert heard(p, HELLO) == (HELLO, False)
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(p.dir / "sock"))
            s.sendall(b"show table all\n")
            s.settimeout(4)
            shown = b"".join(iter(lambda: s.recv(4096), b""))
        assert b"key=61626364" in shown.lower() and b"server_id=1" in shown
    finally:
        speaker.close()
