# SPDX-License-Identifier: Apache-2.0
"""The course's two projects on 192.168.122.0/24, their files as written: three web servers (L7), and three real MariaDB servers beside them
(L4). The log goes through UDP 514 to a real rsyslog with the course's own rules. One program for each project is shared by its plays."""
import base64
import collections
import csv
import pathlib
import re
import threading
import time

import pytest

from lib import client, machine, mariadb, netns, origin as origins, process, program, rsyslog, where

pytestmark = [pytest.mark.needs("root", "netns", "rsyslog"), pytest.mark.timeout(60)]

FILES = pathlib.Path(__file__).resolve().parent.parent / "unit/conf/haproxy/golden"
LB, CLIENT = "192.168.122.2", "192.168.122.9"
WEB = {"http1": "192.168.122.10", "http2": "192.168.122.20", "http3": "192.168.122.30"}
SQL = {"mysql1": "192.168.122.40", "mysql2": "192.168.122.50", "mysql3": "192.168.122.60"}
# the course's lines for /etc/rsyslog.conf; its files are in a folder of the play. CentOS has the first line, and the second file tells the levels
RULES = """$ActionFileDefaultTemplate RSYSLOG_TraditionalFileFormat
# Provides UDP syslog reception
$ModLoad imudp
$UDPServerRun 514

# Provides TCP syslog reception
$ModLoad imtcp
$InputTCPServerRun 514

local2.*                       %(dir)s/haproxy.log
local2.=info                   %(dir)s/info.log
"""
# Jan 16 02:51:10 localhost haproxy[2734]: [16/Jan/2016:02:51:10.487] www.qfedu.com www.qfedu.com/http3 0/0/0/0/0 200 265 - - ---- 1/1/0/1/0 0/0 "HEAD / HTTP/1.1"
# (the course shows it without the client's address)
LINE = (r'[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (localhost|127\.0\.0\.1|\S+) haproxy\[\d+\]: (?P<client>[\d.]+:\d+) \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d\.\d{3}\] '
        r'(?P<front>\S+) (?P<back>\S+)/(?P<server>\S+) \d+/\d+/\d+/\d+/\d+ (?P<status>\d+) (?P<bytes>\d+) - - (?P<state>\S{4}) \d+/\d+/\d+/\d+/0 0/0 "(?P<request>[^"]*)"')


class Site:
    def __init__(self, folder, hosts):
        self.dir = folder
        self.net = netns.Net({"lb": LB, "client": CLIENT, **hosts})
        self.origins, self.sql, self.program, self.rsyslog = {}, {}, None, None

    def begin(self, text, binary):
        for name in WEB:
            if name in self.net.addresses:
                self.serve(name)
        self.rsyslog = rsyslog.Rsyslog(self.dir, RULES % {"dir": self.dir}, self.net.argv("lb", [])).wait(514)
        (self.dir / "keel").mkdir()
        self.program = program.Program("haproxy", self.dir / "keel", text, binary=binary, netns=self.net.name("lb"),
                                       wrap=machine.wrap(self.dir, folders=["/var/lib/haproxy"], users={"haproxy": 188}))
        self.program.start(listens=(), daemon=True, argv=self.program.argv())
        assert process.wait_until(lambda: self.pids() and process.listens(80, self.pids()[0]), 15), self.program.stderr
        return self

    def serve(self, name):
        self.origins[name] = origins.Origin(name, port=80, host=WEB[name], on=self.net.name(name)).start()

    def pids(self):
        found = self.program.marked()
        self.program._note(found)
        return found

    def ask(self, target="/who", port=80, by="client", **more):
        return self.net.call(by, client.ask, port, target=target, address=LB, **more)

    def stats(self, options="", user="qfedu:123", **more):
        fields = [("Authorization", "Basic " + base64.b64encode(user.encode()).decode()), *more.pop("fields", [])]
        return self.ask("/haproxystats" + options, port=1314, fields=fields, **more)

    def rows(self):
        return {(r["pxname"], r["svname"]): r for r in csv.DictReader(self.stats(";csv").text.lstrip("# ").splitlines())}

    def becomes(self, status, *servers, seconds=8):
        assert process.wait_until(lambda: {self.rows()[s]["status"] for s in servers} == {status}, seconds, 0.1), {s: self.rows()[s]["status"] for s in servers}

    def logged(self, wanted, name="haproxy.log", seconds=6):
        path = self.dir / name

        def found():
            return [l for l in (path.read_text(errors="replace").splitlines() if path.exists() else []) if wanted in l]
        assert process.wait_until(found, seconds), f"no line with {wanted!r}"
        return found()

    def remove(self):
        if self.program:
            self.pids()
            self.program.stop()
        if self.rsyslog:
            self.rsyslog.stop()
        for one in [*self.sql.values(), *self.origins.values()]:
            one.stop()
        self.net.remove()


def made(tmp_path_factory, hosts, before, text, release=False):
    if release and where.missing("release") is None and not where.TEST_PEER:
        binary = where.keel_release()
    else:
        binary = None
    folder = tmp_path_factory.mktemp("project")
    for path in (folder, folder.parent, folder.parent.parent):
        path.chmod(0o755)
    site = Site(folder, hosts)
    try:
        before(site)
        site.begin(text, binary)
        yield site
    finally:
        site.remove()
    if not where.TEST_PEER:
        assert site.program.crashes() == []


# -- L7

@pytest.fixture(scope="module")
def l7(tmp_path_factory):
    yield from made(tmp_path_factory, WEB, lambda s: None, (FILES / "course_l7.cfg").read_text())


def test_l7_turns_and_limits(l7):
    first = [l7.ask().text for _ in range(9)]
    assert collections.Counter(first) == {"http1": 3, "http2": 3, "http3": 3} and first[:3] == first[3:6]
    rows = l7.rows()
    assert {rows["httpservers", s]["slim"] for s in WEB} == {"2000"} and rows["httpservers", "http1"]["check_rise"] == "2"


def test_l7_the_statistics_page(l7):
    asked = l7.ask("/haproxystats", port=1314)
    assert asked.status == 401 and asked.get("WWW-Authenticate") == 'Basic realm="Haproxy stats"'
    page = l7.stats()
    assert page.status == 200 and "http3" in page.text and (page.get("Refresh") == "30" or 'http-equiv="refresh" content="30"' in page.text)
    answer = l7.stats(method="POST", body=b"s=http1&b=httpservers&action=maint", fields=[("Content-Type", "application/x-www-form-urlencoded")])
    assert answer.status == 303 and answer.get("Location").endswith("st=DONE")
    assert {l7.ask().text for _ in range(6)} == {"http2", "http3"}
    l7.stats(method="POST", body=b"s=http1&b=httpservers&action=ready", fields=[("Content-Type", "application/x-www-form-urlencoded")])
    l7.becomes("UP", ("httpservers", "http1"))


def test_l7_a_web_server_dies(l7):
    """two checks a second apart; then nobody meets it, and its turns come back with it"""
    l7.origins["http2"].stop()
    l7.becomes("DOWN", ("httpservers", "http2"))
    assert {l7.ask().text for _ in range(6)} == {"http1", "http3"}
    text = l7.logged("httpservers/http2 is DOWN")[0]
    assert "2 active and 0 backup servers left" in text
    l7.serve("http2")
    l7.becomes("UP", ("httpservers", "http2"))
    assert {l7.ask().text for _ in range(3)} == set(WEB)


# -- the log: its second form of the same project

@pytest.fixture(scope="module")
def listen(tmp_path_factory):
    yield from made(tmp_path_factory, WEB, lambda s: None, (FILES / "course_l7_listen.cfg").read_text(), release=True)


def test_the_log_reads_like_the_courses(listen):
    """the check script's curl -I http://localhost, three times; each line once, in order, through rsyslog as local2.info"""
    for _ in range(3):
        done = listen.net.run("lb", ["curl", "-sI", "-m", "5", "http://127.0.0.1/"])
        assert done.stdout.startswith("HTTP/1.1 200")
    process.wait_until(lambda: len(listen.logged('"HEAD / HTTP/1.1"')) == 3, 5)
    lines = [re.fullmatch(LINE, l.rstrip()) for l in listen.logged('"HEAD / HTTP/1.1"')]
    assert len(lines) == 3 and all(lines), listen.logged('"HEAD / HTTP/1.1"')
    assert {m["server"] for m in lines} == set(WEB)
    assert {(m["front"], m["back"], m["status"], m["state"], m["client"].split(":")[0]) for m in lines} == {("www.qfedu.com", "www.qfedu.com", "200", "----", "127.0.0.1")}
    assert len(listen.logged('"HEAD / HTTP/1.1"', "info.log")) == 3, "local2.info, as tcpdump calls it"


# -- L4

@pytest.fixture(scope="module")
def l4(tmp_path_factory):
    for thing in ("root", "netns", "mariadb"):
        if where.missing(thing):
            pytest.skip(where.missing(thing))
    if where.TEST_PEER:
        pytest.skip("not asked of the peers: HAProxy refuses words that it dropped")

    def databases(site):
        data = mariadb.make_data(site.dir)
        for i, (name, address) in enumerate(SQL.items(), 1):
            site.sql[name] = mariadb.Mariadb(site.dir, data, i, address, prefix=site.net.argv(name, []))
        for one in site.sql.values():
            one.wait()
    yield from made(tmp_path_factory, {**WEB, **SQL}, databases, (FILES / "course_l4.cfg").read_text(), release=True)


def query(site, text):
    return mariadb.query(LB, text, prefix=site.net.argv("client", []))


def test_l4_is_accepted_with_a_warning_for_each_old_word(l4):
    for word in ("contimeout", "clitimeout", "srvtimeout"):
        assert len(re.findall(rf"\[WARNING\].*`{word}` is an old word; today: ", l4.program.stderr)) == 1
    assert "[ALERT]" not in l4.program.stderr


def test_l4_connections_take_turns(l4):
    seen = [query(l4, "SELECT @@server_id; SELECT name FROM goods.stock ORDER BY id").stdout.split() for _ in range(6)]
    assert all(s[1:] == ["apples", "pears"] for s in seen), seen
    assert collections.Counter(s[0] for s in seen) == {"1": 2, "2": 2, "3": 2}


def test_l4_a_wrong_password_is_the_servers_answer(l4):
    done = l4.net.run("client", [mariadb.CLIENT, "--no-defaults", "-h", LB, "-u", mariadb.USER, "-pwrong", "--skip-ssl", "-e", "SELECT 1"], env=mariadb.environment())
    assert done.returncode == 1 and "ERROR 1045" in done.stderr and "Access denied" in done.stderr


def test_l4_one_killed_without_a_failed_query(l4):
    """who is connected elsewhere goes on; after the check has seen it, no query fails; it comes back by itself"""
    long = {}

    def sleeps():
        long["done"] = query(l4, "SELECT @@server_id, SLEEP(3)")
    threads = [threading.Thread(target=sleeps)]
    threads[0].start()
    time.sleep(0.3)
    busy = next(n for n, one in l4.sql.items() if l4.rows()["mysql", n]["scur"] == "1")
    victim = next(n for n in SQL if n != busy)
    l4.sql[victim].kill()
    l4.becomes("DOWN", ("mysql", victim))
    seen = [query(l4, "SELECT @@server_id") for _ in range(8)]
    assert [d.returncode for d in seen] == [0] * 8, [d.stderr for d in seen]
    assert collections.Counter(d.stdout.strip() for d in seen) == {str(l4.sql[n].number): 4 for n in SQL if n != victim}
    threads[0].join(10)
    assert long["done"].returncode == 0, "a query that ran all the time on another server"
    text = l4.logged(f"Server mysql/{victim} is DOWN")[0]
    assert "Layer4" in text and "2 active and 0 backup servers left" in text
    l4.sql[victim].start().wait()
    l4.becomes("UP", ("mysql", victim))
    assert {query(l4, "SELECT @@server_id").stdout.strip() for _ in range(3)} == {"1", "2", "3"}


def test_l4_the_web_beside_it(l4):
    assert collections.Counter(l4.ask().text for _ in range(6)) == {"http1": 2, "http2": 2, "http3": 2}
    l4.ask("/echo/forwarded")
    got = next(r for o in l4.origins.values() for r in o.requests if r.target == "/echo/forwarded")
    assert got.all("X-Forwarded-For") == [CLIENT]
    assert re.fullmatch(LINE, l4.logged('"GET /echo/forwarded HTTP/1.1"', "info.log")[0])
    assert int(l4.rows()["mysql", "BACKEND"]["stot"]) >= 6
