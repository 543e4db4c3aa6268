# SPDX-License-Identifier: Apache-2.0
"""A reload drops nothing, and a bad file changes nothing."""
import signal
import socket
import time

import pytest

from lib import client, config, load, ports, process, where

pytestmark = pytest.mark.slow


def nginx(extra="", server="", threads=1):
    """keep-alive on both sides; <extra> in http, <server> in the server"""
    return config.nginx(f"""
        keepalive_timeout 30s; keepalive_requests 1000000; {extra}
        upstream up {{ server 127.0.0.1:@o1@; keepalive 16; }}
        server {{
            listen 127.0.0.1:@port@; {server}
            location / {{ proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }}
        }}""", log="access_log @dir@/access.log;", threads=threads)


def haproxy(extra="", section="", threads=1):
    return config.haproxy(f"""
listen all
    bind 127.0.0.1:@port@
    timeout http-keep-alive 30s
    http-reuse always
    {section}
    server s1 127.0.0.1:@o1@
{extra}""", threads=threads)


TEXT = {"nginx": nginx, "haproxy": haproxy}
MARK = {"nginx": "add_header X-Generation {};", "haproxy": "http-response set-header X-Generation {}"}


@pytest.fixture
def proxy(prepare, origin, language):
    def make(threads=1, **more):
        o = origin()
        p = prepare(language, TEXT[language](threads=threads), o1=o.port, **more)
        p.options = ["-W", "-db"] if language == "haproxy" else []
        p.origin, p.threads = o, threads
        return p.start()
    return make


def write(p, generation=None, **more):
    marked = MARK[p.language].format(generation) if generation is not None else ""
    key = "server" if p.language == "nginx" else "section"
    more[key] = marked + ("\n    " if marked else "") + more.get(key, "")
    p.write(TEXT[p.language](threads=p.threads, **more))


def generation(p):
    return client.ask(p.port, target="/echo").get("X-Generation")


def until_generation(p, number, seconds=5):
    return process.wait_until(lambda: generation(p) == str(number), seconds)


@pytest.mark.both_builds
@pytest.mark.parametrize("threads", [1, 2])
def test_twenty_reloads_under_load(proxy, threads, language):
    """300 requests a second on kept connections: none fails, none of the connections is closed by a reload"""
    p = proxy(threads)
    ld = load.Load(p.port, rate=300, clients=20).start(30)
    time.sleep(0.5)
    for i in range(20):
        write(p, i)
        p.reload()
        assert until_generation(p, i), f"reload {i} did not take place"
        time.sleep(0.3)
    ld.stop()
    report = ld.report()
    print(report)
    assert report["sent"] > 1500 and report["failed"] == 0
    if not where.TEST_PEER:
        assert report["closed_by_server"] == 0
        assert p.popen.poll() is None
        # a reader that has just told what it read may take a moment to go
        assert process.wait_until(lambda: len(p.pids()) == 2, 5), "a parent and a worker, and nothing left behind"


@pytest.mark.both_builds
def test_reload_without_a_change_closes_nothing(proxy):
    p = proxy()
    where.not_the_peer("a reload ends its idle connections")
    with client.Client(p.port) as c:
        c.ask(target="/echo/1")
        for _ in range(3):
            p.reload()
            time.sleep(0.4)
            assert c.ask(target="/echo/2").keeps
    assert p.origin.accepted <= 3


@pytest.mark.both_builds
def test_a_kept_connection_uses_the_new_file(proxy):
    where.not_the_peer("a reload ends its idle connections")
    p = proxy()
    with client.Client(p.port) as c:
        assert c.ask(target="/echo").get("X-Generation") is None
        write(p, 7)
        p.reload()
        assert process.wait_until(lambda: c.ask(target="/echo").get("X-Generation") == "7", 5)


def test_a_running_answer_ends_on_its_own_file(proxy):
    p = proxy()
    with client.Client(p.port, timeout=8) as c:
        c.request(target="/drip/15/150")
        head = c.head()
        write(p, 3)
        p.reload()
        assert until_generation(p, 3)
        c.body(head)
        assert len(head.body) == 15 and head.get("X-Generation") is None


def test_a_running_upload_survives(proxy):
    p = proxy()
    with client.Client(p.port, timeout=8) as c:
        c.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n\r\n" + "a" * 50)
        write(p, 4)
        p.reload()
        assert until_generation(p, 4)
        c.send("b" * 50)
        assert c.answer().status == 200
    assert [r for r in p.origin.requests if r.method == "POST"][0].body == b"a" * 50 + b"b" * 50


def settled_workers(p):
    """the processes below the parent, once who read the file has gone"""
    process.wait_until(lambda: len(p.workers()) == 1, 3)
    return p.workers()


@pytest.mark.both_builds
def test_bad_file_changes_nothing_and_says_why(proxy, language):
    p = proxy()
    write(p, 1)
    p.reload()
    assert until_generation(p, 1)
    workers = settled_workers(p)
    write(p, 2, extra="frobnicate on;" if language == "nginx" else "backend x\n    frobnicate on")
    with client.Client(p.port) as c:
        c.ask(target="/echo")
        p.reload()
        assert process.wait_until(lambda: "frobnicate" in p.stderr + p.read("error.log"), 5), "nobody was told why"
        time.sleep(0.5)
        assert generation(p) == "1"
        if not where.TEST_PEER:
            assert c.ask(target="/echo").get("X-Generation") == "1"
            assert settled_workers(p) == workers
    place = next(i for i, l in enumerate(p.file.read_text().splitlines(), 1) if "frobnicate" in l)
    assert f"{p.file}:{place}" in p.stderr + p.read("error.log") or f"{p.file.name}:{place}" in p.stderr + p.read("error.log")
    write(p, 5)
    p.reload()
    assert until_generation(p, 5), "a good file after a bad one is taken"


@pytest.mark.both_builds
def test_bad_file_is_told_to_who_asked(start, origin):
    """nginx -s reload reads the file itself and fails at once"""
    o = origin()
    p = start("nginx", nginx(), o1=o.port)
    p.write(nginx(extra="frobnicate on;"))
    done = p.command("-s", "reload")
    assert done.returncode == 1 and 'unknown directive "frobnicate"' in done.stderr
    assert client.ask(p.port, target="/who").body == b"o1"


def test_missing_file_at_reload(proxy):
    p = proxy()
    p.file.unlink()
    p.reload()
    time.sleep(0.7)
    assert client.ask(p.port, target="/who").body == b"o1"


@pytest.mark.both_builds
def test_listener_is_added_and_removed(proxy, language):
    p = proxy()
    more = {"nginx": "server { listen 127.0.0.1:@port2@; return 200 second; }",
            "haproxy": "frontend second\n    bind 127.0.0.1:@port2@\n    http-request deny deny_status 429"}[language]
    write(p, 1, extra=more)
    p.reload()
    assert until_generation(p, 1)
    assert process.wait_until(lambda: process.listens(p.port2), 3)
    with client.Client(p.port2) as c:
        assert c.ask().status in (200, 429)
        write(p, 2)
        p.reload()
        assert until_generation(p, 2)
        assert process.wait_until(lambda: not process.listens(p.port2), 3)
        if not where.TEST_PEER and language == "nginx":
            a = c.ask()
            assert a.status == 200 and not a.keeps, "an idle client of a removed listener is served once more, then closed"
    with pytest.raises(ConnectionRefusedError):
        client.Client(p.port2)


def test_port_of_the_new_file_is_taken(proxy, language):
    """a new listener that cannot be bound: the old file goes on"""
    p = proxy()
    write(p, 1)
    p.reload()
    assert until_generation(p, 1)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        write(p, 2, extra=f"server {{ listen 127.0.0.1:{port}; }}" if language == "nginx" else
              f"frontend second\n    bind 127.0.0.1:{port}\n    http-request deny")
        p.reload()
        assert process.wait_until(lambda: "Address already in use" in p.stderr + p.read("error.log"), 6)
        if language == "haproxy":
            where.not_the_peer("its old worker is paused meanwhile, and clients are refused")
        assert generation(p) == "1"


def test_server_list_changes(proxy, origin):
    p = proxy()
    other = origin("o2")
    turns = ((0, other), (1, p.origin), (2, other))
    ld = load.Load(p.port, rate=100, clients=5).start(20)
    for number, o in turns:
        p.values["o1"] = o.port
        write(p, number)
        p.reload()
        assert until_generation(p, number)
        if where.TEST_PEER:         # an old worker may take connections for a moment longer
            time.sleep(0.3)
        assert client.ask(p.port, target="/who").text == o.name
    ld.stop()
    assert ld.report()["failed"] == 0, ld.report()


def test_failed_server_stays_out_over_a_reload(prepare, origin):
    """state is carried over: a server that is out for fail_timeout is not asked again because of a reload"""
    where.not_the_peer("new workers know nothing")
    o, dead = origin("o1"), ports.free_port()
    text = """upstream up { server 127.0.0.1:@dead@ max_fails=1 fail_timeout=30s; server 127.0.0.1:@o1@; }
              server { listen 127.0.0.1:@port@; %s location / { proxy_pass http://up; } }"""
    p = prepare("nginx", config.nginx(text % MARK["nginx"].format(0)), o1=o.port, dead=dead)
    p.start()
    for _ in range(4):
        assert client.ask(p.port, target="/who").text == "o1"
    assert process.wait_until(lambda: "refused" in p.read("error.log"), 2)
    refused = p.read("error.log").count("refused")
    p.write(config.nginx(text % MARK["nginx"].format(1)))
    p.reload()
    assert until_generation(p, 1)
    for _ in range(4):
        assert client.ask(p.port, target="/who").text == "o1"
    time.sleep(0.3)
    assert p.read("error.log").count("refused") == refused == 1


@pytest.mark.both_builds
def test_log_is_reopened(proxy, language):
    if language == "haproxy":
        pytest.skip("haproxy writes no log files")
    p = proxy()
    client.ask(p.port, target="/echo/first")
    assert process.wait_until(lambda: "/echo/first" in p.read("access.log"), 2)
    for name in ("access.log", "error.log"):
        (p.dir / name).rename(p.dir / (name + ".1"))
    client.ask(p.port, target="/echo/second")
    assert process.wait_until(lambda: "/echo/second" in p.read("access.log.1"), 2), "written on until it is told"
    p.signal(signal.SIGUSR1)
    assert process.wait_until(lambda: (p.dir / "access.log").exists() and (p.dir / "error.log").exists(), 3)
    client.ask(p.port, target="/echo/third")
    assert process.wait_until(lambda: "/echo/third" in p.read("access.log"), 2)
    assert "/echo/third" not in p.read("access.log.1")


def test_reload_leaks_nothing(proxy):
    """thirty reloads: as many processes and descriptors as before, and hardly more memory"""
    where.not_the_peer("measured on our own worker")
    p = proxy()
    for i in range(5):
        write(p, i)
        p.reload()
        assert until_generation(p, i)
    time.sleep(0.5)
    before = (len(p.pids()), sum(process.descriptors(x) for x in p.pids()), process.pss_kb(p.pids()))
    for i in range(10, 40):
        write(p, i)
        p.reload()
        assert until_generation(p, i)
    time.sleep(0.5)
    after = (len(p.pids()), sum(process.descriptors(x) for x in p.pids()), process.pss_kb(p.pids()))
    print("processes, descriptors, PSS kB:", before, after)
    assert after[0] <= before[0] and after[1] <= before[1] + 2
    if not where.is_sanitized(where.keel()):
        assert after[2] < before[2] + 2048


@pytest.mark.both_builds
def test_reloads_asked_faster_than_they_can_be_done(proxy):
    p = proxy()
    if where.TEST_PEER and p.language == "haproxy":
        where.not_the_peer("its master re-executes itself and dies of a second signal in that moment")
    ld = load.Load(p.port, rate=100, clients=5).start(20)
    for i in range(30):
        write(p, i)
        p.reload()
        time.sleep(0.01)
    assert until_generation(p, 29)
    ld.stop()
    assert ld.report()["failed"] == 0, ld.report()
