# SPDX-License-Identifier: Apache-2.0
"""Words that HAProxy dropped: they edit lines of heads here as they did there."""
import pytest

from lib import client, config

BODY = """
frontend old
    bind 127.0.0.1:@port@
    reqadd X-Added:\\ yes
    reqrep ^([^\\ ]*)\\ /old/(.*) \\1\\ /\\2
    reqirep ^x-name:\\ (.*)$ X-Name:\\ <\\1>
    reqidel ^x-drop:
    reqirep ^X-Was:\\ (.*)$ X-Is:\\ \\1
    reqdeny ^[^\\ ]*\\ /secret
    reqiallow ^x-friend:
    reqideny ^x-robot:
    rspadd X-From:\\ here
    rspidel ^server:
    rspirep ^location:\\ http://inner(.*) Location:\\ https://outer\\1
    rspdeny ^X-Leak:
    reqrep ^([^\\ ]*)\\ /cond(.*) \\1\\ /fields\\2 if { src 127.0.0.1 }
    default_backend b
backend b
    server s 127.0.0.1:@o@
"""
pytestmark = pytest.mark.keel_only("HAProxy refuses them")


@pytest.fixture
def program(prepare, origin):
    o = origin("o")
    p = prepare("haproxy", config.haproxy(BODY), o=o.port)
    p.origin = o
    p.start()
    return p


def test_requests(program):
    with client.Client(program.port) as c:
        c.ask("GET", "/old/echo?x=1", [("x-NAME", "v"), ("X-Drop", "d"), ("X-Drop-Not", "n"), ("X-Was", "w")])
    got = program.origin.requests[-1]
    fields = {n.lower(): v for n, v in got.fields}
    assert got.target == "/echo?x=1"
    assert (fields["x-added"], fields["x-name"], fields["x-is"]) == ("yes", "<v>", "w")
    assert "x-drop" not in fields and "x-was" not in fields and fields["x-drop-not"] == "n"


@pytest.mark.parametrize("target,fields,status", [
    ("/secret/x", [], 403), ("/who", [("X-Robot", "1")], 403), ("/who", [("X-Robot", "1"), ("X-Friend", "1")], 200), ("/who", [], 200), ("/fields?X-Leak=1", [], 502)])
def test_denied(program, target, fields, status):
    with client.Client(program.port) as c:
        assert c.ask("GET", target, fields).status == status


def test_answers(program):
    a = client.ask(program.port, "GET", "/cond?Server=x&Location=http://inner/a&X-Other=1")
    assert a.get("Server") is None and a.get("X-From") == "here"
    assert a.get("Location") == "https://outer/a" and a.get("X-Other") == "1"


def test_a_line_that_is_none_any_more(prepare, origin):
    o = origin("o")
    p = prepare("haproxy", config.haproxy("""
frontend old
    bind 127.0.0.1:@port@
    reqirep ^x-bad: no\\ colon
    default_backend b
backend b
    server s 127.0.0.1:@o@
"""), o=o.port)
    p.start()
    assert client.ask(p.port).status == 200
    assert client.ask(p.port, "GET", "/", [("X-Bad", "1")]).status == 500
