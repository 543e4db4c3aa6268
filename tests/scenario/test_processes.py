# SPDX-License-Identifier: Apache-2.0
"""Processes: who is there, who may do what, what happens when one dies, and what each signal means."""
import os
import pwd
import signal
import threading
import time

import pytest

from lib import client, config, load, process, where

pytestmark = pytest.mark.slow

NGINX = """server {{ listen 127.0.0.1:@port@; {extra}
    location / {{ proxy_pass http://127.0.0.1:@o1@; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }} }}"""
HAPROXY = """
listen all
    bind 127.0.0.1:@port@
    {extra}
    server s1 127.0.0.1:@o1@"""


def text(language, main="", extra=""):
    if language == "nginx":
        return config.nginx(NGINX.format(extra=extra), main=main)
    return config.haproxy(HAPROXY.format(extra=extra), top=main)


@pytest.fixture
def proxy(prepare, origin, language):
    """running in the foreground with a pid file"""
    def make(main="", extra="", **more):
        o = origin()
        p = prepare(language, text(language, main, extra), o1=o.port, **more)
        if language == "haproxy":
            p.options = ["-W", "-db", "-p", str(p.dir / "haproxy.pid")]
        p.origin = o
        p.start()
        client.ask(p.port, target="/who")       # a worker that is killed before it serves is a start that failed
        return p
    return make


def pid_file(p):
    return [int(w) for w in p.read(f"{p.language}.pid").split()]


# -- who is there

@pytest.mark.parametrize("how", ["plain", "daemon off", "master_process off", "-db", "-d"])
def test_always_a_parent_and_a_worker(prepare, origin, how):
    if how in ("master_process off", "-db", "-d"):
        where.not_the_peer("it is one process then")
    o = origin()
    language = "haproxy" if how.startswith("-") else "nginx"
    p = prepare(language, text(language, "master_process off;" if how == "master_process off" else ""), o1=o.port)
    p.options = [how] if language == "haproxy" else []
    p.start()
    assert client.ask(p.port, target="/who").body == b"o1"
    assert p.popen.poll() is None and len(p.workers()) >= 1
    if language == "nginx":
        assert pid_file(p) == [p.popen.pid], "the process that was started is the parent"


def test_titles_read_as_the_real_ones(proxy, language):
    p = proxy()
    titles = [process.title(x) for x in p.pids()]
    if language == "nginx":
        assert titles[0].startswith("nginx: master process ") and str(p.file) in titles[0]
        assert any(t.startswith("nginx: worker process") for t in titles[1:])
    else:
        assert all("haproxy" in t for t in titles)


def test_pid_file_is_there_when_it_listens_and_gone_after_stop(proxy, language):
    p = proxy()
    assert process.wait_until(lambda: pid_file(p), 2)
    assert p.popen.pid in pid_file(p)
    p.signal(signal.SIGTERM)
    assert p.wait(5) is not None
    if language == "nginx":
        assert not (p.dir / "nginx.pid").exists()


def test_a_second_start_does_not_disturb_the_first(prepare, proxy, language):
    p = proxy()
    if language == "nginx":
        done = p.command()
        assert done.returncode == 1 and "still could not bind()" in done.stderr
        assert pid_file(p) == [p.pid]
    assert client.ask(p.port, target="/who").body == b"o1"


# -- who may do what

@pytest.mark.needs("root", "release")
class TestPrivileges:
    @pytest.fixture
    def binary(self):
        return None if where.TEST_PEER else where.keel_release()

    def drop(self, p, user):
        want = pwd.getpwnam(user)
        for pid in p.workers():
            s = process.status(pid)
            assert set(s["Uid"].split()) == {str(want.pw_uid)}, process.title(pid)
            assert set(s["Gid"].split()) == {str(want.pw_gid)}
            yield pid, s

    def test_user_of_the_file(self, proxy, language, binary):
        p = proxy("user daemon daemon;" if language == "nginx" else "user daemon\ngroup daemon", binary=binary)
        assert len(list(self.drop(p, "daemon"))) >= 1
        assert client.ask(p.port, target="/who").body == b"o1"

    def test_without_a_user_it_runs_as_nobody(self, proxy, language, binary):
        if language == "haproxy":
            where.not_the_peer("it stays root")
        p = proxy(binary=binary)
        assert len(list(self.drop(p, "nobody"))) >= 1

    def test_no_capability_is_left(self, proxy, language, binary):
        p = proxy("user daemon;" if language == "nginx" else "user daemon\ngroup daemon", binary=binary)
        for _, s in self.drop(p, "daemon"):
            assert int(s["CapEff"], 16) == 0 and int(s["CapPrm"], 16) == 0
            if not where.TEST_PEER:
                assert s["NoNewPrivs"] == "1" and s["Seccomp"] == "2"
                assert s["Groups"].split() in ([], [str(pwd.getpwnam("daemon").pw_gid)])

    def test_chroot_of_the_file(self, proxy, language, binary, work):
        if language == "nginx":
            pytest.skip("nginx has no chroot directive")
        jail = work / "jail"
        jail.mkdir()
        p = proxy(f"user daemon\ngroup daemon\nchroot {jail}", binary=binary)
        assert [os.readlink(f"/proc/{x}/root") for x in p.workers()] == [str(jail)] * len(p.workers())
        assert client.ask(p.port, target="/who").body == b"o1"

    def test_worker_holds_no_descriptor_of_the_caller(self, proxy, binary, language):
        """a shell that waits for the output of a start must not hang: no child keeps the caller's stdout when it is a daemon"""
        p = proxy(binary=binary)
        p.stop()
        read, write = os.pipe()
        p.options = ["-D", "-p", str(p.dir / "haproxy.pid")] if language == "haproxy" else []
        p.write(p.file.read_text().replace("daemon off;", "daemon on;"))
        p.start(daemon=True, stdout=write, stderr=write)
        os.close(write)
        ended = threading.Event()

        def drain():
            while os.read(read, 4096):
                pass
            ended.set()
        threading.Thread(target=drain, daemon=True).start()
        assert ended.wait(3), "somebody still holds the other end"
        os.close(read)

    def test_daemon_in_a_chroot_goes_through_its_life(self, prepare, origin, work):
        """nothing that a confined worker needs later is out of its reach: commands, reload, a new worker, TLS, a clean stop"""
        where.not_the_peer("its master ends with a killed worker")
        jail, o, other = work / "jail", origin("o1"), origin("o2")
        jail.mkdir()
        top = f"user daemon\ngroup daemon\nchroot {jail}\nstats socket @dir@/c.sock mode 600 level admin\ndaemon"
        p = prepare("haproxy", text("haproxy", top), o1=o.port, binary=where.keel_release())
        p.options = ["-W", "-D", "-p", str(p.dir / "haproxy.pid")]
        p.start(daemon=True)
        assert client.ask(p.port, target="/who").body == b"o1"
        assert "Uptime_sec" in client.socket_command(p.dir / "c.sock", "show info")
        assert client.socket_command(p.dir / "c.sock", "disable server all/s1") == "\n"
        assert client.ask(p.port, target="/who").status == 503
        p.values["o1"] = other.port
        p.write(text("haproxy", top))
        p.signal(signal.SIGUSR2)
        assert process.wait_until(lambda: client.ask(p.port, target="/who").status == 503, 5)
        assert client.socket_command(p.dir / "c.sock", "enable server all/s1") == "\n"
        assert process.wait_until(lambda: client.ask(p.port, target="/who").body == b"o2", 5)
        p.expected_signals.add(signal.SIGKILL)
        first = p.workers()
        os.kill(first[0], signal.SIGKILL)
        assert process.wait_until(lambda: p.workers() and first[0] not in p.workers(), 3)
        assert client.ask(p.port, target="/who").body == b"o2"
        assert process.wait_until(lambda: "Uptime_sec" in client.socket_command(p.dir / "c.sock", "show info"), 3)
        p.signal(signal.SIGTERM)
        assert p.gone(5)

    def test_low_port(self, proxy, language, binary):
        """bound by the parent before the worker loses the right to; in a port that ordinary users cannot take"""
        p = proxy("user daemon;" if language == "nginx" else "user daemon\ngroup daemon", binary=binary, port=free_low_port())
        assert client.ask(p.port, target="/who").body == b"o1"


def free_low_port():
    import socket
    for port in range(1023, 600, -1):
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError("no free port below 1024")


@pytest.mark.needs("root", "release")
def test_started_by_an_ordinary_user(prepare, origin, language):
    """without root everything but privileges works the same"""
    o = origin()
    p = prepare(language, text(language), o1=o.port, binary=None if where.TEST_PEER else where.keel_release())
    os.chown(p.dir, pwd.getpwnam("daemon").pw_uid, pwd.getpwnam("daemon").pw_gid)
    if where.TEST_PEER and not os.access(p._binary(), os.X_OK):
        pytest.skip("the peer cannot be reached by an ordinary user")
    p.start(argv=["setpriv", "--reuid=daemon", "--regid=daemon", "--clear-groups", "--", *p.argv(*(["-db"] if language == "haproxy" else []))])
    assert client.ask(p.port, target="/who").body == b"o1"
    assert client.ask(p.port, "POST", "/echo", body=b"b" * 300_000).status == 200
    assert all(process.status(x)["Uid"].split()[0] == str(pwd.getpwnam("daemon").pw_uid) for x in p.pids())


# -- when one dies

@pytest.mark.both_builds
def test_killed_parent_takes_all_with_it(proxy, language):
    if language == "nginx":
        where.not_the_peer("its workers outlive it")
    p = proxy()
    p.pids()
    p.expected_signals.add(signal.SIGKILL)
    p.signal(signal.SIGKILL)
    assert p.gone(2), f"still there: {[process.title(x) for x in p._left()]}"
    assert process.wait_until(lambda: not process.listens(p.port), 2)


@pytest.mark.both_builds
def test_killed_worker_is_replaced(proxy, language):
    if language == "haproxy":
        where.not_the_peer("its master ends with a killed worker")
    p = proxy()
    before = p.workers()
    p.expected_signals.add(signal.SIGKILL)
    os.kill(before[0], signal.SIGKILL)
    assert process.wait_until(lambda: p.workers() and before[0] not in p.workers(), 3)
    assert client.ask(p.port, target="/who").body == b"o1"
    assert p.popen.poll() is None and process.listens(p.port)


@pytest.mark.both_builds
def test_killed_worker_costs_at_most_one_request(proxy, language):
    if language == "haproxy":
        where.not_the_peer("its master ends with a killed worker")
    p = proxy()
    p.expected_signals.add(signal.SIGKILL)
    ld = load.Load(p.port, rate=300, clients=20).start(8)
    shut = []
    for _ in range(2):
        time.sleep(1.5)
        os.kill(p.workers()[0], signal.SIGKILL)
        end = time.monotonic() + 1
        while time.monotonic() < end:
            shut += [] if process.listens(p.port) else [time.monotonic()]
            time.sleep(0.01)
    ld.stop()
    report = ld.report()
    assert shut == [], "the port was closed for a while"
    assert report["sent"] > 800
    # each request that was in the worker when it was killed is lost; at this rate that is one at most for each kill
    assert report["failed"] <= (20 if where.TEST_PEER else 2), report


def test_worker_that_dies_again_and_again_is_held_back(proxy, language):
    """no busy loop of forks: after the first, a replacement waits longer each time"""
    where.not_the_peer("nginx forks at once each time")
    p = proxy()
    p.expected_signals.add(signal.SIGKILL)
    kills, end = 0, time.monotonic() + 3
    while time.monotonic() < end:
        for w in p.workers()[:1]:
            os.kill(w, signal.SIGKILL)
            kills += 1
        time.sleep(0.02)
    assert 2 <= kills <= 8, f"{kills} workers in 3 s"
    assert process.wait_until(lambda: p.workers(), 12)
    assert client.ask(p.port, target="/who", timeout=12).body == b"o1"


# -- signals

@pytest.mark.both_builds
def test_term_stops_at_once(proxy, language):
    p = proxy()
    with client.Client(p.port) as c:
        c.request(target="/drip/100/200")
        c.head()
        began = time.monotonic()
        p.signal(signal.SIGTERM)
        code = p.wait(6)
        assert code is not None and time.monotonic() - began < 5
    assert code == 0 if language == "nginx" else code in (0, 143)
    assert p.gone(1)


@pytest.mark.both_builds
def test_quit_drains(proxy, language):
    """what runs is finished, nothing new is taken, then it ends"""
    p = proxy()
    with client.Client(p.port, timeout=8) as c:
        c.request(target="/drip/10/150")
        c.head()
        p.signal(signal.SIGQUIT if language == "nginx" else signal.SIGUSR1)
        assert process.wait_until(lambda: not process.listens(p.port), 1.2), "still listens"
        body = c.rest
        while len(body) < 10:
            more = c.sock.recv(100)
            assert more, "cut during a drain"
            body += more
    assert p.wait(5) == 0


@pytest.mark.both_builds
def test_quit_ends_idle_connections(proxy, language):
    p = proxy()
    with client.Client(p.port) as c:
        c.ask(target="/echo")
        p.signal(signal.SIGQUIT if language == "nginx" else signal.SIGUSR1)
        assert c.closed(3)
    assert p.wait(3) == 0


@pytest.mark.both_builds
@pytest.mark.parametrize("before", [0, 1])
def test_quit_answers_a_request_that_is_on_its_way(proxy, language, before):
    """on a connection that was just made, and on one that was kept"""
    where.not_the_peer("closes such a connection at once")
    p = proxy()
    with client.Client(p.port) as c:
        for _ in range(before):
            c.ask(target="/echo")
        time.sleep(0.1)                     # taken by the worker, which waits for the request
        p.signal(signal.SIGQUIT if language == "nginx" else signal.SIGUSR1)
        time.sleep(0.2)                     # of the second that it waits
        assert c.ask(target="/echo").status == 200
        assert c.closed(5)
    assert p.wait(3) == 0


@pytest.mark.both_builds
def test_quit_takes_what_is_queued(proxy, language):
    """connections that the kernel made and the worker has not seen yet, with their requests"""
    where.not_the_peer("resets them")
    p = proxy()
    w = p.workers()[0]
    os.kill(w, signal.SIGSTOP)
    made = [client.Client(p.port) for _ in range(20)]
    for c in made:
        c.request(target="/echo")
    p.signal(signal.SIGQUIT if language == "nginx" else signal.SIGUSR1)
    time.sleep(0.2)
    os.kill(w, signal.SIGCONT)
    for c in made:
        assert c.answer().status == 200
        c.close()
    assert p.wait(5) == 0


@pytest.mark.both_builds
@pytest.mark.parametrize("order,code", [("stop", 0), ("quit", 0)])
def test_s_option_ends_it(start, origin, order, code):
    o = origin()
    p = start("nginx", text("nginx"), o1=o.port)
    done = p.command("-s", order)
    assert done.returncode == 0
    assert p.wait(5) == code and p.gone(1)


@pytest.mark.both_builds
def test_s_option_reloads_and_reopens(start, origin):
    o = origin()
    p = start("nginx", config.nginx(NGINX.format(extra=""), log="access_log @dir@/access.log;"), o1=o.port)
    client.ask(p.port, target="/echo/one")
    assert process.wait_until(lambda: "/echo/one" in p.read("access.log"), 2)
    (p.dir / "access.log").rename(p.dir / "access.log.1")
    assert p.command("-s", "reopen").returncode == 0
    assert process.wait_until(lambda: (p.dir / "access.log").exists(), 2)
    client.ask(p.port, target="/echo/two")
    assert process.wait_until(lambda: "/echo/two" in p.read("access.log"), 2)
    assert "/echo/two" not in p.read("access.log.1")
    p.write(config.nginx("server { listen 127.0.0.1:@port@; return 200 new; }"))
    assert p.command("-s", "reload").returncode == 0
    assert process.wait_until(lambda: client.ask(p.port).body == b"new", 3)


@pytest.mark.both_builds
def test_upgrade_of_nginx(prepare, origin):
    """USR2: a second parent from the (new) binary on the same sockets; QUIT ends the first"""
    o = origin()
    p = prepare("nginx", text("nginx").replace("daemon off;", "daemon on;"), o1=o.port)
    p.start(daemon=True)
    old = p.pid
    ld = load.Load(p.port, rate=100, clients=5, keep=0).start(20)
    p.signal(signal.SIGUSR2)
    assert process.wait_until(lambda: (p.dir / "nginx.pid.oldbin").exists() and pid_file(p) and pid_file(p) != [old], 5)
    new = pid_file(p)[0]
    p._note([new, *process.tree(new)])
    assert int(p.read("nginx.pid.oldbin")) == old and process.alive(old)
    time.sleep(0.3)
    os.kill(old, signal.SIGQUIT)
    assert process.wait_until(lambda: not process.alive(old), 5)
    time.sleep(0.5)
    ld.stop()
    assert process.alive(new) and not (p.dir / "nginx.pid.oldbin").exists()
    assert ld.report()["failed"] == 0, ld.report()
    os.kill(new, signal.SIGTERM)
    assert process.wait_until(lambda: not process.alive(new), 5)


@pytest.mark.both_builds
def test_reload_of_haproxys_master(start, origin):
    o, other = origin("o1"), origin("o2")
    p = start("haproxy", text("haproxy"), o1=o.port, options=["-W", "-db"])
    first = p.workers()
    assert client.ask(p.port, target="/who").body == b"o1"
    p.values["o1"] = other.port
    p.write(text("haproxy"))
    p.signal(signal.SIGUSR2)
    assert process.wait_until(lambda: client.ask(p.port, target="/who").body == b"o2", 5)
    assert p.popen.poll() is None and first
    p._note(p.pids())


@pytest.mark.both_builds
def test_update_by_sf(start, prepare, origin):
    """a new haproxy takes over and tells the old one to finish"""
    o = origin()
    old = start("haproxy", text("haproxy"), o1=o.port)
    with client.Client(old.port, timeout=8) as c:
        c.request(target="/drip/10/100")
        c.head()
        new = prepare("haproxy", text("haproxy"), o1=o.port, port=old.port)
        new.options = ["-db", "-sf", str(old.popen.pid)]
        new.start()
        body = c.rest
        while len(body) < 10:
            more = c.sock.recv(100)
            assert more, "the old one cut a running answer"
            body += more
    assert old.wait(6) == 0
    assert client.ask(new.port, target="/who").body == b"o1"


@pytest.mark.both_builds
def test_update_by_st(start, prepare, origin):
    o = origin()
    old = start("haproxy", text("haproxy"), o1=o.port)
    new = prepare("haproxy", text("haproxy"), o1=o.port, port=old.port)
    new.options = ["-db", "-st", str(old.popen.pid)]
    new.start()
    assert old.wait(5) is not None
    assert client.ask(new.port, target="/who").body == b"o1"


@pytest.mark.both_builds
def test_hup_of_a_plain_haproxy_does_not_end_it(start, origin):
    o = origin()
    p = start("haproxy", text("haproxy"), o1=o.port)
    p.signal(signal.SIGHUP)
    time.sleep(0.5)
    assert p.popen.poll() is None and client.ask(p.port, target="/who").body == b"o1"


def test_no_descriptor_is_lost(proxy):
    """after many connections of all kinds the workers hold as many descriptors as before"""
    p = proxy()
    for path in ("/echo", "/close/10", "/chunked/1000/3", "/refuse-keep", "/cut/length/rst"):
        client.Client(p.port).ask(target="/echo")
    time.sleep(0.3)
    before = sum(process.descriptors(w) for w in p.workers())
    for i in range(150):
        path = ("/echo", "/close/10", "/chunked/1000/3", "/refuse-keep", "/cut/length/rst")[i % 5]
        c = client.Client(p.port)
        c.request(target=path)
        if i % 3:
            try:
                c.answer()
            except (OSError, client.AnswerError):
                pass
        c.reset() if i % 2 else c.close()
    assert process.wait_until(lambda: sum(process.descriptors(w) for w in p.workers()) <= before + 8, 5)
