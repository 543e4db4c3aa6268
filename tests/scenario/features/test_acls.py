# SPDX-License-Identifier: Apache-2.0
"""ACLs as the course's comments use them and beyond: names, flags, methods of matching, lists from files, logic, and where they may stand.
Several hundred requests more are compared with HAProxy in differential/."""
import pytest

from lib import client, config

pytestmark = pytest.mark.timeout(30)

# the course's commented lines, in today's words where today has others
COURSE = """
frontend f
    bind 127.0.0.1:@port@
    acl itnihao hdr(host) -i itnihao.cn
    acl file_req url_sub -i killall=
    acl dir_req url_dir -i allow
    acl missing_cl hdr_cnt(Content-length) eq 0
    acl writes method POST PUT
    http-request deny if writes missing_cl
    http-request deny if { path_beg /guarded } !file_req || dir_req
    redirect prefix http://blog.itniaho.cn code 301 if itnihao
    default_backend b
backend b
    server s 127.0.0.1:@o@
"""


def test_the_courses_commented_lines(start, origin):
    p = start("haproxy", config.haproxy(COURSE), o=origin().port)

    def status(target, **more):
        return client.ask(p.port, target=target, **more).status
    assert status("/who") == 200
    assert status("/who", method="POST", body=b"x") == 200 and status("/who", method="POST") == 403
    assert status("/guarded/who") == 403 and status("/guarded/who?KILLALL=1") == 200
    assert status("/a/Allow/who") == 403 and status("/a/allowed/who") == 200, "a whole folder"
    moved = client.ask(p.port, target="/x?y=1", host="ITNIHAO.cn")
    assert moved.status == 301 and moved.get("Location") == "http://blog.itniaho.cn/x?y=1"


WAYS = """
frontend f
    bind 127.0.0.1:@port@
    http-request return status 200 content-type text/plain lf-string "%[var(txn.said)]"
    acl beg path_beg /beg
    acl end path_end .jpg .png
    acl sub path -m sub needle
    acl dir path_dir static
    acl reg path_reg ^/r[0-9]{2,3}$
    acl len path_len 7:9
    acl int url_param(n),add(1) -m int 10:20 42
    acl lt  url_param(n) -m int lt 0
    acl ip  hdr_ip(x-ip) 10.0.0.0/8 192.0.2.1 2001:db8::/32
    acl bin req.hdr(x-bin) -m bin 6162
    acl found req.hdr(x-found) -m found
    acl many path -f @dir@/paths.lst -f @dir@/more.lst
    acl many path -i /inline
    acl flag path -i -m beg -- -dash
    acl bool always_true,not
    acl ver req.ver 1.0
"""


def test_ways_to_match(start, prepare):
    lines = WAYS.splitlines()
    returns = next(l for l in lines if "return" in l)
    names = ["beg", "end", "sub", "dir", "reg", "len", "int", "lt", "ip", "bin", "found", "many", "bool", "ver"]
    rules = [f"    http-request set-var(txn.{n}) str({n}) if {n}" for n in names]
    text = "\n".join(l for l in lines if l != returns) + "\n" + "\n".join(rules) + "\n    http-request return status 200 content-type text/plain lf-string \"" + \
        " ".join(f"%[var(txn.{n})]" for n in names) + "\"\n"
    p = prepare("haproxy", config.haproxy(text))
    (p.dir / "paths.lst").write_text("# a comment\n/one\n/two\n\n")
    (p.dir / "more.lst").write_text("/three\n")
    p.start()

    def said(target, version="1.1", **fields):
        return client.ask(p.port, target=target, version=version, fields=[("x-" + n, v) for n, v in fields.items()]).text.split()
    for target, wanted in (("/begin", "beg"), ("/x.png", "end"), ("/aneedles", "sub len"), ("/a/static/", "dir"), ("/statics/", "len"), ("/r123", "reg"), ("/r1", ""), ("/1234567890", ""),
                           ("/?n=9", "int"), ("/?n=41", "int"), ("/?n=20", ""), ("/?n=-1", "lt"), ("/one", "many"), ("/three", "many"), ("/INLINE", "many len"), ("/ONE", "")):
        assert sorted(said(target)) == sorted(wanted.split()), target
    for value, hit in (("10.255.0.1", True), ("192.0.2.1", True), ("192.0.2.2", False), ("2001:db8::5", True), ("::1", False), ("nonsense", False)):
        assert said("/", ip=value) == (["ip"] if hit else []), value
    assert said("/", bin="ab") == ["bin"] and said("/", found="x") == ["found"] and said("/", version="1.0") == ["ver"]


def test_logic_and_where_they_stand(start, origin):
    """and, or, not, braces; names used before each other in one section; the predefined ones; in every kind of rule"""
    p = start("haproxy", config.haproxy("""
frontend f
    bind 127.0.0.1:@port@
    acl a path_beg /a
    acl b path_end b
    http-request set-header X-Logic and if a b
    http-request set-header X-Logic or if !a { path /or1 } or { path /or2 }
    http-request deny if HTTP_1.0 !{ path /old }
    http-request set-header X-Local 1 if LOCALHOST METH_GET
    http-response set-header X-Not 1 unless { status 200 }
    http-response set-header X-Big 1 if { res.hdr(content-length) -m int gt 100 }
    http-after-response set-header X-Always 1
    use_backend o if TRUE
backend o
    acl here be_name -m str o
    http-request set-header X-Here 1 if here { nbsrv(o) ge 1 }
    server s 127.0.0.1:@o@
"""), o=(o := origin()).port)

    def ask(target, **more):
        answer = client.ask(p.port, target=target, **more)
        return answer, (o.requests[-1] if o.requests else None)
    answer, got = ask("/a/echo/b")
    assert got.get("X-Logic") == "and" and got.get("X-Local") == "1" and got.get("X-Here") == "1" and answer.get("X-Always") == "1"
    assert ask("/or1")[1].get("X-Logic") == "or" and ask("/or2")[1].get("X-Logic") == "or" and ask("/b")[1].get("X-Logic") is None
    assert ask("/who", version="1.0")[0].status == 403 and ask("/old", version="1.0")[0].status == 200
    assert ask("/status/404")[0].get("X-Not") == "1" and ask("/size/101")[0].get("X-Big") == "1" and ask("/size/100")[0].get("X-Big") is None
