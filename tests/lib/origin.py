# SPDX-License-Identifier: Apache-2.0
"""An origin server that behaves as the path says, and remembers what it received.

  /echo...            the request as JSON: method, target, fields in order, body, connection and request number, server name
  /who                its name                                 /html/N             N bytes of text/html
  /size/N             N bytes with a length                    /chunked/N/K       N bytes in K chunks
  /trailers/N         N bytes in chunks, then two trailers     /until-close/N     N bytes without a length, then close
  /http10/N           the same, as HTTP/1.0                    /close/N           N bytes, Connection: close
  /hold               answers once .let_go is set
  /slow/MS            answers after MS                         /drip/N/MS         N single bytes, MS apart, with a length
  /status/CODE        that status with a small body            /empty/CODE        with Content-Length: 0
  /info/CODE[/N]      N interim answers CODE, then 200         /continue          100 first, then reads the body, then echoes
  /early/CODE         answers before it reads the body, goes on reading; /early-close/CODE: closes then
  /cut/length/HOW     half of a body with a length, then HOW: fin or rst
  /cut/chunked/HOW    the same in chunks                       /cut/head/HOW, /cut/close/rst: in the head; without a length
  /refuse-keep        reads the request, closes without an answer (fin);      /reset: with RST
  /once/HOW           the first request of the path is treated so (fin, rst, late, badhead, a status), later ones are answered
  /never              reads and never answers                  /garbage           no HTTP at all
  /hugehead/N         a head of N bytes                        /ws                WebSocket, echoes frames
  /fields?n=v&n=v     answers with these fields                /idle-close/MS     answers, then closes after MS idle
  /raw?BYTES          answers with these bytes (%XX), closes   /raw-open?BYTES    the same, and stays
A prefix before these (as in /app/echo) is skipped: the first word that is known counts.
"""
import asyncio
import base64
import json
import socket
import struct
import threading
import time
import urllib.parse

from . import netns, ports, websocket

PATTERN = bytes(i * 7 % 251 for i in range(251))
REASON = {200: "OK", 404: "Not Found", 500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 403: "Forbidden"}


def pattern(size):
    """<size> bytes that shift visibly when some are lost"""
    return (PATTERN * (size // len(PATTERN) + 1))[:size]


class Request:
    def __init__(self, line, fields, connection, number):
        self.method, self.target, self.version = line
        self.fields, self.connection, self.number = fields, connection, number
        self.body, self.trailers, self.whole = b"", [], False
        self.time = time.monotonic()

    def all(self, name):
        return [v for n, v in self.fields if n.lower() == name.lower()]

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    @property
    def keeps(self):
        connection = (self.get("Connection") or "").lower()
        return "close" not in connection if self.version == "HTTP/1.1" else "keep-alive" in connection

    def as_dict(self):
        return {"method": self.method, "target": self.target, "version": self.version, "fields": self.fields,
                "trailers": self.trailers, "connection": self.connection, "number": self.number,
                "size": len(self.body), "body": base64.b64encode(self.body[:65536]).decode()}


class Origin:
    """a server in its own thread; use it as a context manager or start()/stop()"""

    def __init__(self, name="o1", port=None, host="127.0.0.1", once=None, plain=False, tls=None, on=None):
        self.name, self.host = name, host
        self.port = port or ports.free_port()
        self.tls = tls                 # an ssl.SSLContext: it speaks TLS (lib/pki.py makes them)
        self.on = on                   # the network namespace that it listens in (its name)
        self.plain = plain             # /echo answers with a line that does not depend on fields or connections
        self.requests = []             # every request whose head was read
        self.accepted = 0              # connections since start
        self.open = 0                  # connections now
        self.bad = []                  # what was not a request
        self.let_go = threading.Event()
        self.delay = 0                 # seconds that /echo takes
        self._once = set() if once is None else once     # may be shared by several servers
        self._writers = set()
        self._ready = threading.Event()
        self._thread = self._loop = self._server = None
        self._error = None

    # -- life

    def start(self):
        self._ready.clear()
        self._thread = threading.Thread(target=self._main, daemon=True, name="origin-" + self.name)
        self._thread.start()
        self._ready.wait(5)
        if self._error:
            raise self._error
        return self

    def stop(self):
        """closes the listener and resets every connection; start() may follow on the same port"""
        if self._loop and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(5)
        self._loop = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def clear(self):
        self.requests.clear()
        self.accepted = 0

    def _main(self):
        try:
            if self.on:
                netns.enter(self.on)
            asyncio.run(self._serve())
        except OSError as e:
            self._error = e
        finally:
            self._ready.set()

    async def _serve(self):
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        listener = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.host, self.port))
        server = await asyncio.start_server(self._connection, sock=listener, backlog=1024, limit=1 << 20, ssl=self.tls)
        self._ready.set()
        await self._stopping.wait()
        server.close()
        for w in list(self._writers):
            w.transport.abort()
        me = asyncio.current_task()
        for t in asyncio.all_tasks():
            if t is not me:
                t.cancel()
        await asyncio.sleep(0)

    # -- one connection

    async def _connection(self, reader, writer):
        self.accepted += 1
        self.open += 1
        self._writers.add(writer)
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        number, connection = 0, self.accepted
        try:
            while True:
                request = await self._head(reader, connection, number + 1)
                if request is None:
                    break
                number += 1
                self.requests.append(request)
                if not await self._handle(request, reader, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, TimeoutError):
            pass
        finally:
            self.open -= 1
            self._writers.discard(writer)
            try:
                writer.close()
            except RuntimeError:
                pass

    async def _head(self, reader, connection, number):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as e:
            if e.partial:
                self.bad.append(e.partial)
            return None
        except asyncio.LimitOverrunError:
            return None
        lines = head[:-4].decode("latin-1").split("\r\n")
        words = lines[0].split(" ")
        if len(words) != 3:
            self.bad.append(head)
            return None
        fields = [[n, v.strip(" \t")] for n, _, v in (l.partition(":") for l in lines[1:])]
        return Request(words, fields, connection, number)

    async def _body(self, request, reader):
        if request.whole:
            return
        coding = (request.get("Transfer-Encoding") or "").lower()
        if coding == "chunked":
            parts = []
            while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
                parts.append(await reader.readexactly(size))
                await reader.readexactly(2)
            while (line := await reader.readuntil(b"\r\n")) != b"\r\n":
                n, _, v = line.decode("latin-1").rstrip("\r\n").partition(":")
                request.trailers.append([n, v.strip()])
            request.body = b"".join(parts)
        elif request.get("Content-Length"):
            request.body = await reader.readexactly(int(request.get("Content-Length")))
        request.whole = True

    async def _handle(self, request, reader, writer):
        """answers one request; -> whether the connection lives on"""
        path, _, query = request.target.partition("?")
        words = [w for w in path.split("/") if w]
        while words and not hasattr(self, "_do_" + words[0].replace("-", "_")):
            words.pop(0)
        name = words[0].replace("-", "_") if words else "echo"
        todo = getattr(self, "_do_" + name)
        before_body = ("early", "early_close", "continue", "ws", "never", "reset", "refuse_keep", "garbage", "once")
        if name not in before_body:
            await self._body(request, reader)
        keep = await todo(request, reader, writer, words[1:], query)
        keep = keep is not False and request.keeps
        await writer.drain()
        return keep

    def _send(self, request, writer, status=200, body=b"", fields=(), framing=True, version="1.1"):
        lines = [f"HTTP/{version} {status} {REASON.get(status, 'Status')}", f"X-Origin: {self.name}"]
        lines += [f"{n}: {v}" for n, v in fields]
        if request.version == "HTTP/1.0" and request.keeps:
            lines.append("Connection: keep-alive")
        if framing:
            lines.append(f"Content-Length: {len(body)}")
        writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (b"" if request.method == "HEAD" else body))

    # -- behaviours

    async def _do_echo(self, request, reader, writer, words, query):
        if self.delay:
            await asyncio.sleep(self.delay)
        if self.plain:
            return self._send(request, writer, body=f"{self.name} {request.method} {request.target}\n".encode("latin-1"))
        body = json.dumps({**request.as_dict(), "server": self.name}).encode()
        self._send(request, writer, body=body, fields=[("Content-Type", "application/json")])

    async def _do_who(self, request, reader, writer, words, query):
        self._send(request, writer, body=self.name.encode())

    async def _do_size(self, request, reader, writer, words, query):
        self._send(request, writer, body=pattern(int(words[0])))

    async def _do_html(self, request, reader, writer, words, query):
        self._send(request, writer, body=pattern(int(words[0])), fields=[("Content-Type", "text/html")])

    async def _do_fields(self, request, reader, writer, words, query):
        self._send(request, writer, body=b"fields", fields=urllib.parse.parse_qsl(query, keep_blank_values=True))

    async def _do_chunked(self, request, reader, writer, words, query):
        await self._chunks(request, writer, int(words[0]), int(words[1]))

    async def _do_trailers(self, request, reader, writer, words, query):
        await self._chunks(request, writer, int(words[0]), 3, [("X-Check", "sum"), ("X-Last", "yes")])

    async def _chunks(self, request, writer, size, pieces, trailers=()):
        fields = [("Transfer-Encoding", "chunked")] + ([("Trailer", ", ".join(n for n, _ in trailers))] if trailers else [])
        self._send(request, writer, fields=fields, framing=False)
        if request.method == "HEAD":
            return
        data, step = pattern(size), max(1, size // pieces)
        for i in range(0, size, step):
            piece = data[i:i + step]
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
        writer.write(b"0\r\n" + b"".join(f"{n}: {v}\r\n".encode() for n, v in trailers) + b"\r\n")

    async def _do_until_close(self, request, reader, writer, words, query):
        self._send(request, writer, body=pattern(int(words[0])), framing=False)
        return False

    async def _do_http10(self, request, reader, writer, words, query):
        self._send(request, writer, body=pattern(int(words[0])), framing=False, version="1.0")
        return False

    async def _do_close(self, request, reader, writer, words, query):
        self._send(request, writer, body=pattern(int(words[0])), fields=[("Connection", "close")])
        return False

    async def _do_slow(self, request, reader, writer, words, query):
        await asyncio.sleep(int(words[0]) / 1000)
        self._send(request, writer, body=self.name.encode())

    async def _do_hold(self, request, reader, writer, words, query):
        while not self.let_go.is_set():
            await asyncio.sleep(0.01)
        self._send(request, writer, body=self.name.encode())

    async def _do_drip(self, request, reader, writer, words, query):
        size = int(words[0])
        self._send(request, writer, fields=[("Content-Length", size)], framing=False)
        for i in range(size):
            writer.write(pattern(size)[i:i + 1])
            await writer.drain()
            await asyncio.sleep(int(words[1]) / 1000)

    async def _do_status(self, request, reader, writer, words, query):
        self._send(request, writer, int(words[0]), f"{self.name} says {words[0]}".encode())

    async def _do_empty(self, request, reader, writer, words, query):
        code = int(words[0])
        self._send(request, writer, code, framing=code not in (204, 304))

    async def _do_info(self, request, reader, writer, words, query):
        for _ in range(int(words[1]) if len(words) > 1 else 1):
            writer.write(f"HTTP/1.1 {words[0]} Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n".encode())
            await writer.drain()
            await asyncio.sleep(0.02)
        self._send(request, writer, body=b"final")

    async def _do_continue(self, request, reader, writer, words, query):
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await writer.drain()
        await self._body(request, reader)
        await self._do_echo(request, reader, writer, words, query)

    async def _do_early(self, request, reader, writer, words, query):
        self._send(request, writer, int(words[0]), b"early")
        await writer.drain()
        await self._body(request, reader)

    async def _do_early_close(self, request, reader, writer, words, query):
        self._send(request, writer, int(words[0]), b"early", fields=[("Connection", "close")])
        await writer.drain()
        return False

    async def _do_cut(self, request, reader, writer, words, query):
        if words[0] == "head":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Len")
        elif words[0] == "chunked":
            self._send(request, writer, fields=[("Transfer-Encoding", "chunked")], framing=False)
            writer.write(b"64\r\n" + pattern(100) + b"\r\n64\r\n" + pattern(50))
        elif words[0] == "close":
            self._send(request, writer, framing=False)
            writer.write(pattern(50))
        else:
            self._send(request, writer, fields=[("Content-Length", 100)], framing=False)
            writer.write(pattern(50))
        await writer.drain()
        await asyncio.sleep(0.1)
        return await self._end(writer, words[1])

    async def _do_refuse_keep(self, request, reader, writer, words, query):
        return await self._end(writer, "fin")

    async def _do_reset(self, request, reader, writer, words, query):
        return await self._end(writer, "rst")

    async def _do_once(self, request, reader, writer, words, query):
        if request.target in self._once:
            await self._body(request, reader)
            return await self._do_echo(request, reader, writer, words, query)
        self._once.add(request.target)
        how = words[0]
        if how.isdigit():
            await self._body(request, reader)
            return await self._do_status(request, reader, writer, words, query)
        if how == "late":
            await asyncio.sleep(30)
        if how == "badhead":
            writer.write(b"HTTP/1.1 200 OK\r\nX-Zero: \0\r\n\r\n")
        return await self._end(writer, how)

    async def _end(self, writer, how):
        if how == "rst":
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        return False

    async def _do_never(self, request, reader, writer, words, query):
        await asyncio.sleep(60)
        return False

    async def _do_raw(self, request, reader, writer, words, query):
        writer.write(urllib.parse.unquote_to_bytes(query))
        await writer.drain()
        return False

    async def _do_raw_open(self, request, reader, writer, words, query):
        writer.write(urllib.parse.unquote_to_bytes(query))

    async def _do_garbage(self, request, reader, writer, words, query):
        writer.write(b"\x00\x01\xff this is not HTTP \r\n\r\n" * 3)
        return False

    async def _do_hugehead(self, request, reader, writer, words, query):
        size = int(words[0])
        fields = [(f"X-Fill-{i}", "f" * 500) for i in range(size // 512)] + [("X-Rest", "r" * (size % 512))]
        self._send(request, writer, body=b"huge", fields=fields)

    async def _do_idle_close(self, request, reader, writer, words, query):
        self._send(request, writer, body=self.name.encode())
        await writer.drain()
        await asyncio.sleep(int(words[0]) / 1000)
        return False

    async def _do_ws(self, request, reader, writer, words, query):
        key = request.get("Sec-WebSocket-Key")
        if (request.get("Upgrade") or "").lower() != "websocket" or not key:
            self._send(request, writer, 426, b"upgrade", fields=[("Upgrade", "websocket"), ("Connection", "Upgrade")])
            return True
        writer.write(f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     f"Sec-WebSocket-Accept: {websocket.accept_key(key)}\r\nX-Origin: {self.name}\r\n\r\n".encode())
        if words[:1] == ["greet"]:      # bytes of the tunnel in the same segment as the head
            writer.write(websocket.frame(b"hello from " + self.name.encode()))
        await writer.drain()
        while True:
            opcode, payload = await websocket.read_frame(reader)
            writer.write(websocket.frame(payload, opcode))
            await writer.drain()
            if opcode == websocket.CLOSE:
                return False
