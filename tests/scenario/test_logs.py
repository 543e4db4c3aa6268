# SPDX-License-Identifier: Apache-2.0
"""Log lines, field by field, to every kind of target; and a target that does not listen stops nothing."""
import errno
import json
import os
import re
import signal
import stat
import time

import pytest

from lib import client, config, load, origin as origins, ports, process, syslog, where

MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
NGINX_TIME = rf"\[\d\d/(?:{MONTHS})/\d{{4}}:\d\d:\d\d:\d\d [+-]\d{{4}}\]"
HAPROXY_TIME = rf"\[\d\d/(?:{MONTHS})/\d{{4}}:\d\d:\d\d:\d\d\.\d{{3}}\]"


def nginx(log, formats="", extra="", main=""):
    return config.nginx(f"""{formats}
        server {{
            listen 127.0.0.1:@port@; {log}
            proxy_read_timeout 500ms;
            location / {{ proxy_pass http://127.0.0.1:@o1@; }}
            location /refused {{ proxy_pass http://127.0.0.1:@closed@; }}
            location /own {{ return 404; }}
            {extra}
        }}""", log="", main=main)


@pytest.fixture
def web(prepare, origin):
    def make(*args, env=None, **more):
        o = origin()
        p = prepare("nginx", nginx(*args, **more), o1=o.port, closed=ports.free_port(), env=env)
        p.origin = o
        return p.start()
    return make


def line(p, wanted, name="access.log", seconds=3):
    process.wait_until(lambda: any(wanted in l for l in p.read(name).splitlines()), seconds)
    found = [l for l in p.read(name).splitlines() if wanted in l]
    assert found, f"no line with {wanted!r} in {name}: {p.read(name)[-1000:]!r}"
    return found[-1]


# -- nginx

def test_combined(web):
    p = web("access_log @dir@/access.log;")
    client.ask(p.port, target="/size/1234?q=1", fields=[("Referer", "http://from/"), ("User-Agent", 'a "quoted" agent')])
    assert re.fullmatch(rf'127\.0\.0\.1 - - {NGINX_TIME} "GET /size/1234\?q=1 HTTP/1\.1" 200 1234 "http://from/" "a \\x22quoted\\x22 agent"',
                        line(p, "/size/1234"))
    client.ask(p.port, target="/own")
    assert re.search(r'"GET /own HTTP/1\.1" 404 \d+ "-" "-"$', line(p, "/own"))


def test_own_format(web):
    p = web("access_log @dir@/access.log mine;", """log_format mine '$remote_addr|$request_method|$uri|$args|$status|$body_bytes_sent|'
        '$http_x_test|$host|$server_port|$server_protocol|$scheme|$request_length|$connection_requests|$upstream_status|$upstream_addr|$sent_http_x_origin|$bytes_sent|';""")
    request = client.make_request("POST", "/a%20b/echo?x=1&y=2", [("X-Test", "t")], b"12345", host="example.org:99")
    with client.Client(p.port) as c:
        c.send(request)
        a = c.answer()
    assert a.status == 200
    words = line(p, "|POST|").split("|")
    assert words[:16] == ["127.0.0.1", "POST", "/a b/echo", "x=1&y=2", "200", str(len(a.body)), "t", "example.org", str(p.port), "HTTP/1.1",
                          "http", str(len(request)), "1", "200", f"127.0.0.1:{p.values['o1']}", "o1"]
    assert int(words[16]) > len(a.body)


def test_times(web):
    p = web("access_log @dir@/access.log mine;", "log_format mine '$uri $request_time $upstream_response_time $upstream_connect_time $upstream_header_time $msec';")
    client.ask(p.port, target="/slow/300")
    client.ask(p.port, target="/own")
    _, total, answer, connect, head, at = line(p, "/slow").split()
    assert re.fullmatch(r"\d+\.\d{3}", total) and 0.28 < float(total) < 1 and 0.28 < float(answer) < 1
    assert float(connect) < 0.2 and float(head) > 0.28
    assert abs(float(at) - time.time()) < 10
    assert line(p, "/own").split()[2] == "-"


def test_log_of_a_second_try(prepare, origin):
    o, dead = origin(), ports.free_port()
    p = prepare("nginx", config.nginx("""log_format mine '$uri [$upstream_addr] [$upstream_status]';
        upstream up { server 127.0.0.1:@dead@ max_fails=0; server 127.0.0.1:@o1@; }
        server { listen 127.0.0.1:@port@; access_log @dir@/access.log mine; location / { proxy_pass http://up; } }""", log=""), o1=o.port, dead=dead)
    p.start()
    for _ in range(2):
        client.ask(p.port, target="/who")
    assert process.wait_until(lambda: f"/who [127.0.0.1:{dead}, 127.0.0.1:{o.port}] [502, 200]" in p.read("access.log"), 3)


def test_json_escape(web):
    p = web("access_log @dir@/access.log js;", """log_format js escape=json '{"agent":"$http_user_agent","status":$status}';""")
    client.ask(p.port, target="/who", fields=[("User-Agent", 'q"\\ \xc3\xa9')])
    assert json.loads(line(p, "agent")) == {"agent": 'q"\\ \xc3\xa9'.encode("latin-1").decode("utf-8"), "status": 200}


def test_condition_and_two_logs(web):
    p = web("access_log @dir@/bad.log combined if=$bad; access_log @dir@/access.log;", "map $status $bad { ~^[23] 0; default 1; }")
    client.ask(p.port, target="/who")
    client.ask(p.port, target="/own")
    line(p, "/own")
    assert "/own" in line(p, "/own", "bad.log") and "/who" not in p.read("bad.log") and "/who" in p.read("access.log")


def test_access_log_off(web):
    p = web("access_log @dir@/access.log;", extra="location /quiet { access_log off; return 200; }")
    client.ask(p.port, target="/quiet")
    client.ask(p.port, target="/own")
    line(p, "/own")
    assert "/quiet" not in p.read("access.log")


def test_error_log(web):
    p = web("access_log off; ")
    client.ask(p.port, target="/refused/x")
    client.ask(p.port, target="/cut/head/fin")
    client.ask(p.port, target="/never")
    shape = r'\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[error\] \d+#\d+: \*\d+ '
    tail = r', client: 127\.0\.0\.1, server: , request: "GET %s HTTP/1\.1", upstream: "http://127\.0\.0\.1:\d+%s", host: "test"'
    assert re.fullmatch(shape + r"connect\(\) failed \(111: Connection refused\) while connecting to upstream" + tail % ("/refused/x", "/refused/x"),
                        line(p, "/refused", "error.log"))
    assert re.fullmatch(shape + "upstream prematurely closed connection while reading response header from upstream" + tail % ("/cut/head/fin", "/cut/head/fin"),
                        line(p, "/cut/head", "error.log"))
    assert re.fullmatch(shape + r"upstream timed out \(110: (Connection|Operation) timed out\) while reading response header from upstream" + tail % ("/never", "/never"),
                        line(p, "/never", "error.log"))


def test_heads_that_do_not_come(web):
    """what was there of them is in both logs; who asked nothing is in the error log alone"""
    p = web("access_log @dir@/access.log; client_header_timeout 500ms;")
    for sent in (b"", b"GET /part HT", b"GET /whole HTTP/1.1\r\nHost: a\r\nX:"):
        with client.Client(p.port) as c:
            c.send(sent)
            assert c.until_closed() == b""
    client.Client(p.port).close()
    with client.Client(p.port) as c:
        c.send(b"GET /left")
    assert re.search(r'"GET /left" 400 0 "-" "-"$', line(p, "/left"))
    assert re.search(r'"GET /part HT" 408 0 "-" "-"$', line(p, "/part")) and re.search(r'"GET /whole HTTP/1\.1" 408 0', line(p, "/whole"))
    assert len(p.read("access.log").splitlines()) == 3
    tail = r", client: 127\.0\.0\.1, server: "
    for wanted in (r"client timed out \(110: .*\) while waiting for request" + tail + r"127\.0\.0\.1:\d+$", r"client closed connection while waiting for request" + tail + r"127\.0\.0\.1:\d+$",
                   r'client timed out \(110: .*\) while reading client request line' + tail + ', request: "GET /part HT"$',
                   r'client timed out \(110: .*\) while reading client request headers' + tail + ', request: "GET /whole HTTP/1.1"(, host: "a")?$',
                   'client prematurely closed connection while reading client request line' + tail + ', request: "GET /left"$'):
        assert process.wait_until(lambda: re.search(wanted, p.read("error.log"), re.M), 3), wanted


def test_error_log_of_stream(prepare):
    p = prepare("nginx", config.nginx("", log="", stream="""upstream up { server 127.0.0.1:@closed@; server 127.0.0.1:@closed2@; }
        server { listen 127.0.0.1:@port@; proxy_pass up; }"""), closed=ports.free_port(), closed2=ports.free_port())
    p.start()
    for _ in range(2):
        with client.Client(p.port) as c:
            c.until_closed()
    shape = r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[%s\] \d+#\d+: \*\d+ "
    tail = rf", client: 127\.0\.0\.1, server: 127\.0\.0\.1:{p.port}, upstream: \"%s\", bytes from/to client:0/0, bytes from/to upstream:0/0$"
    address = r"127\.0\.0\.1:\d+"
    for wanted in (shape % "error" + r"connect\(\) failed \(111: Connection refused\) while connecting to upstream" + tail % address,
                   shape % "warn" + "upstream server temporarily disabled while connecting to upstream" + tail % address,
                   shape % "error" + "no live upstreams while connecting to upstream" + tail % "up"):
        assert process.wait_until(lambda: re.search(wanted, p.read("error.log"), re.M), 3), (wanted, p.read("error.log"))


def test_error_log_level(web):
    p = web("access_log off; error_log @dir@/crit.log crit;")
    client.ask(p.port, target="/refused")
    time.sleep(0.3)
    assert "refused" not in p.read("crit.log")


def test_nginx_to_stderr(prepare, origin):
    o = origin()
    p = prepare("nginx", nginx("access_log /dev/stderr; error_log stderr;").replace("error_log @dir@/error.log info;", "error_log stderr;"),
                o1=o.port, closed=ports.free_port())
    p.start()
    client.ask(p.port, target="/refused")
    assert process.wait_until(lambda: '"GET /refused HTTP/1.1" 502' in p.stderr and "Connection refused" in p.stderr, 3)


@pytest.mark.parametrize("kind", ["udp", "unix"])
def test_nginx_to_syslog(web, work, kind):
    target = syslog.Target(work / "log.sock" if kind == "unix" else None)
    at = f"unix:{target.path}" if kind == "unix" else f"127.0.0.1:{target.port}"
    try:
        p = web(f"access_log syslog:server={at},facility=local3,tag=shop,severity=info combined; error_log syslog:server={at},tag=shop error;")
        client.ask(p.port, target="/who")
        client.ask(p.port, target="/refused")
        facility, severity, rest = syslog.parse(target.wait("/who") or pytest.fail(f"nothing came: {target.messages}"))
        assert (facility, severity) == (19, 6)
        assert re.fullmatch(rf'\S+ shop: 127\.0\.0\.1 - - {NGINX_TIME} "GET /who HTTP/1\.1" 200 2 "-" "-"', rest)
        error = target.wait("Connection refused")
        assert error and syslog.parse(error)[1] == 3 and "shop: " in error
    finally:
        target.close()


def test_buffered_log_comes_in_the_end(web):
    p = web("access_log @dir@/access.log combined buffer=64k flush=1s;")
    client.ask(p.port, target="/who")
    line(p, "/who", seconds=3)
    client.ask(p.port, target="/size/7")
    p.signal(signal.SIGQUIT)
    assert p.wait(5) == 0
    assert "/size/7" in p.read("access.log"), "what was buffered is written before the end"


def test_log_is_written_soon_and_in_order(web):
    p = web("access_log @dir@/access.log;")
    with client.Client(p.port) as c:
        for i in range(500):
            c.ask(target=f"/echo/n{i}")
    assert process.wait_until(lambda: p.read("access.log").count("/echo/n") == 500, 2)
    assert [int(n) for n in re.findall(r"/echo/n(\d+)", p.read("access.log"))] == list(range(500))


# -- HAProxy

HAPROXY = """
frontend fe
    bind 127.0.0.1:@port@
    http-request deny if {{ path /deny }}
    {extra}
    default_backend be
backend be
    timeout server 500ms
    retries 0
    server s1 127.0.0.1:@o1@
listen dead
    bind 127.0.0.1:@port2@
    retries 1
    timeout connect 200ms
    server s1 127.0.0.1:@closed@
listen relay
    mode tcp
    option tcplog
    bind 127.0.0.1:@port3@
    timeout server 500ms
    retries 0
    server s1 127.0.0.1:@o1@
listen deadrelay
    mode tcp
    option tcplog
    bind 127.0.0.1:@port4@
    retries 0
    server s1 127.0.0.1:@closed@
"""
HTTPLOG = re.compile(rf'(?P<client>127\.0\.0\.1:\d+) (?P<time>{HAPROXY_TIME}) (?P<frontend>\S+) (?P<backend>\S+)/(?P<server>\S+) '
                     r'(?P<TR>[-\d]+)/(?P<Tw>[-\d]+)/(?P<Tc>[-\d]+)/(?P<Tr>[-\d]+)/(?P<Ta>\+?[-\d]+) (?P<status>[-\d]+) (?P<bytes>\+?\d+) '
                     r'(?P<req_cookie>\S+) (?P<res_cookie>\S+) (?P<state>[-\w]{4}) (?P<conns>\d+/\d+/\d+/\d+)/(?P<retries>\+?\d+) '
                     r'(?P<queues>\d+/\d+) (?P<captures>\{.*\} )?"(?P<request>.*)"')
TCPLOG = re.compile(rf'(?P<client>127\.0\.0\.1:\d+) (?P<time>{HAPROXY_TIME}) (?P<frontend>\S+) (?P<backend>\S+)/(?P<server>\S+) '
                    r'(?P<Tw>[-\d]+)/(?P<Tc>[-\d]+)/(?P<Tt>\+?[-\d]+) (?P<bytes>\+?\d+) (?P<state>[-\w]{2}) (?P<conns>\d+/\d+/\d+/\d+)/(?P<retries>\+?\d+) (?P<queues>\d+/\d+)')


@pytest.fixture
def logged(prepare, origin):
    """haproxy with its log on UDP: .log.wait(text) gives a line"""
    made = []

    def make(extra="", defaults="", top=""):
        o, target = origin(), syslog.Target()
        made.append(target)
        p = prepare("haproxy", config.haproxy(HAPROXY.format(extra=extra), top=f"log 127.0.0.1:{target.port} local2\n{top}",
                                              defaults=f"log global\noption httplog\ntimeout http-request 700ms\n{defaults}"), o1=o.port, closed=ports.free_port())
        p.origin, p.log = o, target
        return p.start(listens=("port", "port2", "port3", "port4"))
    yield make
    for t in made:
        t.close()


def http(p, wanted):
    message = p.log.wait(wanted)
    assert message, f"no line with {wanted!r}: {p.log.messages}"
    match = HTTPLOG.fullmatch(message.split("]: ", 1)[1].rstrip("\n"))
    assert match, f"not the httplog format: {message!r}"
    return match.groupdict()


def test_httplog(logged):
    p = logged()
    with client.Client(p.port) as c:
        c.ask(target="/slow/200?a=1")
        f = http(p, "/slow/200")
        assert f["client"] == c.address
    assert (f["frontend"], f["backend"], f["server"], f["status"], f["state"]) == ("fe", "be", "s1", "200", "----")
    assert 190 <= int(f["Tr"]) < 480 and int(f["Ta"]) >= int(f["Tr"]) and f["Tw"] == "0" and 0 <= int(f["Tc"]) < 100
    assert (f["retries"], f["queues"], f["request"], f["req_cookie"], f["res_cookie"]) == ("0", "0/0", "GET /slow/200?a=1 HTTP/1.1", "-", "-")
    assert f["conns"].split("/")[0] == "1"


def test_syslog_shape(logged):
    p = logged()
    client.ask(p.port, target="/who")
    facility, severity, rest = syslog.parse(p.log.wait("/who"))
    assert (facility, severity) == (18, 6)
    tag, pid = re.match(r"(\w+)\[(\d+)\]: ", rest).groups()
    assert tag == "haproxy" and int(pid) in p.pids()


def test_each_request_of_a_kept_connection_has_a_line(logged):
    p = logged()
    with client.Client(p.port) as c:
        for i in range(3):
            c.ask(target=f"/echo/{i}")
        time.sleep(0.3)
        c.ask(target="/echo/late")
    assert [http(p, f"/echo/{i}")["client"] for i in range(3)] == [http(p, "/echo/late")["client"]] * 3
    assert int(http(p, "/echo/late")["TR"]) < 200, "the idle time before a request is not its own"


def test_bytes_are_those_of_the_answer(logged):
    p = logged()
    with client.Client(p.port) as c:
        c.request(target="/size/5000", fields=[("Connection", "close")])
        size = len(c.until_closed())
    assert abs(int(http(p, "/size/5000")["bytes"]) - size) <= 40


@pytest.mark.parametrize("path,status,state", [
    ("/refuse-keep", "502", "SH--"), ("/reset", "502", "SH--"), ("/never", "504", "sH--"), ("/garbage", "502", "PH--"),
    ("/cut/length/fin", "200", "SD--"), ("/cut/chunked/rst", "200", "SD--"), ("/drip/10/800", "200", "sD--"), ("/deny", "403", "PR--"), ("/who", "200", "----")])
def test_termination_states(logged, path, status, state):
    p = logged()
    try:
        client.ask(p.port, target=path)
    except client.CutShort:
        pass
    f = http(p, f"GET {path} ")
    assert (f["status"], f["state"]) == (status, state)
    if path == "/deny":
        assert (f["backend"], f["server"], f["Tw"], f["Tc"], f["Tr"]) == ("fe", "<NOSRV>", "-1", "-1", "-1")
    if path == "/never":
        assert f["Tr"] == "-1" and 450 < int(f["Ta"]) < 900


def test_state_of_a_dead_server(logged):
    p = logged()
    assert client.ask(p.port2, target="/x").status == 503
    f = http(p, "GET /x ")
    assert (f["status"], f["state"], f["Tc"], f["Tr"], f["retries"]) == ("503", "SC--", "-1", "-1", "1")


def test_state_of_a_client_that_leaves(logged):
    p = logged(defaults="option abortonclose")
    c = client.Client(p.port)
    c.request(target="/slow/450")
    time.sleep(0.1)
    c.reset()
    f = http(p, "/slow/450")
    assert f["state"] in ("CH--", "CC--", "CD--") and int(f["Ta"]) < 400


def test_states_of_bad_requests(logged):
    p = logged()
    with client.Client(p.port) as c:
        c.send(b"GET / HT\r\n\r\n")
        c.until_closed()
    f = http(p, "<BADREQ>")
    assert (f["status"], f["state"], f["backend"], f["server"]) == ("400", "PR--", "fe", "<NOSRV>")
    p.log.messages.clear()
    with client.Client(p.port) as c:
        c.send(b"GET / HTTP/1.1\r\nX: ")
        c.until_closed()
    f = http(p, "<BADREQ>")
    assert (f["status"], f["state"]) == ("408", "cR--")


def test_dontlognull(logged):
    p = logged(defaults="option dontlognull")
    client.Client(p.port).close()
    time.sleep(0.2)
    client.ask(p.port, target="/who")
    p.log.wait("/who")
    assert not any("BADREQ" in m for m in p.log.messages)


@pytest.mark.parametrize("options,lines,answer", [("", ["cR--", "CR--"], b"HTTP/1.1 408"), ("option dontlognull", [], b"HTTP/1.1 408"), ("option http-ignore-probes", [], b""),
                                                  ("option dontlognull\noption http-ignore-probes", [], b"")])
def test_connections_without_a_request(logged, options, lines, answer):
    """one that waits until its time is over, and one that closes at once"""
    p = logged(defaults=options)
    with client.Client(p.port) as c:
        assert c.until_closed().startswith(answer) and (answer or c.closed())
    client.Client(p.port).close()
    time.sleep(0.2)
    client.ask(p.port, target="/who")
    p.log.wait("/who")
    assert [HTTPLOG.fullmatch(m.split("]: ", 1)[1].rstrip("\n"))["state"] for m in p.log.messages if "BADREQ" in m] == lines


def test_captures(logged):
    p = logged(extra="capture request header Host len 20\n    capture request header X-None len 10\n    capture response header X-Origin len 10")
    client.ask(p.port, target="/who", host="shop.example")
    assert http(p, "/who")["captures"] == "{shop.example|} {o1} "


def test_own_log_format(logged):
    p = logged(extra="log-format %ci:%cp|%ft|%b|%s|%ST|%B|%tsc|%HM|%HU|%HV|%{+Q}r|%si:%sp|%rc|%hr")
    client.ask(p.port, "POST", "/echo?a=b", [("X-Test", "t")], b"12")
    words = p.log.wait("|POST|").split("]: ", 1)[1].rstrip("\n").split("|")
    assert words[1:5] == ["fe", "be", "s1", "200"] and words[6:11] == ["----", "POST", "/echo?a=b", "HTTP/1.1", '"POST /echo?a=b HTTP/1.1"']
    assert words[11] == f"127.0.0.1:{p.values['o1']}" and words[12] == "0"


def test_tcplog(logged):
    p = logged()
    with client.Client(p.port3) as c:
        c.request(target="/size/3000", fields=[("Connection", "close")])
        size = len(c.until_closed())
    message = p.log.wait(" relay relay/s1 ")
    f = TCPLOG.fullmatch(message.split("]: ", 1)[1].rstrip("\n")).groupdict()
    assert int(f["bytes"]) == size and f["state"] == "--" and f["retries"] == "0"


@pytest.mark.parametrize("path,state", [("/never", "sD"), ("/reset", "SD")])
def test_tcp_termination_states(logged, path, state):
    p = logged()
    with client.Client(p.port3) as c:
        c.request(target=path)
        c.until_closed()
    f = TCPLOG.fullmatch(p.log.wait(" relay relay/s1 ").split("]: ", 1)[1].rstrip("\n")).groupdict()
    assert f["state"] == state


def test_tcp_state_of_a_dead_server(logged):
    p = logged()
    with client.Client(p.port4) as c:
        c.until_closed()
    f = TCPLOG.fullmatch(p.log.wait(" deadrelay deadrelay/s1 ").split("]: ", 1)[1].rstrip("\n")).groupdict()
    assert (f["state"], f["Tc"]) == ("SC", "-1")


def test_haproxy_to_stdout_raw(prepare, origin):
    o = origin()
    p = prepare("haproxy", config.haproxy("listen all\n    bind 127.0.0.1:@port@\n    server s1 127.0.0.1:@o1@",
                                          top="log stdout format raw local0", defaults="log global\noption httplog"), o1=o.port)
    p.start()
    client.ask(p.port, target="/who")
    assert process.wait_until(lambda: any(HTTPLOG.fullmatch(l) for l in p.stdout.splitlines()), 3), p.stdout


@pytest.mark.parametrize("form,shape", [("rfc3164", r"<134>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (\S+ )?haproxy\[\d+\]: "),
                                        ("rfc5424", r"<134>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z) \S+ haproxy \d+ - - "),
                                        ("short", r"<6>"), ("raw", "")])
def test_formats_and_the_unix_socket(prepare, origin, work, form, shape):
    o, target = origin(), syslog.Target(work / "log.sock")
    p = prepare("haproxy", config.haproxy("listen all\n    bind 127.0.0.1:@port@\n    server s1 127.0.0.1:@o1@",
                                          top=f"log {target.path} format {form} local0", defaults="log global\noption httplog"), o1=o.port)
    p.start()
    client.ask(p.port, target="/who")
    message = target.wait("/who")
    target.close()
    assert message and re.match(shape + r"127\.0\.0\.1:\d+ \[", message), message


def test_logasap(logged):
    """the line comes when the answer begins, with what is known by then"""
    p = logged(defaults="option logasap")
    with client.Client(p.port, timeout=8) as c:
        c.request(target="/drip/20/100")
        c.head()
        f = http(p, "/drip/20/100")
        assert f["Ta"].startswith("+") and int(f["Ta"]) < 1500 and f["status"] == "200" and f["state"] == "----"
        c.reset()
    time.sleep(0.3)
    assert sum("/drip/20/100" in m for m in p.log.messages) == 1, "one line a request"
    client.ask(p.port, target="/deny")
    assert http(p, "/deny")["state"] == "PR--"
    with client.Client(p.port3) as c:
        c.request(target="/slow/400", fields=[("Connection", "close")])
        f = TCPLOG.fullmatch(p.log.wait(" relay relay/s1 ", 0.35).split("]: ", 1)[1].rstrip("\n"))
        assert f and f["state"] == "--" and f["Tt"].startswith("+")


def test_structured_data_and_escapes(prepare, origin):
    o, a, b = origin(), syslog.Target(), syslog.Target()
    p = prepare("haproxy", config.haproxy("""listen all
    bind 127.0.0.1:@port@
    http-request set-var(txn.a) req.hdr(x-a)
    log-format-sd "%{+Q,+E}o [test@1 a=%[var(txn.a)] st=%ST]"
    log-format "%{+E}[var(txn.a)] %{+Q}[var(txn.a)] %HU %{+X}pid"
    server s1 127.0.0.1:@o1@""", defaults="log global\noption httplog",
        top=f"log 127.0.0.1:{a.port} format rfc5424 local0\nlog 127.0.0.1:{b.port} format raw local0"), o1=o.port)
    p.start()
    client.ask(p.port, target="/a{b}", fields=[("X-A", 'q"]\\x')])
    first, second = a.wait("/a{b}"), b.wait("/a{b}")
    a.close(), b.close()
    line = r'q\\"\\\]\\\\x "q"\]\\x" /a\{b\} [0-9A-F]{4,}'
    assert re.search(r' - \[test@1 a="q\\"\\\]\\\\x" st=200\] ' + line, first), first
    assert re.match(line, second), second


@pytest.mark.keel_only("HAProxy writes objects since 3.0")
def test_json_lines(prepare, origin):
    o = origin()
    p = prepare("haproxy", config.haproxy("""listen all
    bind 127.0.0.1:@port@
    log-format "%{+json}o %(client)ci %(status)ST nothing %HM %(path)[path] %(bytes:str)B %(none)[var(txn.x)] %(secure)[ssl_fc]"
    server s1 127.0.0.1:@o1@""", defaults="log global\noption httplog", top="log stdout format raw local0"), o1=o.port)
    p.start()
    client.ask(p.port, target='/size/7?"')
    assert process.wait_until(lambda: "/size" in p.stdout, 3), p.stdout
    seen = json.loads(p.stdout.splitlines()[-1])
    assert seen.pop("bytes").isdigit()
    assert seen == {"client": "127.0.0.1", "status": 200, "path": "/size/7", "none": None, "secure": False}


def test_samples(prepare, origin):
    """of five lines the first and the last two, whichever thread writes them"""
    o, a = origin(), syslog.Target()
    p = prepare("haproxy", config.haproxy("listen all\n    bind 127.0.0.1:@port@\n    server s1 127.0.0.1:@o1@", defaults="log global\noption httplog",
                                          top=f"nbthread 2\nlog 127.0.0.1:{a.port} sample 1,4-5:5 local0"), o1=o.port)
    p.start()
    for i in range(10):
        client.ask(p.port, target=f"/n/{i}/")
    assert a.wait("/n/9/")
    time.sleep(0.3)
    assert [int(n) for m in a.messages for n in re.findall(r"/n/(\d)/", m)] == [0, 3, 4, 5, 8, 9]
    a.close()


def test_what_is_not_logged(logged):
    """dontlog-normal leaves failures, log-separate-errors raises their level"""
    p = logged(defaults="option dontlog-normal\noption log-separate-errors")
    client.ask(p.port, target="/who")
    client.ask(p.port, target="/never")
    message = p.log.wait("/never")
    assert syslog.parse(message)[1] == 3
    assert not any("/who" in m for m in p.log.messages)


def test_level_filter_and_length(prepare, origin):
    o, a, b = origin(), syslog.Target(), syslog.Target()
    p = prepare("haproxy", config.haproxy("listen all\n    bind 127.0.0.1:@port@\n    server s1 127.0.0.1:@o1@", defaults="log global\noption httplog",
                                          top=f"log 127.0.0.1:{a.port} local0 warning\nlog 127.0.0.1:{b.port} len 200 local0"), o1=o.port)
    p.start()
    client.ask(p.port, target="/who/" + "x" * 500)
    assert b.wait("/who") and len(b.wait("/who")) <= 201
    assert a.messages == [] or not any("/who" in m for m in a.messages)
    a.close(), b.close()


# -- servers that come and go

def test_news_of_servers(prepare, origin):
    """in HAProxy's words, to the targets of the backend's section, each at its level"""
    all_, alerts, other = syslog.Target(), syslog.Target(), syslog.Target()
    port = ports.free_port()
    p = prepare("haproxy", config.haproxy("""backend be
    option httpchk GET /who
    server s1 127.0.0.1:@o1@ check inter 100ms rise 1 fall 1
    server s2 127.0.0.1:@o2@ check inter 100ms rise 1 fall 1 backup
backend quiet
    no log
    server s1 127.0.0.1:@closed@ check inter 100ms fall 1
listen l
    bind 127.0.0.1:@port@
    use_backend quiet if { path /quiet }
    default_backend be""", defaults="log global", top=f"log 127.0.0.1:{all_.port} local2\nlog 127.0.0.1:{alerts.port} local3 alert"),
        o1=port, o2=origin("b").port, closed=ports.free_port())
    p.start()
    try:
        down = all_.wait("is DOWN")
        assert syslog.parse(down)[:2] == (18, 1)
        assert re.search(r'haproxy\[\d+\]: Server be/s1 is DOWN, reason: Layer4 connection problem, info: "Connection refused", check duration: \d+ms\. '
                         r"0 active and 1 backup servers left\. Running on backup\. 0 sessions active, 0 requeued, 0 remaining in queue\.\s*$", down), down
        o = origins.Origin("a", port=port).start()
        up = all_.wait("Server be/s1 is UP")
        o.stop()
        assert syslog.parse(up)[:2] == (18, 5)
        assert re.search(r"Server be/s1 is UP, reason: Layer7 check passed, code: 200, check duration: \d+ms\. "
                         r"1 active and 1 backup servers online\. 0 sessions requeued, 0 total in queue\.\s*$", up), up
        assert alerts.wait("is DOWN") and not any("is UP" in m for m in alerts.messages)
        assert not any("quiet" in m for m in all_.messages)
    finally:
        all_.close(), alerts.close(), other.close()


def test_news_that_no_server_is_left(prepare):
    a = syslog.Target()
    p = prepare("haproxy", config.haproxy("""listen l
    bind 127.0.0.1:@port@
    server s1 127.0.0.1:@closed@ check inter 100ms fall 1""", defaults="log global", top=f"log 127.0.0.1:{a.port} local2"), closed=ports.free_port())
    p.start()
    message = a.wait("proxy l has no server available!")
    a.close()
    assert message and syslog.parse(message)[:2] == (18, 0)
    assert process.wait_until(lambda: "proxy 'l' has no server available!" in p.stderr, 3)


# -- targets that do not listen

def blocked(language, work):
    """a configuration whose log target takes nothing"""
    target = syslog.Target(work / "deaf.sock", deaf=True)
    if language == "nginx":
        text = nginx(f"access_log syslog:server=unix:{target.path} combined; error_log @dir@/error.log emerg;")
    else:
        text = config.haproxy("listen all\n    bind 127.0.0.1:@port@\n    server s1 127.0.0.1:@o1@", top=f"log {target.path} local0",
                              defaults="log global\noption httplog")
    return target, text


def test_deaf_socket_stops_nothing(start, origin, language, work):
    o = origin()
    target, text = blocked(language, work)
    p = start(language, text, o1=o.port, closed=ports.free_port())
    ld = load.Load(p.port, rate=400, clients=10).run(4)
    target.close()
    assert ld.report()["failed"] == 0 and ld.report()["sent"] > 1000, ld.report()
    assert ld.report()["p99_ms"] < 500


def test_full_pipe_stops_nothing(prepare, origin, language):
    """stdout or stderr is a pipe that nobody reads"""
    where.not_the_peer("nginx blocks on a full pipe")
    o = origin()
    text = nginx("access_log /dev/stderr combined;") if language == "nginx" else config.haproxy(
        "listen all\n    bind 127.0.0.1:@port@\n    server s1 127.0.0.1:@o1@", top="log stderr format raw local0", defaults="log global\noption httplog")
    p = prepare(language, text, o1=o.port, closed=ports.free_port())
    read, write = os.pipe()
    p.start(stderr=write)
    os.close(write)
    ld = load.Load(p.port, rate=400, clients=10).run(5)
    os.close(read)
    assert ld.report()["failed"] == 0 and ld.report()["sent"] > 1500, ld.report()


def test_full_disk_stops_nothing(web, work):
    """every write says that the disk is full; a device of our own, because nginx gives its log files to the worker's user"""
    if os.geteuid() == 0:
        full = work / "full"
        os.mknod(full, 0o666 | stat.S_IFCHR, os.makedev(1, 7))
    else:
        full = "/dev/full"
    try:
        open(full, "wb", 0).write(b"x")
        pytest.skip("this machine has no device that is full")
    except PermissionError:
        pytest.skip("devices do not work in the folder of the play")
    except OSError as e:
        assert e.errno == errno.ENOSPC
    p = web(f"access_log {full};")
    ld = load.Load(p.port, rate=200, clients=5).run(2)
    assert ld.report()["failed"] == 0 and ld.report()["sent"] > 300


def test_missing_syslog_target_stops_nothing(start, origin, language, work):
    o = origin()
    if language == "nginx":
        text = nginx(f"access_log syslog:server=unix:{work}/nobody.sock combined;")
    else:
        text = config.haproxy("listen all\n    bind 127.0.0.1:@port@\n    server s1 127.0.0.1:@o1@", top=f"log {work}/nobody.sock local0",
                              defaults="log global\noption httplog")
    p = start(language, text, o1=o.port, closed=ports.free_port())
    ld = load.Load(p.port, rate=200, clients=5).run(2)
    assert ld.report()["failed"] == 0 and ld.report()["sent"] > 300


def test_gone_target_is_said_once_and_taken_again(prepare, origin, work):
    """the other targets get every line, and this one those after its return"""
    where.not_the_peer("it says so in its own words, on stderr")
    o, good = origin(), syslog.Target()
    path = work / "gone.sock"
    p = prepare("haproxy", config.haproxy("listen all\n    bind 127.0.0.1:@port@\n    server s1 127.0.0.1:@o1@", defaults="log global\noption httplog",
                                          top=f"log {path} local0\nlog 127.0.0.1:{good.port} local0"), o1=o.port)
    p.start()
    for i in range(5):
        client.ask(p.port, target=f"/n/{i}/")
        time.sleep(0.15)
    assert good.wait("/n/4/") and sum("/n/" in m for m in good.messages) == 5
    assert process.wait_until(lambda: "gone.sock takes no lines" in p.stderr, 3)
    target = syslog.Target(path)
    assert process.wait_until(lambda: client.ask(p.port, target="/late/") and any("/late/" in m for m in target.messages), 5)
    assert p.stderr.count("takes no lines") == 1
    target.close(), good.close()


def test_time_zone_of_the_environment(web):
    p = web("access_log @dir@/access.log;", env={"TZ": "Asia/Shanghai"})
    client.ask(p.port, target="/who")
    assert " +0800]" in line(p, "/who")
