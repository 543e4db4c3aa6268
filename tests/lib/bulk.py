# SPDX-License-Identifier: Apache-2.0
"""Bodies of a gigabyte, made and checked on the fly: a server and a client on plain threads and sockets.

The pattern repeats with a prime period, so a lost, doubled or shifted byte is seen at the next compare.
"""
import random
import re
import socket
import threading

from . import ports

PERIOD = 1_048_573
BLOCK = random.Random(1).randbytes(PERIOD)
_DOUBLE = memoryview(BLOCK + BLOCK)
STEP = 262_144


def piece(offset, size):
    """<size> (at most PERIOD) bytes of the endless pattern from <offset>"""
    at = offset % PERIOD
    return _DOUBLE[at:at + size]


class Check:
    """compares a stream with the pattern"""

    def __init__(self):
        self.size = 0
        self.wrong_at = None

    def feed(self, view):
        done = 0
        while done < len(view):
            part = view[done:done + STEP]
            if self.wrong_at is None and part != piece(self.size, len(part)):
                self.wrong_at = self.size
            self.size += len(part)
            done += len(part)

    def good(self, size):
        return self.size == size and self.wrong_at is None


def send_pattern(sock, size):
    sent = 0
    while sent < size:
        part = piece(sent, min(STEP, size - sent))
        sock.sendall(part)
        sent += len(part)


def receive(sock, size, check, first=b""):
    """reads <size> bytes (or to the end, when <size> is None) into <check>"""
    check.feed(memoryview(first))
    buffer = memoryview(bytearray(STEP))
    while size is None or check.size < size:
        got = sock.recv_into(buffer, STEP if size is None else min(STEP, size - check.size))
        if not got:
            break
        check.feed(buffer[:got])


def read_head(sock):
    """-> (head, bytes after it)"""
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(65536)
        if not more:
            raise ConnectionError(f"closed before a head: {data[:200]!r}")
        data += more
    head, rest = data.split(b"\r\n\r\n", 1)
    return head, rest


class Origin:
    """GET /N gives N bytes of the pattern; POST checks what comes and answers "size N good" or where it went wrong.
    With raw=True there is no HTTP: what comes is checked until the end, then the answer is sent (for relays of plain TCP)."""

    def __init__(self, raw=False):
        self.port = ports.free_port()
        self.raw = raw
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        with sock:
            try:
                if self.raw:
                    self._relay(sock)
                else:
                    while self._one(sock):
                        pass
            except (OSError, ConnectionError):
                pass

    def _relay(self, sock):
        check = Check()
        sender = threading.Thread(target=send_pattern, args=(sock, self.raw), daemon=True)
        sender.start()
        receive(sock, None, check)
        sender.join()
        sock.sendall(self._verdict(check))

    @staticmethod
    def _verdict(check):
        return f"size {check.size} {'good' if check.wrong_at is None else 'wrong at %d' % check.wrong_at}".encode()

    def _one(self, sock):
        head, rest = read_head(sock)
        method, target, _ = head.split(b"\r\n")[0].split(b" ")
        if method == b"GET":
            size = int(target.strip(b"/"))
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            send_pattern(sock, size)
            return True
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        check = Check()
        if length:
            receive(sock, int(length[1]), check, rest)
        else:
            self._chunks(sock, rest, check)
        body = self._verdict(check)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        return True

    @staticmethod
    def _chunks(sock, rest, check):
        def more():
            data = sock.recv(STEP)
            if not data:
                raise ConnectionError
            return data
        while True:
            while b"\r\n" not in rest:
                rest += more()
            line, rest = rest.split(b"\r\n", 1)
            size = int(line.split(b";")[0], 16)
            if size == 0:
                break
            left = size
            while left:
                rest = rest or more()
                check.feed(memoryview(rest[:left]))
                taken = min(left, len(rest))
                left, rest = left - taken, rest[taken:]
            while len(rest) < 2:
                rest += more()
            rest = rest[2:]
        while len(rest) < 2:
            rest += more()


def download(port, size, timeout=60):
    """-> Check of what GET /size gave"""
    check = Check()
    with socket.create_connection(("127.0.0.1", port), timeout) as sock:
        sock.sendall(b"GET /%d HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n" % size)
        head, rest = read_head(sock)
        if not head.startswith(b"HTTP/1.1 200"):
            raise ValueError(head.split(b"\r\n")[0].decode())
        receive(sock, size, check, rest)
    return check


def upload(port, size, timeout=60, chunked=False):
    """-> the origin's verdict on <size> bytes of the pattern"""
    with socket.create_connection(("127.0.0.1", port), timeout) as sock:
        framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % size
        sock.sendall(b"POST / HTTP/1.1\r\nHost: t\r\n%s\r\nConnection: close\r\n\r\n" % framing)
        if chunked:
            sent = 0
            while sent < size:
                part = piece(sent, min(STEP, size - sent))
                sock.sendall(b"%x\r\n" % len(part))
                sock.sendall(part)
                sock.sendall(b"\r\n")
                sent += len(part)
            sock.sendall(b"0\r\n\r\n")
        else:
            send_pattern(sock, size)
        head, rest = read_head(sock)
        while more := sock.recv(65536):
            rest += more
        return head.split(b"\r\n")[0].decode().split(" ", 1)[1] + ": " + rest.decode("latin-1")
