# SPDX-License-Identifier: Apache-2.0
"""nginx's language: the core's corners: paths, lines and fields of requests, connections that are kept, answers of servers that are odd."""
import urllib.parse

from compare import Ask, Group
from table_nginx import MIME, SITE, logged, server


def raw(text, note=None, **more):
    """<text>: a request whose lines end in \\n"""
    data = text if isinstance(text, bytes) else text.replace("\n", "\r\n").encode("latin-1")
    return Ask(raw=data, note=note or repr(text)[:70], **more)


def lines(*fields, method="GET", target="/who", body=""):
    return f"{method} {target} HTTP/1.1\nHost: example.org\n" + "".join(f + "\n" for f in fields) + "Connection: close\n\n" + body


def answer(text, where="/raw"):
    return f"{where}?" + urllib.parse.quote(text.replace("\n", "\r\n").encode("latin-1"))


GET = "GET /who HTTP/1.1\nHost: example.org\n"
END = "GET /who HTTP/1.1\nHost: example.org\nConnection: close\n\n"

GROUPS = [
    Group("nginx/paths of requests", "uri", server("""
        location / { return 200 "$uri|$args|$is_args|$request_uri|$document_uri"; }
        location "/a b/" { return 200 "blank"; }
        location /a%b { return 200 "percent"; }"""), [
        *[Ask(p) for p in ("/a/./b", "/a/../b", "/a/b/..", "/a/b/.", "/..", "/.", "/...", "/a/...", "/a//b", "//", "///a//", "/./", "/a/.b", "/a/..b", "/a/b../c", "/%2e%2e/x", "/a%2f..%2fb", "/a%2F%2Fb", "/a%5cb", "/a/b/../../c",
                           "/a/b/../../../c", "/%2", "/%", "/%g1", "/a?../..", "/?", "/??", "/a?b?c", "/a%3Fb", "/a%23b", "/a+b", "/a%20b/", "/a%2520b/", "/a%25b", "/%7e~", "/a;x=1/../b", "/a/.%2e/b", "/a/%2e/b", "/a/%2E%2e", "/%01", "/a%0d%0ab", "/%ff",
                           "/\xe4", "/a\"b", "/a'b", "/a<b>", "/a|b", "/a\\b", "/a^b`", "/{a}", "/a%00b", "/a&b=c", "*", "http://example.org", "http://example.org?x=1", "http://example.org/", "HTTP://EXAMPLE.org/a/../b", "https://example.org/x", "ftp://example.org/x",
                           "http:///x", "http://", "http:/x", "http://a b/", "http://user@example.org/x", "http://example.org:80/x", "http://example.org:x/x", "://x", "x", "?x", "/a/?/../x", "/x/../../../..")],
        Ask("/a b"), Ask("/" + "a/../" * 50), Ask("http://other.example/x", host="example.org", version="1.0"), Ask("http://[::1]/x"), Ask("http://[::1/x")]),

    Group("nginx/lines and fields of requests", "request", server("""
        location / { proxy_pass http://up; }
        location /own { return 200 "$http_x|$host|$http_host|$http_a_b|$content_length\\n"; }"""), [
        *[raw(f"GET /own HTTP/1.1\nHost: {h}\nConnection: close\n\n", f"Host: {h}") for h in ("example.org:80", "example.org:", "EXAMPLE.ORG.", ".a", "a.", "a_b", "a-", "[::1]", "::1", "[::1]:80", "a/b", "a b", "a;b", "*", "%41", "a'b", "~", "!")],
        *[raw(f"{m} /own HTTP/1.1\nHost: example.org\nConnection: close\n\n", f"method {m}") for m in ("FOO", "PROPFIND", "M-SEARCH", "A_B", "get", "Get", "G3T", "G.T", "A" * 40, "LOCK", "PATCH", "PURGE", "PRI")],
        *[raw(f"GET /own {v}\nHost: example.org\nConnection: close\n\n", f"version {v}") for v in ("HTTP/1.2", "HTTP/1", "HTTP/0.9", "HTTP/3.0", "http/1.1", "HTTP/1.1x", "HTTP/1.", "HTTP/.1", "HTTPS/1.1", "HTTP/ 1.1", "1.1")],
        *[raw(lines(f, target="/own"), f"field {f!r}") for f in (
            "X : y", ": y", "X:", "X:y", "X:  y  ", " X: y", "X: a\n b", "X: a\n\tb", "X(: y", "X_Y: z", "X.Y: z", "A-B: c", "A_B: c", "X: a\x00b", "X\x00: y", "X: \xe4", "X\xe4: y", "X: a\rb", "{X}: y", "X@: y", "1: y", "Content-Length: 0", "Content-Length: +1",
            "Content-Length: -1", "Content-Length:", "Content-Length: 1 1", "Content-Length: 99999999999999999999", "Content-Length: 0\nContent-Length: 0", "Content-Length: 0, 0", "Content-Length: 0x1", "Transfer-Encoding: identity", "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: chunked\nTransfer-Encoding: chunked", "Expect: 100-continue", "Expect: something", "Upgrade: websocket", "Host: example.org", "Host:", "Connection: x, y", "Connection: keep-alive", "Keep-Alive: 300")],
        raw("POST /own HTTP/1.1\nHost: example.org\nContent-Length: 3\nTransfer-Encoding: chunked\nConnection: close\n\n0\n\n", "length and chunks"),
        raw("POST /own HTTP/1.0\nHost: example.org\nTransfer-Encoding: chunked\n\n0\n\n", "chunks of HTTP/1.0"),
        raw("GET /own HTTP/1.0\n\n"), raw("GET /own HTTP/1.0\nHost:\n\n"), raw("GET /own HTTP/1.1\nHost:\nConnection: close\n\n"), raw("GET /own HTTP/1.1\nHost: \nConnection: close\n\n"),
        raw(b"\r\n\r\n\r\nGET /own HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n", "empty lines before"),
        raw(b" GET /own HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n", "a blank before"), raw(b"GET\t/own HTTP/1.1\r\nHost: example.org\r\n\r\n", "a tab"),
        raw(b"GET /own HTTP/1.1\r\r\nHost: example.org\r\n\r\n", "CR CR LF"), raw(b"GET / own HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n", "blank in the target"), raw(b"GET\r\n\r\n", "a method alone"), raw(b"\x00\x00\r\n\r\n", "zeros"),
        *[raw(lines("Transfer-Encoding: chunked", method="POST", target="/echo", body=b), f"chunks {b[:40]!r}") for b in (
            "0\n\n", "3\nabc\n0\n\n", "3;ext=1\nabc\n0\n\n", "3 ;x\nabc\n0\n\n", "03\nabc\n0\n\n", "A\n0123456789\n0\n\n", "a\n0123456789\n0\n\n", "0\nX-T: 1\n\n", "3\nabcd\n0\n\n", "-1\n\n", "x\n", "\n", "3\nabc0\n\n", "ffffffffffffffffff\n", "3\nabc\n00\n\n", "0;a=\"b\"\n\n", "3\t\nabc\n0\n\n")],
        raw(lines("Transfer-Encoding: Chunked", method="POST", target="/echo", body="0\n\n"), "Chunked"),
        raw(lines("Content-Length: 3", method="GET", target="/echo", body="abc"), "GET with a body"), raw(lines("Content-Length: 3", method="DELETE", target="/echo", body="abc"), "DELETE with a body")]),

    Group("nginx/kept connections", "keepalive", server("""
        location / { proxy_pass http://up; }
        location /own { return 200 "own $connection_requests\\n"; }
        location /two { keepalive_requests 2; return 200 "$connection_requests\\n"; }
        location /none { keepalive_timeout 0; return 200 "none\\n"; }
        location /told { keepalive_timeout 75 20; return 200 "told\\n"; }
        location /moved { return 301 /x; }
        location /big { client_max_body_size 3; proxy_pass http://up; }
        location /disabled { keepalive_disable none; return 200 d; }
        location /files/ { alias @dir@/html/; }""", MIME), [
        raw("GET /own HTTP/1.1\nHost: example.org\n\n" * 2 + "GET /own HTTP/1.1\nHost: example.org\nConnection: close\n\n", "three at once", answers=3),
        raw("GET /own HTTP/1.1\nHost: example.org\n\n", "stays", answers=1), raw("GET /own HTTP/1.0\nHost: example.org\n\n", "1.0", answers=1), raw("GET /own HTTP/1.0\nConnection: keep-alive\n\n", "1.0 keep-alive", answers=1),
        raw("GET /own HTTP/1.0\nConnection: Keep-Alive, x\n\n", "1.0 Keep-Alive, x", answers=1), raw("GET /own HTTP/1.1\nHost: a\nConnection: CLOSE\n\n", "CLOSE", answers=1), raw("GET /own HTTP/1.1\nHost: a\nConnection: x, close\n\n", "x, close", answers=1),

        raw("GET /two HTTP/1.1\nHost: a\n\n" * 3, "keepalive_requests", answers=2), raw("GET /none HTTP/1.1\nHost: a\n\n", "timeout 0", answers=1), raw("GET /none HTTP/1.0\nConnection: keep-alive\n\n", "1.0 timeout 0", answers=1),
        raw("GET /told HTTP/1.1\nHost: a\n\n", "told", answers=1), raw("GET /told HTTP/1.0\nConnection: keep-alive\n\n", "1.0 told", answers=1),
        raw("GET /moved HTTP/1.1\nHost: a\n\n", "moved", answers=1), raw("GET /none-such HTTP/1.1\nHost: a\n\n" * 2, "404 twice of up", answers=2),
        raw("POST /own HTTP/1.1\nHost: a\nContent-Length: 4\n\nbody" + END, "unread body, then another", answers=2),
        raw("POST /echo HTTP/1.1\nHost: a\nContent-Length: 4\n\nbody" + END, "body, then another", answers=2), raw("POST /big HTTP/1.1\nHost: a\nContent-Length: 4\n\nbody" + END, "413, then another", answers=1),
        raw("POST /big HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n4\nbody\n0\n\n" + END, "413 of chunks", answers=1),
        raw("GET /status/404 HTTP/1.1\nHost: a\n\n" + END, "404 of a server", answers=2), raw("GET /chunked/100/3 HTTP/1.1\nHost: a\n\n" + END, "chunks of a server", answers=2), raw("GET /until-close/100 HTTP/1.1\nHost: a\n\n" + END, "until-close of a server", answers=2),
        raw("GET /until-close/100 HTTP/1.0\nConnection: keep-alive\n\n", "until-close 1.0", answers=1), raw("GET /chunked/100/3 HTTP/1.0\nConnection: keep-alive\n\n", "chunks 1.0", answers=1), raw("GET /size/100 HTTP/1.0\nConnection: keep-alive\n\n", "length 1.0", answers=1),
        raw("GET /empty/204 HTTP/1.1\nHost: a\n\n" + END, "204 of a server", answers=2), raw("GET /empty/304 HTTP/1.1\nHost: a\n\n" + END, "304 of a server", answers=2),
        raw("GET /files/a.txt HTTP/1.1\nHost: a\n\n" * 2, "files", answers=2), raw("GET /files/none HTTP/1.1\nHost: a\n\n" * 2, "404 of files", answers=2), raw("BAD\n\n" + END, "bad, then another", answers=1),
        raw("GET /own HTTP/1.1\n\n" + END, "no host, then another", answers=1), raw("FOO /files/a.txt HTTP/1.1\nHost: a\n\n" + END, "405, then another", answers=2), raw("POST /files/a.txt HTTP/1.1\nHost: a\nContent-Length: 3\n\nabc" + END, "405 with a body", answers=2),
        raw("GET /files/a.txt HTTP/1.1\nHost: a\nContent-Length: 3\n\nabc" + END, "a file asked for with a body", answers=2), raw("GET /disabled HTTP/1.1\nHost: a\n\n", "keepalive_disable none", answers=1),
        raw("\n\n" + END, "empty lines first", answers=1), raw(END[:-1] + "X: y\n\n\n\n" + END, "more after close", answers=1),
        raw("GET /who HTTP/1.1\nHost: a\n\n\n\n" + END, "empty lines between", answers=2)], files=SITE),

    Group("nginx/odd answers of servers", "answers of servers", logged("""
        location / { proxy_pass http://up; }
        location /small/ { proxy_buffer_size 1k; proxy_buffers 4 1k; proxy_busy_buffers_size 1k; proxy_pass http://up/; }
        location /page/ { error_page 502 = /own; proxy_pass http://up/; }
        location /nobuf/ { proxy_buffering off; proxy_pass http://up/; }
        location /own { return 200 "own page\\n"; }""", "$status $body_bytes_sent $upstream_status $upstream_response_length"), [
        *[Ask(answer(t), note="answered " + repr(t)[:90]) for t in (
            "HTTP/1.1 200 OK\nContent-Length: 3\n\nabc", "HTTP/1.1 200 \nContent-Length: 3\n\nabc", "HTTP/1.0 200 OK\n\nabc", "HTTP/1.1 200 A longer reason, of words\nContent-Length: 3\n\nabc", "HTTP/1.1 600 High\nContent-Length: 3\n\nabc", "HTTP/1.1 999 High\nContent-Length: 3\n\nabc", "HTTP/1.2 200 OK\nContent-Length: 3\n\nabc", "HTTP/1.1 200 OK\nContent-Length: 10\n\nabc", "HTTP/1.1 200 OK\nContent-Length: 2\n\nabc", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3\nabc\n0\n\n", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3\nabc\n", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3;a=b\nabc\n0\nX: y\n\n",
            "HTTP/1.1 200 OK\nTransfer-Encoding: identity\n\nabc", "HTTP/1.1 200 OK\nX-A: 1\nX-A: 2\nX_B: 3\nX.C: 4\nContent-Length: 0\n\n", "HTTP/1.1 200 OK\nX : y\nContent-Length: 0\n\n",
            "HTTP/1.1 200 OK\nX: a\n b\nContent-Length: 0\n\n", "HTTP/1.1 200 OK\nX: a\x00b\nContent-Length: 0\n\n", "HTTP/1.1 200 OK\nX:\nContent-Length: 0\n\n", "HTTP/1.1 200 OK\n: y\nContent-Length: 0\n\n", "HTTP/1.1 200 OK\nLast-Modified: x\nLast-Modified: y\nETag: a\nETag: b\nLocation: /a\nLocation: /b\nContent-Length: 0\n\n",
            "HTTP/1.1 200 OK\nExpires: a\nExpires: b\nCache-Control: a\nCache-Control: b\nWWW-Authenticate: a\nWWW-Authenticate: b\nContent-Encoding: x\nContent-Encoding: y\nContent-Length: 0\n\n", "HTTP/1.1 200 OK\nStatus: 404 Other\nContent-Length: 0\n\n",
            "HTTP/1.1 204 No\n\n", "HTTP/1.1 304 Not\nContent-Length: 3\n\n", "HTTP/1.1 304 Not\nETag: \"a\"\nLast-Modified: Tue, 14 Nov 2023 22:13:20 GMT\n\nabc", "HTTP/1.1 205 Reset\nContent-Length: 0\n\n", "HTTP/1.1 206 Part\nContent-Range: bytes 0-2/10\nContent-Length: 3\n\nabc", "HTTP/1.1 402 Pay\nContent-Length: 3\n\nabc", "HTTP/1.1 299 Own\nContent-Length: 3\n\nabc",
            "HTTP/1.1 200 OK\nAccept-Ranges: bytes\nAccept-Ranges: none\nContent-Length: 0\n\n", "HTTP/1.1 200 OK\nVary: a\nVary: b\nLink: a\nLink: b\nContent-Disposition: x\nContent-Length: 0\n\n", "HTTP/1.1 200 OK\nX-Accel-Limit-Rate: 0\nX-Accel-Expires: 1\nX-Accel-Foo: b\nX-Pad: c\nContent-Length: 0\n\n", "")],
        Ask(answer("HTTP/1.1 200 OK\nContent-Length: 3\n\n"), "HEAD", note="HEAD with a length"), Ask(answer("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n"), "HEAD", note="HEAD with chunks"),
        Ask(answer("HTTP/1.1 200 OK\nContent-Length: 0\nX: " + "x" * 900 + "\n\n", "/small/raw"), note="a head of 900"), Ask(answer("HTTP/1.1 200 OK\nContent-Length: 0\nX: " + "x" * 1100 + "\n\n", "/small/raw"), note="a head of 1100"),
        Ask("/page/reset", note="reset and a page"), Ask("/refuse-keep"), Ask("/reset"),
        Ask(answer("HTTP/1.1 200 OK\nContent-Length: 10\n\nabc", "/nobuf/raw"), note="cut, unbuffered"), Ask(answer("HTTP/1.1 200 OK\nContent-Length: 2\n\nabc", "/nobuf/raw"), note="too long, unbuffered"), Ask(answer("HTTP/1.1 200 OK\n\nabc", "/nobuf/raw"), note="until the end, unbuffered"),
        Ask(answer("HTTP/1.1 200 OK\n\nabc"), version="1.0", note="until the end, HTTP/1.0"), Ask("/early/200", "POST", body=b"x" * 100), Ask("/early-close/403", "POST", body=b"x" * 100)]),

    Group("nginx/what is there twice, or not at all", "map", server("""
        location / { return 200 "$m|$g\n"; }
        location /page { error_page 404 @nobody; return 404; }
        location /again { error_page 404 @nobody; error_page 500 /; return 404; }
        location /try/ { try_files /none @nobody; }
        location /named { error_page 404 @a; return 404; }
        location @a { return 200 "a\n"; }""", """map $arg_k $m { 1 first; default no; } map $arg_k $m { 2 second; default nothing; }
        geo $arg_ip $g { default d; 10.0.0.0/8 first; 10.0.0.0/8 second; }"""), [
        *[Ask(p) for p in ("/?k=1", "/?k=2&ip=10.1.1.1", "/?k=3&ip=11.1.1.1", "/page", "/again", "/try/x", "/named")], Ask("/page", "POST", body=b"x"), Ask("/page", "HEAD")]),

    Group("nginx/names of files", "$request_filename", server(r"""
        root @dir@/html;
        if (-f $document_root/maint$arg_m) { return 503; }
        if (-f $request_filename) { set $there yes; }
        location / { proxy_set_header X-F "$document_root|$request_filename|$there"; proxy_pass http://up; }
        location /iff/ { root @dir@/other; if (-f $request_filename) { return 200 "file $request_filename\n"; } proxy_pass http://up; }
        location /nof/ { if (!-f $request_filename) { proxy_pass http://up; break; } }
        location /noe/ { if (!-e $request_filename) { rewrite ^/noe/(.*)$ /iff/$1 last; } }
        location /al/ { alias @dir@/html/; if (!-f $request_filename) { return 404 "no $request_filename\n"; } }
        location ~ ^/rx/(.*)$ { alias @dir@/html/$1; if (!-f $request_filename) { return 404 "no $request_filename\n"; } }
        location /dir/ { if (-d $request_filename) { return 200 "dir\n"; } proxy_pass http://up; }
        location /ret { return 200 "$document_root|$request_filename\n"; }
        location /log/ { access_log off; proxy_pass http://up; add_header X-F "$request_filename|$sent_http_content_length|$upstream_status"; }
        location /page/ { proxy_intercept_errors on; error_page 404 502 = @p; proxy_pass http://up/; }
        location /dead/ { error_page 502 /p; proxy_pass http://127.0.0.1:@closed@; }
        location /p { return 200 "$upstream_addr_is|$upstream_status|$upstream_http_x_origin\n"; }
        location @p { return 200 "$upstream_addr_is|$upstream_status|$upstream_http_x_origin\n"; }
        """, 'map $upstream_addr $upstream_addr_is { "" none; default some; }'), [
        *[Ask(p) for p in ("/who","/echo?m=enance","/a.txt","/iff/who","/x.txt","/iff/x.txt","/nof/a.txt","/nof/who","/noe/a.txt","/noe/who","/al/a.txt","/al/who","/rx/a.txt","/rx/who","/dir/","/dir/sub","/dir/who","/ret","/log/who","/page/status/404","/page/status/200","/dead/","/page/status/500")]],
        files={**SITE, "html/maintenance": "x", "html/nof/a.txt":"nof\n","html/noe/a.txt":"noe\n","other/iff/x.txt":"iff\n","html/dir/sub/x":"s"}),

    Group("nginx/proxy words", "proxy_ words", server("""
        proxy_set_header X-Lvl server; proxy_hide_header X-Hid;
        location /a/ { proxy_pass http://up/; }
        location /b/ { proxy_set_header X-Own 1; proxy_hide_header X-Two; proxy_pass http://up/; }
        location /v10/ { proxy_http_version 1.0; proxy_pass http://up/; }
        location /pdate/ { proxy_pass_header Date; proxy_pass_header X-Hid; proxy_pass_header X-Accel-Redirect; proxy_pass_header X-Pad; proxy_pass http://up/; }
        location /meth/ { proxy_method PUT; proxy_pass http://up/; }
        location /methv/ { proxy_method $arg_m; proxy_pass http://up/; }
        location /sb/ { proxy_set_body "fixed $arg_a"; proxy_pass http://up/; }
        location /sbe/ { proxy_set_body ""; proxy_pass http://up/; }
        location /nobody/ { proxy_pass_request_body off; proxy_pass http://up/; }
        location /nohd/ { proxy_pass_request_headers off; proxy_set_header Host h; proxy_pass http://up/; }
           location /hostv/ { proxy_set_header Host $arg_h; proxy_pass http://up/; }
        location /conn/ { proxy_set_header Connection close; proxy_set_header Keep-Alive 5; proxy_pass http://up/; }
        location /dup/ { proxy_set_header X-D 1; proxy_set_header X-D 2; proxy_set_header x-d 3; proxy_pass http://up/; }
        location /force/ { proxy_pass http://up/; }
        location /rate/ { proxy_pass http://up/; }
        location /buf/ { proxy_buffering off; proxy_pass http://up/; }
        location /rb/ { proxy_request_buffering off; proxy_pass http://up/; }
        location /ign/ { proxy_ignore_headers Expires Cache-Control Set-Cookie Vary X-Accel-Expires; proxy_pass http://up/; }
        location /icept/ { proxy_intercept_errors on; error_page 404 = @fb; error_page 401 /own401; error_page 500 /e500; proxy_pass http://up/; }
        location @fb { return 200 "fb $uri $upstream_status"; }
        location /own401 { return 200 "log in"; }
        location /e500 { add_header X-E $upstream_http_x_origin; return 200 "e"; }
        location /small/ { client_max_body_size 5; client_body_buffer_size 1k; proxy_pass http://up/; }
        location /tmp/ { client_body_buffer_size 16; proxy_pass http://up/; }
        location /sbuf/ { client_body_in_single_buffer on; proxy_pass http://up/; }
        location ~ ^/re/(.*)$ { proxy_pass http://up; }
        location ~ ^/rev/(.*)$ { proxy_pass http://up/$1$is_args$args; }
        location = /eq { proxy_pass http://up/echo/eq; }
        location ^~ /np/ { proxy_pass http://up/; }
        location "/sp ace/" { proxy_pass http://up/; }
        location /limit { proxy_pass http://up/echo/get; }
        location /ifp/ { if ($request_method = POST) { proxy_pass http://up; break; } proxy_pass http://up/; }
        location /ep/ { error_page 418 = @ep; return 418; } location @ep { proxy_pass http://up; }
        location /inh/ { proxy_pass http://up/; location /inh/in/ { } location /inh/own/ { proxy_pass http://up/own/; } }
        location /noargs/ { proxy_pass http://up/echo?fixed=1; }
        location /esc/ { proxy_pass http://up/a%20b/; }
        location /expires/ { expires 1h; add_header X-A b; proxy_pass http://up/; }
        location /ct/ { default_type x/y; proxy_pass http://up/; }"""), [
        *[Ask(f"/{p}/fields?X-Hid=1&X-Two=2&Date=d&X-Pad=p&X-Accel-Foo=1") for p in ("a","b","pdate")], *[Ask(f"/{p}/echo?q=1","POST",[("X-C","c"),("Content-Type","t/t")],b"hello body") for p in ("a","b","v10","meth","sb","sbe","nohd","conn","dup","rb","tmp","sbuf","icept","re","rev","np","ifp","ep","inh","inh/in","inh/own","noargs","esc")],
        *[Ask(f"/{p}/echo?q=1","POST",[("X-C","c")],[b"hello ",b"body"]) for p in ("a","v10","sb","tmp","sbuf","small")], *[Ask(f"/{p}/echo?q=1") for p in ("v10","sb","sbe","meth","dup","ifp","inh/in","noargs")],
        Ask("/methv/echo?m=OPTIONS"),Ask("/methv/echo?m="),Ask("/meth/echo","HEAD"),Ask("/hostv/echo?h=abc"),Ask("/hostv/echo?h="),Ask("/force/size/100",fields=[("Range","bytes=10-19")]),Ask("/force/size/100",fields=[("Range","bytes=10-19,30-39")]),Ask("/force/size/100",fields=[("Range","bytes=100-")]),Ask("/a/size/100",fields=[("Range","bytes=10-19")]),Ask("/a/fields?Accept-Ranges=bytes",fields=[("Range","bytes=1-2")]),Ask("/force/chunked/100/2",fields=[("Range","bytes=10-19")]),Ask("/force/fields?ETag=%22x%22",fields=[("Range","bytes=1-2"),("If-Range",'"x"')]),Ask("/force/fields?ETag=%22x%22",fields=[("Range","bytes=1-2"),("If-Range",'"y"')]),Ask("/force/status/404",fields=[("Range","bytes=1-2")]),
        Ask("/force/fields?Last-Modified=Tue, 14 Nov 2023 22:13:20 GMT",fields=[("Range","bytes=1-2"),("If-Range","Tue, 14 Nov 2023 22:13:20 GMT")]),
        Ask("/a/fields?ETag=%22x%22&Last-Modified=Tue, 14 Nov 2023 22:13:20 GMT",fields=[("If-None-Match",'"x"')]),Ask("/a/fields?Last-Modified=Tue, 14 Nov 2023 22:13:20 GMT",fields=[("If-Modified-Since","Tue, 14 Nov 2023 22:13:20 GMT")]),Ask("/a/fields?Last-Modified=Tue, 14 Nov 2023 22:13:20 GMT",fields=[("If-Unmodified-Since","Mon, 13 Nov 2023 22:13:20 GMT")]),
        Ask("/rate/size/1000"),Ask("/buf/size/1000"),Ask("/buf/chunked/1000/3"),Ask("/buf/until-close/100"),Ask("/v10/chunked/100/2"),Ask("/v10/until-close/100"),Ask("/ign/fields?Expires=x&Cache-Control=y&Set-Cookie=z&Vary=v&X-Accel-Expires=1"),Ask("/icept/status/404"),Ask("/icept/fields?WWW-Authenticate=Basic"),Ask("/icept/status/401"),Ask("/icept/status/500"),Ask("/icept/status/503"),Ask("/icept/status/404","POST",body=b"x"),Ask("/icept/status/404","HEAD"),
        Ask("/small/echo","POST",body=b"12345"),Ask("/small/echo","POST",body=b"123456"),Ask("/re/echo/a%20b?x=y"),Ask("/eq?x=y"),Ask("/np/echo/a%2fb"),Ask("/sp%20ace/echo"),Ask("/limit"),Ask("/limit","POST",body=b"x"),Ask("/limit","HEAD"),Ask("/ep/echo?a","PUT",body=b"zz"),Ask("/expires/status/404"),Ask("/expires/size/5"),Ask("/ct/size/5"),Ask("/ct/status/404"),Ask("/a/echo",fields=[("Expect","100-continue")],method="PUT",body=b"x"),
        Ask("/a/echo",fields=[("Cookie","a=1"),("Cookie","b=2"),("X-Forwarded-For","1"),("X-Forwarded-For","2"),("Accept-Encoding","gzip"),("Accept-Encoding","br"),("Via","a"),("X-UPPER","u"),("Te","trailers"),("Upgrade","x"),("Proxy","p")]),Ask("/a/echo",host="EXAMPLE.org:81")]),

]
