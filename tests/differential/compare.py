# SPDX-License-Identifier: Apache-2.0
"""The same file, the same backends and the same requests through Debian's program and through keel; what is told apart.

A Group is one configuration and its requests. Both programs get the identical file, one after the other, on the same port. For each
request a Seen holds what the client got, what the origins received, who was chosen, and the log line; everything that must differ
between two runs (times, ports of clients, the server's name) is normalised first.
"""
import contextlib
import email.utils
import os
import pathlib
import re
import shutil
import socket
import sys
import tempfile
import time
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from lib import client, config, origin as origins, ports, process, program, syslog, where  # noqa: E402

IGNORED_ANSWER = {"nginx": {"date", "server"}, "haproxy": {"date"}}     # HAProxy's language adds no Server
ORIGINS = ("a", "b", "c")
OWN_PAGE = re.compile(rb"<center>(nginx|evenkeel)(/[\d.]+)?</center>")


class Ask:
    """one request; <raw> bytes instead of the parts, <source> a loopback address to come from, <count> repeats,
    <differs>: why keel rightly does something else; <any_order>: of the repeats only how often each origin was chosen counts;
    <answers>: so many are expected on the one connection, then its end or quiet is noted"""

    def __init__(self, target="/", method="GET", fields=(), body=None, host="example.org", version="1.1", raw=None, source=None, count=1, note="", differs=None, any_order=False,
                 answers=None):
        self.target, self.method, self.fields, self.body = target, method, fields, body
        self.host, self.version, self.raw, self.source, self.count, self.note, self.differs = host, version, raw, source, count, note, differs
        self.any_order, self.answers = any_order, answers

    @property
    def name(self):
        what = self.note or f"{self.method} {self.target}" + ("" if self.host in ("example.org", None) else f" {self.host}")
        return what + (f" x{self.count}" if self.count > 1 else "")

    def bytes(self):
        if self.raw is not None:
            return self.raw
        return client.make_request(self.method, self.target, list(self.fields) + [("Connection", "close")], self.body, self.host, self.version)


class Group:
    """<feature>: the word that an unsupported group is listed under; <differs>: why the newest version, which keel follows, is not
    like Debian's; <files>: more files for its folder"""

    def __init__(self, name, feature, text, asks, files=None, differs=None, env=None):
        self.name, self.feature, self.text, self.asks = name, feature, text, asks
        self.files, self.differs, self.env = files or {}, differs, env
        self.language = "nginx" if name.startswith("nginx") else "haproxy"
        self.logs = "@dir@/access.log" in text or "@log@" in text


class Seen:
    def __init__(self):
        self.status = None          # of the last answer; "closed" when there was none
        self.fields = []
        self.body = b""
        self.received = []          # (origin, method, target, fields, body) in the order of arrival
        self.log = []

    def parts(self):
        return {"status": self.status, "answer's fields": self.fields, "body": self.body, "received by the origin": self.received, "log": self.log}


class Unsupported(Exception):
    """keel refuses a word of the file as known but not supported"""


# -- one program, one group

@contextlib.contextmanager
def running(p, folder, peer, **how):
    """the program <p>, started and stopped; what keel knows and refuses is told apart, and a crash of ours is an error"""
    try:
        p.start(**how)
    except program.NotStarted as e:
        if not peer and re.search(r"not (yet )?supported|unsupported|does not support", str(e), re.I):
            raise Unsupported(str(e).strip().splitlines()[-1]) from None
        raise
    try:
        yield
    finally:
        p.stop()
        trouble = [] if peer else p.crashes()
        for name in ("access.log", "error.log"):
            (folder / name).unlink(missing_ok=True)
        if trouble:
            raise AssertionError("\n".join(trouble))


def run(group, folder, ports_and_origins, peer):
    """starts the peer's program, or keel, with the group's file in <folder>; -> [Seen]"""
    values, made, target = ports_and_origins
    for o in made.values():
        o.clear()
    target.messages.clear()
    p = program.Program(group.language, folder, "", env=group.env, peer=peer, **values)
    for name, text in group.files.items():
        path = p.write(text, name) if isinstance(text, str) else folder / name
        os.utime(path, (1_700_000_000, 1_700_000_000))
    p.write(group.text)
    with running(p, folder, peer):
        return [one(group, p, ask, made, target) for ask in group.asks]


def one(group, p, ask, made, target):
    seen = Seen()
    before = {n: len(o.requests) for n, o in made.items()}
    lines = len(log_lines(group, p, target))
    for _ in range(ask.count):
        exchange(seen, p.port, ask)
    wanted = ask.count
    if group.logs:          # every exchange of these groups leaves a line, soon after the answer
        process.wait_until(lambda: len(log_lines(group, p, target)) >= lines + wanted, 1)
    time.sleep(0.01)
    arrived = [(o.requests[i], n) for n, o in made.items() for i in range(before[n], len(o.requests))]
    arrived.sort(key=lambda x: x[0].time)
    seen.received = [received(group, r, n) for r, n in arrived]
    own = own_page(seen, ask)       # its size holds the length of the server's name
    seen.log = [normal_log(group, l, p, own) for l in log_lines(group, p, target)[lines:]]
    seen.body = normal_body(seen.body, p)
    seen.fields = normal_fields(seen.fields, p, own)
    if ask.any_order:
        seen.received = sorted(name for name, *_ in seen.received)
        seen.body, seen.fields = b"", []
    return seen


def own_page(seen, ask):
    """the size of a page that the program made itself and signed, else None"""
    if OWN_PAGE.search(seen.body):
        return str(len(seen.body))
    if ask.method == "HEAD" and isinstance(seen.status, int) and seen.status >= 300:
        return dict((n.lower(), v) for n, v in seen.fields).get("content-length")
    return None


def exchange(seen, port, ask):
    source = (ask.source, 0) if ask.source else None
    with client.Client(port, source=source) as c:
        c.send(ask.bytes())
        if ask.answers:
            return several(seen, c, ask)
        try:
            a = c.answer(head_only=ask.method == "HEAD")
            seen.status, seen.fields, seen.body = a.status, a.fields, decompressed(a)
        except client.CutShort as cut:
            if cut.answer is not None:
                seen.status = "cut"
            elif seen.status is None or ask.count == 1:
                seen.status = "closed"
        except ConnectionResetError:
            seen.status = "closed"
        except client.AnswerError as e:
            seen.status = f"not HTTP/1.1: {e}"
        except TimeoutError:
            seen.status = "silence"


def several(seen, c, ask):
    """the answers on one connection, and what comes after them: its end, or nothing"""
    seen.status = []
    try:
        for _ in range(ask.answers):
            a = c.answer(head_only=False)
            seen.status.append(a.status)
            own = str(len(a.body)) if OWN_PAGE.search(a.body) else None
            seen.fields += [(n, "OWN" if n.lower() == "content-length" and v == own else v) for n, v in a.fields]
            seen.body += decompressed(a) + b"|"
        c.sock.settimeout(0.1)
        seen.status.append("open" if c.rest else "more" if c.sock.recv(1) else "closed")
    except TimeoutError:
        seen.status.append("open")
    except (client.CutShort, ConnectionResetError):
        seen.status.append("closed")
    except client.AnswerError as e:
        seen.status.append(f"not HTTP/1.1: {e}")


def decompressed(answer):
    """the content, whatever the coding; two zlibs need not make the same bytes of it"""
    coding = answer.get("Content-Encoding")
    if coding == "gzip" and answer.body[:2] == b"\x1f\x8b":
        return zlib.decompress(answer.body, 31)
    if coding == "deflate":
        return zlib.decompress(answer.body, 15 if answer.body[:1] == b"\x78" else -15)
    return answer.body


# -- normalising

def log_lines(group, p, target):
    if group.language == "nginx":
        return p.read("access.log").splitlines()
    return [m.rstrip("\n") for m in list(target.messages)]


def since_date(value, date):
    """a time that was worked out from now, as its distance from Date"""
    try:
        then, now = (email.utils.parsedate_to_datetime(v).timestamp() for v in (value, date))
    except (TypeError, ValueError):
        return value
    return f"Date{then - now:+.0f}" if abs(then - now) < 50_000_000 else value


def normal_fields(fields, p, own):
    date = dict((n.lower(), v) for n, v in fields).get("date")
    fields = [(n, since_date(v, date) if n.lower() == "expires" else v) for n, v in fields]
    return sorted((n.lower(), "OWN" if n.lower() == "content-length" and v == own else normal_text(v, p))
                  for n, v in fields if n.lower() not in IGNORED_ANSWER[p.language])


def normal_text(text, p):
    text = re.sub(r"(?<=\|)[A-Za-z0-9+/]{5}(?=[|;]|$)", "DATE", text)      # in HAProxy's cookies with maxidle, maxlife
    text = re.sub(r"boundary=\d{20}", "boundary=N", text)                  # of nginx's multipart/byteranges
    return text.replace(str(p.dir), "DIR").replace(f":{p.port}", ":PORT")


def normal_body(body, p):
    body = OWN_PAGE.sub(b"<center>SERVER</center>", body)
    body = re.sub(rb"\r\n--\d{20}", b"\r\n--BOUNDARY", body)
    body = re.sub(rb"127\.0\.0\.1:\d+", b"ADDRESS", body)
    return body.replace(str(p.dir).encode(), b"DIR").replace(b":%d" % p.port, b":PORT")


def received(group, request, name):
    drop = {"x-forwarded-port"}
    if group.language == "nginx":
        drop.add("connection")       # 1.22 says close where the newest keeps the connection
    fields = sorted((n.lower(), v) for n, v in request.fields if n.lower() not in drop)
    return name, request.method, request.target, request.version, fields, request.body


def normal_log(group, line, p, own):
    if own:
        line = re.sub(rf"(?<=[ |]){own}(?=[ |])", "OWN", line)
    line = re.sub(r"\[\d\d/\w{3}/\d{4}:[\d:.]+( [+-]\d{4})?\]", "[TIME]", line)
    line = re.sub(r"\b\d+\.\d{3}\b", "SECONDS", line)
    line = normal_text(line, p)
    if group.language == "haproxy":
        line = re.sub(r"^<\d+>.*?haproxy\[\d+\]: ", "", line)
        line = re.sub(r"(127\.\d+\.\d+\.\d+):\d+", r"\1:N", line)
        line = re.sub(r" \d+/\d+/\d+/\d+/(\+?\d+) (\d+/\d+)", r" CONNS/\1 \2", line)
        line = re.sub(r" (?:-?\d+/){2,4}\+?\d+ ", lambda m: " " + "/".join(timer(t) for t in m[0].strip().split("/")) + " ", line)
        # bytes are HAProxy's inner form of the answer, not those of the wire; test_logs.py bounds them
        line = re.sub(r"(/\d+ (?:\d{3} |-1 )?)\d+( (?:- - )?[-\w]{2,4} CONNS)", r"\1BYTES\2", line)
    else:
        line = re.sub(r"(127\.\d+\.\d+\.\d+):\d+", r"\1:N", line)
    return line


def timer(text):
    """-1 means never and stays; the rest by tenths of a second"""
    value = int(text.lstrip("+"))
    return text if value < 0 else str(value // 100) + "00"


# -- both

def world(folder):
    """ports and origins that both runs share; -> (values, origins, log target)"""
    made = {n: origins.Origin(n, plain=True).start() for n in ORIGINS}
    target = syslog.Target()
    values = {"port": ports.free_port(), "log": target.port, "closed": ports.free_port(), **{n: o.port for n, o in made.items()}}
    return values, made, target


def both(group):
    """-> (what the peer did, what keel did), one Seen for each request; keel's may be an exception"""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="keel-play-"))
    os.chmod(folder, 0o755)
    shared = world(folder)
    try:
        theirs = run(group, folder, shared, peer=True)
        wait_free(shared[0]["port"])
        try:
            ours = run(group, folder, shared, peer=where.TEST_PEER)
        except (program.NotStarted, Unsupported, AssertionError, OSError) as e:
            ours = e
        return theirs, ours
    finally:
        for o in shared[1].values():
            o.stop()
        shared[2].close()
        shutil.rmtree(folder, ignore_errors=True)


def wait_free(port):
    process.wait_until(lambda: not process.listens(port), 3)
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", port))


def differences(theirs, ours):
    """-> sentences, empty when the two did the same"""
    out = []
    mine = ours.parts()
    for what, theirs_value in theirs.parts().items():
        if theirs_value != mine[what]:
            out.append(f"{what}:\n    Debian's: {theirs_value!r}\n    keel's:   {mine[what]!r}")
    return out


__all__ = ["Ask", "Group", "Unsupported", "both", "config", "differences"]
