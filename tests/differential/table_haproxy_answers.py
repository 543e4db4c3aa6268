# SPDX-License-Identifier: Apache-2.0
"""What is asked of HAProxy's language about answers: of our own, of servers, on their way out; and more of conditions."""
from compare import Ask, Group
from table_haproxy import BACKENDS, F, LOG, front

ECHO = "/echo"


def group(name, lines, asks, **more):
    return Group("haproxy/answer " + name, "answers", front(lines, **more.pop("front", {})), asks, **more)


def asks(*targets):
    return [Ask(t) for t in targets]


PAGES = {"e400.http": "HTTP/1.1 400 Bad\r\nX-From: e400\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbad\n", "e403.http": "HTTP/1.1 403 No\r\nX-From: e403\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nno\n",
         "e404.http": "HTTP/1.1 404 Nix\r\nX-From: e404\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nnix\n", "e503.http": "HTTP/1.1 503 Off\r\nX-From: e503\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\noff\n", "lf.txt": "method %[method] path %[path]\n"}
ERRORS = "http-errors site\n    errorfile 400 @dir@/e400.http\n    errorfile 403 @dir@/e403.http\n    errorfile 404 @dir@/e404.http\n    errorfile 503 @dir@/e503.http\n"

GROUPS = [
    group("of ourselves", """
        http-request deny deny_status 403 errorfiles site if { path /deny }
        http-request deny status 404 errorfiles site if { path /none }
        http-request return status 404 errorfiles site if { path /return }
        http-request return status 403 default-errorfiles if { path /default }
        http-request return status 200 errorfile @dir@/e404.http if { path /file }
        http-request return status 200 content-type text/plain lf-file @dir@/lf.txt hdr X-Path "%[path]" if { path /lf }
        http-request return content-type "text/css; x=1" string "a { }" if { path /css }
        http-request return status 201 hdr location /made if { path /fields }
        http-request return if { path /bare }
        http-request deny status 500 content-type text/plain string broken hdr retry-after 5 if { path /own }
        http-request deny hdr X-Why "%[src]" if { path /hdr }
        http-request deny if { path /plain }""", asks("/deny", "/none", "/return", "/default", "/file", "/lf", "/css", "/fields", "/bare", "/own", "/hdr", "/plain", "/who"), files=PAGES, front={"first": ERRORS}),
    group("errorfiles of a section", """
        errorfiles site 403 503
        http-request deny if { path /deny }
        http-request deny deny_status 404 if { path /none }
        http-request deny deny_status 400 if { path /bad }
        use_backend dead if { path /dead }""", asks("/deny", "/none", "/bad", "/dead", "/who"), files=PAGES,
          front={"first": ERRORS, "backends": BACKENDS + "backend dead\n    retries 0\n    server s 127.0.0.1:@closed@\n"}),
    group("http-error", """
        http-error status 403 content-type text/plain lf-string "no %[path]" hdr X-Own "%[src]"
        http-error status 404 content-type text/html string "<p>gone</p>"
        http-error status 429 default-errorfiles
        http-request deny if { path /deny }
        http-request deny deny_status 404 if { path /none }
        http-request deny deny_status 429 if { path /many }""", asks("/deny", "/none", "/many", "/who")),
    group("after all", """
        http-request set-var(txn.path) path
        http-request deny if { path /deny }
        http-request return status 200 content-type text/plain string hello if { path /return }
        http-request redirect location /elsewhere if { path /redirect }
        http-after-response set-header X-After "%[status] %[res.hdr(content-type)] %[res.hdr_cnt(x-origin)]"
        http-after-response set-status 418 reason "I am" if { var(txn.path) -m str /deny }
        http-after-response replace-header location /else(.*) /some\\\\1 if { var(txn.path) -m str /redirect }
        http-after-response del-header x-origin if { var(txn.path) -m str /gone }
        http-after-response set-var(txn.s) status
        http-after-response add-header X-S %[var(txn.s)]
        http-after-response allow if { var(txn.path) -m str /who }
        http-after-response set-header X-Last 1
        use_backend dead if { path /dead }""", asks("/deny", "/return", "/redirect", "/gone", "/who", "/dead", "/status/404"),
          front={"backends": BACKENDS + "backend dead\n    retries 0\n    server s 127.0.0.1:@closed@\n    http-after-response set-header X-Back %[be_name]\n"}),
    group("of servers", """
        http-response deny if { status 404 }
        http-response deny deny_status 410 content-type text/plain string gone if { status 410 }
        http-response return status 200 content-type text/plain lf-string "was by %[srv_name]" if { status 500 }
        http-response redirect location /login code 303 if { status 401 }
        http-response set-status 299 reason "Fine as well" if { status 201 }
        http-response set-header X-Old "%[res.hdr(a,1)]|%[res.hdr(a)]|%[res.cook(c)]"
        http-response add-header X-Via "%[srv_name]/%[be_name]/%[fe_name]"
        http-response replace-header Set-Cookie "(c=[^;]*);?.*" "\\\\1; secure"
        http-response replace-value a "([0-9])" "<\\\\1>"
        http-response del-header b if { res.hdr(b) -m found }""",
          asks("/status/404", "/status/410", "/status/500", "/status/401", "/status/201", F("A=1,2&A=3&B=x&Set-Cookie=c%3Dx%3B+path%3D/&Set-Cookie=d%3Dy"), "/who")),
    group("redirects", """
        redirect prefix https://new.example code 301 if { path_beg /prefix }
        redirect prefix https://new.example drop-query append-slash if { path /drop }
        redirect prefix /sub drop-query if { path_beg /sub0 }
        redirect location /cookie set-cookie seen=1 if { path /set }
        redirect location /clear clear-cookie seen= code 307 if { path /clear0 }
        redirect scheme https code 308 if { path /scheme }
        http-request redirect location %[url_param(to)] ignore-empty if { path /maybe }
        http-request redirect code 302 location "http://%[hdr(host)]%[path,regsub(^/fmt,)]?q=%[query]" if { path_beg /fmt }
        http-request redirect prefix "//%[hdr(host)]/x" if { path /fp }
        http-request redirect scheme "%[str(ftp)]" if { path /fs }""",
          asks("/prefix/a?b=c", "/drop?a=b", "/drop", "/sub0/x?y", "/set", "/clear0", "/scheme?x=1", "/maybe?to=/there", "/maybe", "/fmt/rest?a=1", "/fp?x", "/fs", "/who")),
    group("matches", """
        acl num_list req.hdr(n) -m int 1 5:9 gt 100
        acl num req.hdr(n),mul(2) -m int ge 20
        acl len req.hdr(t) -m len 3:5
        acl beg req.hdr(t) -m beg -i Ab x
        acl end req.hdr(t) -m end -- -i
        acl sub req.hdr(t) -m sub -i NEEDLE
        acl dir path -m dir a/b
        acl dom req.hdr(host) -m dom -i Inner.Example
        acl reg req.hdr(t) -m reg -i ^A[bc]+$
        acl bin req.hdr(t) -m bin 616263
        acl ip req.hdr(ip) -m ip 10.0.0.0/8 2001:db8::/32
        acl found req.hdr(t) -m found
        acl bool req.hdr(n) -m bool
        acl str req.hdr(t) -m str -i abc def
        acl two req.hdr(t) abc
        acl two req.hdr(t) def
        http-request set-header X-Is "%[str(a)]"
        """ + "\n".join(f"http-request add-header X-M {n} if {n}" for n in ("num_list", "num", "len", "beg", "end", "sub", "dir", "dom", "reg", "bin", "ip", "found", "bool", "str", "two")).replace("num_list", "num")
          + "\nhttp-request add-header X-M neither unless num or len\nhttp-request add-header X-M both if len !num beg\nhttp-request add-header X-M not if !{ path /x } ! found",
          [Ask(ECHO, fields=f, host=h, note=f"{f} {h}") for f, h in (([("N", "10")], "x"), ([("N", "7"), ("T", "abc")], "www.inner.example"), ([("N", "0"), ("T", "ABCB")], "inner.example.org"), ([("T", "x needle -i")], "xinner.example"),
                                                                   ([("N", "x"), ("T", "def")], "a"), ([("Ip", "10.1.2.3")], "a"), ([("Ip", "2001:db8::1"), ("N", "101")], "a"), ([("Ip", "x")], "a"))] + asks("/a/b/c", "/xa/b", "/x/a/bc")),
    group("captures in the log", """
        capture request header Host len 8
        capture request header User-Agent len 5
        capture response header Content-Type len 20
        capture response header X-Origin len 1
        http-request capture path len 4
        http-request set-header X-C "%[capture.req.hdr(0)]|%[capture.req.hdr(2)]|%[capture.req.method] %[capture.req.uri] %[capture.req.ver]"
        http-response set-header X-R "%[capture.res.hdr(1)]|%[capture.req.hdr(0)]" """,
          [Ask(ECHO, fields=[("User-Agent", "browser"), ("Cookie", "a=1; c=2")]), Ask(F("Content-Type=text/plain&Set-Cookie=c%3D9")), Ask("/status/503")], front=LOG),
    group("rules of defaults", "http-request set-header X-Front 1\nuse_backend b if { path /b }", asks("/b", "/who"),
          front={"first": "", "backends": """
defaults ruled
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
    http-request set-header X-Defaults "%[be_name]"
    http-response set-header X-Defaults "%[srv_name]"
    http-after-response set-header X-After 1
    acl secret path /secret
    http-request deny if secret
backend a from ruled
    http-request set-header X-Own 1
    server s 127.0.0.1:@a@
backend b from ruled
    server s 127.0.0.1:@b@
backend c
    server s 127.0.0.1:@c@
"""}),
]
