# SPDX-License-Identifier: Apache-2.0
"""The course's annotated haproxy.cfg as printed, on the addresses that it names: a balancer, two web servers and a client on 192.168.16.0/24,
with the users, folders and error pages that it asks for. One program is shared by the plays; they stand in the order of its life."""
import base64
import csv
import os
import pathlib
import re
import subprocess
import time

import pytest

from lib import client, machine, netns, origin as origins, process, program, syslog, where

pytestmark = [pytest.mark.needs("root", "netns"), pytest.mark.timeout(60), pytest.mark.slow,
              pytest.mark.keel_only("HAProxy refuses words that it dropped, and does not start with fewer descriptors")]

COURSE = pathlib.Path(__file__).resolve().parent.parent / "course" / "haproxy.cfg"
LB, WEB1, WEB2, CLIENT = "192.168.16.10", "192.168.16.2", "192.168.16.3", "192.168.16.100"
PAGES = {f"/etc/haproxy/errorfiles/{code}.http": b"HTTP/1.0 %d Own\r\nContent-Type: text/plain\r\nX-Page: own\r\n\r\npage %d\n" % (code, code)
         for code in (403, 500, 502, 503, 504)}
OLD_WORDS = ["nbproc", "option httpclose", "contimeout", "clitimeout", "srvtimeout", "monitor-net"]
DESCRIPTORS = 20000
# may not raise its own limit, as in a container
LIMITED = ["prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}", "setpriv", "--inh-caps", "-sys_resource", "--bounding-set", "-sys_resource"]


class Site:
    def __init__(self, folder, binary):
        self.net = netns.Net({"lb": LB, "web1": WEB1, "web2": WEB2, "client": CLIENT})
        self.origins, self.program = {}, None
        try:
            for name in ("web1", "web2"):
                self.serve(name)
            self.log = self.net.call("lb", syslog.Target, port=514)
            (folder / "keel").mkdir()
            self.program = program.Program("haproxy", folder / "keel", COURSE.read_text(), binary=binary, netns=self.net.name("lb"),
                                           wrap=machine.wrap(folder, folders=["/var/haproxy"], files=PAGES) + LIMITED)
            self.program.start(listens=(), daemon=True, argv=self.program.argv())
            assert process.wait_until(lambda: self.pids() and process.listens(80, self.pids()[0]), 15), self.program.stderr
        except BaseException:
            self.remove()
            raise

    def serve(self, name):
        self.origins[name] = origins.Origin(name, port=80, host={"web1": WEB1, "web2": WEB2}[name], on=self.net.name(name)).start()

    def pids(self):
        """parents first"""
        found = self.program.marked()
        self.program._note(found)
        return sorted(found, key=lambda p: (process.stat(p) or (0, 0, 0, 0))[3])

    def ask(self, target="/who", host="bbs.itnihao.cn", port=80, fields=(), by="client", **more):
        return self.net.call(by, client.ask, port, target=target, host=host, fields=fields, address=LB, **more)

    def stats(self, options=";csv", user="admin", **more):
        word = base64.b64encode(f"{user}:{user}".encode()).decode()
        fields = [("Authorization", "Basic " + word), *more.pop("fields", [])]
        return self.ask("/admin?stats" + options, port=65532, fields=fields, **more)

    def rows(self):
        lines = self.stats().text.lstrip("# ").splitlines()
        return {(r["pxname"], r["svname"]): r for r in csv.DictReader(lines)}

    def becomes(self, status, *servers, seconds=12):
        assert process.wait_until(lambda: {self.rows()[s]["status"] for s in servers} == {status}, seconds, 0.1), {s: self.rows()[s]["status"] for s in servers}

    def lines(self, wanted, facility=None):
        """what was logged and holds <wanted>, as (facility, level, text)"""
        return [f for f in map(syslog.parse, list(self.log.messages)) if wanted in f[2] and facility in (None, f[0])]

    def line(self, wanted, facility=16):
        assert process.wait_until(lambda: self.lines(wanted, facility), 5), (wanted, self.log.messages[-5:])
        return self.lines(wanted, facility)[0]

    def remove(self):
        if self.program:
            for p in self.program.marked():
                self.program._note([p])
            self.program.stop()
        for o in self.origins.values():
            o.stop()
        self.net.remove()


@pytest.fixture(scope="module", params=["sanitized", "release"])
def site(request, tmp_path_factory):
    if request.param == "release" and where.missing("release"):
        pytest.skip(where.missing("release"))
    binary = where.keel_release() if request.param == "release" else where.keel()
    if request.param == "sanitized" and not where.is_sanitized(binary):
        pytest.skip("the binary under test is not sanitized")
    folder = tmp_path_factory.mktemp("course")
    for path in (folder, folder.parent, folder.parent.parent):
        os.chmod(path, 0o755)
    s = Site(folder, binary)
    s.kind = request.param
    yield s
    s.remove()
    assert s.program.crashes() == []


def test_it_is_accepted_with_a_warning_for_each_old_word(site):
    err = site.program.stderr
    assert "[ALERT]" not in err
    for word in OLD_WORDS:
        assert len(re.findall(rf"\[WARNING\].*`{re.escape(word)}` is an old word; today: ", err)) == 1, (word, err)


def test_maxconn_is_what_the_descriptors_allow(site):
    err = site.program.stderr
    lowest = (DESCRIPTORS - 64) // 2
    assert re.search(rf"\[WARNING\].* 65535 descriptors were wanted, {DESCRIPTORS} can be had", err), err
    assert re.search(rf"\[WARNING\].* maxconn is lowered from 20480 to {lowest}: ", err), err
    info = next(p for p in site.pids())
    assert "Max open files" in pathlib.Path(f"/proc/{info}/limits").read_text()


def test_it_runs_as_the_file_says(site):
    """a daemon with its pid file, its worker uid 99 in its root folder"""
    pids = site.pids()
    inside = machine.root(pids[0])
    assert int((inside / "run/haproxy.pid").read_text()) in pids
    workers = [p for p in pids if process.status(p)["Uid"].split() == ["99"] * 4]
    assert workers and all(process.status(p)["Gid"].split() == ["99"] * 4 for p in workers)
    if site.kind == "release":
        assert all(os.readlink(f"/proc/{p}/root").endswith("/var/haproxy") for p in workers)


def servers(site, times, **how):
    return [site.ask(**how).text for _ in range(times)]


def test_hosts_choose_the_backend(site):
    for host, backend in (("www.itnihao.cn", "server_web"), ("WW1.itnihao.CN", "server_web"), ("blog.itnihao.cn", "server_blog"), ("my.blog.itnihao.cn", "server_blog"),
                          ("blog.itnihao.cn.evil.example", "server_blog"), ("xwww.itnihao.cn", "server_bbs"), ("myblog.itnihao.cn", "server_bbs"),
                          ("itnihao.cn", "server_bbs"), ("192.168.16.10", "server_bbs"), ("wwwxitnihao.cn", "server_web")):
        path = f"/who?{host}"
        assert site.ask(path, host=host).status == 200
        assert f" http_80_in {backend}/" in site.line(f"GET {path} ")[2], host


def test_weights_are_one_to_two(site):
    for host in ("www.itnihao.cn", "blog.itnihao.cn", "bbs.itnihao.cn"):
        seen = servers(site, 12, host=host)
        assert (seen.count("web1"), seen.count("web2")) == (4, 8), (host, seen)


def test_a_cookie_pins(site):
    for host, name in (("www.itnihao.cn", "web"), ("blog.itnihao.cn", "blog"), ("bbs.itnihao.cn", "bbs")):
        for number in (1, 2):
            answers = [site.ask(host=host, fields=[("Cookie", f"a=b; SERVERID={name}{number}")]) for _ in range(4)]
            assert [a.text for a in answers] == [f"web{number}"] * 4
            assert not answers[0].all("Set-Cookie"), "the file says no insert"
    mixed = servers(site, 6, host="www.itnihao.cn", fields=[("Cookie", "SERVERID=blog1")])
    assert set(mixed) == {"web1", "web2"}, "a value of another backend says nothing here"


def test_the_server_learns_the_clients_address(site):
    site.ask("/echo/forwarded", fields=[("X-Forwarded-For", "10.1.1.1")])
    got = next(r for o in site.origins.values() for r in o.requests if r.target == "/echo/forwarded")
    assert got.all("X-Forwarded-For")[-1] == CLIENT and got.all("X-Forwarded-For")[0].startswith("10.1.1.1")


def test_each_connection_ends_with_its_request(site):
    def two():
        with client.Client(80, host=LB) as c:
            first = c.ask(target="/echo/closes", host="www.itnihao.cn")
            return first, c.closed(3)
    answer, closed = site.net.call("client", two)
    assert answer.status == 200 and closed and not answer.keeps
    before = sum(o.accepted for o in site.origins.values())
    for _ in range(3):
        site.ask()
    assert sum(o.accepted for o in site.origins.values()) - before >= 3, "nor is one to a server kept"
    got = [r for o in site.origins.values() for r in o.requests if r.target == "/echo/closes"]
    assert (got[0].get("Connection") or "").lower() == "close"


def test_the_log_reads_as_httplog_and_has_its_facility(site):
    site.ask("/who?logged", host="www.itnihao.cn")
    facility, level, text = site.line("/who?logged")
    assert (facility, level) == (16, 6)
    assert re.search(rf'haproxy\[\d+\]: {CLIENT}:\d+ \[\d\d/\w{{3}}/\d{{4}}:\d\d:\d\d:\d\d\.\d{{3}}\] http_80_in server_web/web[12] \d+/0/\d+/\d+/\d+ 200 \d+ - - ---- '
                     r'\d+/\d+/\d+/\d+/0 0/0 "GET /who\?logged HTTP/1.1"', text), text
    assert not site.lines("/who?logged", 17), "local1 has notices and worse alone"


def test_captures_are_in_the_log(site):
    """they stand in the section that was still open, the statistics page"""
    site.stats(";csv;captured", host="stats.example", fields=[("Referer", "http://from.example/" + "r" * 200)])
    text = site.line("captured")[2]
    found = re.search(r"\{([^}]*)\} \{([^}]*)\} \"GET /admin\?stats;csv;captured ", text)
    assert found, text
    assert found[1] == "stats.example||http://from.example/" + "r" * 180
    assert found[2].startswith("||") and " admin_status admin_status/<STATS> 0/0/0/0/" in text


def test_the_page_has_two_users_and_hides_its_version(site):
    asked = site.ask("/admin?stats", port=65532)
    assert asked.status == 401 and asked.get("WWW-Authenticate") == 'Basic realm="itnihao itnihao"'
    assert site.stats("", user="nobody").status == 401
    version = subprocess.run([site.program._binary(), "--version"], capture_output=True, text=True).stdout
    number = re.search(r"\d+\.\d+(\.\d+)?", version)[0]
    for user in ("admin", "admin1"):
        page = site.stats("", user=user)
        assert page.status == 200 and "server_blog" in page.text and "web2" in page.text
        assert f"keel {number}" not in page.text and "version" not in page.text.lower()
        assert page.get("Refresh") == "5" or 'http-equiv="refresh" content="5"' in page.text, "the section's own, not that of defaults"


def test_admin_actions_of_the_page(site):
    def act(body, user="admin"):
        answer = site.stats("", user=user, method="POST", body=body.encode(), fields=[("Content-Type", "application/x-www-form-urlencoded")])
        assert answer.status == 303
        return answer.get("Location").rsplit("st=", 1)[1]
    assert act("s=web1&b=server_web&action=maint", "admin1") == "DONE"
    assert site.rows()["server_web", "web1"]["status"] == "MAINT"
    assert set(servers(site, 5, host="www.itnihao.cn")) == {"web2"}
    assert set(servers(site, 6, host="blog.itnihao.cn")) == {"web1", "web2"}, "the same machine serves other backends"
    assert site.ask("/site_status", port=1081).status == 503, "one server of a backend is out of service"
    assert act("s=web1&b=server_web&action=ready") == "DONE"
    site.becomes("UP", ("server_web", "web1"))
    assert act("s=web2&b=server_web&action=drain") == "DONE"
    assert site.rows()["server_web", "web2"]["status"].startswith("DRAIN")
    assert set(servers(site, 3, host="www.itnihao.cn", fields=[("Cookie", "SERVERID=web2")])) == {"web2"}, "who has its cookie still gets there"
    assert act("s=web2&b=server_web&action=ready") == "DONE"
    site.becomes("UP", ("server_web", "web2"))


def test_a_monitor_is_answered_and_not_logged(site):
    assert site.ask("/site_status", port=1081).status == 200
    answer = site.ask("/from-a-monitor", port=1081, by="web1")
    assert answer.status == 200, "monitor-net: answered here, never forwarded"
    assert site.ask("/from-a-client", port=1081).status == 503, "the section has no servers"
    site.line("from-a-client")
    assert not site.lines("from-a-monitor")


def test_who_dies_is_left_and_comes_back(site):
    """redispatch until the checks have seen it, then nobody tries; site_status says so; each change is a line of the log. Where nobody is left,
    our own page says so: errorfile stands in the section that was still open"""
    if site.kind == "release":
        pytest.skip("shown with the sanitized build: three checks, 1.5 s apart, for each change")
    pinned = [("Cookie", "SERVERID=web1")]
    site.origins["web1"].stop()
    answers = [site.ask(host="www.itnihao.cn", fields=pinned) for _ in range(2)]
    assert [(a.status, a.text) for a in answers] == [(200, "web2")] * 2, "retried, then sent to the other"
    rows = site.rows()
    assert rows["server_web", "web1"]["status"] != "DOWN", "redispatch is what helped, not the check"
    assert int(rows["server_web", "BACKEND"]["wredis"]) >= 2
    dead = [("server_web", "web1"), ("server_blog", "blog1"), ("server_bbs", "bbs1")]
    site.becomes("DOWN", *dead)
    assert site.ask("/site_status", port=1081).status == 503
    for name in ("server_web/web1", "server_blog/blog1"):
        text = site.line(f"Server {name} is DOWN", 17)[2]
        assert "reason: Layer4" in text and "1 active and 0 backup servers left" in text
    assert set(servers(site, 4, host="www.itnihao.cn", fields=pinned)) == {"web2"}

    site.origins["web2"].stop()
    site.becomes("DOWN", ("server_web", "web2"))
    answer = site.ask(host="www.itnihao.cn", fields=pinned)
    assert answer.status == 503 and "X-Page" not in dict(answer.fields)
    assert " 503 " in site.line(" server_web/<NOSRV> ")[2]
    assert site.line("backend server_web has no server available", 17)[1] == 0, "an emergency"
    own = site.ask("/else", port=65532)
    assert own.status == 503 and own.get("X-Page") == "own" and own.text == "page 503\n"

    for name in ("web1", "web2"):
        site.serve(name)
    site.becomes("UP", *dead, ("server_web", "web2"), ("server_blog", "blog2"), ("server_bbs", "bbs2"))
    site.line("Server server_web/web1 is UP", 17)
    assert site.ask("/site_status", port=1081).status == 200
    assert servers(site, 2, host="www.itnihao.cn", fields=pinned) == ["web1"] * 2


MANY = r"""
import resource, socket, sys, time
lowest, address = int(sys.argv[1]), sys.argv[2]
resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + 500, lowest + 500))
idle = []
for i in range(lowest):
    s = socket.socket(); s.connect((address, 80)); idle.append(s)
    if i % 256 == 0: time.sleep(0.01)
print("ready", flush=True)
sys.stdin.readline()    # all of them are taken
def answered(s, wait):
    s.settimeout(wait)
    try: return s.recv(999).startswith(b"HTTP/1.1 200")
    except TimeoutError: return False
def ask(s, wait):
    s.sendall(b"GET /who HTTP/1.1\r\nHost: a\r\n\r\n")
    return answered(s, wait)
late = socket.create_connection((address, 80))
print("late", ask(late, 1.0))
idle[0].close()
print("then", answered(late, 8))
print("old", ask(idle[-1], 8))
"""


def test_accepting_pauses_at_the_lowered_maxconn(site):
    lowest = (DESCRIPTORS - 64) // 2
    probe = subprocess.run(["prlimit", f"--nofile={lowest + 500}:{lowest + 500}", "true"], capture_output=True)
    if probe.returncode:
        pytest.skip("this machine gives the clients too few descriptors")
    assert process.wait_until(lambda: site.rows()["http_80_in", "FRONTEND"]["scur"] == "0", 5)
    time.sleep(0.1)
    many = site.net.popen("client", ["/usr/bin/python3", "-c", MANY, lowest, LB], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert many.stdout.readline() == "ready\n"
        assert process.wait_until(lambda: any(process.descriptors(pid) >= lowest for pid in site.pids()), 20)
        said = many.communicate("\n", timeout=30)[0]
    finally:
        many.kill()
        many.wait()
    assert said.split() == ["late", "False", "then", "True", "old", "True"], said
