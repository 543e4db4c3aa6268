# SPDX-License-Identifier: Apache-2.0
"""Servers of a few lines for checks: each connection is handed to a function, in a thread of its own."""
import socket
import struct
import threading
import time


class Toy:
    """listens at once; <serve>(socket) for each connection; .seen: what each connection was told, as far as serve() put it there"""

    def __init__(self, serve=None, port=0, host="127.0.0.1", window=None):
        """<window>: the receive buffer, for who does not read"""
        self.serve, self.seen, self.accepted = serve, [], 0
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if window:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        self.listener.bind((host, port))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        self.ended = False
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while not self.ended:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._one, args=(s,), daemon=True).start()

    def _one(self, s):
        s.settimeout(5)
        try:
            if self.serve:
                self.serve(s)
        except OSError:
            pass
        finally:
            s.close()

    def stop(self):
        self.ended = True
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()


def says(*parts, then=None):
    """answers the n-th thing that it is told with the n-th part; b"" as first: speaks only when spoken to"""
    def serve(s):
        for i, part in enumerate(parts):
            if i or part is None:
                if not s.recv(65536):
                    return
            if part:
                s.sendall(part)
        if then is None:
            s.recv(65536)
    return serve


def answers(data, wait=0):
    """reads a request's first bytes, then answers"""
    def serve(s):
        s.recv(65536)
        time.sleep(wait)
        s.sendall(data)
    return serve


def http(status, body=b"", fields=b""):
    return answers(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n%s\r\n%s" % (status, len(body), fields, body))


def silent(s):
    s.recv(65536)
    time.sleep(3)


def resets(s):
    s.recv(1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def mysql_greeting(version=b"8.0.36"):
    """protocol 10 (dev.mysql.com: Protocol::HandshakeV10)"""
    body = b"\x0a" + version + b"\0" + b"\x01\0\0\0" + b"abcdefgh\0" + b"\xff\xf7" + b"\x21" + b"\x02\0" + b"\xff\x81" + b"\x15" + b"\0" * 10 + b"ijklmnopqrst\0" + b"mysql_native_password\0"
    return len(body).to_bytes(3, "little") + b"\0" + body


MYSQL_OK = b"\x07\0\0\x02\0\0\0\x02\0\0\0"
MYSQL_DENIED = b"\x17\0\0\x02\xff\x15\x04#28000Access denied"
LDAP_BOUND = b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\0\x04\0\x04\0"
PGSQL_AUTH = b"R\0\0\0\x08\0\0\0\0"
PGSQL_ERROR = b"E\0\0\0\x0eSFATAL\0C28000\0\0"
