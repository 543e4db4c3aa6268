# SPDX-License-Identifier: Apache-2.0
"""A cluster is moved to keel one node at a time: until it is done, both programs must send a key to the same server.

Each row is one way to choose; all rows of a language are in one file, which Debian's program and keel serve one after the other. A
thousand keys are asked of each row, and every choice must be equal.
"""
import collections
import pathlib
import socket
import tempfile

import pytest

from lib import config, ports, program, where

pytestmark = pytest.mark.slow

KEYS = 1000
LETTERS = "abcd"
SERVERS = [(1, ""), (2, ""), (3, ""), (1, "")]      # weight, more words
DOWN = {"nginx": "down", "haproxy": "disabled"}
FUNCTIONS = ("sdbm", "djb2", "wt6", "crc32")


class Row:
    """<text>: the lines that choose; <keys>: what is asked, as (target, fields, body); None: one client address each"""

    def __init__(self, name, text, keys, servers=SERVERS, tcp=False, ordered=True):
        self.name, self.text, self.keys, self.servers, self.tcp, self.ordered = name, text, keys, servers, tcp, ordered


def changed(which, words=None, weight=None):
    """the servers, with one that is changed, or gone when nothing is said"""
    out = list(SERVERS)
    out[which] = None if words is None and weight is None else (weight or out[which][0], words or "")
    return out


# -- keys

def targets(make):
    return [(make(i), (), b"") for i in range(KEYS)]


def header(name, make):
    return [("/", ((name, make(i)),), b"") for i in range(KEYS)]


QUERY = targets(lambda i: f"/x?k=key{i * 7919}")
KEY = header("K", lambda i: f"key{i * 7919}")
# HAProxy 2.6 takes the last part of names of 10 and of 13 bytes, for use_domain_only: there are none here
HOSTS = header("Host", lambda i: (f"www{i % 7}.shop{i}.example", f"shop{i + 100}.example", f"shop{i + 100}", f"a.b.shop{i}.example:8080")[i % 4])
ABSOLUTE = [(f"http://h{i % 5}.example/a/{i}?x=/{i}", (("Host", f"h{i % 5}.example"),), b"") for i in range(KEYS)]
DEEP = targets(lambda i: f"/a{i % 13}/b{i % 29}/c{i}/d{i}.html" + ("", f"?q={i}", f"/?q=/{i}/", "//")[i % 4])
ABSENT = [("/x", (), b"") if i % 3 == 0 else (f"/x?k={i}", (("K", str(i)),), b"") for i in range(60)]


def posts():
    out = []
    for i in range(KEYS):
        where_ = i % 4
        body = (f"k=key{i}", f"a=b&k=key{i}&c=d", f"k=other{i}", f"a=b&c=key{i}")[where_]
        out.append((f"/x?k=key{i}" if where_ == 2 else "/x?y=1", (("Content-Type", "application/x-www-form-urlencoded"),), body.encode()))
    return out


# -- rows

def nginx_rows():
    yield Row("ip_hash", "ip_hash;", None)
    yield Row("ip_hash, one down", "ip_hash;", None, changed(1, "down"))
    yield Row("ip_hash, one removed", "ip_hash;", None, changed(1))
    for more in ("", " consistent"):
        text = f"hash $arg_k{more};"
        yield Row("hash" + more, text, QUERY)
        yield Row(f"hash{more}, other weights", text, QUERY, changed(0, "", 20))
        yield Row(f"hash{more}, one down", text, QUERY, changed(2, "down"))
        yield Row(f"hash{more}, one removed", text, QUERY, changed(2))
        yield Row(f"hash{more} of two variables", f"hash $request_uri$host{more};", DEEP)
        yield Row(f"hash{more} without a key", text, ABSENT)


def haproxy_rows():
    yield Row("source, avalanche", "balance source\n hash-type map-based sdbm avalanche", None)
    yield Row("source, one down", "balance source", None, changed(2, "disabled"))
    yield Row("source, one removed", "balance source\n hash-type consistent", None, changed(2))
    for method in ("map-based", "consistent"):
        yield Row(f"source, {method}", f"balance source\n hash-type {method}", None)
        yield Row(f"hash src, {method}", f"balance hash src\n hash-type {method}", None)
        for function in FUNCTIONS:
            for avalanche in ("", " avalanche"):
                words = f"{method} {function}{avalanche}"
                yield Row(f"hdr, {words}", f"balance hdr(K)\n hash-type {words}", KEY)
        yield Row(f"hdr, {method}, other weights", f"balance hdr(K)\n hash-type {method}", KEY, changed(0, "", 20))
        yield Row(f"hdr, {method}, one down", f"balance hdr(K)\n hash-type {method}", KEY, changed(1, "disabled"))
        yield Row(f"hdr, {method}, one removed", f"balance hdr(K)\n hash-type {method}", KEY, changed(1))
    yield Row("hdr of a list", "balance hdr(K)", header("K", lambda i: f"key{i}, other{i * 3}"))
    yield Row("hdr use_domain_only", "balance hdr(host) use_domain_only", HOSTS)
    yield Row("hdr(host)", "balance hdr(host)", HOSTS)
    yield Row("uri", "balance uri", DEEP)
    yield Row("uri len", "balance uri len 9", DEEP)
    yield Row("uri depth", "balance uri depth 2", DEEP)
    yield Row("uri len depth", "balance uri len 7 depth 3", DEEP)
    yield Row("uri whole", "balance uri whole", DEEP)
    yield Row("uri whole depth", "balance uri depth 5 whole", DEEP)
    yield Row("uri path-only", "balance uri path-only", ABSOLUTE)
    yield Row("uri absolute", "balance uri", ABSOLUTE)
    yield Row("url_param", "balance url_param k", QUERY)
    yield Row("url_param among others", "balance url_param k", targets(lambda i: (f"/x?a=b&k={i}&c=d", f"/x?kk=1&k={i};z=1", f"/x?k=&k={i}", f"/x?k&k={i}")[i % 4]))
    yield Row("url_param check_post", "balance url_param k check_post", posts())
    yield Row("hash of text", "balance hash url_param(k),lower", targets(lambda i: f"/x?k=KeY{i}"))
    yield Row("hash of a number", "balance hash url_param(k),length", targets(lambda i: "/x?k=" + "y" * (i % 97)))
    yield Row("hash of a hash", "balance hash url_param(k),crc32", QUERY)
    yield Row("rdp-cookie", "balance rdp-cookie\n tcp-request inspect-delay 2s\n tcp-request content accept if { req.rdp_cookie_cnt gt 0 }", [], tcp=True)
    yield Row("rdp-cookie of a name", "balance rdp-cookie(other)\n tcp-request inspect-delay 2s\n tcp-request content accept if { req.rdp_cookie_cnt gt 0 }", [], tcp=True)
    for method in ("map-based", "consistent"):
        yield Row(f"hdr that is absent, {method}", f"balance hdr(K)\n hash-type {method}", ABSENT, ordered=False)
    yield Row("url_param that is absent", "balance url_param k", ABSENT, ordered=False)


ROWS = {"nginx": list(nginx_rows()), "haproxy": list(haproxy_rows())}


# -- files

def server_words(language, row):
    address = "127.0.0.1:@{}@".format
    for letter, server in zip(LETTERS, row.servers):
        if server is None:
            continue
        port = address("tcp_" + letter if row.tcp else letter)
        yield f"server {port} weight={server[0]} {server[1]};" if language == "nginx" else f"    server {letter} {port} weight {server[0]} {server[1]}"


def whole_file(language):
    parts = []
    for i, row in enumerate(ROWS[language]):
        lines = "\n".join(server_words(language, row))
        if language == "nginx":
            parts.append(f"upstream u{i} {{ {row.text} {lines} }}\nserver {{ listen 127.0.0.1:@row{i}@; keepalive_requests 100000; location / {{ proxy_pass http://u{i}; }} }}")
        else:
            mode = "tcp" if row.tcp else "http"
            parts.append(f"listen row{i}\n    bind 127.0.0.1:@row{i}@\n    mode {mode}\n " + row.text + "\n" + lines)
    if language == "nginx":
        return config.nginx("\n".join(parts), main="worker_rlimit_nofile 8192;", events="worker_connections 4096;")
    return config.haproxy("\n".join(parts))


def origin_file():
    """Debian's nginx answers with one letter; its stream part with one letter and the end"""
    http = "\n".join(f"server {{ listen 127.0.0.1:@{c}@; keepalive_requests 1000000; location / {{ return 200 {c}; }} }}" for c in LETTERS)
    stream = "\n".join(f"server {{ listen 127.0.0.1:@tcp_{c}@; return {c}; }}" for c in LETTERS)
    return config.nginx(http, stream)


# -- questions

BATCH = 250


def request(key, close):
    target, fields, body = key
    lines = [f"{'POST' if body else 'GET'} {target} HTTP/1.1"]
    if not any(n == "Host" for n, _ in fields):
        lines.append("Host: example.org")
    lines += [f"{n}: {v}" for n, v in fields]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    if close:
        lines.append("Connection: close")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def bodies(data):
    """the one-letter bodies of answers one after the other; what is no 200 is a '?'"""
    out = []
    while data:
        head, end, rest = data.partition(b"\r\n\r\n")
        if not end:
            return out + ["cut"]
        length = next((int(l.split(b":")[1]) for l in head.split(b"\r\n") if l.lower().startswith(b"content-length:")), 0)
        out.append(rest[:length].decode() if head.split(b" ")[1] == b"200" else "?" + head.split(b" ")[1].decode())
        data = rest[length:]
    return out


def ask_many(port, keys):
    """pipelined, some at a time"""
    chosen = []
    for at in range(0, len(keys), BATCH):
        some = keys[at:at + BATCH]
        with socket.create_connection(("127.0.0.1", port), 5) as s:
            s.sendall(b"".join(request(k, k is some[-1]) for k in some))
            chosen += bodies(read_all(s))
    return chosen


def read_all(s):
    data = b""
    while True:
        try:
            more = s.recv(65536)
        except ConnectionResetError:
            more = b""
        if not more:
            return data
        data += more


def ask_from(port, address):
    with socket.create_connection(("127.0.0.1", port), 5, source_address=(address, 0)) as s:
        s.sendall(request(("/", (), b""), True))
        return "".join(bodies(read_all(s)))


def ask_rdp(port, name, value):
    """a TPKT with an X.224 connection request that holds a cookie (MS-RDPBCGR 2.2.1.1)"""
    cookie = f"Cookie: {name}={value}\r\n".encode()
    data = b"\xe0\0\0\0\0\0" + cookie
    with socket.create_connection(("127.0.0.1", port), 5) as s:
        s.sendall(b"\x03\0" + (len(data) + 5).to_bytes(2, "big") + bytes([len(data)]) + data)
        return read_all(s).decode()


def ask(port, row):
    if row.tcp:
        return [ask_rdp(port, "other" if "other" in row.name + row.text else "mstshash", f"user{i}") for i in range(200)]
    if row.keys is None:
        return [ask_from(port, f"127.{i * 37 % 251}.{i * 91 % 253}.{i * 13 % 253 + 1}") for i in range(KEYS)]
    return ask_many(port, row.keys)


def choices(language, folder, values, peer):
    folder.mkdir(mode=0o755)
    p = program.Program(language, folder, "", peer=peer, **values)
    p.write(whole_file(language))
    try:
        p.start(listens=[f"row{i}" for i in range(len(ROWS[language]))])
        return [ask(values[f"row{i}"], row) for i, row in enumerate(ROWS[language])]
    finally:
        p.stop()
        trouble = [] if peer else p.crashes()
        if trouble:
            pytest.fail("\n".join(trouble), pytrace=False)


# -- the tests

@pytest.fixture(scope="module", params=("nginx", "haproxy"))
def both(request):
    """-> (language, what Debian's chose, what keel chose), a list for each row"""
    for thing in ("nginx", "haproxy"):
        if where.missing(thing):
            pytest.skip(where.missing(thing))
    language = request.param
    with tempfile.TemporaryDirectory(prefix="keel-play-") as folder:
        folder = pathlib.Path(folder)
        folder.chmod(0o755)
        values = {name: ports.free_port() for c in LETTERS for name in (c, "tcp_" + c)}
        (folder / "origin").mkdir(mode=0o755)
        origin = program.Program("nginx", folder / "origin", "", peer=True, **values)
        origin.write(origin_file())
        values.update({f"row{i}": ports.free_port() for i in range(len(ROWS[language]))})
        try:
            origin.start(listens=list(LETTERS))
            yield language, choices(language, folder / "peer", values, True), choices(language, folder / "keel", values, where.TEST_PEER)
        finally:
            origin.stop()


def differing(theirs, ours):
    return [f"{i}: {t} and not {o}" for i, (t, o) in enumerate(zip(theirs, ours)) if t != o]


@pytest.mark.timeout(150)
def test_both_answer(both):
    language, theirs, ours = both
    for row, a, b in zip(ROWS[language], theirs, ours):
        assert len(a) == len(b) and not set("".join(a)) - set(LETTERS), (row.name, collections.Counter(a))


@pytest.mark.parametrize("number", range(max(len(r) for r in ROWS.values())))
def test_same_choices(both, number):
    language, theirs, ours = both
    if number >= len(ROWS[language]):
        pytest.skip("there are fewer rows")
    row = ROWS[language][number]
    wrong = differing(theirs[number], ours[number])
    if not row.ordered:     # who has no key goes by turn, which is compared as a whole
        wrong = wrong if collections.Counter(theirs[number]) != collections.Counter(ours[number]) else []
    assert not wrong, f"{row.name}: {len(wrong)} of {len(theirs[number])} differ: {', '.join(wrong[:5])}"
    if len(theirs[number]) >= KEYS:
        assert len(set(theirs[number])) == sum(s is not None and "d" not in s[1] for s in row.servers), "every server is chosen"
