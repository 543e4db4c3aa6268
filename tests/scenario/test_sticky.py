# SPDX-License-Identifier: Apache-2.0
"""sticky: clients that stay with the server that answered them first, by a cookie of ours, a route, or a session of the application's.
nginx has it since 1.29.6; what is expected here is what its documentation says."""
import email.utils
import hashlib
import re
import time

import pytest

from lib import client, config, process

pytestmark = pytest.mark.keel_only("Debian's nginx is older than sticky")


@pytest.fixture
def play(start, origin):
    """play(lines of the upstream) -> a running nginx.conf with origins a, b, c"""
    def make(lines, http="", more="", threads=2, **values):
        origins = {n: origin(n) for n in "abc"}
        p = start("nginx", text(lines, http, more, threads), **{n: o.port for n, o in origins.items()}, **values)
        p.origins = origins
        return p
    return make


def text(lines, http="", more="", threads=2):
    return config.nginx(f"""{http}
        upstream up {{ {lines} }}
        server {{ listen 127.0.0.1:@port@; location / {{ proxy_pass http://up; {more} }} }}""", threads=threads)


def ask(p, cookie=None, target="/who", **how):
    return client.ask(p.port, target=target, fields=[("Cookie", cookie)] if cookie else [], **how)


def cookie_of(answer):
    return answer.get("Set-Cookie", "").split(";")[0]


def md5(address):
    return hashlib.md5(address.encode()).hexdigest()


ABC = "server 127.0.0.1:@a@; server 127.0.0.1:@b@; server 127.0.0.1:@c@; "


# -- cookie

def test_the_cookie_names_the_server_by_the_sum_of_its_address(play):
    p = play(ABC + "sticky cookie srv_id;")
    for name in "abc":
        first = ask(p)
        assert first.text == name
        assert first.all("Set-Cookie") == [f"srv_id={md5(f'127.0.0.1:{p.origins[name].port}')}"]


def test_who_has_the_cookie_stays_and_gets_no_other(play):
    p = play(ABC + "sticky cookie srv_id;")
    mine = ask(p)
    for _ in range(8):
        again = ask(p, "theme=dark; " + cookie_of(mine) + "; x=y")
        assert (again.text, again.get("Set-Cookie")) == (mine.text, None)
    assert "theme=dark; " + cookie_of(mine) + "; x=y" in p.origins[mine.text].requests[-1].all("Cookie"), "the server sees all cookies"


def test_a_cookie_that_means_nobody_is_replaced(play):
    p = play(ABC + "sticky cookie srv_id;")
    for value in ("nobody", "", md5("127.0.0.1:1"), "\xff"):
        a = ask(p, f"srv_id={value}")
        assert cookie_of(a) == f"srv_id={md5(f'127.0.0.1:{p.origins[a.text].port}')}"


def test_every_attribute(play):
    p = play(ABC + "sticky cookie srv_id expires=1h domain=.$arg_d path=/app httponly secure samesite=$arg_s;")
    parts = ask(p, target="/who?d=example.com&s=lax").get("Set-Cookie").split("; ")
    assert parts[1].startswith("expires=")
    expires = email.utils.parsedate_to_datetime(parts[1][8:].replace("-", " ")).timestamp()
    assert abs(expires - time.time() - 3600) < 30
    assert parts[2:] == ["max-age=3600", "domain=.example.com", "path=/app", "httponly", "secure", "samesite=lax"]
    assert ask(p, target="/who?d=e&s=other").get("Set-Cookie").endswith("samesite=strict")
    assert "samesite" not in ask(p, target="/who?d=e").get("Set-Cookie")


def test_expires_max(play):
    p = play(ABC + "sticky cookie srv_id expires=max;")
    assert "; expires=Thu, 31-Dec-37 23:55:55 GMT; " in ask(p).get("Set-Cookie")


def test_a_clients_words_add_no_attribute(play):
    """a domain made of Host: what would end the attribute leaves it out"""
    p = play(ABC + "sticky cookie srv_id domain=$arg_d;")
    a = ask(p, target="/who?d=x;secure")
    assert re.fullmatch(r"srv_id=[0-9a-f]{32}", a.get("Set-Cookie"))


def test_route_is_the_cookies_value(play):
    p = play("server 127.0.0.1:@a@ route=one; server 127.0.0.1:@b@ route=two; sticky cookie srv_id path=/;")
    assert [ask(p).get("Set-Cookie") for _ in range(2)] == ["srv_id=one; path=/", "srv_id=two; path=/"]
    assert [ask(p, "srv_id=two").text for _ in range(3)] == ["b"] * 3


def test_the_cookie_is_set_with_every_answer_of_a_server(play):
    """errors of the server's too; but not where no server was asked"""
    p = play(ABC + "sticky cookie srv_id;", more="location /own { return 404; }")
    assert cookie_of(ask(p, target="/status/500")) and cookie_of(ask(p, target="/empty/204"))
    assert ask(p, target="/own").get("Set-Cookie") is None


def test_a_dead_server_is_left_and_the_new_one_kept(play):
    p = play(ABC + "sticky cookie srv_id;")
    mine = ask(p)
    p.origins[mine.text].stop()
    other = ask(p, cookie_of(mine))
    assert other.status == 200 and other.text != mine.text
    assert cookie_of(other) != cookie_of(mine)
    assert [ask(p, cookie_of(other)).text for _ in range(4)] == [other.text] * 4


def test_a_full_server_is_passed_by(play):
    p = play("server 127.0.0.1:@a@ max_conns=1 route=a; server 127.0.0.1:@b@ route=b; zone z 64k; sticky cookie s;")
    with client.Client(p.port) as busy:
        busy.send(client.make_request("GET", "/slow/3000", [("Cookie", "s=a")]))
        process.wait_until(lambda: p.origins["a"].requests, 3)
        a = ask(p, "s=a")
        assert (a.text, cookie_of(a)) == ("b", "s=b")


def test_draining_servers_are_only_for_those_who_belong_to_them(play):
    p = play("server 127.0.0.1:@a@ route=a drain; server 127.0.0.1:@b@ route=b; sticky cookie s;")
    assert [ask(p).text for _ in range(4)] == ["b"] * 4
    assert [ask(p, "s=a").text for _ in range(4)] == ["a"] * 4


@pytest.mark.parametrize("how", ["least_conn;", "ip_hash;", "hash $arg_k;", "hash $arg_k consistent;", "random;", "random two;", "least_time header;", "fair;"])
def test_beside_every_way_of_choosing(play, how):
    p = play(how + ABC + "sticky cookie s;")
    for server in "abc":
        assert ask(p, "s=" + md5(f"127.0.0.1:{p.origins[server].port}"), target="/who?k=1").text == server
    assert cookie_of(ask(p, target="/who?k=1"))


# -- route

def test_a_route_that_no_server_says_is_the_sum_of_its_address(play):
    p = play(ABC + "sticky route $cookie_r $arg_r;")
    for server in "abc":
        assert ask(p, target="/who?r=" + md5(f"127.0.0.1:{p.origins[server].port}")).text == server
    assert ask(p).get("Set-Cookie") is None


def test_routes_of_tomcats_sessions(play):
    """the documentation's own example"""
    p = play("server 127.0.0.1:@a@ route=a; server 127.0.0.1:@b@ route=b; sticky route $route_cookie $route_uri;", http=r"""
        map $cookie_jsessionid $route_cookie { ~.+\.(?P<route>\w+)$ $route; }
        map $request_uri $route_uri { ~jsessionid=.+\.(?P<route>\w+)$ $route; }""")
    assert [ask(p, "JSESSIONID=8D5F.b").text for _ in range(3)] == ["b"] * 3
    assert [ask(p, target="/x;jsessionid=8D5F.b").get("X-Origin") for _ in range(3)] == ["b"] * 3
    assert ask(p, "JSESSIONID=8D5F.a", target="/x;jsessionid=1.b").get("X-Origin") == "a", "the first variable counts"


# -- learn

LEARN = "sticky learn create=$upstream_cookie_sid lookup=$cookie_sid lookup=$arg_sid zone=sessions:1m "


def begin(p, session):
    """-> who began it"""
    a = ask(p, target=f"/fields?Set-Cookie=sid%3D{session}")
    return a.get("X-Origin")


@pytest.mark.parametrize("word", ["", "header"])
def test_a_session_stays_where_it_began(play, word):
    p = play(ABC + LEARN + word + ";")
    began = {s: begin(p, s) for s in ("s1", "s2", "s3", "s4")}
    assert len(set(began.values())) == 3
    for session, server in began.items():
        assert [ask(p, f"sid={session}").text for _ in range(4)] == [server] * 4
    assert ask(p, target="/who?sid=s2").text == began["s2"], "the second lookup counts when the first is empty"


def test_sessions_outlive_a_reload(play):
    p = play(ABC + LEARN + ";")
    server = begin(p, "kept")
    p.reload()
    assert [ask(p, "sid=kept").text for _ in range(6)] == [server] * 6


def test_a_session_that_nobody_began_goes_by_turn(play):
    p = play(ABC + LEARN + ";")
    assert {ask(p, "sid=unknown").text for _ in range(9)} == {"a", "b", "c"}


def test_a_session_is_forgotten_in_time(play):
    p = play(ABC + LEARN + "timeout=1s;", threads=1)
    begin(p, "short")
    process.wait_until(lambda: len({ask(p, "sid=other").text for _ in range(3)}) == 3, 3)
    time.sleep(1.3)         # nobody asks for it meanwhile: asking would keep it
    assert {ask(p, "sid=short").text for _ in range(6)} == {"a", "b", "c"}


def test_a_new_session_takes_its_place(play):
    """the application begins one anew, under the same name, elsewhere"""
    p = play(ABC + LEARN + ";")
    first = begin(p, "same")
    second = begin(p, "same")
    assert first != second and [ask(p, "sid=same").text for _ in range(4)] == [second] * 4


# -- files

@pytest.mark.parametrize("line,says", [
    ("sticky;", "sticky"), ("sticky cookie;", "sticky cookie"), ("sticky route;", "sticky route"), ("sticky other x;", "other"),
    ("sticky cookie s other;", "other"), ("sticky cookie s expires=soon;", "invalid value"), ("sticky cookie s samesite=maybe;", "maybe"),
    ("sticky learn create=$upstream_cookie_s lookup=$cookie_s;", "zone="), ("sticky learn lookup=$cookie_s zone=z:1m;", "create="),
    ("sticky learn create=$upstream_cookie_s zone=z:1m;", "lookup="), ("sticky learn create=$upstream_cookie_s lookup=$cookie_s zone=z;", "zone"),
    ("sticky learn create=$upstream_cookie_s lookup=$cookie_s zone=z:1m sync;", "sync"), ("sticky cookie a; sticky cookie b;", "sticky")])
def test_what_is_wrong_is_named(prepare, line, says):
    p = prepare("nginx", text("server 127.0.0.1:1; " + line))
    run = p.command("-t")
    assert run.returncode == 1 and says in run.stderr
