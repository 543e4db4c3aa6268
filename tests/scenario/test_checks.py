# SPDX-License-Identifier: Apache-2.0
"""Active checks of haproxy.cfg: who is up, who is down, and HAProxy's code for why."""
import time

import pytest

from lib import client, config, ports, process, statistics, toys


def row(p, name="b/s"):
    return statistics.rows(p)[name]


# name: (what the server does, the backend's lines, the server's words, (up, code, status))
# None instead of a server: nobody listens
HTTP = "option httpchk GET /health"
CHECKS = {
    "tcp": (toys.says(b""), "", "", ("UP", "L4OK", "")),
    "refused": (None, "", "", ("DOWN", "L4CON", "")),
    "http_200": (toys.http(200), HTTP, "", ("UP", "L7OK", "200")),
    "http_302": (toys.http(302), HTTP, "", ("UP", "L7OK", "302")),
    "http_500": (toys.http(500), HTTP, "", ("DOWN", "L7STS", "500")),
    "http_404": (toys.http(404), HTTP, "", ("DOWN", "L7STS", "404")),
    "http_garbage": (toys.answers(b"hello\r\n\r\n"), HTTP, "", ("DOWN", "L7RSP", "")),
    "http_silent": (toys.silent, HTTP, "", ("DOWN", "L7TOUT", "")),
    "http_expect": (toys.http(503), HTTP + "\n http-check expect status 200,500-599", "", ("UP", "L7OK", "503")),
    "http_not_expect": (toys.http(200), HTTP + "\n http-check expect ! status 200", "", ("DOWN", "L7STS", "200")),
    "http_rstatus": (toys.http(204), HTTP + "\n http-check expect rstatus ^2", "", ("UP", "L7OK", "204")),
    "http_string": (toys.http(200, b"all is well"), HTTP + "\n http-check expect string well", "", ("UP", "L7OK", "200")),
    "http_no_string": (toys.http(200, b"all is lost"), HTTP + "\n http-check expect string well", "", ("DOWN", "L7RSP", None)),
    "http_rstring": (toys.http(200, b"all is well"), HTTP + "\n http-check expect rstring w.ll$", "", ("UP", "L7OK", "200")),
    "http_header": (toys.http(200, fields=b"X-State: fine\r\n"), HTTP + "\n http-check expect hdr name x-state value fine", "", ("UP", "L7OK", "200")),
    "http_code": (toys.http(500), HTTP + "\n http-check expect status 200 error-status L7RSP", "", ("DOWN", "L7RSP", None)),
    "script": (toys.says(b"220 hi\r\n", b"250 ok\r\n"), "option tcp-check\n tcp-check expect string 220\n tcp-check send EHLO\\r\\n\n tcp-check expect rstring ^250", "", ("UP", "L7OK", None)),
    "script_wrong": (lambda s: s.sendall(b"554 no\r\n"), "option tcp-check\n tcp-check expect string 220", "", ("DOWN", "L7RSP", None)),
    "script_waits": (toys.says(b"554 no\r\n"), "option tcp-check\n tcp-check expect string 220", "", ("DOWN", "L7TOUT", None)),
    "script_binary": (toys.says(b"\x01\x02\x03"), "option tcp-check\n tcp-check expect binary 0203", "", ("UP", "L7OK", None)),
    "script_late": (toys.says(b"", b""), "option tcp-check\n tcp-check expect string 220 tout-status L4TOUT", "", ("DOWN", "L4TOUT", "")),
    "redis": (toys.answers(b"+PONG\r\n"), "option redis-check", "", ("UP", "L7OK", None)),
    "smtp": (toys.says(b"220 mail\r\n", b"250 mail\r\n", b"221 bye\r\n"), "option smtpchk HELO example.org", "", ("UP", "L7OK", None)),
    "smtp_refuses": (toys.says(b"554 no\r\n"), "option smtpchk HELO example.org", "", ("DOWN", None, None)),
    "ldap": (toys.answers(toys.LDAP_BOUND), "option ldap-check", "", ("UP", "L7OK", None)),
    "mysql": (toys.says(toys.mysql_greeting(), toys.MYSQL_OK), "option mysql-check user haproxy post-41", "", ("UP", "L7OK", None)),
    "mysql_denied": (toys.says(toys.mysql_greeting(), toys.MYSQL_DENIED), "option mysql-check user haproxy post-41", "", ("DOWN", None, None)),
    "mysql_greets": (toys.says(toys.mysql_greeting()), "option mysql-check", "", ("UP", "L7OK", None)),
    "pgsql": (toys.answers(toys.PGSQL_AUTH), "option pgsql-check user postgres", "", ("UP", "L7OK", None)),
    "pgsql_refuses": (toys.answers(toys.PGSQL_ERROR), "option pgsql-check user postgres", "", ("DOWN", "L7RSP", None)),
    "no_hello": (toys.answers(b"what?"), "option ssl-hello-chk", "", ("DOWN", None, None)),
}


def test_results_have_haproxys_codes(start, toy):
    """one backend for each way to check; each server must be judged as HAProxy judges it"""
    parts, values = [statistics.PAGE], {"stats": ports.free_port()}
    for name, (serve, lines, words, _) in CHECKS.items():
        values[name] = toy(serve).port if serve else ports.free_port()
        parts.append(f"backend {name}\n    timeout check 600ms\n {lines}\n    server s 127.0.0.1:@{name}@ check inter 200ms rise 1 fall 1 {words}")
    p = start("haproxy", config.haproxy("\n".join(parts)), listens=("stats",), **values)

    def wrong():
        seen, out = statistics.rows(p), []
        for name, (_, _, _, (up, code, status)) in CHECKS.items():
            r = seen[name + "/s"]
            said = (r["status"].split()[0], r["check_status"].lstrip("* "), r["check_code"])
            if any(w is not None and w != g for w, g in zip((up, code, status), said)):
                out.append(f"{name}: {said}, not {(up, code, status)}")
        return out
    process.wait_until(lambda: not wrong(), 8)
    assert not wrong()


BACKEND = """
listen front
    bind 127.0.0.1:@port@
    default_backend b
backend b
    {lines}
    server s 127.0.0.1:@s@ {words}
"""


def one(start, lines, words, s, **values):
    text = config.haproxy(statistics.PAGE + BACKEND.format(lines=lines, words=words))
    return start("haproxy", text, stats=ports.free_port(), s=s, **values)


def status(p, name="b/s"):
    return row(p, name)["status"]


def becomes(p, wanted, seconds=5, name="b/s"):
    assert process.wait_until(lambda: status(p, name) == wanted, seconds), f"{status(p, name)}, not {wanted}"


def test_rise_and_fall_are_counted(start, toy):
    """UP 1/3 and DOWN 1/2 are shown on the way"""
    seen = set()
    t = toy(toys.says(b""))
    p = one(start, "", "check inter 400ms rise 2 fall 3", t.port)
    becomes(p, "UP")
    t.stop()
    process.wait_until(lambda: seen.add(status(p)) or "DOWN" in seen, 5)
    assert {"UP 2/3", "UP 1/3", "DOWN"} <= seen
    toy(toys.says(b""), t.port)
    process.wait_until(lambda: seen.add(status(p)) or status(p) == "UP", 5)
    assert "DOWN 1/2" in seen


def test_downinter_asks_a_dead_server_at_its_own_pace(start, toy):
    t = toy(toys.http(500))
    p = one(start, HTTP, "check inter 100ms downinter 60s rise 1 fall 1", t.port)
    becomes(p, "DOWN")
    before = t.accepted
    time.sleep(1)
    assert t.accepted - before <= 1


def test_fastinter_hurries_between_up_and_down(start, toy):
    t = toy(toys.http(200))
    p = one(start, HTTP, "check inter 2s fastinter 50ms fall 5", t.port)
    becomes(p, "UP")
    t.serve = toys.http(500)
    began = time.monotonic()
    becomes(p, "DOWN", 6)
    assert time.monotonic() - began < 4, "five checks 50 ms apart, after at most 2 s"


def test_404_drains(start, toy):
    t = toy(toys.http(200))
    p = one(start, HTTP + "\n http-check disable-on-404", "check inter 100ms rise 1 fall 1", t.port)
    becomes(p, "UP")
    t.serve = toys.http(404)
    becomes(p, "NOLB")
    assert row(p)["check_status"].lstrip("* ") == "L7OKC"
    assert client.ask(p.port, target="/").status == 503
    t.serve = toys.http(500)
    becomes(p, "DOWN")
    t.serve = toys.http(404)
    time.sleep(0.5)
    assert status(p) == "DOWN", "404 does not bring it back"


def test_checks_go_where_they_are_told(start, toy):
    def greets(s):
        data = s.recv(65536)
        while b"\r\n\r\n" not in data:
            data += s.recv(65536)
        elsewhere.seen.append(data)
        s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    elsewhere = toy(greets)
    p = one(start, "option httpchk\n http-check send meth POST uri /check ver HTTP/1.1 hdr Host example.org hdr X-Why check body hello\n http-check send-state",
            f"check inter 100ms port {elsewhere.port} check-send-proxy", ports.free_port())
    becomes(p, "UP")
    process.wait_until(lambda: elsewhere.seen, 3)
    data = elsewhere.seen[0]
    assert data.startswith(b"PROXY ") and b"\r\nPOST /check HTTP/1.1\r\n" in data
    lower = data.lower()
    assert b"host: example.org" in lower and b"x-why: check" in lower and b"content-length: 5" in lower and data.endswith(b"hello")
    state = next(l for l in data.split(b"\r\n") if l.lower().startswith(b"x-haproxy-server-state:")).decode()
    assert "name=b/s" in state and "weight=1/1" in state and "scur=0/0" in state


@pytest.mark.keel_only("HAProxy since 3.1")
@pytest.mark.parametrize("word", ("up", "fully-up", "down", "fully-down"))
def test_init_state(start, toy, word):
    t = toy(toys.http(200))
    p = one(start, HTTP, f"check inter 30s rise 2 init-state {word}", t.port)
    becomes(p, "DOWN 1/2" if word == "fully-down" else "UP")


# -- traffic

@pytest.mark.parametrize("how", ("mark-down", "sudden-death", "fail-check", "fastinter"))
def test_errors_of_traffic_count(start, toy, how):
    """the check's own port is fine; what clients get is not"""
    t, health = toy(toys.answers(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")), toy(toys.http(200))
    p = one(start, HTTP, f"check inter 20s fastinter 20s fall 2 port {health.port} observe layer7 error-limit 3 on-error {how}", t.port)
    becomes(p, "UP")
    for _ in range(6):
        client.ask(p.port, target="/x")
    if how == "mark-down":
        becomes(p, "DOWN")
    elif how in ("sudden-death", "fail-check"):
        assert process.wait_until(lambda: status(p) != "UP", 3), status(p)
    else:
        assert status(p).startswith("UP")


@pytest.mark.parametrize("layer", ("layer4", "layer7"))
def test_observe_sees_connections_or_answers(start, toy, layer):
    """layer4 minds who cannot be reached, and layer7 what it answers too"""
    t, health = toy(toys.answers(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")), toy(toys.http(200))
    p = one(start, HTTP + "\n    retries 0", f"check inter 20s fastinter 20s port {health.port} observe {layer} error-limit 3 on-error mark-down", t.port)
    becomes(p, "UP")
    for _ in range(5):
        assert client.ask(p.port, target="/x").status in (500, 503)
    if layer == "layer7":
        becomes(p, "DOWN")
        return
    assert status(p) == "UP", "answers are none of its business"
    t.stop()
    for _ in range(5):
        assert client.ask(p.port, target="/x").status == 503
    becomes(p, "DOWN")


def test_slowstart(start, toy):
    """who comes back gets little at first, and all that it should have in the end"""
    back, health, other = toy(toys.http(200, b"back")), toy(toys.http(200)), toy(toys.http(200, b"other"))
    p = one(start, "balance roundrobin\n    option httpchk", f"check inter 100ms rise 1 fall 1 port {health.port} weight 100 slowstart 3s\n    server other 127.0.0.1:@other@ weight 100",
            back.port, other=other.port)
    becomes(p, "UP")
    health.serve = toys.http(500)
    becomes(p, "DOWN")
    health.serve = toys.http(200)
    becomes(p, "UP")
    began = time.monotonic()
    early = [client.ask(p.port).text for _ in range(20)]
    took = time.monotonic() - began
    if took < 1:        # a machine that is slower than this has seen the end already
        assert early.count("back") <= 7, early
    assert process.wait_until(lambda: row(p)["throttle"] in ("", "100") and [client.ask(p.port).text for _ in range(20)].count("back") >= 9, 10, 0.3)


def test_sessions_end_when_the_server_goes_down(start, toy):
    health, echo = toy(toys.http(200)), toy(lambda s: [s.sendall(d) for d in iter(lambda: s.recv(100), b"")])
    text = config.haproxy(statistics.PAGE + BACKEND.format(lines=HTTP, words=f"check inter 100ms rise 1 fall 1 port {health.port} on-marked-down shutdown-sessions"), mode="tcp").replace("    stats enable", "    mode http\n    stats enable")
    p = start("haproxy", text, stats=ports.free_port(), s=echo.port)
    becomes(p, "UP")
    with p.connect() as s:
        s.sendall(b"hello")
        assert s.recv(100) == b"hello"
        health.serve = toys.http(500)
        s.settimeout(4)
        assert s.recv(100) == b"", "the session ends with its server"


def test_backups_let_go_when_a_server_is_back(start, toy):
    health = toy(toys.http(500))
    echo = toy(lambda s: [s.sendall(d) for d in iter(lambda: s.recv(100), b"")])
    text = config.haproxy(statistics.PAGE + BACKEND.format(lines=HTTP, words=f"check inter 100ms rise 1 fall 1 port {health.port} on-marked-up shutdown-backup-sessions") + "    server spare 127.0.0.1:@s@ backup\n", mode="tcp").replace("    stats enable", "    mode http\n    stats enable")
    p = start("haproxy", text, stats=ports.free_port(), s=echo.port)
    becomes(p, "DOWN")
    with p.connect() as s:
        s.sendall(b"hello")
        assert s.recv(100) == b"hello"
        health.serve = toys.http(200)
        s.settimeout(4)
        assert s.recv(100) == b""


def test_track(start, toy):
    health = toy(toys.http(200))
    p = one(start, HTTP, "check inter 100ms rise 1 fall 1\n    server other 127.0.0.1:@s@ track b/s", health.port)
    becomes(p, "UP", name="b/other")
    health.serve = toys.http(500)
    becomes(p, "DOWN", name="b/other")


def test_track_of_another_backend_is_followed_through_maintenance(start, toy):
    """a chain: one check for three servers, in whatever section they are; an operator's word for the first counts for all"""
    health = toy(toys.http(200))
    text = config.haproxy(statistics.PAGE + BACKEND.format(lines=HTTP, words="check inter 100ms rise 1 fall 1") + """
backend c
    server near 127.0.0.1:@s@ track b/s
backend d
    server far 127.0.0.1:@s@ track c/near
""", top="stats socket @dir@/s level admin")
    p = start("haproxy", text, stats=ports.free_port(), s=health.port)
    for name in ("b/s", "c/near", "d/far"):
        becomes(p, "UP", name=name)
    client.socket_command(p.dir / "s", "set server b/s state maint")
    for name in ("c/near", "d/far"):
        assert process.wait_until(lambda: status(p, name).startswith("MAINT"), 3), status(p, name)
    client.socket_command(p.dir / "s", "set server b/s state ready")
    health.serve = toys.http(500)
    for name in ("b/s", "c/near", "d/far"):
        assert process.wait_until(lambda: status(p, name).startswith("DOWN"), 5), (name, status(p, name))


# -- agents

@pytest.fixture
def agent(start, toy):
    def make(words="", servers=""):
        a = toy(lambda s: (a.seen.append(s.recv(100)) if "agent-send" in words else None, s.sendall(a.says)))
        a.says = b"up 100%\n"
        back = toy(toys.http(200))
        p = one(start, "", f"weight 100 check inter 100ms agent-check agent-inter 100ms agent-port {a.port} {words}{servers}", back.port)
        becomes(p, "UP")
        return p, a
    return make


def eventually(what, p, wanted, seconds=4):
    assert process.wait_until(lambda: row(p)[what] == wanted, seconds), (what, row(p)[what], wanted)


def test_agent_sets_the_weight(agent):
    p, a = agent()
    a.says = b"50%\n"
    eventually("weight", p, "50")
    a.says = b"up 75% maxconn:30 # nothing to add\n"
    eventually("weight", p, "75")
    eventually("slim", p, "30")


def test_agent_takes_it_out_and_brings_it_back(agent):
    p, a = agent()
    for word in (b"down # disk is full\n", b"stopped\n", b"fail\r\n"):
        a.says = word
        assert process.wait_until(lambda: status(p).startswith("DOWN"), 4), (word, status(p))
        assert client.ask(p.port, target="/").status == 503
        a.says = b"nonsense\n"
        time.sleep(0.3)
        assert status(p).startswith("DOWN"), "only its agent brings it back"
        a.says = b"up\n"
        becomes(p, "UP")


def test_agent_says_drain_and_maint(agent):
    p, a = agent()
    a.says = b"drain\n"
    assert process.wait_until(lambda: status(p).startswith("DRAIN"), 4), status(p)
    a.says = b"ready\n"
    becomes(p, "UP")
    a.says = b"maint\n"
    becomes(p, "MAINT")
    a.says = b"ready, up\n"
    becomes(p, "UP")


def test_agent_that_is_gone_changes_nothing(agent):
    p, a = agent()
    a.stop()
    time.sleep(0.6)
    assert status(p) == "UP"


def test_agent_is_sent_what_the_file_says(agent):
    p, a = agent("agent-send state\\n")
    assert process.wait_until(lambda: b"state\n" in a.seen, 3)
