# SPDX-License-Identifier: Apache-2.0
"""A log target: a datagram socket (UDP or UNIX) that keeps what it gets, or that is never read."""
import os
import re
import socket
import threading

from . import ports, process

_LINE = re.compile(r"<(\d+)>(?:([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) )?(.*)", re.S)


class Target:
    """lines arrive in .messages; with deaf=True nobody reads, and the sender's queue fills up"""

    def __init__(self, path=None, deaf=False, port=0):
        self.messages = []
        self.path = path
        if path:
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self.sock.bind(str(path))
            os.chmod(path, 0o777)
        else:
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.sock.bind(("127.0.0.1", port or ports.free_port(socket.SOCK_DGRAM)))
            self.port = self.sock.getsockname()[1]
        if not deaf:
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            try:
                self.messages.append(self.sock.recv(65536).decode("utf-8", "replace"))
            except OSError:
                return

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()

    def wait(self, wanted, seconds=3):
        """the first message that holds <wanted>, or None"""
        process.wait_until(lambda: any(wanted in m for m in list(self.messages)), seconds)
        return next((m for m in list(self.messages) if wanted in m), None)


def parse(message):
    """-> (facility, severity, rest without the time)"""
    match = _LINE.match(message)
    return int(match[1]) >> 3, int(match[1]) & 7, match[3]
