# SPDX-License-Identifier: Apache-2.0
"""Control sockets as HAProxy's tools use them, and keel ctl."""
import os
import re
import socket
import subprocess
import time

import pytest

from lib import client, config, load, ports, process, where

TOP = """
stats socket @dir@/admin.sock level admin mode 600
stats socket @dir@/operator.sock level operator
stats socket @dir@/user.sock level user
"""
BODY = """
frontend site
    bind 127.0.0.1:@port@
    default_backend pool
backend pool
    balance roundrobin
    server s1 127.0.0.1:@o1@ check inter 100 fall 2 rise 2 weight 4
    server s2 127.0.0.1:@o2@ check inter 100 fall 2 rise 2
listen tcp
    mode tcp
    bind 127.0.0.1:@port2@
    server t1 127.0.0.1:@o1@
"""


@pytest.fixture
def program(prepare, origin):
    def make(top=TOP, body=BODY):
        one, two = origin("one"), origin("two")
        p = prepare("haproxy", config.haproxy(body, top=top), o1=one.port, o2=two.port)
        p.one, p.two = one, two
        p.options = ["-W", "-db"]
        p.start(listens=("port", "port2"))
        assert process.wait_until(lambda: all("L4OK" in say(p, f"show stat pool 4 {n}") for n in (1, 2)), 5)
        return p
    return make


def say(p, text, level="admin", seconds=10):
    return client.socket_command(p.dir / (level + ".sock"), text, seconds)


class Prompt:
    """a session with `prompt`, as hatop keeps one"""

    def __init__(self, p, level="admin"):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(5)
        self.sock.connect(str(p.dir / (level + ".sock")))
        self.say("prompt")

    def say(self, text):
        self.sock.sendall(text.encode() + b"\n")
        out = b""
        while not out.endswith(b"\n> "):
            data = self.sock.recv(65536)
            if not data:
                raise EOFError(out.decode())
            out += data
        return out.decode()

    def close(self):
        self.sock.close()


def status(p, server, proxy="pool"):
    line = next(l for l in say(p, "show stat").split("\n") if l.startswith(f"{proxy},{server},"))
    return line.split(",")[17]


# ---- the language ----

def test_one_command_one_answer(program):
    p = program()
    version = say(p, "show version")
    assert re.fullmatch(r"\d+\.\d+\S*\n\n", version)
    assert say(p, "show version;show cli level") == version + "admin\n\n"
    assert say(p, "set server pool/s1 state drain") == "\n"


def test_a_session_with_a_prompt(program):
    p = program()
    s = Prompt(p)
    assert s.say("show cli level") == "admin\n\n> "
    assert s.say("set timeout cli 60") == "\n> "
    assert s.say("show stat").startswith("# pxname,")
    s.sock.sendall(b"quit\n")
    assert s.sock.recv(100) == b""
    s.close()


@pytest.mark.keel_only("Debian's has no `wait` yet")
def test_wait_is_a_pause_between_commands(program):
    p = program()
    began = time.monotonic()
    version = say(p, "show version")
    assert say(p, "show version;wait 400;show version") == version + "\n" + version
    assert 0.4 <= time.monotonic() - began < 3
    s = Prompt(p)
    s.sock.sendall(b"wait 5s\n")
    s.close()                                              # who leaves meanwhile costs nothing
    assert say(p, "wait bogus").startswith("`wait` expects a time") and say(p, "wait 1s srv-removable pool/s1").startswith("Only servers in maintenance")
    assert say(p, "show version") == version


def test_socat_speaks_it(program):
    if where.missing("socat"):
        pytest.skip(where.missing("socat"))
    p = program()
    got = subprocess.run(["socat", "-", str(p.dir / "admin.sock")], input="show info\n", capture_output=True, text=True, timeout=10)
    info = dict(line.split(": ", 1) for line in got.stdout.strip().split("\n"))
    assert got.stdout.index("\nVersion: ") < 150            # ansible looks no further than 200 bytes
    assert tuple(map(int, info["Version"].split(".")[:2])) >= (1, 5)
    assert int(info["Uptime_sec"]) < 60 and info["Maxconn"] == "1000" and int(info["Pid"]) in p.pids()
    for name in ("Release_date", "Nbproc", "Process_num", "Uptime", "CurrConns", "Maxpipes", "PipesUsed", "Tasks", "Run_queue", "node"):
        assert name in info                                 # hatop ends without one of these


def test_levels(program):
    p = program()
    for command in ("disable server pool/s1", "set server pool/s1 state drain", "set weight pool/s1 1", "disable frontend site"):
        assert say(p, command, "user") == say(p, command, "operator") == "Permission denied\n\n"
    assert say(p, "show env HOME", "user") == "Permission denied\n\n"
    assert say(p, "clear counters", "operator") == "\n"
    assert say(p, "clear counters all", "operator") == "Permission denied\n\n"
    assert say(p, "show cli level", "user") == "user\n\n"
    assert say(p, "user;clear counters") == "\nPermission denied\n\n"
    assert status(p, "s1") == "UP"


def test_addresses_are_shown_to_operators(program):
    p = program()
    address = f",127.0.0.1:{p.one.port},"
    assert address in say(p, "show stat") and address in say(p, "show stat", "operator")
    assert address not in say(p, "show stat", "user")


def test_an_unknown_command_gets_the_list(program):
    answer = say(program(), "bogus")
    assert answer.startswith("Unknown command") and "help" in answer and "prompt" in answer


# ---- servers and frontends ----

def test_states_of_servers_and_who_gets_requests(program):
    p = program()
    assert say(p, "set server pool/s1 state drain") == "\n"
    assert status(p, "s1") == "DRAIN"
    assert {client.ask(p.port, target="/who").text for _ in range(6)} == {client.ask(p.port, target="/who").text}
    assert say(p, "set server pool/s1 state maint") == "\n" and status(p, "s1") == "MAINT"
    assert say(p, "enable server pool/s1") == "\n" and status(p, "s1").startswith("UP")
    assert say(p, "disable server pool/s1") == "\n" and status(p, "s1") == "MAINT"
    assert say(p, "set server pool/s1 state ready") == "\n" and status(p, "s1").startswith("UP")
    assert len({client.ask(p.port, target="/who").text for _ in range(8)}) == 2


def test_who_comes_back_from_maintenance_is_up_until_the_first_bad_check(prepare, origin):
    """HAProxy checks it at once and does not wait for `fall` of them: an application that is not there yet gets hardly a request"""
    one = origin("one")
    p = prepare("haproxy", config.haproxy("""
listen pool
    bind 127.0.0.1:@port@
    server s1 127.0.0.1:@o1@
    server s2 127.0.0.1:@dead@ check inter 1s fall 5 rise 2
""", top=TOP), o1=one.port, dead=ports.free_port())
    p.options = ["-W", "-db"]
    p.start()
    assert process.wait_until(lambda: status(p, "s2") == "DOWN", 4)
    assert say(p, "set server pool/s2 state maint;set server pool/s2 state ready") == "\n\n"
    assert status(p, "s2") in ("UP 1/5", "DOWN")
    assert process.wait_until(lambda: status(p, "s2") == "DOWN", 2.5), status(p, "s2")


def test_what_is_not_there_is_said(program):
    p = program()
    assert say(p, "set server nope/s1 state drain") == "No such backend.\n\n"
    assert say(p, "set server pool/nope state drain") == "No such server.\n\n"
    assert say(p, "set server pool state drain") == "Require 'backend/server'.\n\n"
    assert say(p, "set server pool/s1 state bogus") == "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n\n"
    assert say(p, "disable frontend nope") == "No such frontend.\n\n"
    assert say(p, "show servers state nope") == "Can't find backend.\n\n"


def test_weights(program):
    p = program()
    assert say(p, "get weight pool/s1") == "4 (initial 4)\n\n"
    assert say(p, "set weight pool/s1 50%") == "\n"
    assert say(p, "get weight pool/s1") == "2 (initial 4)\n\n"
    assert say(p, "set server pool/s1 weight 100%") == "\n"
    assert say(p, "set weight pool/s1 300") == "Absolute weight can only be between 0 and 256 inclusive.\n\n"
    assert say(p, "set weight pool/s1") == "Require <weight> or <weight%>.\n\n"
    assert say(p, "set weight pool/s1 0") == "\n"
    assert len({client.ask(p.port, target="/who").text for _ in range(8)}) == 1


def test_servers_state(program):
    p = program()
    say(p, "set server pool/s2 state maint")
    lines = say(p, "show servers state pool").split("\n")
    assert lines[0] == "1" and lines[1].startswith("# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight ")
    one, two = (line.split(" ") for line in lines[2:4])
    assert one[:9] == ["3", "pool", "1", "s1", "127.0.0.1", "2", "0", "4", "4"] and one[18] == str(p.one.port)
    assert two[5:7] == ["0", "1"]
    assert len(one) == len(two) == len(lines[1].split(" ")) - 1
    assert say(p, "show backend") == "# name\npool\ntcp\n\n"


def test_a_frontend_is_stopped_and_goes_on(program):
    p = program()
    assert say(p, "disable frontend site") == "\n"
    assert say(p, "disable frontend site") == "All sockets are already disabled.\n\n"
    with pytest.raises((OSError, client.AnswerError)):
        client.ask(p.port, target="/who", timeout=1)
    assert say(p, "enable frontend site") == "\n"
    assert process.wait_until(lambda: client.ask(p.port, target="/who").status == 200, 5)


def test_a_frontends_limit(program):
    p = program()
    assert say(p, "set maxconn frontend site 7") == "\n"
    line = next(l for l in say(p, "show stat").split("\n") if l.startswith("site,FRONTEND,"))
    assert line.split(",")[6] == "7"


def test_counters_begin_anew(program):
    p = program()
    client.ask(p.port, target="/who")
    assert say(p, "clear counters all") == "\n"
    line = next(l for l in say(p, "show stat").split("\n") if l.startswith("site,FRONTEND,"))
    assert line.split(",")[7:10] == ["0", "0", "0"]


def test_what_an_operator_set_outlives_a_reload(program):
    p = program()
    where.not_the_peer("its new worker begins with the file's states")
    say(p, "set server pool/s1 state maint;set weight pool/s2 9")
    s = Prompt(p)
    p.reload()
    assert process.wait_until(lambda: "Generation: 2" in say(p, "show info"), 10)
    assert status(p, "s1") == "MAINT"
    assert say(p, "get weight pool/s2") == "9 (initial 1)\n\n"
    assert s.say("show cli level") == "admin\n\n> "          # who was there stays
    s.close()


# ---- sessions ----

def ended(c, seconds=3):
    """whether the other side ended it, by whatever means"""
    c.sock.settimeout(seconds)
    try:
        while c.sock.recv(65536):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


def sessions(p, backend):
    """-> [(pointer, server)] of the sessions at <backend>"""
    return re.findall(rf"^(0x\w+): proto=tcpv4 src=127\.0\.0\.1:\d+ fe=\w+ be={backend} srv=(\S+) ts=\S+ epoch=\S+ age=\S+ calls=\d+", say(p, "show sess"), re.M)


def test_sessions_are_listed_and_one_is_ended(program):
    p = program()
    with client.Client(p.port) as c, client.Client(p.port2) as other:
        c.request(target="/drip/30/100")
        c.head()
        other.request(target="/drip/30/100")
        other.head()
        [(pointer, server)] = sessions(p, "pool")
        assert server in ("s1", "s2") and [s for _, s in sessions(p, "tcp")] == ["t1"]
        assert say(p, "shutdown session " + pointer, "user") == "Permission denied\n\n"
        assert say(p, "shutdown session " + pointer) == "\n"
        assert ended(c) and not sessions(p, "pool")
        if not where.TEST_PEER:                             # its pointers are used again at once
            assert say(p, "shutdown session " + pointer) == "No such session (use 'show sess').\n\n"
        assert not ended(other, 0.3)


def test_all_sessions_at_a_server_are_ended(program):
    """what ansible's module does after a drain that takes too long"""
    p = program()
    clients = [client.Client(p.port) for _ in range(7)]
    for c in clients:
        c.request(target="/drip/30/100")
        c.head()
    at = sorted(s for _, s in sessions(p, "pool"))
    assert set(at) == {"s1", "s2"}
    assert say(p, "shutdown sessions server pool/s1") == "\n"
    assert process.wait_until(lambda: {s for _, s in sessions(p, "pool")} == {"s2"}, 3)
    assert sum(ended(c, 0.3) for c in clients) == at.count("s1")
    for c in clients:
        c.close()
    assert client.ask(p.port, target="/who").status == 200


@pytest.mark.keel_only("it is our threads that are asked")
def test_sessions_are_ended_under_load_by_all_threads(prepare, origin):
    """looking at sessions and ending them again and again, while two threads are busy: nothing breaks, the others go on"""
    one, two = origin("one"), origin("two")
    p = prepare("haproxy", config.haproxy(BODY, top=TOP, threads=2), o1=one.port, o2=two.port)
    p.options = ["-W", "-db"]
    p.start(listens=("port", "port2"))
    ld = load.Load(p.port, rate=150, clients=30, path="/slow/60/echo").start(30)
    other = load.Load(p.port2, rate=50, clients=5).start(30)
    seen = 0
    for i in range(60):
        seen += len(sessions(p, "pool"))
        assert say(p, f"shutdown sessions server pool/s{i % 2 + 1}") == "\n"
        for pointer, _ in sessions(p, "pool")[:3]:
            assert say(p, "shutdown session " + pointer).strip() in ("", "No such session (use 'show sess').")
    ld.stop()
    other.stop()
    assert seen > 0 and other.report()["failed"] == 0, (seen, other.report())
    assert client.ask(p.port, target="/who").status == 200
    assert process.wait_until(lambda: not sessions(p, "pool"), 3)


def test_sessions_end_with_their_server_where_the_file_says_so(program):
    p = program(body=BODY.replace("listen tcp", "listen cut").replace("server t1 127.0.0.1:@o1@",
                "server t1 127.0.0.1:@o1@ check inter 100 fall 2 on-marked-down shutdown-sessions\n    server t2 127.0.0.1:@o2@ check inter 100 backup on-marked-up shutdown-backup-sessions"))
    assert process.wait_until(lambda: status(p, "t1", "cut") == "UP", 3)
    with client.Client(p.port2) as c:
        c.request(target="/drip/30/100")
        c.head()
        assert not ended(c, 0.2)
        say(p, "set server cut/t1 health down")
        assert ended(c)


def test_a_client_that_says_nothing_does_not_stay_for_ever(program):
    p = program()
    s = Prompt(p)
    s.say("set timeout cli 200ms")
    s.sock.settimeout(5)
    assert s.sock.recv(10) == b""
    s.close()


# ---- keel's own ----

@pytest.fixture
def own(prepare, origin):
    """keel run with a control socket of its own"""
    one = origin("one")
    p = prepare("haproxy", config.haproxy("""
listen site
    bind 127.0.0.1:@port@
    server s1 127.0.0.1:@o1@
"""), o1=one.port)
    p.start(argv=[str(where.keel()), "run", "--control", str(p.dir / "own.sock"), str(p.file)])

    def ctl(*words, timeout=20):
        return subprocess.run([str(where.keel()), "ctl", "-s", str(p.dir / "own.sock"), *words], capture_output=True, text=True,
                              timeout=timeout, env=p.environment())
    p.ctl = ctl
    return p


@pytest.mark.keel_only("keel's own command")
def test_ctl_tells_good_from_bad(own):
    got = own.ctl("show", "status")
    assert got.returncode == 0 and got.stdout.startswith("well: ")
    assert own.ctl("set server site/s1 state drain").returncode == 0
    bad = own.ctl("set", "server", "site/nope", "state", "drain")
    assert (bad.returncode, bad.stderr, bad.stdout) == (1, "No such server.\n", "")
    assert own.ctl("show", "fd").stderr == "`show fd` is not served: it shows HAProxy's own inside, which is not here.\n"
    nobody = subprocess.run([str(where.keel()), "ctl", "-s", str(own.dir / "none.sock"), "show", "info"], capture_output=True, text=True, timeout=10)
    assert nobody.returncode == 1 and "nobody listens at" in nobody.stderr


@pytest.mark.keel_only("keel's own command")
def test_reload_is_answered_when_it_is_done(own):
    own.write(own.read(own.file.name).replace("server s1", "server renamed"))
    assert own.ctl("reload").returncode == 0
    assert "renamed" in own.ctl("show", "stat").stdout
    good = own.read(own.file.name)
    own.write(good.replace("server renamed", "sevrer renamed"))
    bad = own.ctl("reload")
    assert bad.returncode == 1 and "sevrer" in bad.stderr and "server" in bad.stderr
    assert client.ask(own.port, target="/who").status == 200
    own.write(good)
    assert own.ctl("reload").returncode == 0


@pytest.mark.keel_only("keel's own command")
def test_stop_stops(own):
    assert own.ctl("stop").returncode == 0
    assert own.wait(6) == 0
    assert not (own.dir / "own.sock").exists()


@pytest.mark.keel_only("keel's own command")
def test_drain_lets_requests_end(own):
    with client.Client(own.port) as c:
        c.request(target="/slow/700")
        time.sleep(0.2)
        assert own.ctl("drain").returncode == 0
        assert c.answer().status == 200
    assert own.wait(6) == 0


@pytest.mark.keel_only("keel's own command")
def test_a_killed_worker_is_followed_by_one_that_answers_too(own):
    own.ctl("set server site/s1 state drain")
    before = int(re.search(r"^Pid: (\d+)", own.ctl("show", "info").stdout, re.M)[1])
    own.expected_signals.add(9)
    os.kill(before, 9)
    found = process.wait_until(lambda: (m := re.search(r"^Pid: (\d+)", own.ctl("show", "info").stdout, re.M)) and int(m[1]) != before, 8)
    assert found
    assert ",DRAIN," in own.ctl("show", "stat").stdout       # what an operator set is kept


@pytest.mark.keel_only("keel's own command")
def test_a_socket_that_cannot_be_had_is_an_error_when_it_was_asked_for(prepare, origin):
    p = prepare("haproxy", config.haproxy("listen a\n    bind 127.0.0.1:@port@\n    server s 127.0.0.1:1\n"))
    got = subprocess.run([str(where.keel()), "run", "--control", str(p.dir / "no" / "such" / "folder.sock"), str(p.file)],
                         capture_output=True, text=True, timeout=15, env=p.environment())
    assert got.returncode == 1 and "control socket" in got.stderr


# ---- the master's socket of HAProxy ----

def test_master_socket(prepare, origin):
    """Debian's unit starts haproxy with -S; scripts ask it for the processes and pass commands on with @1"""
    one = origin("one")
    p = prepare("haproxy", config.haproxy("listen site\n    bind 127.0.0.1:@port@\n    server s1 127.0.0.1:@o1@"), o1=one.port)
    p.options = ["-Ws", "-S", str(p.dir / "master.sock") + ",mode,600", "-p", str(p.dir / "haproxy.pid")]
    p.start(daemon=False)

    def ask(command):
        return client.socket_command(p.dir / "master.sock", command + ";quit")
    lines = ask("show proc").split("\n")
    assert lines[0].split() == ["#<PID>", "<type>", "<reloads>", "<uptime>", "<version>"]
    master, worker = lines[1].split(), lines[3].split()
    assert (int(master[0]), master[1]) == (p.pid, "master") and lines[2] == "# workers"
    assert worker[1] == "worker" and int(worker[0]) in p.workers() and lines[4] == "# programs"
    assert re.fullmatch(r"0d00h00m\d\ds", worker[3]) and lines[0].index("<version>") == lines[3].index(worker[4])
    assert f"\nPid: {worker[0]}\n" in ask("@1 show info") and ask(f"@!{worker[0]} show info").count("Pid: ") == 1
    assert ask("@2 show info").startswith("Can't find the target PID matching the prefix '@2'")
    assert ask("@master show version").strip()
    if not where.TEST_PEER:
        assert ask("reload") == "\n"
        assert process.wait_until(lambda: ask("show proc").split("\n")[1].split()[2] == "1", 3)
    assert oct((p.dir / "master.sock").stat().st_mode & 0o777) == "0o600"
    assert client.ask(p.port, target="/who").body == b"one"


# ---- state files ----

@pytest.mark.parametrize("way", ["global", "local", "local and a name"])
def test_a_state_file_is_read_back(prepare, origin, way):
    """what `show servers state` printed before a restart is true again after it: maintenance, drain, weights, who was down"""
    one, dead = origin("one"), ports.free_port()
    body = """
backend pool
    %s
    server up 127.0.0.1:@o1@ check inter 5s
    server away 127.0.0.1:@o1@ check inter 5s
    server drained 127.0.0.1:@o1@ weight 3
    server heavy 127.0.0.1:@o1@ weight 2
    server other 127.0.0.1:@o1@ weight 7
    server gone 127.0.0.1:@dead@ check inter 300ms fastinter 100ms fall 2 rise 2
frontend f
    bind 127.0.0.1:@port@
    default_backend pool
""" % {"global": "load-server-state-from-file global", "local": "load-server-state-from-file local",
       "local and a name": "load-server-state-from-file local\n    server-state-file-name other.state"}[way]
    top = "stats socket @dir@/admin.sock level admin mode 600\nserver-state-base @dir@\nserver-state-file all.state"
    p = prepare("haproxy", config.haproxy(body, top=top), o1=one.port, dead=dead)
    p.options = ["-W", "-db"]
    p.start()

    def rows():
        lines = [line.split(" ") for line in say(p, "show servers state pool").strip().split("\n")[2:]]
        return {w[3]: dict(op=w[5], admin=w[6], weight=w[7], file_weight=w[8]) for w in lines}
    assert process.wait_until(lambda: rows()["gone"]["op"] == "0", 5)
    say(p, "set server pool/away state maint;set server pool/drained state drain;set weight pool/heavy 50%;set weight pool/other 5")
    before, text = rows(), say(p, "show servers state" + ("" if way == "global" else " pool"))
    (p.dir / {"global": "all.state", "local": "pool", "local and a name": "other.state"}[way]).write_text(text)
    p.stop()
    p.write(p.read(p.file.name).replace("weight 7", "weight 8"))        # the file's new weight counts, not the one of before
    p.start()
    after = rows()
    assert after["other"]["weight"] == "8"
    assert {k: v for k, v in after.items() if k != "other"} == {k: v for k, v in before.items() if k != "other"}
    assert {after[k]["admin"] for k in ("up", "heavy", "gone")} == {"0"} and after["away"]["admin"] == "1" and after["drained"]["admin"] == "8"
    assert client.ask(p.port, target="/who").body == b"one"


def test_a_broken_state_file_stops_nothing(prepare, origin):
    one = origin("one")
    body = "listen all\n    bind 127.0.0.1:@port@\n    load-server-state-from-file global\n    server s1 127.0.0.1:@o1@\n"
    p = prepare("haproxy", config.haproxy(body, top="server-state-file @dir@/x.state"), o1=one.port)
    p.options = ["-W", "-db"]
    for text in (None, "", "2\n", "1\nall s1\n", "1\n2 all 1 s1 127.0.0.1 9 9 9999 1 1 1 1 1\n", "1\n" + "x " * 40 + "\n\0\n"):
        if text is not None:
            (p.dir / "x.state").write_text(text)
        assert p.command("-c").returncode == 0
    p.start()
    assert client.ask(p.port, target="/who").body == b"one"


# ---- agents ----

def test_an_agent_is_stopped_overruled_and_asked_again(prepare, origin):
    import socketserver
    import threading
    asked = []

    class Agent(socketserver.BaseRequestHandler):
        def handle(self):
            asked.append(time.monotonic())
            self.request.sendall(b"up 100%\n")
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Agent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        one = origin("one")
        p = prepare("haproxy", config.haproxy("""
listen pool
    bind 127.0.0.1:@port@
    server s1 127.0.0.1:@o1@ weight 10 agent-check agent-port @agent@ agent-inter 100ms
    server s2 127.0.0.1:@o1@
""", top="stats socket @dir@/admin.sock level admin mode 600"), o1=one.port, agent=server.server_address[1])
        p.options = ["-W", "-db"]
        p.start()
        assert process.wait_until(lambda: len(asked) > 2, 3)
        assert say(p, "disable agent pool/s1") == "\n"
        time.sleep(0.3)
        count = len(asked)
        time.sleep(0.5)
        assert len(asked) == count, "it is asked no more"
        assert say(p, "enable agent pool/s1") == "\n"
        assert process.wait_until(lambda: len(asked) > count, 2)
        assert say(p, "set server pool/s1 agent down") == "\n"
        assert process.wait_until(lambda: status(p, "s1").startswith("UP") or status(p, "s1") == "no check", 3), "the agent says up again"
        assert say(p, "set server pool/s1 agent bogus") == "'set server <srv> agent' expects 'up' or 'down'.\n\n"
        assert say(p, "set server pool/s2 agent down") == "agent checks are not enabled on this server.\n\n"
        assert say(p, "disable agent pool/s1;set server pool/s1 agent down") == "\nagent checks are not enabled on this server.\n\n"
    finally:
        server.shutdown()
        server.server_close()
