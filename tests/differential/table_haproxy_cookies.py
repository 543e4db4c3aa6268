# SPDX-License-Identifier: Apache-2.0
"""What is asked of HAProxy's language about cookies that keep a client with its server."""
import time

from compare import Ask, Group
from table_haproxy import front

LOG = {"top": "log 127.0.0.1:@log@ local0", "defaults": "log global\nlog-format \"%s %tsc\"\ntimeout http-request 500ms"}
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def date(offset):
    """a moment <offset> seconds from now, as in the values of maxidle and maxlife"""
    fours = (int(time.time()) + offset) >> 2
    return "".join(DIGITS[fours >> shift & 63] for shift in (24, 18, 12, 6, 0))


def brings(value, target="/echo", note="", **more):
    return Ask(target, fields=[("Cookie", value)], note=note or f"{more.get('method', 'GET')} {target} with {value}", **more)


def pool(lines, servers=""):
    body = "\n    ".join(lines.splitlines())
    return f"""
backend h
    {body}
    server a 127.0.0.1:@a@ cookie ca
    server b 127.0.0.1:@b@ cookie cb
    {servers or "server c 127.0.0.1:@c@"}
"""


def group(name, lines, asks, servers=""):
    return Group("haproxy/cookie " + name, "cookie", front("", default="default_backend h", backends=pool(lines, servers), **LOG), asks)


OWN = "/fields?Set-Cookie=SID%3Dapp%3B+path%3D/x&Set-Cookie=o%3D1"
USUAL = [
    Ask("/echo"), Ask("/echo"), Ask("/echo"), brings("SID=ca"), brings("SID=cb"), brings("x=1; SID=cb; y=2"), brings("SID=cb; y=2"), brings("x=1; SID=cb"), brings("SID=zz"),
    brings("SID=zz", method="POST"), brings("SID=cb", method="POST"), brings("SID=ca; SID=cb"), brings("SID=zz; SID=cb"), brings("SID=cb;x"), brings("SID = cb"), brings('SID="cb"'), brings("SID=cb|xx"),
    brings("SID=cb", OWN), Ask(OWN), Ask(OWN), Ask(OWN), brings("SID=ca~app; z"), brings("SID=zz~app"), brings("SID=app"), brings("SID=cb~"), brings("SID=cb|aaaaa|bbbbb"),
    Ask("/echo", fields=[("Cookie", "SID=cb"), ("Cookie", "SID=ca; z")], note="two fields")]
MODES = ["", "insert", "insert indirect", "insert postonly", "insert indirect preserve", "insert preserve", "rewrite", "prefix", "indirect"]

OTHERS = """server x 127.0.0.1:@closed@ cookie cx disabled
    server y 127.0.0.1:@closed@ cookie cy weight 0
    server z 127.0.0.1:@c@ cookie cz backup"""
PINNED = [brings("SID=cx"), brings("SID=cy"), brings("SID=cz"), brings("SID=zz; SID=cb"), brings("SID=cx; SID=cb"), brings("SID=cb; SID=cx")]
RETRY = "option redispatch\nretries 1\ntimeout connect 500ms\n"

GROUPS = [group(mode or "passive", f"cookie SID {mode}", USUAL) for mode in MODES] + [
    group("attributes", "cookie SID insert httponly secure domain .a.b domain c.d attr SameSite=None attr x=1", USUAL[:5]),
    group("dynamic", "cookie SID insert dynamic\ndynamic-cookie-key secret", [Ask("/echo"), Ask("/echo"), Ask("/echo")]),
    group("nocache", "cookie SID insert nocache", [Ask("/fields?" + q) for q in (
        "", "Cache-Control=max-age%3D10", "Cache-Control=public", "Etag=x", "Last-Modified=x", "Expires=x", "Pragma=no-cache", "Etag=x&Pragma=no-cache", "Etag=x&Cache-Control=public",
        "Etag=x&Cache-Control=no-cache%3D%22set-cookie%22", "Cache-Control=private", "Cache-Control=no-store", "Cache-Control=s-maxage%3D1")] + [Ask("/fields?Etag=y", "POST", body=b"x"), Ask("/status/404")]),
    group("maxidle and maxlife", "cookie SID insert maxidle 10m maxlife 1h", USUAL[:5] + [
        brings(f"SID=cb|{date(used)}|{date(given)}", note=f"used {used} s, given {given} s from now")
        for used, given in ((-60, -60), (-700, -700), (60, -3000), (60, -3700), (90000, -5), (-700, -3700), (60, 90000))] + [brings(f"SID=cb|{date(60)}", note="without the second date")]),
    group("maxidle", "cookie SID insert maxidle 10m", [brings("SID=cb"), brings(f"SID=cb|{date(-60)}", note="used a minute ago"), brings(f"SID=cb|{date(-700)}", note="used long ago"), brings(f"SID=cb|{date(60)}", note="fresh")]),
    group("pinned to who is away", RETRY + "cookie SID insert", PINNED, OTHERS),
    group("persist", RETRY + "option persist\ncookie SID insert", PINNED, OTHERS),
    group("force-persist", RETRY + "cookie SID insert\nforce-persist if { path /echo }", PINNED, OTHERS),
    group("ignore-persist", RETRY + "cookie SID insert\nignore-persist if { path /echo }", PINNED + [Ask("/echo"), Ask("/who")], OTHERS),
    group("use-server", "cookie SID insert\nuse-server a if { hdr(x) a }\nuse-server b if { hdr(x) b }", [
        Ask("/echo", fields=[("X", "a")]), Ask("/echo", fields=[("X", "b"), ("Cookie", "SID=ca")], note="b with ca"), Ask("/echo", fields=[("X", "a"), ("Cookie", "SID=ca")], note="a with ca"),
        Ask("/echo", fields=[("X", "a"), ("Cookie", "SID=zz")], note="a with zz"), Ask("/echo", fields=[("X", "c"), ("Cookie", "SID=cb")], note="neither, with cb")]),
    Group("haproxy/cookie captured", "capture cookie", front("capture cookie SID len 9", default="default_backend h", backends=pool("cookie SID insert indirect"),
                                                             **{**LOG, "defaults": "log global\nlog-format \"%CC %CS\""}),
          [Ask("/echo"), brings("SID=cb"), brings("x=1; SIDE=123456789; y"), brings("x=1"), Ask("/fields?Set-Cookie=SIDX%3Dabcdefghijk%3B+path%3D/&Set-Cookie=o%3D1"), Ask("/fields?Set-Cookie=o%3D1")]),
    Group("haproxy/cookie captured by its whole name", "capture cookie", front("capture cookie SID= len 40", default="default_backend h", backends=pool("balance roundrobin"),
                                                                               **{**LOG, "defaults": "log global\nlog-format \"%CC %CS\""}),
          [brings("SID=cb"), brings("SIDE=1; SID=2"), Ask("/fields?Set-Cookie=SIDX%3D1&Set-Cookie=SID%3D2%3B+path%3D/")]),
]
