# SPDX-License-Identifier: Apache-2.0
"""What is asked of HAProxy's language."""
from compare import Ask, Group, config

BACKENDS = """
backend a
    server s 127.0.0.1:@a@
backend b
    server s 127.0.0.1:@b@
backend c
    server s 127.0.0.1:@c@
"""


def front(lines, backends=BACKENDS, default="default_backend a", top="", defaults="", first=""):
    body = "\n    ".join(l.strip() for l in lines.strip().splitlines())
    return config.haproxy(f"{first}\nfrontend fe\n    bind 127.0.0.1:@port@\n    {body}\n    {default}\n{backends}", top=top, defaults=defaults)


LOG = {"top": "log 127.0.0.1:@log@ local0", "defaults": "log global\noption httplog\ntimeout http-request 500ms"}

GZ = [("Accept-Encoding", "gzip")]


def F(query):
    return "/fields?" + query


GROUPS = [
    Group("haproxy/path acls", "acl path", front("""
        acl exact path /exact /also
        acl begins path_beg /beg/
        acl ends path_end .php
        acl holds path_sub needle
        acl dir path_dir deep
        acl regex path_reg ^/r[0-9]+$
        acl nocase path -i /UPPER
        acl length path_len gt 60
        use_backend b if exact
        use_backend b if begins !ends
        use_backend c if ends or holds
        use_backend c if dir
        use_backend b if regex
        use_backend b if nocase
        use_backend c if length"""), [
        Ask("/"), Ask("/exact"), Ask("/also?x=1"), Ask("/exact/"), Ask("/beg/x"), Ask("/beg/x.php"), Ask("/x.php?y=z"), Ask("/a/needle/b"), Ask("/a?needle"), Ask("/x/deep/y"), Ask("/x/deeper/y"),
        Ask("/r12"), Ask("/r12x"), Ask("/upper"), Ask("/Upper"), Ask("/" + "l" * 70, note="a long path"), Ask("http://example.org/exact", note="absolute form", differs="RFC 9112 3.2.1: an origin is asked in origin form"), Ask("/%65xact"), Ask("/beg/../x"), Ask("//exact")]),

    Group("haproxy/header acls", "acl hdr", front("""
        acl shop hdr(host) -i shop.example.org
        acl sub hdr_end(host) -i .sub.example.org
        acl www hdr_beg(host) www.
        acl dom hdr_dom(host) -i inner
        acl mobile hdr_sub(User-Agent) -i mobile
        acl has_auth hdr_cnt(Authorization) gt 0
        acl level hdr_val(x-level) ge 5
        acl re hdr_reg(x-re) ^a+$
        acl cookie cook(sid) yes
        acl param urlp(v) one two
        use_backend b if shop || sub
        use_backend c if www dom
        use_backend b if mobile has_auth
        use_backend c if level
        use_backend b if re
        use_backend c if cookie
        use_backend b if param"""), [
        Ask(host="shop.example.org"), Ask(host="SHOP.example.org"), Ask(host="shop.example.org:80"), Ask(host="x.sub.example.org"), Ask(host="www.inner.org"), Ask(host="www.other"), Ask(host="www.innermost"),
        Ask(fields=[("User-Agent", "X Mobile"), ("Authorization", "b")], note="agent and authorization"), Ask(fields=[("User-Agent", "X Mobile")], note="agent alone"),
        Ask(fields=[("X-Level", "7")], note="level 7"), Ask(fields=[("X-Level", "3")], note="level 3"), Ask(fields=[("X-Level", "3, 9")], note="levels 3, 9"), Ask(fields=[("X-Re", "aaa")], note="regex"),
        Ask(fields=[("X-Re", "b"), ("X-Re", "aa")], note="second line matches"), Ask(fields=[("Cookie", "a=b; sid=yes")], note="cookie"), Ask("/?v=two"), Ask("/?u=1&v=three"), Ask("/?vv=one&v=one")]),

    Group("haproxy/method, src and logic", "acl method, src", front("""
        acl post method POST PUT
        acl near src 127.5.0.0/16 127.6.6.6
        acl meth_get method GET
        use_backend b if post
        use_backend c if near
        use_backend b if { path /anon } { hdr(x-a) 1 }
        use_backend c unless meth_get
        use_backend b if { path /false } FALSE or { path /true } TRUE
        use_backend c if { dst_port @port@ } { path /port }
        use_backend b if HTTP_1.0"""), [
        Ask("/", "POST", body=b"x"), Ask("/", "PUT", body=[b"x"]), Ask("/", "HEAD"), Ask("/", "DELETE"), Ask("/"), Ask("/", source="127.5.5.5", note="from 127.5.5.5"),
        Ask("/", source="127.6.6.6", note="from 127.6.6.6"), Ask("/", source="127.6.6.7", note="from 127.6.6.7"), Ask("/anon", fields=[("X-A", "1")]), Ask("/anon"), Ask("/false"), Ask("/true"), Ask("/port"),
        Ask("/", version="1.0", differs="RFC 9110 2.5: a proxy sends its own version")]),

    Group("haproxy/deny and return", "http-request deny", front("""
        http-request deny if { path /deny }
        http-request deny deny_status 429 if { path /many }
        http-request deny deny_status 401 if { path /who-are-you }
        http-request deny deny_status 404 if { path /none }
        http-request deny deny_status 500 if { path /broken }
        http-request allow if { path_beg /allowed }
        http-request deny if { path_sub late }
        http-response deny if { path -m found } { res.hdr(x-secret) -m found }"""), [
        Ask("/deny"), Ask("/deny", "POST", body=b"ignored"), Ask("/deny", "HEAD"), Ask("/many"), Ask("/who-are-you"), Ask("/none"), Ask("/broken"), Ask("/allowed/late"), Ask("/late"), Ask("/x"), Ask("/deny", version="1.0")]),

    Group("haproxy/return", "http-request return", front("""
        http-request return status 200 content-type text/plain string "hello" if { path /hello }
        http-request return status 200 content-type text/plain lf-string "%[path] %[method]" hdr X-A "%[src]" if { path /lf }
        http-request return status 204 if { path /empty }
        http-request return status 503 if { path /page }
        http-request return status 200 content-type text/plain file @dir@/body.txt if { path /file }"""), [
        Ask("/hello"), Ask("/hello", "HEAD"), Ask("/lf", "POST", body=b"x"), Ask("/empty"), Ask("/page"), Ask("/file")], files={"body.txt": "from a file\n"}),

    Group("haproxy/redirect", "http-request redirect", front("""
        http-request redirect location /new if { path /loc }
        http-request redirect code 301 location https://x.example/%[path] if { path /lf }
        http-request redirect prefix https://p.example if { path_beg /pre }
        http-request redirect prefix https://p.example drop-query append-slash if { path_beg /drop }
        http-request redirect scheme https code 308 if { path_beg /scheme }
        http-request redirect location /c set-cookie SEEN=1 if { path /cookie }
        redirect location /old-word code 303 if { path /old }
        http-request redirect location /cl clear-cookie SEEN= if { path /clear }"""), [
        Ask("/loc"), Ask("/lf"), Ask("/pre/a?b=c"), Ask("/drop?x=1"), Ask("/drop/x?y"), Ask("/scheme/x?y=1"), Ask("/scheme", host="h:99"), Ask("/cookie"), Ask("/old"), Ask("/clear"), Ask("/loc", "HEAD"), Ask("/loc", "POST", body=b"x"),
        Ask("/loc", version="1.0")]),

    Group("haproxy/request headers", "http-request set-header", front("""
        http-request set-header X-Set one
        http-request set-header X-Src %[src]
        http-request set-header X-Host "%[req.hdr(host)]" if { path_beg /host }
        http-request add-header X-Add first
        http-request add-header X-Add second
        http-request del-header X-Del
        http-request del-header X-Pre -m beg
        http-request replace-header X-Rep ^(.*)b(.*)$ \\1B\\2
        http-request replace-value X-Val ^v(.)$ value\\1
        http-request set-header X-Old %[hdr(x-set),upper] if { hdr(x-set) -m found }
        http-request set-header X-Lf "%ci %fp %[method] %HV"
        """), [
        Ask("/echo"), Ask("/host/echo", host="h.example"), Ask("/echo", fields=[("X-Set", "client"), ("X-Add", "client")]), Ask("/echo", fields=[("X-Del", "1"), ("X-Del", "2"), ("X-Keep", "k")]),
        Ask("/echo", fields=[("X-Pre-a", "1"), ("X-Prefix", "2"), ("X-pr", "3")], note="delete by beginning"), Ask("/echo", fields=[("X-Rep", "abc, dbe")]), Ask("/echo", fields=[("X-Val", "v1, v2,v33")]), Ask("/echo", fields=[("X-Val", "v1 , x ,  v2,,y , v3")], note="blanks round members"),
        Ask("/echo", fields=[("X-Val", " x , y  ,  z")], note="no member is replaced"),
        Ask("/echo", "POST", [("X-Mixed-CASE", "v")], b"body"), Ask("/echo", fields=[("Connection", "X-Hop"), ("X-Hop", "h"), ("Keep-Alive", "k"), ("TE", "trailers")], note="fields of one hop", differs="RFC 9110 7.6.1: fields of one hop do not pass"),
        Ask("/echo", fields=[("X-Empty", ""), ("X-Two", "1"), ("X-Two", "2")])]),

    Group("haproxy/path and query", "http-request set-path", front("""
        http-request set-path /fixed/echo if { path /fix }
        http-request set-path /pre%[path] if { path_beg /add }
        http-request replace-path ^/re/([^/]+)/(.*)$ /\\2/\\1/echo if { path_beg /re/ }
        http-request set-query q=%[path] if { path_beg /query }
        http-request set-uri /uri/echo?u=1 if { path /uri }
        http-request set-method POST if { path_beg /method }
        http-request replace-uri ^/ru(.*)$ /replaced\\1 if { path_beg /ru }
        http-request set-header Host inner.example if { path_beg /inner }"""), [
        Ask("/fix?keep=1"), Ask("/add/echo"), Ask("/re/a/b?x=1"), Ask("/query/echo?old=1"), Ask("/uri"), Ask("/method/echo"), Ask("/ru/echo?z"), Ask("/inner/echo", host="outer")]),

    Group("haproxy/response headers", "http-response set-header", front("""
        http-response set-header X-Set one
        http-response add-header X-Origin ours
        http-response del-header X-Secret
        http-response set-header X-Status %[status]
        http-response set-status 299 if { status 404 }
        http-response replace-header Set-Cookie ^(.*)$ \\1;\\ Secure
        http-after-response set-header X-After yes"""), [
        Ask("/who"), Ask("/fields?X-Secret=1&X-Set=theirs"), Ask("/status/404"), Ask("/status/500"), Ask("/fields?Set-Cookie=a%3Db&Set-Cookie=c%3Dd"), Ask("/chunked/100/3"), Ask("/chunked/100/3", "HEAD", differs="RFC 9112 6.1: Transfer-Encoding may be left out of an answer to HEAD"), Ask("/empty/204"),
        Ask("/empty/304"), Ask("/until-close/50", differs="chunks show the end that a close does not"), Ask("/fields?Connection=X-Hop&X-Hop=1&Keep-Alive=t&Server=theirs", differs="RFC 9110 7.6.1: fields of one hop do not pass")]),

    Group("haproxy/forwardfor", "option forwardfor", front("""
        option forwardfor except 127.7.0.0/16"""), [
        Ask("/echo"), Ask("/echo", fields=[("X-Forwarded-For", "1.2.3.4")]), Ask("/echo", source="127.7.1.1", note="from the excepted net"), Ask("/echo", source="127.8.1.1", note="from another net")]),
    Group("haproxy/forwardfor if-none", "option forwardfor", front("option forwardfor header X-Client if-none"), [
        Ask("/echo"), Ask("/echo", fields=[("X-Client", "given")]), Ask("/echo", fields=[("X-Forwarded-For", "1.2.3.4")])]),
    Group("haproxy/originalto", "option originalto", front("option originalto"), [Ask("/echo")]),

    Group("haproxy/errors", "errorfile", front("""
        errorfile 403 @dir@/403.http
        http-request deny if { path /deny }
        http-request deny deny_status 429 if { path /plain }
        use_backend dead if { path /dead }
        use_backend empty if { path /empty-backend }
        use_backend c if { path /c }""", backends=BACKENDS + """
backend dead
    retries 0
    errorfile 503 @dir@/503.http
    server s 127.0.0.1:@closed@
backend empty
    mode http
"""), [Ask("/deny", differs="a page without framing gets one"), Ask("/deny", "HEAD", differs="a page without framing gets one"), Ask("/plain"), Ask("/dead"), Ask("/empty-backend"), Ask("/c")],
        files={"403.http": "HTTP/1.0 403 Mine\r\nContent-Type: text/plain\r\nX-Own: 1\r\n\r\nown 403\n", "503.http": "HTTP/1.1 503 Dead\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nown5\n"}),

    Group("haproxy/no default backend", "default_backend", front("use_backend b if { path /b }", default=""), [Ask("/b"), Ask("/other")]),

    Group("haproxy/log lines", "option httplog", front("""
        capture request header Host len 12
        capture response header X-Origin len 8
        http-request deny if { path /deny }
        http-request redirect location /r if { path /redirect }
        use_backend dead if { path /dead }""", backends=BACKENDS + "\nbackend dead\n    retries 0\n    server s 127.0.0.1:@closed@\n", **LOG), [
        Ask("/who"), Ask("/deny"), Ask("/redirect"), Ask("/dead"), Ask("/status/404"), Ask("/size/10000"), Ask("/slow/250"), Ask("/refuse-keep"), Ask("/reset"), Ask("/garbage"), Ask("/cut/length/fin"),
        Ask("/who", "POST", body=b"x" * 50), Ask("/who?q=\"x", host="a-very-long-host.example"), Ask("/chunked/100/2", "HEAD", differs="RFC 9112 6.1: Transfer-Encoding may be left out of an answer to HEAD"), Ask(raw=b"BAD\r\n\r\n", note="no request"),
        Ask(raw=b"GET /half HTTP/1.1\r\n", note="half a head")]),

    Group("haproxy/log-format", "log-format", front("""
        log-format "%ci|%fi|%f|%ft|%b|%bi|%s|%ST|%tsc|%ts|%HM|%HP|%HQ|%HU|%HV|%r|%{+Q}r|%rc|%sc|%CC|%CS|%{+Q}hr|%[path_is]|%%|%[bytes_kind]"
        """.replace("|%[path_is]", "").replace("|%[bytes_kind]", ""), **LOG), [
        Ask("/who?a=1"), Ask("/status/404", "POST", body=b"1"), Ask('/q"uote'), Ask(raw=b"BAD\r\n\r\n", note="no request", differs="what is no request has no query: %HQ is empty")]),

    Group("haproxy/tcplog of http", "option tcplog", front("option tcplog", top=LOG["top"], defaults="log global"), [Ask("/who")]),

    Group("haproxy/broken requests", "refusing broken requests", front("http-request deny if { path /never }", **{"defaults": "timeout http-request 500ms"}), [
        Ask(raw=b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", note="two Hosts"), Ask(raw=b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", note="two spaces", differs="RFC 9112 3: exactly one space"),
        Ask(raw=b"GET / HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n", note="space in a name"), Ask(raw=b"GET / HTTP/1.1\r\nHost: x\r\nA : c\r\n\r\n", note="space before the colon"),
        Ask(raw=b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", note="two lengths"), Ask(raw=b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", note="length x"),
        Ask(raw=b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZ\r\n", note="bad chunk"), Ask(raw=b"GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n", note="control byte"),
        Ask(raw=b"GET /who HTTP/1.1\r\nHost: x\r\nX: a\r\n folded\r\nConnection: close\r\n\r\n", note="folded field", differs="RFC 9112 5.2: obsolete folding is refused"), Ask(raw=b"GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n", note="NUL", differs="RFC 9110 5.5: NUL is no part of a value"),
        Ask(raw=b"GET / HTTP/1.1\r\nHost: " + b"h" * 20000 + b"\r\n\r\n", note="a head over the buffer", differs="431 says what is wrong (RFC 6585)")]),

    Group("haproxy/round robin", "balance roundrobin", front("use_backend w if { path_beg /w }\n use_backend s if { path_beg /s }\n use_backend spare if { path_beg /b }", default="default_backend even", backends="""
backend even
    balance roundrobin
    server a 127.0.0.1:@a@
    server b 127.0.0.1:@b@
    server c 127.0.0.1:@c@
backend w
    balance roundrobin
    server a 127.0.0.1:@a@ weight 5
    server b 127.0.0.1:@b@ weight 2
    server c 127.0.0.1:@c@ weight 1
backend s
    balance static-rr
    server a 127.0.0.1:@a@ weight 2
    server b 127.0.0.1:@b@
backend spare
    server a 127.0.0.1:@a@ disabled
    server b 127.0.0.1:@b@ weight 0
    server c 127.0.0.1:@c@ backup
"""), [Ask("/even/who", count=9), Ask("/w/who", count=24, any_order=True), Ask("/s/who", count=9, any_order=True), Ask("/b/who", count=3)]),

    Group("haproxy/balance source", "balance source", front("", default="default_backend h", backends="""
backend h
    balance source
    server a 127.0.0.1:@a@
    server b 127.0.0.1:@b@ weight 2
    server c 127.0.0.1:@c@
"""), [Ask("/who", source=f"127.{i * 37 % 250}.{i * 91 % 250}.3", note=f"from 127.{i * 37 % 250}.{i * 91 % 250}.3") for i in range(1, 13)]),

    Group("haproxy/balance uri", "balance uri", front("", default="default_backend h", backends="""
backend h
    balance uri
    server a 127.0.0.1:@a@
    server b 127.0.0.1:@b@ weight 2
    server c 127.0.0.1:@c@
"""), [Ask(f"/who/{i}") for i in range(12)]),

    Group("haproxy/conditions of the file", ".if", front("""
        .if defined(PLAY)
        http-request set-header X-Play "$PLAY"
        .else
        http-request set-header X-Play none
        .endif
        .if version_atleast(1.9) && feature(OPENSSL)
        http-request set-header X-Version new
        .elif true
        http-request set-header X-Version old
        .endif
        http-request set-header X-Default "${NOBODY_SETS_THIS-fallback}"
        http-request set-header X-Quoted 'a $PLAY b'"""), [Ask("/echo")], env={"PLAY": "on stage"}),

    Group("haproxy/connection modes", "option httpclose", front("""
        option http-server-close
        option forwardfor"""), [Ask("/echo"), Ask("/echo", version="1.0", differs="RFC 9110 2.5: a proxy sends its own version")]),

    Group("haproxy/monitor", "monitor-uri", front("monitor-uri /alive\n acl dead path /never\n monitor fail if { src 127.66.0.1 }"), [
        Ask("/alive"), Ask("/alive", source="127.66.0.1", note="failing"), Ask("/alive/x")]),

    Group("haproxy/named defaults", "defaults", config.haproxy("""
defaults one
    mode http
    timeout connect 2s
    timeout client 5s
    timeout server 5s
    option forwardfor header X-One
defaults two from one
    option forwardfor header X-Two
frontend fe from two
    bind 127.0.0.1:@port@
    use_backend b1 if { path_beg /one }
    default_backend b2
backend b1 from one
    server s 127.0.0.1:@a@
backend b2 from two
    server s 127.0.0.1:@b@
"""), [Ask("/one/echo"), Ask("/two/echo")]),

    Group("haproxy/compression", "compression", front("""
        compression algo gzip deflate
        compression type text/ application/json"""), [
        Ask(F("Content-Type=text/html"), fields=[("Accept-Encoding", ae)], note=f"accepts {ae}") for ae in (
            "gzip", "GZIP", "deflate", "deflate, gzip", "gzip;q=0", "gzip;q=0, deflate", "gzip;q=0.5, deflate;q=0.7", "*", "*;q=0", "br", "identity", "gzip;q=0.001",
            "x-gzip", "br, *;q=0.1", "gzip ; q=1.0", "deflate;q=1, gzip;q=1", "")] + [
        Ask(F("Content-Type=text/html")), Ask(F("Content-Type=text/html"), "HEAD", fields=GZ), Ask(F("Content-Type=text/html"), version="1.0", fields=GZ, differs="servers are asked in HTTP/1.1"),
        Ask(F("Content-Type=application/json%3B charset=utf-8"), fields=GZ), Ask(F("Content-Type=application/jsonx"), fields=GZ), Ask(F("Content-Type=image/png"), fields=GZ),
        Ask(F("X=y"), fields=GZ, note="without a type"), Ask(F("Content-Type=TEXT/HTML"), fields=GZ),
        Ask(F("Content-Type=text/html&Content-Encoding=br"), fields=GZ), Ask(F("Content-Type=text/html&ETag=%22a%22"), fields=GZ), Ask(F("Content-Type=text/html&ETag=W/%22a%22"), fields=GZ),
        Ask(F("Content-Type=text/html&ETag=bad"), fields=GZ), Ask(F("Content-Type=text/html&ETag=%22a%22&ETag=%22b%22"), fields=GZ), Ask(F("Content-Type=text/html&Cache-Control=max-age=1, no-transform"), fields=GZ),
        Ask(F("Content-Type=text/html&Vary=Accept-Encoding"), fields=GZ, differs="what Vary names is not named again"), Ask(F("Content-Type=text/html&Vary=Cookie"), fields=GZ), Ask(F("Content-Type=text/html&Accept-Ranges=bytes"), fields=GZ),
        Ask("/size/0", fields=GZ), Ask("/chunked/5000/3", fields=GZ), Ask("/until-close/5000", fields=GZ, differs="an answer without a length goes in chunks"), Ask("/http10/5000", fields=GZ, differs="an answer without a length goes in chunks"), Ask("/close/5000", fields=GZ), Ask("/empty/204", fields=GZ), Ask("/empty/304", fields=GZ)] + [
        Ask(F("Content-Type=text/html"), fields=GZ + [("User-Agent", ua)], note=ua) for ua in ("Mozilla/4.0", "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)", "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)",
            "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.0)", "Mozilla/5.0 (X11)")]),
    Group("haproxy/compression of all types", "compression", front("compression algo raw-deflate"), [
        Ask(F("X=y"), fields=[("Accept-Encoding", "deflate")]), Ask(F("Content-Type=image/png"), fields=[("Accept-Encoding", "deflate")]), Ask(F("Content-Type=multipart/x"), fields=[("Accept-Encoding", "deflate")]),
        Ask("/size/100000", fields=[("Accept-Encoding", "deflate")]), Ask("/chunked/100000/7", fields=[("Accept-Encoding", "deflate, gzip")]), Ask("/status/500", fields=[("Accept-Encoding", "deflate")]),
        Ask("/status/404", fields=[("Accept-Encoding", "deflate")]), Ask("/status/201", fields=[("Accept-Encoding", "deflate")]), Ask("/status/206", fields=[("Accept-Encoding", "deflate")])]),
    Group("haproxy/compression offload", "compression", front("""
        http-request return status 200 content-type text/html string "our own answer, long enough to be compressed" if { path /own }
        compression offload
        compression algo gzip"""), [
        Ask("/size/3000", fields=GZ), Ask("/echo", fields=[("Accept-Encoding", "br, gzip")]), Ask("/own", fields=GZ), Ask("/size/3000")]),
    Group("haproxy/compression identity", "compression", front("compression algo identity"), [Ask("/size/3000", fields=GZ), Ask("/size/3000"), Ask(F("ETag=%22a%22"), fields=GZ)]),
    Group("haproxy/compression in both", "compression", front("""
        compression algo gzip
        compression type text/plain""", backends=BACKENDS.replace("backend a\n", "backend a\n    compression algo deflate\n    compression type text/css\n")), [
        Ask(F("Content-Type=text/plain"), fields=GZ), Ask(F("Content-Type=text/css"), fields=GZ), Ask(F("Content-Type=text/css"), fields=[("Accept-Encoding", "gzip, deflate")]), Ask(F("Content-Type=text/plain"), fields=[("Accept-Encoding", "gzip, deflate")])]),
]
