# SPDX-License-Identifier: Apache-2.0
"""Stick tables from outside: the commands of the stats socket, what a reload keeps, clients that stay with their server."""
import re

import pytest

from lib import client, config, process

TOP = "stats socket @dir@/admin.sock level admin mode 600\nstats socket @dir@/user.sock level user"
BODY = """
frontend site
    bind 127.0.0.1:@port@
    stick-table type ip size 100 expire 30s store gpc0,http_req_cnt,http_req_rate(10s),conn_cur
    http-request track-sc0 src
    http-request track-sc1 req.hdr(x-key) table texts if { req.hdr(x-key) -m found }
    http-request sc-inc-gpc0(0) if { path /inc }
    default_backend pool
backend pool
    stick-table type string len 20 size 1k
    stick on req.hdr(x-user)
    option redispatch
    server s1 127.0.0.1:@o1@
    server s2 127.0.0.1:@o2@
backend texts
    stick-table type string len 20 size 100 store http_req_cnt
listen tcp
    mode tcp
    bind 127.0.0.1:@port2@
    stick-table type ip size 10 expire 1m store conn_cnt,bytes_out_cnt
    stick on src
    tcp-request content track-sc0 src
    server t1 127.0.0.1:@o1@
    server t2 127.0.0.1:@o2@
"""


@pytest.fixture
def program(prepare, origin):
    one, two = origin("one"), origin("two")
    p = prepare("haproxy", config.haproxy(BODY, top=TOP), o1=one.port, o2=two.port)
    p.one, p.two = one, two
    p.options = ["-W", "-db"]
    p.start(listens=("port", "port2"))
    return p


def say(p, text, level="admin"):
    return client.socket_command(p.dir / (level + ".sock"), text, 10)


def get(p, path="/who", port=None, **fields):
    with client.Client(port or p.port) as c:
        return c.ask("GET", path, fields=[(n.replace("_", "-"), v) for n, v in fields.items()]).body.decode()


def reload(p):
    """other files of the same tables, and not before they are served"""
    p.write(config.haproxy(BODY.replace("frontend site\n", "frontend site\n    http-response set-header X-Files second\n"), top=TOP))
    p.reload()
    with_header = lambda: client.ask(p.port).get("X-Files") == "second"      # noqa: E731
    assert process.wait_until(with_header, 5)


def entries(text):
    """-> {key: {name: value}}"""
    out = {}
    for line in text.splitlines():
        found = re.match(r"0x[0-9a-f]+: key=(\S+) (.*)", line)
        if found:
            out[found[1]] = dict(word.split("=") for word in found[2].split())
    return out


def test_show_set_clear(program):
    for _ in range(3):
        get(program, "/inc", x_key="abc")
    assert "# table: site, type: ip, size:100, used:1\n" in say(program, "show table")
    mine = entries(say(program, "show table site"))["127.0.0.1"]
    assert (mine["gpc0"], mine["http_req_cnt"], mine["http_req_rate(10000)"], mine["conn_cur"], mine["use"]) == ("3", "3", "3", "0", "0")
    assert 0 < int(mine["exp"]) <= 30000
    assert entries(say(program, "show table texts")) == {"abc": {"use": "0", "exp": "0", "http_req_cnt": "3"}}
    assert entries(say(program, "show table site data.gpc0 gt 3")) == {}
    assert list(entries(say(program, "show table site data.gpc0 ge 3"))) == ["127.0.0.1"]
    say(program, "set table site key 1.2.3.4 data.gpc0 7 data.http_req_cnt 5")
    assert entries(say(program, "show table site key 1.2.3.4"))["1.2.3.4"]["gpc0"] == "7"
    say(program, "clear table site data.gpc0 eq 7")
    assert list(entries(say(program, "show table site"))) == ["127.0.0.1"]
    say(program, "clear table site key 127.0.0.1")
    assert "used:0" in say(program, "show table site")


@pytest.mark.keel_only("the sentences are ours")
@pytest.mark.parametrize("command,answer", [
    ("show table nope", "No such table"), ("set table site key x", "Invalid key"), ("set table site key 1.2.3.4 data.foo 1", "Unknown data type"),
    ("set table site", "Required arguments"), ("clear table", "Required arguments"), ("show table site data.gpc0 xx 1", "Require and operator among"),
    ("show table site data.conn_cnt gt 1", "Data type not stored in this table"), ("set table site key 1.2.3.4 data.gpc0", "Require a valid integer")])
def test_mistakes(program, command, answer):
    assert answer in say(program, command)


@pytest.mark.keel_only("the sentences are ours")
def test_levels(program):
    assert "used:0" in say(program, "show table", "user")
    assert "denied" in say(program, "set table site key 1.2.3.4", "user")
    assert "denied" in say(program, "clear table site", "user")


@pytest.mark.keel_only("HAProxy forgets its tables without peers")
def test_a_reload_keeps_tables(program):
    chosen = {user: get(program, x_user=user) for user in ("a", "b", "c", "d")}
    assert set(chosen.values()) == {"one", "two"}
    get(program, "/inc")
    reload(program)
    for user, server in chosen.items():
        assert get(program, x_user=user) == server
    assert entries(say(program, "show table site"))["127.0.0.1"]["gpc0"] == "1"


@pytest.mark.keel_only("HAProxy forgets its tables without peers")
def test_a_connection_that_is_older_than_the_files(program):
    with client.Client(program.port) as c:
        c.ask("GET", "/who", fields=[("X-Key", "old")])
        reload(program)
        c.ask("GET", "/who", fields=[("X-Key", "old")])
        assert entries(say(program, "show table texts"))["old"]["http_req_cnt"] == "2"


def test_tcp(program):
    first = get(program, port=program.port2)
    assert {get(program, port=program.port2) for _ in range(5)} == {first}
    assert process.wait_until(lambda: entries(say(program, "show table tcp"))["127.0.0.1"]["conn_cnt"] == "6", 2)
    assert int(entries(say(program, "show table tcp"))["127.0.0.1"]["bytes_out_cnt"]) > 100


def test_who_is_away_is_left(program):
    stays = get(program, x_user="u")
    server = {"one": "s1", "two": "s2"}[stays]
    say(program, f"set server pool/{server} state maint")
    other = get(program, x_user="u")
    assert other != stays
    say(program, f"set server pool/{server} state ready")
    assert get(program, x_user="u") == other      # it belongs to the other one now
