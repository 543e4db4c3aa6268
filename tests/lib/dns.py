# SPDX-License-Identifier: Apache-2.0
"""A nameserver for tests: UDP on loopback, A, AAAA and SRV records that may change at any time."""
import socket
import struct
import threading

A, AAAA, SRV = 1, 28, 33


def _name(text):
    return b"".join(bytes([len(p)]) + p.encode() for p in text.rstrip(".").split(".")) + b"\0"


class Dns:
    """.records: {(name, type): [data]}; data is an address, or (priority, weight, port, target). .asked: what was asked for"""

    def __init__(self, records=None, ttl=1):
        self.records, self.ttl, self.asked, self.silent = records or {}, ttl, [], False
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def stop(self):
        self.silent = True
        self.sock.close()

    def _run(self):
        while True:
            try:
                data, peer = self.sock.recvfrom(4096)
                if not self.silent:
                    self.sock.sendto(self._answer(data), peer)
            except OSError:
                return

    def _answer(self, data):
        at, labels = 12, []
        while data[at]:
            labels.append(data[at + 1:at + 1 + data[at]].decode())
            at += 1 + data[at]
        question = data[12:at + 5]
        kind = struct.unpack("!H", data[at + 1:at + 3])[0]
        name = ".".join(labels).lower()
        self.asked.append((name, kind))
        found = self.records.get((name, kind), [])
        known = any(n == name for n, _ in self.records)
        flags = 0x8180 if known else 0x8183
        out = data[:2] + struct.pack("!HHHHH", flags, 1, len(found), 0, 0) + question
        for record in found:
            if kind == SRV:
                body = struct.pack("!HHH", *record[:3]) + _name(record[3])
            else:
                body = socket.inet_pton(socket.AF_INET if kind == A else socket.AF_INET6, record)
            out += b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, self.ttl, len(body)) + body
        return out
