# SPDX-License-Identifier: Apache-2.0
"""A load generator that looks at every answer.

Each of <clients> connections sends its share of <rate> requests a second. A request carries a token that the origin's answer must
repeat, so that an answer which is whole but somebody else's is seen. A kept connection that the other side closed while it was
idle counts in .closed and its request is sent once more on a new connection, as a browser would.
"""
import asyncio
import collections
import json
import re
import threading
import time

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.I)


class Load:
    def __init__(self, port, rate=300, clients=20, keep=1.0, path="/echo", timeout=5, host="127.0.0.1"):
        self.port, self.rate, self.clients, self.keep, self.path = port, rate, clients, keep, path
        self.timeout, self.host = timeout, host
        self.sent = self.good = self.closed = self.connects = 0
        self.errors = collections.Counter()
        self.failures = []                 # (seconds since start, what)
        self.times = []
        self.servers = collections.Counter()
        self._stop = threading.Event()
        self._thread = None

    @property
    def failed(self):
        return sum(self.errors.values())

    def report(self):
        times = sorted(self.times) or [0]
        return {"sent": self.sent, "good": self.good, "failed": self.failed, "errors": dict(self.errors), "closed_by_server": self.closed,
                "connects": self.connects, "p50_ms": round(times[len(times) // 2] * 1000, 1), "p99_ms": round(times[len(times) * 99 // 100] * 1000, 1)}

    # -- running

    def start(self, seconds=60):
        """in the background, until stop() or <seconds> are over"""
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main(seconds)), daemon=True)
        self._thread.start()
        return self

    def stop(self):
        self._stop.set()
        self._thread.join(self.timeout + 5)
        return self

    def run(self, seconds):
        self.start(seconds)
        self._thread.join(seconds + self.timeout + 5)
        return self

    async def _main(self, seconds):
        self.began = time.monotonic()
        await asyncio.gather(*(self._client(i, seconds) for i in range(self.clients)))

    async def _client(self, number, seconds):
        gap = self.clients / self.rate
        due = self.began + gap * number / self.clients
        pair, turn = None, 0
        while due < self.began + seconds and not self._stop.is_set():
            await asyncio.sleep(max(0, due - time.monotonic()))
            due += gap
            turn += 1
            stay = int(turn * self.keep) > int((turn - 1) * self.keep)
            pair = await self._one(pair, f"{number}-{turn}", stay)
        if pair:
            pair[1].close()

    async def _one(self, pair, token, stay):
        """one request; -> the connection to go on with, or None"""
        self.sent += 1
        began, reused = time.monotonic(), pair is not None
        while True:
            try:
                if pair is None:
                    self.connects += 1
                    pair = await asyncio.wait_for(asyncio.open_connection(self.host, self.port), self.timeout)
                keeps = await asyncio.wait_for(self._exchange(pair, token, stay), self.timeout)
            except _IdleClose:
                pair[1].close()
                if not reused:
                    return self._fail("closed without an answer")
                self.closed += 1
                pair, reused = None, False
                continue
            except asyncio.TimeoutError:
                what = "timeout"
            except asyncio.IncompleteReadError:
                what = "cut short"
            except OSError as e:
                what = type(e).__name__
            except ValueError as e:
                what = str(e)
            else:
                return self._succeed(pair, began, keeps, stay)
            if pair:
                pair[1].close()
            return self._fail(what)

    def _succeed(self, pair, began, keeps, stay):
        self.good += 1
        self.times.append(time.monotonic() - began)
        if keeps and stay:
            return pair
        self.closed += stay
        pair[1].close()
        return None

    def _fail(self, what):
        self.errors[what] += 1
        self.failures.append((round(time.monotonic() - self.began, 3), what))
        return None

    async def _exchange(self, pair, token, stay):
        reader, writer = pair
        connection = "" if stay else "Connection: close\r\n"
        target = f"{self.path}/{token}"
        writer.write(f"GET {target} HTTP/1.1\r\nHost: load\r\nX-Token: {token}\r\n{connection}\r\n".encode())
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as e:
            if e.partial:
                raise
            raise _IdleClose from None
        except ConnectionResetError:
            raise _IdleClose from None
        if not head.startswith(b"HTTP/1.1 200"):
            raise ValueError("status " + head[9:12].decode("latin-1"))
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1])) if length else await self._chunked(reader)
        if self.path.endswith("/echo"):
            seen = json.loads(body)
            if ["X-Token", token] not in [[n.title(), v] for n, v in seen["fields"]]:
                raise ValueError("somebody else's answer")
            self.servers[seen["server"]] += 1
        return b"connection: close" not in head.lower()

    @staticmethod
    async def _chunked(reader):
        parts = []
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            parts.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readuntil(b"\r\n")
        return b"".join(parts)


class _IdleClose(Exception):
    """the connection ended before the first byte of an answer"""
