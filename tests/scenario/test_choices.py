# SPDX-License-Identifier: Apache-2.0
"""Who is chosen when load, time, weights that grow, routes and full servers count."""
import collections
import concurrent.futures
import time

import pytest

from lib import client, config, ports, process, toys, where

keel_only = pytest.mark.keel_only("a part of nginx Plus")


def upstream(lines, more="", http=""):
    return config.nginx(f"""
        {http}
        upstream up {{ {lines} }}
        server {{ listen 127.0.0.1:@port@; location / {{ proxy_pass http://up; {more} }} }}""")


@pytest.fixture
def play(start, origin):
    """play(lines of the upstream) -> a running nginx.conf with origins a, b, c"""
    def make(lines, more="", http="", **values):
        origins = {n: origin(n) for n in "abc"}
        p = start("nginx", upstream(lines, more, http), **{n: o.port for n, o in origins.items()}, **values)
        p.origins = origins
        return p
    return make


def who(p, times=1, **how):
    return "".join(client.ask(p.port, target="/who", **how).text for _ in range(times))


class Busy:
    """so many requests that wait at their servers; .counts when they are over"""

    def __init__(self, p, count, ms=900, gap=0.01):
        self.p, self.pool = p, concurrent.futures.ThreadPoolExecutor(count)
        self.jobs = []
        for _ in range(count):
            self.jobs.append(self.pool.submit(lambda: client.ask(p.port, target=f"/slow/{ms}")))
            time.sleep(gap)

    def answers(self):
        return [j.result() for j in self.jobs]

    def at(self):
        """how many each origin has received, once all of them arrived somewhere"""
        process.wait_until(lambda: sum(self.count().values()) >= len(self.jobs), 2)
        return self.count()

    def count(self):
        return {n: sum("/slow/" in r.target for r in o.requests) for n, o in self.p.origins.items()}


# -- fair

FAIR = "server 127.0.0.1:@a@; server 127.0.0.1:@b@; server 127.0.0.1:@c@;"


def fair(start, origins, words, servers, peer=None):
    text = upstream(f"fair {words}; {servers}")
    if where.TEST_PEER:
        text = where.peer_modules("http_upstream_fair") + "\n" + text
    p = start("nginx", text, **{n: o.port for n, o in origins.items()})
    p.origins = origins
    return p


@pytest.fixture
def abc(origin):
    return {n: origin(n) for n in "abc"}


@pytest.mark.needs("fair")
def test_fair_spreads_what_takes_long(start, abc):
    """the module's promise: nobody is given a second request while another is idle"""
    p = fair(start, abc, "", FAIR)
    busy = Busy(p, 9)
    assert busy.at() == {"a": 3, "b": 3, "c": 3}
    busy.answers()


@pytest.mark.needs("fair")
def test_fair_takes_turns_when_idle(start, abc):
    p = fair(start, abc, "", FAIR)
    assert collections.Counter(who(p, 12)) == {"a": 4, "b": 4, "c": 4}


@pytest.mark.needs("fair")
def test_fair_without_turns_prefers_the_first(start, abc):
    p = fair(start, abc, "no_rr", FAIR)
    assert len(set(who(p, 9))) == 1
    busy = Busy(p, 3)
    assert busy.at() == {"a": 1, "b": 1, "c": 1}
    busy.answers()


@pytest.mark.needs("fair")
def test_fair_peak_is_a_limit(start, abc):
    p = fair(start, abc, "weight_mode=peak", "server 127.0.0.1:@a@ weight=2; server 127.0.0.1:@b@ weight=1;")
    busy = Busy(p, 3)
    assert busy.at() == {"a": 2, "b": 1, "c": 0}
    assert client.ask(p.port, target="/who").status == 502
    busy.answers()


@keel_only
def test_fair_shares_by_weight_and_keeps_backups_back(start, abc):
    where.not_the_peer("the module ignores weights and backup")
    p = fair(start, abc, "", "server 127.0.0.1:@a@ weight=2; server 127.0.0.1:@b@; server 127.0.0.1:@c@ backup;")
    busy = Busy(p, 6)
    assert busy.at() == {"a": 4, "b": 2, "c": 0}
    busy.answers()


# -- time

@keel_only
def test_least_time_prefers_who_answers_soon(play):
    p = play("least_time header; server 127.0.0.1:@a@; server 127.0.0.1:@b@;")
    for _ in range(6):      # both are asked once; who was slow is left alone
        client.ask(p.port, target="/slow/60")
    p.origins["a"].clear(), p.origins["b"].clear()
    seen = collections.Counter(who(p, 20))
    assert max(seen.values()) >= 18


@keel_only
def test_least_time_last_byte_counts_the_whole_answer(play):
    p = play("least_time last_byte; server 127.0.0.1:@a@; server 127.0.0.1:@b@;")
    first = client.ask(p.port, target="/drip/8/30")     # its head came at once, its end did not
    assert first.status == 200
    slow = next(n for n, o in p.origins.items() if o.requests)
    seen = collections.Counter(who(p, 20))
    assert seen[slow] <= 1


@pytest.mark.parametrize("method", ("", "least_conn", pytest.param("least_time=header", marks=keel_only), pytest.param("least_time=last_byte", marks=keel_only)))
def test_random_two_avoids_who_is_busy(play, method):
    p = play(f"random two {method}; zone up 64k; server 127.0.0.1:@a@; server 127.0.0.1:@b@;")
    busy = Busy(p, 8)
    if method in ("", "least_conn"):
        assert busy.at() == {"a": 4, "b": 4, "c": 0}
    else:
        assert min(busy.at()["a"], busy.at()["b"]) >= 1
    busy.answers()


# -- weights that grow

@keel_only
def test_slow_start_after_a_failure(play):
    p = play("server 127.0.0.1:@a@ slow_start=4s max_fails=1 fail_timeout=1s; server 127.0.0.1:@b@;")
    p.origins["a"].stop()
    who(p, 4)
    time.sleep(1.1)
    p.origins["a"].start()
    early = collections.Counter(who(p, 40))
    assert 1 <= early["a"] < early["b"] / 2, early
    time.sleep(4)
    assert collections.Counter(who(p, 40))["a"] >= 18


# -- full servers

@keel_only
def test_queue_holds_requests_until_there_is_a_place(play):
    p = play("server 127.0.0.1:@a@ max_conns=1; queue 5 timeout=5s;")
    busy = Busy(p, 4, ms=150)
    assert [a.status for a in busy.answers()] == [200] * 4


@keel_only
def test_queue_has_a_length_and_a_time(play):
    p = play("server 127.0.0.1:@a@ max_conns=1; queue 1 timeout=1s;")
    busy = Busy(p, 3, ms=2500, gap=0.1)
    began = time.monotonic()
    statuses = [a.status for a in busy.answers()]
    assert sorted(statuses) == [200, 502, 502], "one is served, one is too many at once, one waits a second for nothing"
    assert time.monotonic() - began < 4


def test_full_servers_without_a_queue(play):
    p = play("server 127.0.0.1:@a@ max_conns=1; zone up 64k;")
    busy = Busy(p, 1, ms=600)
    time.sleep(0.1)
    assert client.ask(p.port, target="/who").status == 502
    busy.answers()


# -- stickiness

@keel_only
def test_route_names_the_server(play):
    p = play("server 127.0.0.1:@a@ route=one; server 127.0.0.1:@b@ route=two; server 127.0.0.1:@c@ route=three drain; sticky route $cookie_r $arg_r;")
    assert "".join(client.ask(p.port, target="/who?r=two").text for _ in range(6)) == "b" * 6
    assert who(p, 6, fields=[("Cookie", "r=one")]) == "a" * 6
    assert who(p, 3, fields=[("Cookie", "r=three")]) == "ccc", "who drains keeps those that belong to it"
    assert collections.Counter(who(p, 6)) == {"a": 3, "b": 3}
    p.origins["b"].stop()
    assert client.ask(p.port, target="/who?r=two").text == "a"




# -- active checks

def checked(words, match="", more=""):
    return config.nginx(f"""
        {match}
        upstream up {{ server 127.0.0.1:@a@; server 127.0.0.1:@b@; {more} }}
        server {{ listen 127.0.0.1:@port@; location / {{ proxy_pass http://up; health_check {words}; }} }}""")


@pytest.fixture
def two_toys():
    made = [toys.Toy(toys.http(200, b"a")), toys.Toy(toys.http(200, b"b"))]
    yield made
    for t in made:
        t.stop()


def ask_all(p, times=6):
    return collections.Counter(client.ask(p.port, target="/", fields=[("Connection", "close")]).text for _ in range(times))


def http(status, body=b"", fields=b""):
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n%s\r\n%s" % (status, len(body), fields, body)


def serve(toy, name, health):
    """clients are answered with its name in any case; who asks for /health gets <health>"""
    def one(s):
        head = s.recv(65536)
        s.sendall(health if head.startswith(b"GET /health HTTP/1.1\r\n") else http(200, name))
    toy.serve = one


@keel_only
@pytest.mark.parametrize("match, good, bad", (
    ("", http(204), http(500)),
    ("match ok { status 200-299; }", http(201), http(304)),
    ("match ok { status ! 500 502; }", http(404), http(502)),
    ("match ok { header X-State = fine; header ! X-Bad; }", http(200, fields=b"X-State: fine\r\n"), http(200, fields=b"X-State: fine\r\nX-Bad: 1\r\n")),
    ('match ok { status 200; body ~ "al+ well"; }', http(200, b"all well"), http(200, b"all lost")),
    ('match ok { body !~ "lost"; }', http(500, b"all well"), http(200, b"all lost"))))
def test_health_check_takes_who_is_ill_out(start, two_toys, match, good, bad):
    a, b = two_toys
    serve(a, b"a", good), serve(b, b"b", good)
    p = start("nginx", checked("uri=/health interval=1s" + (" match=ok" if match else ""), match), a=a.port, b=b.port)
    time.sleep(0.5)
    assert set(ask_all(p)) == {"a", "b"}
    serve(a, b"a", bad)
    assert process.wait_until(lambda: set(ask_all(p)) == {"b"}, 6), "the ill one gets nothing more"
    serve(a, b"a", good)
    assert process.wait_until(lambda: set(ask_all(p)) == {"a", "b"}, 6)


@keel_only
def test_health_check_mandatory_waits_for_the_first_answer(start, two_toys):
    a, b = two_toys
    serve(a, b"a", http(200)), serve(b, b"b", http(500))
    p = start("nginx", checked("uri=/health interval=1s mandatory"), a=a.port, b=b.port)
    assert process.wait_until(lambda: ask_all(p) == {"a": 6}, 5)


@keel_only
def test_health_check_of_streams(start, two_toys):
    a, b = two_toys
    def one(name, line):
        def talk(s):
            s.sendall(name + line if s.recv(100).startswith(b"\x00hello") else name)
        return talk
    a.serve, b.serve = one(b"a", b" fine 1"), one(b"b", b" ill")
    text = config.nginx(None, """
        match ok { send "\\x00hello"; expect ~ "fine [0-9]"; }
        upstream up { server 127.0.0.1:@a@; server 127.0.0.1:@b@; }
        server { listen 127.0.0.1:@port@; proxy_pass up; health_check interval=1s passes=1 fails=1 match=ok; health_check_timeout 1s; }""")
    p = start("nginx", text, a=a.port, b=b.port)

    def who_answers():
        with p.connect() as s:
            s.sendall(b"x")
            return s.recv(100)
    assert process.wait_until(lambda: {who_answers() for _ in range(6)} == {b"a"}, 6)


# -- half of what connecting can do wrong

@pytest.mark.parametrize("words, status", (("error", 200), ("timeout", 502), ("error timeout", 200), ("http_503", 502), ("off", 502)))
def test_refused_is_an_error_and_no_timeout(start, origin, words, status):
    a = origin("a")
    p = start("nginx", upstream("server 127.0.0.1:@dead@; server 127.0.0.1:@a@;", f"proxy_next_upstream {words};"), dead=ports.free_port(), a=a.port)
    assert client.ask(p.port, target="/who").status == status
