# SPDX-License-Identifier: Apache-2.0
"""What is changed while running, as traffic sees it: lists of patterns, from the socket and from rules."""
import csv
import io
import os
import signal
import socket
import threading

import pytest

from lib import client, config, process

TOP = """
stats socket @dir@/admin.sock level admin mode 600
"""
BODY = """
frontend site
    bind 127.0.0.1:@port@
    acl barred path -f @dir@/barred.txt
    acl near src -f @dir@/near.txt
    http-request add-acl(@dir@/barred.txt) %[hdr(x-bar)] if { hdr(x-bar) -m found }
    http-request del-acl(@dir@/barred.txt) %[hdr(x-free)] if { hdr(x-free) -m found }
    http-request set-map(@dir@/hosts.map) %[hdr(x-key)] %[hdr(x-value)] if { hdr(x-key) -m found }
    http-request del-map(@dir@/hosts.map) %[hdr(x-gone)] if { hdr(x-gone) -m found }
    http-request return status 403 content-type text/plain string barred if barred
    http-request return status 200 content-type text/plain lf-string "%[hdr(host),map(@dir@/hosts.map,nobody)] %[path,map_beg(@dir@/paths.map,-)] %[path,map_regm(@dir@/groups.map,-)]" if !near
    http-request return status 200 content-type text/plain string near
frontend quiet
    bind 127.0.0.1:@port2@
    default_backend pool
backend pool
    server s1 127.0.0.1:1 maxconn 30
"""
FILES = {"barred.txt": "/one\n/two\n", "near.txt": "10.0.0.0/8\n", "hosts.map": "a first\nb second\n", "paths.map": "/a short\n/a/b long\n",
         "groups.map": "^/g/([a-z]+)$ got-\\1\n"}


@pytest.fixture
def program(prepare):
    p = prepare("haproxy", config.haproxy(BODY, top=TOP))
    for name, text in FILES.items():
        (p.dir / name).write_text(text)
    p.options = ["-W", "-db"]
    return p.start(listens=("port",))


def say(p, text):
    """"FILE:x.map" is one of the program's folder"""
    return client.socket_command(p.dir / "admin.sock", text.replace("FILE:", str(p.dir) + "/")).strip()


def ask(p, path="/", host="a", **fields):
    answer = client.ask(p.port, target=path, host=host, fields=[(k.replace("_", "-"), v) for k, v in fields.items()])
    return answer.body.decode()


def test_acl(program):
    assert ask(program, "/one") == "barred" and ask(program, "/three").startswith("first")
    assert say(program, "add acl FILE:barred.txt /three") == ""
    assert ask(program, "/three") == "barred" and ask(program, "/one") == "barred"
    assert say(program, "del acl FILE:barred.txt /one") == ""
    assert ask(program, "/one").startswith("first")
    say(program, "add acl FILE:near.txt 127.0.0.0/8")
    assert ask(program) == "near" and ask(program, "/two") == "barred"
    say(program, "clear acl FILE:near.txt;clear acl FILE:barred.txt")
    assert ask(program, "/two").startswith("first")


def test_map(program):
    assert ask(program, "/a/b/c", "b") == "second long -"
    say(program, "set map FILE:hosts.map b other")
    say(program, "add map FILE:hosts.map c third")
    assert [ask(program, host=h) for h in "abcd"] == ["first - -", "other - -", "third - -", "nobody - -"]
    say(program, "add map FILE:paths.map /a/b/c longest;del map FILE:paths.map /a")
    assert ask(program, "/a/b/c") == "first longest -" and ask(program, "/a") == "first - -"
    assert ask(program, "/g/hello") == "first - got-hello"
    say(program, "add map FILE:groups.map ^/h/(.*)$ h:\\\\1")
    assert ask(program, "/g/hello") == "first - got-hello" and ask(program, "/h/there") == "first - h:there"


def test_payload_and_versions(program):
    assert say(program, "add map FILE:hosts.map <<\nk1 value one\nk2 v2\n") == ""
    assert ask(program, host="k1") == "value one - -" and ask(program, host="k2") == "v2 - -"
    version = say(program, "prepare map FILE:hosts.map").rsplit(" ", 1)[1]
    say(program, f"add map @{version} FILE:hosts.map <<\na new\nz last\n")
    assert ask(program, host="a") == "first - -"
    say(program, f"commit map @{version} FILE:hosts.map")
    assert [ask(program, host=h) for h in ("a", "b", "z")] == ["new - -", "nobody - -", "last - -"]


def test_rules_change_them(program):
    assert ask(program, "/x", x_bar="/x") == "barred", "seen by the next rule of the same request"
    assert ask(program, "/x") == "barred"
    assert ask(program, "/x", x_free="/x").startswith("first")
    assert ask(program, host="n", x_key="n", x_value="now") == "now - -"
    assert ask(program, host="n", x_key="n", x_value="then") == "then - -"
    assert ask(program, host="n") == "then - -"
    assert ask(program, host="n", x_gone="n") == "nobody - -"


def worker_of(p):
    return int(next(line for line in client.socket_command(p.dir / "admin.sock", "show info").split("\n") if line.startswith("Pid:")).split()[1])


def kill_worker(p):
    before = worker_of(p)
    p.expected_signals.add(signal.SIGKILL)
    os.kill(before, signal.SIGKILL)

    def is_back():
        try:
            return worker_of(p) != before
        except (OSError, StopIteration):
            return False
    assert process.wait_until(is_back, 10)


def test_they_outlive_a_worker_and_a_reload(program):
    """not HAProxy's: there a new worker begins with the files"""
    if program.peer:
        pytest.skip("ours only")
    say(program, "add acl FILE:barred.txt /kept;set map FILE:hosts.map a kept")
    kill_worker(program)
    assert ask(program, "/kept") == "barred" and ask(program) == "kept - -"
    assert "Success=1" in say(program, "reload") or ask(program, "/kept") == "barred"
    assert ask(program) == "kept - -"
    (program.dir / "hosts.map").write_text("a fresh\n")
    say(program, "reload")
    assert process.wait_until(lambda: ask(program) == "fresh - -", 5), "the file says something else now"
    assert ask(program, "/kept") == "barred", "and the other one does not"


def test_limits_outlive_a_worker(program):
    if program.peer:
        pytest.skip("ours only")
    say(program, "set maxconn server pool/s1 7;set maxconn frontend site 33;set maxconn global 500;disable frontend quiet")
    kill_worker(program)
    rows = {tuple(r.split(",")[:2]): r.split(",") for r in say(program, "show stat").split("\n")}
    assert rows["pool", "s1"][6] == "7" and rows["site", "FRONTEND"][6] == "33" and rows["quiet", "FRONTEND"][17] == "PAUSED"
    assert "\nMaxconn: 500\n" in say(program, "show info")
    say(program, "set maxconn server pool/s1 9;enable frontend quiet")
    kill_worker(program)
    rows = {tuple(r.split(",")[:2]): r.split(",") for r in say(program, "show stat").split("\n")}
    assert rows["pool", "s1"][6] == "9" and rows["quiet", "FRONTEND"][17] == "OPEN"


SERVERS = """
frontend site
    bind 127.0.0.1:@port@
    default_backend pool
backend pool
    balance roundrobin
    server one 127.0.0.1:@o1@
    server two 127.0.0.1:@o2@ check inter 100
backend tls
    balance roundrobin
    server one 127.0.0.1:@o1@ ssl verify none
"""


@pytest.fixture
def servers(prepare, origin):
    a, b, c = origin("one"), origin("two"), origin("three")
    p = prepare("haproxy", config.haproxy(SERVERS, top=TOP), o1=a.port, o2=b.port)
    p.options, p.three = ["-W", "-db"], c.port
    return p.start(listens=("port",))


def who(p, times=8):
    return {client.ask(p.port, target="/who").body.decode().strip() for _ in range(times)}


def test_a_server_is_added_used_and_taken_away(servers):
    p = servers
    assert who(p) == {"one", "two"}
    assert say(p, f"add server pool/new 127.0.0.1:{p.three} check inter 100") == "New server registered."
    assert who(p) == {"one", "two"}, "it begins in maintenance"
    assert say(p, "enable health pool/new;enable server pool/new").strip() == ""
    assert process.wait_until(lambda: who(p) == {"one", "two", "three"}, 5)
    assert say(p, "del server pool/new") == "Only servers in maintenance mode can be deleted."
    say(p, "disable server pool/new;disable server pool/one")
    assert process.wait_until(lambda: who(p) == {"two"}, 5)
    assert process.wait_until(lambda: say(p, "del server pool/new") == "Server deleted.", 5)
    assert process.wait_until(lambda: say(p, "del server pool/one") == "Server deleted.", 5)
    assert who(p) == {"two"}
    assert say(p, f"add server pool/one 127.0.0.1:{p.three}") == "New server registered."
    say(p, "enable server pool/one")
    assert process.wait_until(lambda: who(p) == {"two", "three"}, 5)


def test_an_address_is_changed(servers):
    p = servers
    assert "port changed" in say(p, f"set server pool/one addr 127.0.0.1 port {p.three}")
    assert process.wait_until(lambda: who(p) == {"two", "three"}, 5)
    if not p.peer:      # there a health check without a port of its own stands in the way
        assert "port changed" in say(p, f"set server pool/two addr 127.0.0.1 port {p.three}")
        assert process.wait_until(lambda: who(p) == {"three"}, 5)


def test_changed_servers_outlive_a_worker_not_a_file(servers):
    p = servers
    if p.peer:
        pytest.skip("ours only")
    say(p, f"add server pool/new 127.0.0.1:{p.three};enable server pool/new;disable server pool/two;disable server pool/one")
    assert process.wait_until(lambda: who(p) == {"three"}, 5)
    assert process.wait_until(lambda: say(p, "del server pool/one") == "Server deleted.", 5)
    kill_worker(p)
    assert process.wait_until(lambda: who(p) == {"three"}, 5)
    assert " new " in say(p, "show servers state pool") and " one " not in say(p, "show servers state pool")
    say(p, "reload")
    assert process.wait_until(lambda: " one " in say(p, "show servers state pool"), 5), "a reload begins with the file's servers"
    assert " new " not in say(p, "show servers state pool")


def test_what_a_line_says_outlives_a_reload_while_it_says_the_same(servers):
    p = servers
    if p.peer:
        pytest.skip("ours only")
    say(p, f"set server pool/one addr 127.0.0.1 port {p.three};disable server pool/two")
    assert process.wait_until(lambda: who(p) == {"three"}, 5)
    say(p, "reload")
    assert who(p) == {"three"}
    p.file.write_text(p.file.read_text().replace(f"server one 127.0.0.1:{p.values['o1']}", f"server one 127.0.0.1:{p.values['o1']} weight 2", 1))
    say(p, "reload")
    assert process.wait_until(lambda: who(p) == {"one"}, 5)


def test_ssl_is_switched(servers):
    p = servers
    if p.peer:
        pytest.skip("HAProxy asks for a default-server with ssl")
    assert " 1 0 - - 0" in say(p, "show servers state tls")
    assert say(p, "set server tls/one ssl off") == "server ssl setting updated."
    assert " 0 0 - - 0" in say(p, "show servers state tls")


def test_wait_for_a_server(servers):
    p = servers
    if p.peer:
        pytest.skip("Debian's has no `wait`")
    assert say(p, "wait 5s srv-removable pool/one") == "Only servers in maintenance mode can be deleted."
    say(p, "disable server pool/one")
    assert say(p, "wait 5s srv-removable pool/one;del server pool/one").split() == ["Done.", "Server", "deleted."]
    assert say(p, "wait 5s srv-removable pool/one") == "No such server."


class Agents:
    """one port each: what it answers to whoever connects"""

    def __init__(self, answers):
        self.sockets = [socket.create_server(("127.0.0.1", 0)) for _ in answers]
        self.ports = [s.getsockname()[1] for s in self.sockets]
        for listening, answer in zip(self.sockets, answers):
            threading.Thread(target=self.serve, args=(listening, answer), daemon=True).start()

    @staticmethod
    def serve(listening, answer):
        while True:
            try:
                c, _ = listening.accept()
                with c:
                    c.sendall(answer)
            except OSError:
                return

    def close(self):
        for s in self.sockets:
            s.close()


def test_what_agents_say_is_in_the_table(prepare):
    said = {"up": (b"up 50% #all, well\n", "no check", "via agent : up (all, well)", "L7OK", "0", "Layer7 check passed", "1"),
            "down": (b"down # bad disk\n", "DOWN (agent)", "via agent : down (bad disk)", "L7STS", "0", "Layer7 wrong status", "0"),
            "half": (b"75%\n", "no check", "", "CHECKED", "", "No status change", "1"),
            "odd": (b"nonsense\n", "no check", "agent reports an error : nonsense", "CHECKED", "", "No status change", "1")}
    agents = Agents([row[0] for row in said.values()])
    lines = "\n".join(f"    server {name} 127.0.0.1:1 agent-check agent-port {port} agent-inter 100" for name, port in zip(said, agents.ports))
    p = prepare("haproxy", config.haproxy(f"frontend site\n    bind 127.0.0.1:@port@\n    default_backend pool\nbackend pool\n{lines}\n"
                                          f"    server gone 127.0.0.1:1 agent-check agent-port 1 agent-inter 100\n", top=TOP))
    p.options = ["-W", "-db"]
    try:
        p.start(listens=("port",))
        want = {name: row[1:] for name, row in said.items()}
        want["gone"] = ("no check", "Connection refused", "L4CON", "", "Layer4 connection problem", "1")

        def table():
            rows = list(csv.DictReader(io.StringIO(say(p, "show stat").lstrip("# "))))
            return {r["svname"]: tuple(r[c] for c in ("status", "last_agt", "agent_status", "agent_code", "agent_desc", "agent_health"))
                    for r in rows if r["pxname"] == "pool" and r["svname"] != "BACKEND"}
        assert process.wait_until(lambda: table() == want, 5), table()
    finally:
        agents.close()


def test_changes_under_traffic(program):
    """what is looked up while it is changed is the old or the new, and nothing of what was there is lost"""
    wrong, stop = [], threading.Event()

    def traffic():
        while not stop.is_set():
            got = ask(program, host="b")
            if got not in ("second - -", "other - -"):
                wrong.append(got)
    threads = [threading.Thread(target=traffic) for _ in range(3)]
    for t in threads:
        t.start()
    try:
        for i in range(150):
            say(program, f"set map FILE:hosts.map b {'other' if i % 2 else 'second'};add map FILE:hosts.map k{i} v{i};del map FILE:hosts.map k{i - 40}")
    finally:
        stop.set()
        for t in threads:
            t.join()
    assert wrong == []
    assert ask(program, host="k149") == "v149 - -" and ask(program, host="k3") == "nobody - -"
