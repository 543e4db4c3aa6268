# SPDX-License-Identifier: Apache-2.0
"""UDP clients and servers for plays."""
import socket
import threading

from . import ports


class Server:
    """answers each datagram <answers> times with "NAME:" and what came; .seen holds (client's port, datagram)"""

    def __init__(self, name, answers=1, port=None, host="127.0.0.1"):
        self.name, self.answers, self.seen = name.encode(), answers, []
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self.port = port or ports.free_port(socket.SOCK_DGRAM)
        self.socket.bind((host, self.port))
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                data, client = self.socket.recvfrom(65536)
            except OSError:
                return
            if data == b"" and not self.name:
                return
            self.seen.append((client[1], data))
            for _ in range(self.answers):
                try:
                    self.socket.sendto(self.name + b":" + data, client)
                except OSError:
                    pass

    def stop(self):
        self.name = b""
        port = self.socket.getsockname()
        with socket.socket(self.socket.family, socket.SOCK_DGRAM) as s:
            s.sendto(b"", port[:2])
        self.socket.close()


class Client(socket.socket):
    """a socket that is connected to a service; ask() sends and gives the answer, or None"""

    def __init__(self, port, host="127.0.0.1", source=None, timeout=2):
        super().__init__(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        if source:
            self.bind((source, 0))
        self.settimeout(timeout)
        self.connect((host, port))

    def ask(self, data):
        self.send(data)
        return self.answer()

    def answer(self):
        try:
            return self.recv(65536)
        except (TimeoutError, ConnectionRefusedError):
            return None
