# SPDX-License-Identifier: Apache-2.0
"""A course on nginx as a balancer: each of its blocks, on its own addresses, does what it is said to do.

Hosts are network namespaces, and a program has an /etc, /var/log and /run of its own, so that files run as printed: tests/course has
the whole ones. Its Tomcats are in test_tomcat.py, what it deserves to be told in test_diagnostics.py.
"""
import gzip
import pathlib
import re
import shutil
import subprocess
import threading
import time

import pytest

from lib import client, netns, origin as origins, process, toys, where

pytestmark = [pytest.mark.needs("root", "netns"), pytest.mark.timeout(60)]

COURSE = pathlib.Path(__file__).resolve().parent.parent / "course"
LB, A, B, ONE, L4, CLIENT = "192.168.152.99", "192.168.152.100", "192.168.152.101", "192.168.0.100", "192.168.0.108", "192.168.152.1"
NETS = (1, 2, 5, 6, 8, 11, 12, 14, 19, 21, 23, 28, 33, 34, 39, 45)      # the client has an address in each 192.168.N.0/24


# -- the machines

@pytest.fixture(scope="module")
def net():
    n = netns.Net({"lb": LB, "a": A, "b": B, "one": ONE, "client": CLIENT}, 16)
    try:
        n.add("one", f"{L4}/16")
        n.add("client", *(f"192.168.{i}.7/16" for i in NETS), "192.168.1.8/16")
        yield n
    finally:
        n.remove()


@pytest.fixture(scope="module")
def web(net):
    """the two web servers, each with the ports of both sites"""
    once = set()
    made = {}
    for host, address in (("a", A), ("b", B)):
        with net.inside(host):
            made[host] = origins.Origin(host, port=8080, host=address, once=once).start()
            made[host + "90"] = origins.Origin(host + "90", port=8090, host=address, once=once).start()
    made["once"] = once
    yield made
    for o in made.values():
        if isinstance(o, origins.Origin):
            o.stop()


@pytest.fixture
def a(web):
    web["once"].clear()
    web["a"].clear()
    return web["a"]


@pytest.fixture
def b(web):
    web["b"].clear()
    return web["b"]


class gone:
    """while <origin>'s program is closed"""

    def __init__(self, net, origin):
        self.net, self.origin = net, origin

    def __enter__(self):
        self.origin.stop()

    def __exit__(self, *_):
        with self.net.inside(self.origin.name[0]):
            self.origin.start()


ETC = ("passwd", "group", "nsswitch.conf", "ld.so.cache", "localtime", "hosts")


@pytest.fixture
def machine(prepare, net):
    """machine(host, text, ...) -> a Program there, not started, with /etc, /run, /usr/share, /var/lib and /var/log of its own"""
    def make(host, text, conf="application/nginx/conf/nginx.conf", files=(), modules=()):
        p = prepare("nginx", "", netns=net.name(host))
        (p.dir / "nginx.conf").unlink()
        for name in ("etc/nginx/conf.d", "etc/nginx/modules", "run", "share/nginx/modules", "lib/nginx", "log/nginx", "application/nginx/logs", "application/nginx/html"):
            (p.dir / name).mkdir(parents=True)
        for name in ETC:
            if pathlib.Path("/etc", name).exists():
                shutil.copy(pathlib.Path("/etc", name), p.dir / "etc" / name)
        with open(p.dir / "etc/passwd", "a") as passwd, open(p.dir / "etc/group", "a") as group:
            passwd.write("nginx:x:990:990::/:/bin/false\n")
            group.write("nginx:x:990:\n")
        p.file = p.dir / conf
        p.file.parent.mkdir(parents=True, exist_ok=True)
        p.file.write_text(text)
        (p.file.parent / "mime.types").write_text("types { text/html html htm; text/css css; image/png png; }\n")
        (p.dir / "application/nginx/html/50x.html").write_text("<h1>An error occurred.</h1>\n")
        for name, content in dict(files).items():
            (p.dir / name).parent.mkdir(parents=True, exist_ok=True)
            (p.dir / name).write_text(content)
        if where.TEST_PEER:
            loads = where.peer_modules("stream", *modules)
            if conf.startswith("etc/"):
                (p.dir / "share/nginx/modules/all.conf").write_text(loads)
            else:
                p.file.write_text(loads + text)
        mounts = "".join(f"mount --bind {p.dir}/{mine} /{theirs} && " for mine, theirs in
                         (("etc", "etc"), ("run", "run"), ("share", "usr/share"), ("lib", "var/lib"), ("log", "var/log")))
        binary = [p._binary(), *([] if where.TEST_PEER else ["nginx"])]
        if not conf.startswith("etc/"):
            binary += ["-p", p.dir / "application/nginx", "-c", "conf/nginx.conf"]
        p.argv = lambda *more: net.argv(host, ["sh", "-c", mounts + 'exec "$@"', "sh", *binary, *more])
        p.options = ["-g", "daemon off;"]
        return p
    return make


def begin(p, *ports):
    p.start(listens=ports)
    return p


def ask(net, target="/who", port=80, at=LB, source=None, method="GET", host="app", **more):
    with net.inside("client"):
        return client.ask(port, method, target, address=at, source=(source, 0) if source else None, host=host, **more)


def who(net, times=1, **more):
    return "".join(ask(net, **more).text for _ in range(times))


def wait_for(condition, what, seconds=5):
    assert process.wait_until(condition, seconds), what() if callable(what) else what


def log(p, name="error.log"):
    """where the program's defaults put it; Debian's nginx has standard error for errors"""
    return p.read("application/nginx/logs/" + name) + p.read("log/nginx/" + name) + (p.stderr if name == "error.log" else "")


# -- one: both layers in one file

PRINTED = (COURSE / "nginx.conf").read_text() + "\n" + (COURSE / "nginx-stream.conf").read_text()


def test_both_layers_the_name_that_is_nowhere(machine):
    """as printed it is refused: proxy_pass names plugin.com, and the upstream is app.com"""
    done = machine("lb", PRINTED).command("-t")
    assert done.returncode == 1
    assert re.search(r'\[emerg\] .*plugin\.com.* in \S+nginx\.conf:26\b', done.stderr), done.stderr
    assert "test failed" in done.stderr


@pytest.mark.both_builds
def test_both_layers(machine, net, web, a, b, build):
    p = begin(machine("lb", PRINTED.replace("http://plugin.com", "http://app.com")), 80, 81, 82)
    # ip_hash: by the first three numbers of the address
    picks = "".join(who(net, source=f"192.168.{i}.7") for i in NETS)
    assert picks == "ababbabbaaababaa"
    assert who(net, 5, source="192.168.1.7") == who(net, 5, source="192.168.1.8") == picks[0] * 5
    assert ask(net, port=81, source="192.168.1.7").text == picks[0] + "90"
    # what the server is told
    mine = web[picks[0]].requests[-1]
    assert mine.get("Host") == "app:80" and mine.get("X-Real-IP") == "192.168.1.8" and mine.get("X-Forwarded-For") == "192.168.1.8"
    ask(net, port=81, source="192.168.1.7", host="web", fields=[("X-Forwarded-For", "10.1.1.1")])
    theirs = web[picks[0] + "90"].requests[-1]
    assert theirs.get("Host") == "web:81" and theirs.get("X-Forwarded-For") == "10.1.1.1, 192.168.1.7"
    # gzip and charset
    page = ask(net, "/html/5000", source="192.168.1.7", fields=[("Accept-Encoding", "gzip")])
    assert page.get("Content-Type") == "text/html; charset=utf-8" and page.get("Content-Encoding") == "gzip"
    assert gzip.decompress(page.body) == origins.pattern(5000)
    # four layers: hash $remote_addr consistent
    picks = "".join(who(net, port=82, source=f"192.168.{i}.7") for i in NETS)
    assert picks == "bbababbbaaabaaab"
    assert who(net, 5, port=82, source="192.168.1.7") == picks[0] * 5
    assert mine.get("X-Real-IP") and web[picks[0]].requests[-1].get("X-Real-IP") is None, "the fourth layer touches nothing"
    with gone(net, a):      # one dies: its clients go to the other, on both layers
        assert {who(net, source=f"192.168.{i}.7") for i in NETS[:4]} == {who(net, port=82, source=f"192.168.{i}.7") for i in NETS[:4]} == {"b"}
        with gone(net, b):
            page = ask(net, source="192.168.19.7")
            assert page.status == 502 and "An error occurred." in page.text and page.get("Content-Type") == "text/html; charset=utf-8"
            with pytest.raises((client.AnswerError, ConnectionError)):
                ask(net, port=82)
    wait_for(lambda: log(p, "access.log").count('"GET /who HTTP/1.1" 200 1 "-" "-"') >= len(NETS), "the default log has its lines")


# -- one: who is chosen

def site(block, location="", top=""):
    """a block of the course in the smallest file that can hold it"""
    return f"worker_processes 1;\nevents {{}}\nhttp {{\n{block}\nserver {{ listen 80; location / {{ proxy_pass http://myweb; {location} }} }}\n{top}\n}}\n"


ROUND_ROBIN = """upstream myweb {
      server 192.168.152.100:8080;
      server 192.168.152.101:8080;
    }"""
WEIGHTS = """ upstream myweb {
      server 192.168.152.100:8080 weight=1;
      server 192.168.152.101:8080 weight=2;
}"""
IP_HASH = """upstream myweb {
      server 192.168.152.100:8080;
      server 192.168.152.101:8080;
      ip_hash;
    }"""
STATE = """ upstream myweb {
      server 192.168.152.100:8080 weight=2 max_fails=2 fail_timeout=2;
      server 192.168.152.101:8080 weight=1 max_fails=2 fail_timeout=1;
    }"""


def pool(words, first="", second=""):
    return f"upstream myweb {{ {words} server {A}:8080 {first}; server {B}:8080 {second}; }}"


@pytest.mark.parametrize("block, order", [
    (ROUND_ROBIN, "ab" * 6), (WEIGHTS, "bab" * 4), (STATE, "aba" * 4), (pool("", "down"), "b" * 6), (pool("", "", "backup"), "a" * 6),
    (pool("least_conn;"), "ab" * 6)], ids=["round robin", "weights", "weights of the state block", "down", "backup", "least_conn"])
def test_order(machine, net, a, b, block, order):
    begin(machine("lb", site(block)), 80)
    assert who(net, len(order)) == order


def test_ip_hash(machine, net, a, b):
    begin(machine("lb", site(IP_HASH)), 80)
    assert "".join(who(net, source=f"192.168.{i}.7") for i in NETS) == "ababbabbaaababaa"
    assert "".join(who(net, source=f"192.168.{i}.7") for i in NETS) == "ababbabbaaababaa"
    with gone(net, a):
        assert {who(net, source=f"192.168.{i}.7") for i in NETS} == {"b"}


def test_url_hash(machine, net, a, b):
    begin(machine("lb", site(pool("hash $request_uri;"))), 80)
    picks = "".join(who(net, target=f"/img/{i * i}.png/who") for i in range(16))
    assert picks == "ababaabaaaaabbba" and picks == "".join(who(net, target=f"/img/{i * i}.png/who", source="192.168.2.7") for i in range(16))


class Waiting:
    """requests that their servers hold until who() is asked, each on a thread; each sees those before it"""

    def __init__(self, net, origins, count):
        self.origins, self.answers = origins, []
        before = self.arrived()
        self.threads = [threading.Thread(target=lambda: self.answers.append(ask(net, "/hold").text)) for _ in range(count)]
        for i, t in enumerate(self.threads):
            t.start()
            wait_for(lambda: self.arrived() > before + i, "the request arrives")

    def arrived(self):
        return sum(len(o.requests) for o in self.origins)

    def who(self):
        for o in self.origins:
            o.let_go.set()
        for t in self.threads:
            t.join(10)
        for o in self.origins:
            o.let_go.clear()
        return "".join(sorted(self.answers))


def test_least_conn(machine, net, a, b):
    """two thirds of what is open for twice the weight; who is busy gets nothing more"""
    begin(machine("lb", site(pool("least_conn;", "weight=2"))), 80)
    assert Waiting(net, (a, b), 6).who() == "aaaabb"
    busy = Waiting(net, (a, b), 1)
    assert who(net, 4) == "bbbb"
    assert busy.who() == "a"


@pytest.mark.needs("fair")
@pytest.mark.parametrize("words, idle, waiting", [
    ("fair;", "ab" * 4, "aaabbb"), ("fair no_rr;", "a" * 8, "aaabbb"), ("fair weight_mode=idle;", "ab" * 4, "aaabbb"), ("fair weight_mode=peak;", "ab" * 4, "ab")])
def test_fair(machine, net, a, b, words, idle, waiting):
    """who is quick gets more; who is busy waits until it is idle again"""
    begin(machine("lb", site(pool(words)), modules=["http_upstream_fair"]), 80)
    assert sorted(who(net, len(idle))) == sorted(idle)
    assert Waiting(net, (a, b), len(waiting)).who() == waiting
    busy = Waiting(net, (a, b), 1)
    others = who(net, 4)
    assert others == ("b" if busy.who() == "a" else "a") * 4


def test_max_fails_and_fail_timeout(machine, net, a, b):
    """two failures, then two seconds without it, then it is tried again"""
    p = begin(machine("lb", site(STATE)), 80)

    def failures():
        return len(re.findall(r"connect\(\) failed \(111: Connection refused\) while connecting to upstream, .*http://192\.168\.152\.100:8080/who", log(p)))
    with gone(net, a):
        assert who(net, 9) == "b" * 9, "nobody notices"
        wait_for(lambda: failures() == 2, "it was asked twice")
        last = time.monotonic()
    assert who(net, 3) == "bbb", "it is back, and not asked yet"
    wait_for(lambda: "a" in who(net), "it is asked again")
    assert 1 < time.monotonic() - last < 4 and failures() == 2
    assert sorted(who(net, 6)) == list("aaaabb")


# -- two: what to do about a server that is dead

DEAD = """proxy_connect_timeout 1;
proxy_read_timeout 1;
proxy_send_timeout 1;
proxy_ignore_client_abort on;
proxy_next_upstream timeout;
"""


def timed(net, **more):
    """(answer, seconds)"""
    began = time.monotonic()
    return ask(net, **more), time.monotonic() - began


@pytest.fixture
def deaf(net):
    """two servers that accept and read nothing"""
    made = []
    for host, address in (("a", A), ("b", B)):
        with net.inside(host):
            made.append(toys.Toy(lambda s: time.sleep(4), 7001, address, window=4096))
    yield made
    for t in made:
        t.stop()


def test_dead_servers(machine, net, a, b, deaf):
    """the block of the course, in http: each of its lines has its effect"""
    more = f"""
        upstream lasting {{ server {A}:8080 max_fails=0; server {B}:8080 max_fails=0; }}
        upstream deaf {{ server {A}:7001 max_fails=0; server {B}:7001 max_fails=0; }}
        server {{ listen 81; location / {{ proxy_pass http://lasting; }} }}
        server {{ listen 82; location / {{ proxy_pass http://deaf; }} }}
        server {{ listen 83; location / {{ proxy_pass http://lasting; proxy_read_timeout 20; }} }}
        server {{ listen 84; location / {{ proxy_pass http://lasting; proxy_read_timeout 20; proxy_ignore_client_abort off; }} }}"""
    p = begin(machine("lb", site(DEAD + ROUND_ROBIN, top=more)), 80, 81, 82, 83, 84)
    # the machine of web2 is off: one client waits for a second, and the next ones do not
    net.run("switch", ["ip", "link", "set", "p2", "down"])
    try:
        answers = [timed(net) for _ in range(6)]
    finally:
        net.run("switch", ["ip", "link", "set", "p2", "up"])
    assert "".join(x.text for x, _ in answers) == "a" * 6
    assert [s > 0.9 for _, s in answers].count(True) == 1 and max(s for _, s in answers) < 3
    # it hangs: a second for each server
    x, seconds = timed(net, port=81, target="/once/late")
    assert x.status == 200 and 0.9 < seconds < 3
    x, seconds = timed(net, port=81, target="/never")
    assert x.status == 504 and 1.9 < seconds < 4
    # it reads nothing: what was sent in part is not sent again
    x, seconds = timed(net, port=82, method="POST", target="/", body=b"x" * 900_000)
    assert x.status == 504 and 0.9 < seconds < 3 and sum(t.accepted for t in deaf) == 1
    # its program is closed: that is an error and no timeout, so that client is told
    with gone(net, b):
        assert sorted((r.status, r.text if r.status == 200 else "") for r in (ask(net, port=81) for _ in range(4))) == [(200, "a"), (200, "a"), (502, ""), (502, "")]
    for words in (r"upstream timed out \(110: Connection timed out\) while connecting to upstream", r"upstream timed out \(110: .*\) while reading response header from upstream",
                  r"upstream timed out \(110: .*\) while sending request to upstream", r"connect\(\) failed \(111: Connection refused\) while connecting to upstream"):
        wait_for(lambda: re.search(words, log(p)), lambda: f"{words} is in the log:\n{log(p)}")
    # the client leaves: its request goes on, or not
    for port, stays, status in ((83, True, 200), (84, False, 499)):
        before = len(a.requests + b.requests)
        with net.inside("client"), client.Client(port, LB) as c:
            c.request(target=f"/hold?{port}")
            wait_for(lambda: len(a.requests + b.requests) > before, "the request arrives")
        line = f'"GET /hold?{port} HTTP/1.1" '
        assert process.wait_until(lambda: line in log(p, "access.log"), 0.4 if stays else 5) == (not stays)
        a.let_go.set(), b.let_go.set()
        wait_for(lambda: f"{line}{status} " in log(p, "access.log"), f"{status} is logged")
        a.let_go.clear(), b.let_go.clear()


FAULTS = {"error": ("rst", 502), "timeout": ("late", 504), "invalid_header": ("badhead", 502), **{f"http_{n}": (str(n), n) for n in (403, 404, 429, 500, 502, 503, 504)}}


def test_next_upstream(machine, net, a, b):
    """each kind asks the other server for its own faults, and for no other's"""
    block = pool("", "max_fails=0", "max_fails=0")
    kinds = "\n".join(f"location /{k}/ {{ proxy_pass http://myweb; proxy_next_upstream {k}; }}" for k in [*FAULTS, "off"])
    post = """location /once_only/ { proxy_pass http://myweb; } location /again/ { proxy_pass http://myweb; proxy_next_upstream error non_idempotent; }"""
    begin(machine("lb", site("proxy_http_version 1.0; proxy_read_timeout 500ms;" + block, top=f"server {{ listen 81; {kinds} {post} }}")), 80, 81)
    for kind in [*FAULTS, "off"]:
        for fault, (how, status) in FAULTS.items():
            if fault == "timeout" and kind not in ("timeout", "error", "off"):
                continue      # it takes its time
            x = ask(net, f"/{kind}/once/{how}", port=81)
            assert x.status == (200 if kind == fault else status), f"{kind}: {fault}"
    # a request that may have done something is not sent again
    for method, again in (("POST", False), ("PATCH", False), ("LOCK", False), ("PUT", True), ("DELETE", True), ("GET", True)):
        a.clear(), b.clear()
        x = ask(net, f"/once_only/once/fin?{method}", port=81, method=method, body=b"order" if method != "GET" else None)
        assert (x.status, len(a.requests + b.requests)) == ((200, 2) if again else (502, 1)), method
    assert ask(net, "/again/once/fin", port=81, method="POST", body=b"order").status == 200


def test_all_dead(machine, net, a, b):
    p = begin(machine("lb", site(ROUND_ROBIN)), 80)
    with gone(net, a), gone(net, b):
        for _ in range(3):
            x, seconds = timed(net)
            assert x.status == 502 and seconds < 1
    wait_for(lambda: "no live upstreams while connecting to upstream" in log(p), "the log says why")


def test_a_single_server_is_never_taken_out(machine, net, a, b):
    p = begin(machine("lb", site(f"upstream myweb {{ server {A}:8080 max_fails=1 fail_timeout=60; }}")), 80)
    with gone(net, a):
        assert [ask(net).status for _ in range(3)] == [502] * 3
    assert who(net, 3) == "aaa"
    assert "no live upstreams" not in log(p)


# -- one machine: two groups on layer 4 before four sites

STATUS = f"""server {{
    listen {ONE}:8099;
    location = /status {{ stub_status; }}
    location /gone {{ proxy_pass http://{ONE}:9; }}
}}
"""
MAIN = r'(\S+) - - \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "%s" (\d{3}) (\d+) "(\S+)" "(\S+)" "(\S+)"'
ERROR = r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[error\] \d+#\d+: \*\d+ "
SITES = {80: ("test1", 1), 81: ("test1", 2), 3000: ("test2", 3), 3001: ("test2", 4)}


@pytest.mark.both_builds
def test_one_machine(machine, net, build):
    """as printed: its folders, its user, its logs"""
    pages = {f"share/nginx/mytest{i}/{name}": text for i in (1, 2, 3, 4) for name, text in (("index.html", f"mytest{i}\n"), ("style.css", "b {}"), ("README", "?"))}
    p = machine("one", (COURSE / "nginx-one-machine.conf").read_text(), "etc/nginx/nginx.conf", {"etc/nginx/conf.d/status.conf": STATUS, **pages})
    said = p.command("-t").stderr
    assert "[" not in said and "nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\n" in said and "test is successful" in said
    begin(p, 80, 81, 8080, 8099, 3000, 3001)

    def get(at, port, target="/", **more):
        return ask(net, target, port, at, host="www.test1.com", **more)
    # the four sites
    for port, (_, i) in SITES.items():
        x = get(ONE, port)
        assert (x.status, x.text, x.get("Content-Type"), x.keeps) == (200, f"mytest{i}\n", "text/html", False)      # keepalive_timeout 0
    assert get(ONE, 80, "/style.css").get("Content-Type") == "text/css" and get(ONE, 80, "/README").get("Content-Type") == "application/octet-stream"
    # the two groups
    for port, group in ((80, ("mytest1\n", "mytest2\n")), (8080, ("mytest3\n", "mytest4\n"))):
        seen = [get(L4, port).text for _ in range(12)]
        assert set(seen) == set(group)
        if not where.TEST_PEER:      # its worker processes each count for themselves
            assert seen in (list(group) * 6, list(group[::-1]) * 6)
    # each file of the log, in its format
    secret = [("User-Agent", "curl/7.88.1"), ("Referer", "http://from.example/"), ("X-Forwarded-For", "10.9.9.9")]
    with net.inside("one"):
        assert client.ask(80, target="/?direct", address=ONE, source=(L4, 0), host="www.test1.com", fields=[*secret, ("X-Real-IP", "203.0.113.9")]).status == 200
    for port, (name, i) in SITES.items():
        assert get(ONE, port, f"/missing?{port}", fields=secret).status == 404
    assert "Active connections: 1 " in get(ONE, 8099, "/status").text and get(ONE, 8099, "/gone").status == 502
    for port, (name, i) in SITES.items():
        file, error = f"log/www.{name}.com.log", f"log/www.{name}.com.error.log"
        wait_for(lambda: f"/missing?{port} " in p.read(file), f"{file} has its lines")
        line = next(l for l in p.read(file).splitlines() if f"/missing?{port} " in l)
        assert re.fullmatch(MAIN % re.escape(f"GET /missing?{port} HTTP/1.1"), line)[1] == CLIENT and line.endswith('"http://from.example/" "curl/7.88.1" "10.9.9.9"'), line
        wanted = ERROR + re.escape(f'open() "/usr/share/nginx/mytest{i}/missing" failed (2: No such file or directory), client: {CLIENT}, server: www.{name}.com, '
                                   f'request: "GET /missing?{port} HTTP/1.1", host: "www.test1.com", referrer: "http://from.example/"') + "$"
        wait_for(lambda: re.search(wanted, p.read(error), re.M), lambda: f"{error} has its line:\n{p.read(error)}")
    both = p.read("log/www.test1.com.log")
    assert all(re.fullmatch(MAIN % "GET [^ ]+ HTTP/1.1", line) for line in both.splitlines())
    assert len(re.findall(f"^{ONE} .*GET / HTTP", both, re.M)) == 12, "what came through layer 4 came from this machine"
    assert re.search(r'^203\.0\.113\.9 .*"GET /\?direct HTTP/1\.1" 200', both, re.M), "set_real_ip_from believes the balancer"
    wait_for(lambda: re.search("^" + MAIN % "GET /gone HTTP/1.1" + "$", p.read("log/nginx/access.log"), re.M), "access.log has what the sites do not take")
    assert '"GET / ' not in p.read("log/nginx/access.log")
    wait_for(lambda: re.search(ERROR + r"connect\(\) failed \(111: Connection refused\) while connecting to upstream", p.read("log/nginx/error.log"), re.M), "error.log too")
    assert int(p.read("run/nginx.pid")) == p.pid
    # the logs are moved away, as logrotate does, and written anew
    old = sorted((p.dir / "log").rglob("*.log"))
    assert len(old) == 6
    for file in old:
        file.rename(f"{file}.1")
    assert p.command("-s", "reopen").returncode == 0
    wait_for(lambda: all(file.exists() for file in old), "they are made again")
    assert (get(L4, 80, "/anew").status, get(ONE, 8099, "/gone").status) == (404, 502)
    for name in ("www.test1.com.log", "www.test1.com.error.log", "nginx/access.log", "nginx/error.log"):
        wait_for(lambda: p.read("log/" + name), f"{name} is written")
    assert p.command("-s", "quit").returncode == 0 and p.gone(5) and not p.read("run/nginx.pid")
