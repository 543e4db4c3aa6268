# SPDX-License-Identifier: Apache-2.0
"""A raw HTTP/1 client. It sends exactly the bytes it is told to, and reads answers as strictly as RFC 9112 allows:
what a lenient client would forgive is an AnswerError here."""
import re
import socket
import time

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5]\d\d) ([\t\x20-\x7e\x80-\xff]*)")
_FIELD = re.compile(rb"(" + _TOKEN + rb"):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[ \t]*")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})(?:[ \t]*;[^\r\n]*)?")
BODILESS = (204, 304)


class AnswerError(Exception):
    """the answer breaks the grammar or its own framing"""


class CutShort(AnswerError):
    """the connection ended inside an answer; .answer holds what came"""

    def __init__(self, text, answer=None):
        super().__init__(text)
        self.answer = answer


class Answer:
    def __init__(self, version, status, reason, fields):
        self.version, self.status, self.reason, self.fields = version, status, reason, fields
        self.body = b""
        self.trailers = []
        self.chunks = 0
        self.framing = "none"      # none, length, chunked, close
        self.interim = []          # the 1xx answers before it

    def all(self, name):
        return [v for n, v in self.fields if n.lower() == name.lower()]

    def get(self, name, default=None):
        values = self.all(name)
        return ", ".join(values) if values else default

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def keeps(self):
        """whether the answer lets the connection live"""
        tokens = [t.strip().lower() for t in (self.get("Connection") or "").split(",")]
        return self.framing != "close" and "close" not in tokens and (self.version == 1 or "keep-alive" in tokens)

    def __repr__(self):
        return f"<{self.status} {self.framing} {len(self.body)} bytes {dict(self.fields)}>"


def parse_head(head):
    """<head>: bytes up to and without the empty line; -> Answer without a body"""
    lines = head.split(b"\r\n")
    for line in lines:
        if b"\r" in line or b"\n" in line or b"\0" in line:
            raise AnswerError(f"bare CR, LF or NUL in a head: {line!r}")
    status = _STATUS.fullmatch(lines[0])
    if not status:
        raise AnswerError(f"not a status line: {lines[0][:200]!r}")
    fields = []
    for line in lines[1:]:
        field = _FIELD.fullmatch(line)
        if not field:
            raise AnswerError(f"not a field line: {line[:200]!r}")
        fields.append((field[1].decode(), field[2].decode("latin-1")))
    return Answer(int(status[1]), int(status[2]), status[3].decode("latin-1"), fields)


class Client:
    """one connection"""

    def __init__(self, port, host="127.0.0.1", timeout=5, source=None):
        self.sock = socket.create_connection((host, port), timeout, source_address=source)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    @classmethod
    def over(cls, sock, timeout=5):
        """of a connected socket of any kind"""
        c = cls.__new__(cls)
        sock.settimeout(timeout)
        c.sock, c.rest = sock, b""
        return c

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def reset(self):
        """closes with RST"""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    @property
    def address(self):
        return "%s:%d" % self.sock.getsockname()[:2]

    # -- sending

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))

    def send_slowly(self, data, step=1, gap=0.01):
        for i in range(0, len(data), step):
            self.send(data[i:i + step])
            time.sleep(gap)

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    def request(self, method="GET", target="/", fields=(), body=None, host="test", version="1.1"):
        """sends one request; <body> bytes go with a length, a list of bytes goes chunked"""
        self.send(make_request(method, target, fields, body, host, version))

    def ask(self, method="GET", target="/", fields=(), body=None, **more):
        """sends one request and reads its answer"""
        self.request(method, target, fields, body, **more)
        return self.answer(head_only=method == "HEAD")

    # -- reading

    def _more(self):
        data = self.sock.recv(65536)
        self.rest += data
        return bool(data)

    def _until(self, mark, limit=1 << 20):
        while mark not in self.rest:
            if len(self.rest) > limit:
                raise AnswerError(f"no {mark!r} in {limit} bytes")
            if not self._more():
                raise CutShort(f"closed before {mark!r}; had {self.rest[:200]!r}")
        part, self.rest = self.rest.split(mark, 1)
        return part

    def _exactly(self, size, answer):
        while len(self.rest) < size:
            if not self._more():
                answer.body += self.rest
                self.rest = b""
                raise CutShort(f"closed inside a body, {size} bytes were due", answer)
        part, self.rest = self.rest[:size], self.rest[size:]
        return part

    def head(self):
        """the next head, interim or not"""
        return parse_head(self._until(b"\r\n\r\n"))

    def answer(self, head_only=False):
        """the next final answer, read whole"""
        interim = []
        while True:
            answer = self.head()
            if answer.status >= 200 or answer.status == 101:
                break
            if answer.all("Content-Length") or answer.all("Transfer-Encoding"):
                raise AnswerError(f"a {answer.status} with framing")
            interim.append(answer)
        answer.interim = interim
        if answer.status != 101:
            self.body(answer, head_only)
        return answer

    def body(self, answer, head_only=False):
        """reads the body that belongs to <answer>"""
        codings, lengths = answer.all("Transfer-Encoding"), answer.all("Content-Length")
        if codings and lengths:
            raise AnswerError("both Content-Length and Transfer-Encoding")
        if len(codings) > 1 or (codings and codings[0].lower() != "chunked"):
            raise AnswerError(f"odd Transfer-Encoding {codings}")
        if len(lengths) > 1 or (lengths and not re.fullmatch(r"\d+", lengths[0])):
            raise AnswerError(f"odd Content-Length {lengths}")
        if codings and answer.version == 0:
            raise AnswerError("chunked in an HTTP/1.0 answer")
        if head_only or answer.status in BODILESS:
            answer.framing = "none"
        elif codings:
            answer.framing = "chunked"
            self._chunked(answer)
        elif lengths:
            answer.framing = "length"
            answer.body = self._exactly(int(lengths[0]), answer)
        else:
            answer.framing = "close"
            while self._more():
                pass
            answer.body, self.rest = self.rest, b""
        return answer

    def _chunked(self, answer):
        parts = []
        try:
            while True:
                size = _SIZE.fullmatch(self._until(b"\r\n", 4096))
                if not size:
                    raise AnswerError("a bad chunk size line")
                size = int(size[1], 16)
                if size == 0:
                    break
                piece = Answer(1, 200, "", [])
                try:
                    parts.append(self._exactly(size, piece))
                except CutShort:
                    parts.append(piece.body)
                    raise
                answer.chunks += 1
                if self._exactly(2, piece) != b"\r\n":
                    raise AnswerError("a chunk does not end with CRLF")
        except CutShort as cut:
            answer.body = b"".join(parts)
            raise CutShort(str(cut), answer) from None
        answer.body = b"".join(parts)
        while line := self._until(b"\r\n", 65536):
            field = _FIELD.fullmatch(line)
            if not field:
                raise AnswerError(f"not a trailer line: {line!r}")
            answer.trailers.append((field[1].decode(), field[2].decode("latin-1")))

    def until_closed(self, seconds=5):
        """everything that still comes until the other side closes; TimeoutError when it does not close"""
        self.sock.settimeout(seconds)
        data, self.rest = self.rest, b""
        while True:
            try:
                piece = self.sock.recv(65536)
            except ConnectionResetError:
                return data
            if not piece:
                return data
            data += piece

    def closed(self, seconds=2):
        """whether the other side closes within <seconds>, sending nothing more"""
        try:
            return self.until_closed(seconds) == b""
        except TimeoutError:
            return False

    def quiet(self, seconds=0.3):
        """whether nothing comes, and no close, for <seconds>"""
        old = self.sock.gettimeout()
        self.sock.settimeout(seconds)
        try:
            return not self.rest and self.sock.recv(1, socket.MSG_PEEK) is None
        except TimeoutError:
            return True
        except OSError:
            return False
        finally:
            self.sock.settimeout(old)


def make_request(method="GET", target="/", fields=(), body=None, host="test", version="1.1"):
    lines = [f"{method} {target} HTTP/{version}"] + ([f"Host: {host}"] if host is not None else [])
    lines += [f"{n}: {v}" for n, v in (fields.items() if isinstance(fields, dict) else fields)]
    if isinstance(body, (list, tuple)):
        lines.append("Transfer-Encoding: chunked")
        data = chunked(body)
    else:
        data = body or b""
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + data


def chunked(pieces, trailers=()):
    data = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces if p)
    return data + b"0\r\n" + b"".join(f"{n}: {v}\r\n".encode() for n, v in trailers) + b"\r\n"


def ask(port, method="GET", target="/", fields=(), body=None, **more):
    """one request on a connection of its own"""
    connect = {k: more.pop(k) for k in ("timeout", "source", "address") if k in more}
    if "address" in connect:
        connect["host"] = connect.pop("address")
    with Client(port, **connect) as c:
        return c.ask(method, target, list(fields.items() if isinstance(fields, dict) else fields) + [("Connection", "close")], body, **more)


def socket_command(path, text, seconds=10):
    """what a control socket answers to <text> and a newline, until it closes"""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(seconds)
        s.connect(str(path))
        s.sendall(text.encode() + b"\n")
        out = b""
        while data := s.recv(65536):
            out += data
    return out.decode(errors="replace")
