# SPDX-License-Identifier: Apache-2.0
"""What goes wrong on the origin's side: who notices, what the client is told, what is tried again."""
import itertools
import re
import socket
import time

import pytest

from lib import client, config, load, origin as origins, ports, process, toys, where


def nginx(location="", upstream="", http=""):
    """<upstream>: the servers of one group; <location>: how it is used"""
    return config.nginx(f"""
        {http}
        upstream up {{ {upstream} }}
        server {{
            listen 127.0.0.1:@port@;
            proxy_connect_timeout 500ms; proxy_read_timeout 500ms; proxy_send_timeout 500ms;
            location / {{ proxy_pass http://up; {location} }}
        }}""")


def haproxy(servers, options="retries 0"):
    return config.haproxy("""
listen all
    bind 127.0.0.1:@port@
    timeout connect 500ms
    timeout server 500ms
    """ + "\n    ".join(options.split(";")) + "\n    " + "\n    ".join(servers.split(";")))


ONE = {"nginx": nginx(upstream="server 127.0.0.1:@o1@;"), "haproxy": haproxy("server s1 127.0.0.1:@o1@")}


@pytest.fixture
def proxy(start, origin, language):
    o = origin()
    p = start(language, ONE[language], o1=o.port)
    p.origin = o
    return p


@pytest.fixture
def full_listener():
    """a port whose SYNs are swallowed: its backlog is full and nobody accepts"""
    s = socket.socket()
    s.bind(("127.0.0.1", ports.free_port()))
    s.listen(0)
    fill = []
    for _ in range(4):
        c = socket.socket()
        c.setblocking(False)
        c.connect_ex(s.getsockname())
        fill.append(c)
    time.sleep(0.1)
    yield s.getsockname()[1]
    for c in fill + [s]:
        c.close()


# -- one server, one failure

def test_refused_connection(start, language):
    p = start(language, ONE[language], o1=ports.free_port())
    a = client.ask(p.port)
    assert a.status == {"nginx": 502, "haproxy": 503}[language]
    assert a.body and "html" in a.get("Content-Type")


def test_connect_timeout(start, language, full_listener):
    p = start(language, ONE[language], o1=full_listener)
    began = time.monotonic()
    a = client.ask(p.port)
    assert a.status == {"nginx": 504, "haproxy": 503}[language]
    assert 0.4 < time.monotonic() - began < 2.5


@pytest.mark.parametrize("path", ["/refuse-keep", "/reset", "/cut/head/fin", "/cut/head/rst", "/garbage"])
def test_no_whole_head(proxy, path):
    if path == "/garbage" and proxy.language == "nginx":
        where.not_the_peer("1.22 takes it for HTTP/0.9")
    a = client.ask(proxy.port, target=path)
    assert a.status == 502
    assert client.ask(proxy.port, target="/who").body == b"o1"


OK = b"HTTP/1.1 200 OK\r\n"
BAD_ANSWERS = {
    # what a server sends: what the log says of it; None: the answer passes all the same
    "garbage": (b"\0\1\xff no HTTP\r\n\r\n", "an invalid header (the status line is not valid)"),
    "another-protocol": (b"SSH-2.0-OpenSSH_9.2\r\n", "an invalid header (the status line is not valid)"),
    "status": (b"HTTP/1.1 2000 OK\r\n\r\n", "an invalid header (the status line is not valid)"),
    "version": (b"HTTP/3.0 200 OK\r\n\r\n", "an invalid header (another major version in an HTTP/1 message)"),
    "no-colon": (OK + b"oops\r\n\r\n", "an invalid header (a field name is not a token with a colon)"),
    "zero-byte": (OK + b"X: a\0b\r\n\r\n", "an invalid header (a control byte in the head)"),
    "large-head": (OK + b"X: " + b"a" * 100_000 + b"\r\n\r\n", "an invalid header (the head is too long)"),
    "length": (OK + b"Content-Length: -5\r\n\r\nhello", "an invalid header (Content-Length is repeated or not a length)"),
    "two-lengths": (OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", "an invalid header (Content-Length is repeated or not a length)"),
    "coding": (OK + b"Transfer-Encoding: gzip\r\n\r\nhello", "an invalid header (an unknown transfer coding)"),
    "switch": (b"HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", "an invalid header (a change of protocol that nobody asked for)"),
    "chunk-size": (OK + b"Transfer-Encoding: chunked\r\n\r\nXYZ\r\nhello", "invalid chunked response (a chunk size is not valid) while reading upstream"),
    "chunk-end": (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX", "invalid chunked response (a chunk's data does not end with its size) while reading upstream"),
    "more-than-its-length": (OK + b"Content-Length: 5\r\n\r\nhello and more", 'more data than specified in "Content-Length" header while reading upstream'),
}


def test_the_log_says_what_was_wrong_with_an_answer(start):
    """502, and a line with the server, the request and the reason"""
    where.not_the_peer("1.22 passes most of them on")

    def serve(s):
        name = s.recv(65536).split(b" ")[1][1:].decode()
        if name == "late":
            s.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            time.sleep(0.2)
            s.sendall(b"XYZ\r\n")
        else:
            s.sendall(BAD_ANSWERS[name][0])
        s.shutdown(socket.SHUT_WR)
    server = toys.Toy(serve)
    p = start("nginx", ONE["nginx"], o1=server.port)
    try:
        for name, (_, why) in BAD_ANSWERS.items():
            a = client.ask(p.port, target=f"/{name}")
            whole = name == "more-than-its-length"
            assert (a.status, a.body) == (200, b"hello") if whole else a.status == 502, name
            level = "warn" if whole else "error"
            line = re.compile(rf"\[{level}\] .* upstream sent {re.escape(why)}, client: 127\.0\.0\.1, .*GET /{name} HTTP.*http://127\.0\.0\.1:{server.port}/{name}")
            assert process.wait_until(lambda: line.search(p.read("error.log")), 3), (name, p.read("error.log"))
        with pytest.raises(client.CutShort):
            client.ask(p.port, target="/late")
        late = re.compile(r"invalid chunked response \(a chunk size is not valid\) while reading upstream, .*GET /late ")
        assert process.wait_until(lambda: late.search(p.read("error.log")), 3), p.read("error.log")
    finally:
        server.stop()


def test_no_answer_in_time(proxy):
    began = time.monotonic()
    a = client.ask(proxy.port, target="/never")
    assert a.status == 504
    assert 0.4 < time.monotonic() - began < 2


def test_head_larger_than_any_buffer(proxy):
    assert client.ask(proxy.port, target="/hugehead/300000").status == 502
    assert client.ask(proxy.port, target="/hugehead/2000").status == 200


CUTS = [("length", "fin"), ("length", "rst"), ("chunked", "fin"), ("chunked", "rst"), ("close", "rst")]


def is_cut_for_the_peer_too(language, framing, version):
    """where the end of the connection is the end of the answer, nginx 1.22 and haproxy 2.6 close as if that were all"""
    return framing != "close" if language == "haproxy" else framing == "length" or version == "1.1"


def test_cut_body_is_seen_by_the_client(proxy):
    """a client must never take half an answer for a whole one; to one that ends with its connection, a reset says so"""
    for (framing, how), version in itertools.product(CUTS, ("1.1", "1.0")):
        if where.TEST_PEER and not is_cut_for_the_peer_too(proxy.language, framing, version):
            continue
        with client.Client(proxy.port) as c:
            c.request(target=f"/cut/{framing}/{how}", version=version)
            with pytest.raises((client.CutShort, ConnectionResetError)):
                a = c.answer()
                assert a.status != 200, f"{framing}, {how}, HTTP/{version}: half a body was made whole: {a}"
                raise client.CutShort("an error status is honest too")
        assert client.ask(proxy.port, target="/who").body == b"o1"


def test_stall_inside_a_body_is_seen_by_the_client(proxy):
    with client.Client(proxy.port) as c:
        c.request(target="/drip/10/1500")
        with pytest.raises((client.CutShort, ConnectionResetError)):
            c.answer()


def test_status_of_the_origin_passes(proxy):
    for code in (400, 404, 500, 502, 503, 504):
        a = client.ask(proxy.port, target=f"/status/{code}")
        assert a.status == code and a.body == b"o1 says %d" % code


def test_own_error_answers_keep_the_connection(start, origin, language):
    """an answer that we make ourselves has a framing, so the client may go on"""
    o = origin()
    p = start(language, ONE[language], o1=o.port)
    with client.Client(p.port) as c:
        a = c.ask(target="/never")
        assert a.status == 504
        if language == "nginx":
            assert a.keeps and a.framing == "length"
            assert c.ask(target="/who").body == b"o1"


def test_error_page_of_the_file(prepare):
    p = prepare("nginx", config.nginx("""
        server {
            listen 127.0.0.1:@port@; root @dir@/html;
            location / { proxy_pass http://127.0.0.1:@o1@; error_page 502 504 /50x.html; }
            location = /50x.html { internal; }
        }"""), o1=ports.free_port())
    p.write("sorry, later\n", "html/50x.html")
    p.start()
    a = client.ask(p.port)
    assert a.status == 502 and a.body == b"sorry, later\n"
    assert client.ask(p.port, target="/50x.html").status == 404, "internal"


def test_errorfile_of_the_file(prepare):
    p = prepare("haproxy", config.haproxy("""
listen all
    bind 127.0.0.1:@port@
    retries 0
    errorfile 503 @dir@/503.http
    server s1 127.0.0.1:@o1@"""), o1=ports.free_port())
    p.write("HTTP/1.0 503 Service Unavailable\r\nContent-Type: text/plain\r\nX-Mine: yes\r\n\r\nsorry, later\n", "503.http")
    p.start()
    a = client.ask(p.port)
    assert a.status == 503 and a.body == b"sorry, later\n" and a.get("X-Mine") == "yes"


# -- another server is tried

def pair(origin):
    a, b = origin("a"), origin("b")
    return {"a": a.port, "b": b.port}, a, b


def who(port, times, path="/who"):
    return [client.ask(port, target=path).text for _ in range(times)]


def test_refusing_server_costs_no_request(start, origin, language):
    text = {"nginx": nginx(upstream="server 127.0.0.1:@a@ max_fails=0; server 127.0.0.1:@b@ max_fails=0;"),
            "haproxy": haproxy("server a 127.0.0.1:@a@;server b 127.0.0.1:@b@", "retries 2;option redispatch 1;timeout connect 200ms")}
    b = origin("b")
    p = start(language, text[language], a=ports.free_port(), b=b.port)
    assert who(p.port, 6) == ["b"] * 6


def test_swallowing_server_costs_time_only(start, origin, language, full_listener):
    text = {"nginx": nginx(upstream="server 127.0.0.1:@a@; server 127.0.0.1:@b@;"),
            "haproxy": haproxy("server a 127.0.0.1:@a@;server b 127.0.0.1:@b@", "retries 1;option redispatch")}
    b = origin("b")
    p = start(language, text[language], a=full_listener, b=b.port)
    assert who(p.port, 2) == ["b"] * 2


def test_silent_server_costs_time_only(start, origin, language):
    """it takes the request and never answers"""
    text = {"nginx": nginx(upstream="server 127.0.0.1:@a@; server 127.0.0.1:@b@;"),
            "haproxy": haproxy("server a 127.0.0.1:@a@;server b 127.0.0.1:@b@", "retries 2;option redispatch 1;retry-on response-timeout")}
    b, silent = origin("b"), toys.Toy(toys.silent)
    p = start(language, text[language], a=silent.port, b=b.port)
    try:
        assert who(p.port, 3) == ["b"] * 3 and silent.accepted >= 1
    finally:
        silent.stop()


def test_max_fails_keeps_a_dead_server_out(start, origin):
    """after one failure the dead server gets no try for fail_timeout, then one again"""
    o = origin("b")
    dead = ports.free_port()
    p = start("nginx", nginx(upstream="server 127.0.0.1:@a@ max_fails=1 fail_timeout=1s; server 127.0.0.1:@b@;"), a=dead, b=o.port)
    assert who(p.port, 6) == ["b"] * 6
    assert process.wait_until(lambda: "Connection refused" in p.read("error.log"), 2)
    a = origins.Origin("a", port=dead).start()
    try:
        assert "a" not in who(p.port, 2), "tried again before fail_timeout was over"
        time.sleep(2.2)           # whole seconds are counted
        assert sorted(set(who(p.port, 6))) == ["a", "b"]
    finally:
        a.stop()


def test_all_servers_dead(start, language):
    text = {"nginx": nginx(upstream="server 127.0.0.1:@a@; server 127.0.0.1:@b@;"),
            "haproxy": haproxy("server a 127.0.0.1:@a@;server b 127.0.0.1:@b@", "retries 1;option redispatch;timeout connect 200ms")}
    p = start(language, text[language], a=ports.free_port(), b=ports.free_port())
    for _ in range(3):
        assert client.ask(p.port).status == {"nginx": 502, "haproxy": 503}[language]


def test_next_upstream_by_status(start, origin):
    values, a, b = pair(origin)
    p = start("nginx", nginx("proxy_next_upstream error timeout http_503;",
                             "server 127.0.0.1:@a@ max_fails=0; server 127.0.0.1:@b@ max_fails=0;"), **values)
    answer = client.ask(p.port, target="/once/503")
    assert answer.status == 200, "the other server was not asked"
    assert len(a.requests) == len(b.requests) == 1
    assert client.ask(p.port, target="/status/500").status == 500, "500 is not in the list"


def test_which_statuses_count_as_failures(start, origin):
    """one that the file names is a failure of the server, but for 403 and 404; the log has both tries, and no line of an error"""
    values, a, b = pair(origin)
    text = nginx("proxy_next_upstream error http_503 http_404;", "server 127.0.0.1:@a@ max_fails=1 fail_timeout=60s; server 127.0.0.1:@b@ max_fails=1 fail_timeout=60s;",
                 "log_format mine '$uri [$upstream_addr] [$upstream_status]';").replace("access_log off;", "").replace("location /", "access_log @dir@/access.log mine; location /")
    p = start("nginx", text, **values)
    addresses = {f"127.0.0.1:{o.port}" for o in (a, b)}

    def tries(path):
        assert process.wait_until(lambda: f"{path} [" in p.read("access.log"), 3)
        line = next(l for l in p.read("access.log").splitlines() if l.startswith(f"{path} ["))
        return [part.split(", ") for part in re.findall(r"\[(.*?)\]", line)]
    for i in range(4):
        assert client.ask(p.port, target=f"/{i}/once/404").status == 200
    assert {x for i in range(4) for x in tries(f"/{i}/once/404")[0]} == addresses and tries("/0/once/404")[1] == ["404", "200"], "nobody was taken out"
    assert client.ask(p.port, target="/once/503").status == 200
    (first, second), statuses = tries("/once/503")
    assert statuses == ["503", "200"]
    for i in range(4):
        client.ask(p.port, target=f"/who/{i}")
        assert tries(f"/who/{i}")[0] == [second], "who said 503 is left alone"
    assert "prematurely" not in p.read("error.log") and "temporarily disabled" in p.read("error.log")


def test_next_upstream_tries_is_a_limit(start, origin):
    made = [origin(n) for n in "abc"]
    p = start("nginx", nginx("proxy_next_upstream error timeout http_503; proxy_next_upstream_tries 2;",
                             " ".join(f"server 127.0.0.1:@{o.name}@ max_fails=0;" for o in made)), **{o.name: o.port for o in made})
    assert client.ask(p.port, target="/status/503").status == 503
    assert sum(len(o.requests) for o in made) == 2


def test_next_upstream_timeout_is_a_limit(start, origin):
    made = [origin(n) for n in "abc"]
    p = start("nginx", nginx("proxy_next_upstream_timeout 700ms;",
                             " ".join(f"server 127.0.0.1:@{o.name}@ max_fails=0;" for o in made)), **{o.name: o.port for o in made})
    began = time.monotonic()
    assert client.ask(p.port, target="/never").status == 504
    assert time.monotonic() - began < 1.4, "a third server was tried"
    assert sum(len(o.requests) for o in made) == 2


def test_next_upstream_off(start, origin):
    values, a, b = pair(origin)
    p = start("nginx", nginx("proxy_next_upstream off;", "server 127.0.0.1:@a@ max_fails=0; server 127.0.0.1:@b@ max_fails=0;"), **values)
    assert client.ask(p.port, target="/refuse-keep").status == 502
    assert len(a.requests) + len(b.requests) == 1


def test_retry_on_of_haproxy(start, origin):
    values, a, b = pair(origin)
    p = start("haproxy", haproxy("server a 127.0.0.1:@a@;server b 127.0.0.1:@b@",
                                 "retries 3;option redispatch 1;retry-on conn-failure empty-response response-timeout 503"), **values)
    for path in ("/once/fin", "/once/late", "/once/503"):
        answer = client.ask(p.port, target=path)
        assert answer.status == 200, path


def test_retries_are_counted(start, origin):
    a = origin("a")
    p = start("haproxy", haproxy("server a 127.0.0.1:@a@", "retries 2;retry-on empty-response"), a=a.port)
    assert client.ask(p.port, target="/refuse-keep").status == 502
    assert len(a.requests) == 3


def test_http_500_is_not_a_failure_unless_said(start, origin, language):
    text = {"nginx": nginx(upstream="server 127.0.0.1:@a@; server 127.0.0.1:@b@;"),
            "haproxy": haproxy("server a 127.0.0.1:@a@;server b 127.0.0.1:@b@", "retries 3;option redispatch 1")}
    values, a, b = pair(origin)
    p = start(language, text[language], **values)
    assert [client.ask(p.port, target="/status/500").status for _ in range(4)] == [500] * 4
    assert (len(a.requests), len(b.requests)) == (2, 2), "each request is asked once, in turn"


# -- what must not be done twice

@pytest.mark.parametrize("path", ["/refuse-keep", "/reset", "/never"])
def test_post_is_not_repeated(start, origin, language, path):
    """once a POST was sent, nobody knows whether it was done: no second server may get it"""
    text = {"nginx": nginx(upstream="server 127.0.0.1:@a@ max_fails=0; server 127.0.0.1:@b@ max_fails=0;"),
            "haproxy": haproxy("server a 127.0.0.1:@a@;server b 127.0.0.1:@b@", "retries 3;option redispatch 1")}
    values, a, b = pair(origin)
    p = start(language, text[language], **values)
    answer = client.ask(p.port, "POST", path, body=b"order one book")
    assert answer.status in (502, 504)
    assert len(a.requests) + len(b.requests) == 1


def test_post_is_exempt_from_haproxys_retries(start, origin):
    """retry-on repeats any method; this is how a file says no"""
    values, a, b = pair(origin)
    p = start("haproxy", haproxy("server a 127.0.0.1:@a@;server b 127.0.0.1:@b@",
                                 "retries 3;option redispatch 1;retry-on conn-failure empty-response;http-request disable-l7-retry if METH_POST"), **values)
    assert client.ask(p.port, "POST", "/refuse-keep", body=b"order one book").status == 502
    assert len(a.requests) + len(b.requests) == 1
    assert client.ask(p.port, "GET", "/once/fin").status == 200


def test_post_goes_to_the_next_when_it_was_never_sent(start, origin, language):
    text = {"nginx": nginx(upstream="server 127.0.0.1:@a@ max_fails=0; server 127.0.0.1:@b@ max_fails=0;"),
            "haproxy": haproxy("server a 127.0.0.1:@a@;server b 127.0.0.1:@b@", "retries 2;option redispatch 1;timeout connect 200ms")}
    b = origin("b")
    p = start(language, text[language], a=ports.free_port(), b=b.port)
    for _ in range(3):
        assert client.ask(p.port, "POST", "/echo", body=b"x" * 30000).status == 200
    assert [len(r.body) for r in b.requests] == [30000] * 3


def test_post_is_repeated_where_the_file_says_so(start, origin):
    values, a, b = pair(origin)
    p = start("nginx", nginx("proxy_next_upstream error timeout non_idempotent;",
                             "server 127.0.0.1:@a@ max_fails=0; server 127.0.0.1:@b@ max_fails=0;"), **values)
    answer = client.ask(p.port, "POST", "/once/fin", body=b"again")
    assert answer.status == 200
    assert [r.body for r in a.requests + b.requests if r.whole] == [b"again"]


def test_kept_connection_that_died_is_not_an_error(start, origin, language):
    """the race of keep-alive: the origin closes an idle connection just when it is used again; a GET must survive"""
    text = {"nginx": nginx('proxy_http_version 1.1; proxy_set_header Connection "";', "server 127.0.0.1:@a@ max_fails=0; keepalive 4;"),
            "haproxy": haproxy("server a 127.0.0.1:@a@", "retries 1;http-reuse always;retry-on conn-failure empty-response")}
    a = origin("a")
    p = start(language, text[language], a=a.port)
    failed = 0
    for i in range(40):
        with client.Client(p.port) as c:
            c.ask(target="/idle-close/15")
            time.sleep(0.0148)
            failed += c.ask(target="/echo").status != 200
    assert failed == 0


def test_a_server_killed_and_restarted_every_two_seconds_costs_no_request(start, origin, language):
    """300 requests a second, some on kept connections, some not; those in flight when it dies are sent to the other"""
    text = {"nginx": nginx('proxy_http_version 1.1; proxy_set_header Connection ""; proxy_connect_timeout 5s; proxy_read_timeout 5s;',
                           "server 127.0.0.1:@a@ max_fails=1 fail_timeout=1s; server 127.0.0.1:@b@ max_fails=1 fail_timeout=1s; keepalive 32;"),
            "haproxy": haproxy("server a 127.0.0.1:@a@;server b 127.0.0.1:@b@",
                               "retries 3;option redispatch 1;retry-on conn-failure empty-response;timeout connect 5s;timeout server 5s")}
    values, a, b = pair(origin)
    a.delay = b.delay = 0.02
    p = start(language, text[language], **values)
    ld = load.Load(p.port, rate=300, clients=30, keep=0.8).start(7)
    for _ in range(3):
        time.sleep(1)
        b.stop()
        time.sleep(1)
        b.start()
    ld.stop()
    report = ld.report()
    assert report["failed"] == 0 and report["sent"] > 600, report
    assert ld.servers["a"] > 300 and ld.servers["b"] > 100, ld.servers


# -- the client's side

def test_client_that_never_finishes(start, origin, language):
    """a head that stops: 408 (or a close) within the time of the file; a body that stops holds nothing for longer than the timeouts"""
    text = {"nginx": config.nginx("""client_header_timeout 1s; client_body_timeout 1s;
                server { listen 127.0.0.1:@port@; location / { proxy_pass http://127.0.0.1:@o1@; } }"""),
            "haproxy": config.haproxy("listen all\n    bind 127.0.0.1:@port@\n    timeout http-request 1s\n    timeout client 1s\n"
                                      "    timeout server 2s\n    server s1 127.0.0.1:@o1@")}
    o = origin()
    p = start(language, text[language], o1=o.port)
    for sent, codes in ((b"G", (b"408",)), (b"GET / HTTP/1.1\r\nHost: t\r\nX-Slow: ", (b"408",)),
                        (b"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n\r\nhalf", (b"408", b"504"))):
        with client.Client(p.port) as c:
            c.send(sent)
            began = time.monotonic()
            data = c.until_closed(4)
            assert 0.7 < time.monotonic() - began < 3.5
            assert not data or data.split(b" ")[1] in codes
    assert all(not r.whole for r in o.requests)


def test_slow_head_cannot_stretch_the_timeout(start, origin, language):
    """a byte now and then does not buy more time"""
    text = {"nginx": config.nginx("client_header_timeout 1s; server { listen 127.0.0.1:@port@; location / { proxy_pass http://127.0.0.1:@o1@; } }"),
            "haproxy": config.haproxy("listen all\n    bind 127.0.0.1:@port@\n    timeout http-request 1s\n    server s1 127.0.0.1:@o1@")}
    o = origin()
    p = start(language, text[language], o1=o.port)
    with client.Client(p.port) as c:
        began = time.monotonic()
        try:
            c.send_slowly(b"GET / HTTP/1.1\r\nHost: t\r\n" + b"X-Drip: y\r\n" * 10, gap=0.04)
            c.until_closed(4)
        except OSError:
            pass
        assert time.monotonic() - began < 3.5
    assert o.requests == []


BROKEN = {
    "odd version": b"GET / HTTP/1.x\r\nHost: a\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "space in a name": b"GET / HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n",
    "space before the colon": b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length : 3\r\n\r\nabc",
    "negative length": b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "bad chunk size": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nXYZ\r\n",
    "unknown coding": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\nXYZ\r\n",
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}


@pytest.mark.parametrize("what", list(BROKEN))
def test_broken_request(proxy, what):
    """refused and closed; never a crash, never a hang, and the next client is served"""
    if what == "space before the colon" and proxy.language == "nginx":
        where.not_the_peer("it skips the field")
    with client.Client(proxy.port) as c:
        c.send(BROKEN[what])
        data = c.until_closed(5)
    assert not data or data.split(b" ")[1] in (b"400", b"501"), data[:100]
    assert client.ask(proxy.port, target="/who").body == b"o1"
