# SPDX-License-Identifier: Apache-2.0
"""nginx's language: short files as its documentation shows them, one area a group."""
import base64
import hashlib

from compare import Ask, Group, config
from table_nginx import GZ, KEEP, MIME, SITE, UP, USERS, basic, logged, server


def link_sum(text):
    return base64.urlsafe_b64encode(hashlib.md5(text.encode()).digest()).decode().rstrip("=")


GROUPS = [
    Group("nginx/names of variables", "variables in either case", server(r"""
        set $Mixed one; set $args_copy $Args;
        location ~ ^/cap/(?<Name>[a-z]+)$ { return 200 "$name|$NAME|$1\n"; }
        location / { return 200 "$mixed|$MIXED|$Request_Method|$HTTP_X_A|$Arg_x|$cookie_SID|$COOKIE_sid|$args_copy|$Https|${HOST}\n"; }"""), [
        Ask("/?x=1&X=2", fields=[("X-A", "v"), ("Cookie", "sid=7")]), Ask("/cap/abc"), Ask("/?X=2", fields=[("Cookie", "SID=8")])]),

    Group("nginx/cookies of requests", "$cookie_", server(r"""
        location / { return 200 "<$cookie_sid>|<$cookie_a>|<$http_cookie>\n"; }"""), [
        *[Ask("/", fields=[("Cookie", c)], note=f"Cookie: {c}") for c in (
            "sid=7", "SID=7", "Sid=7; sid=8", "a=1; sid=7", "a=1;sid=7", "sid = 7", "sid=", "sid", "xsid=1", "sid=7 ; a=2", "a=\"q; sid=9\"", "sid=a=b", " sid=7", "sid=7;", ";sid=7", "a=1,sid=7", "a=1; a=2")],
        Ask("/", fields=[("Cookie", "a=1"), ("Cookie", "sid=2")], note="two fields"), Ask("/", fields=[("Cookie", "sid=1"), ("Cookie", "sid=2")], note="two fields of one name")]),

    Group("nginx/cookies of answers", "$upstream_cookie_", server(r"""
        location / { add_header X-Got "<$upstream_cookie_sid>" always; proxy_pass http://up; }"""), [
        *[Ask("/fields?" + q) for q in ("Set-Cookie=sid%3D7", "Set-Cookie=SID%3D7", "Set-Cookie=a%3D1%3B+sid%3D2", "Set-Cookie=sid%3D7%3B+path%3D/", "Set-Cookie=a%3D1&Set-Cookie=sid%3D2", "Set-Cookie=sid%3D1&Set-Cookie=sid%3D2", "Set-Cookie=sid", "X=y")]]),

    Group("nginx/auth_basic with variables", "auth_basic", server("""
        location /realm/ { auth_basic $realm; auth_basic_user_file @dir@/users; proxy_pass http://up; }
        location /file/ { auth_basic who; auth_basic_user_file @dir@/users$arg_f; proxy_pass http://up; }
        location /named/ { auth_basic who; auth_basic_user_file users$arg_f; proxy_set_header X-User $remote_user; proxy_pass http://up; }
        location /whole/ { set $users @dir@/users; auth_basic who; auth_basic_user_file $users; proxy_pass http://up; }""",
          http='map $arg_off $realm { 1 off; default "The $arg_w area"; }'), [
        *[Ask(f"{where}who{q}", fields=f, note=f"{where} {q} {n}") for where, q in (("/file/", ""), ("/file/", "?f=2"), ("/file/", "?f=none"), ("/named/", ""), ("/whole/", ""), ("/realm/", "?w=a"), ("/realm/", "?off=1"))
          for n, f in enumerate(([], [basic("plain", "secret")], [basic("plain", "wrong")], [basic("nobody", "secret")], [basic("sha", "secret")], [basic("commented", "secret")]))]],
          files={"users": USERS, "users2": "other:{PLAIN}x\n"}),

    Group("nginx/geo", "geo", config.nginx("""
        geo $arg_ip $plain { default d; 10.0.0.0/8 ten; 10.1.0.0/16 ten-one; 10.1.2.3 host; 192.168.0.0/16 lan; delete 192.168.0.0/16; 127.0.0.0/8 loop; ::1 six; 2001:db8::/32 doc; 0.0.0.0/1 half; }
        geo $arg_ip $ranged { ranges; default d; 10.0.0.0-10.0.0.255 a; 10.0.0.10-10.0.0.20 b; 10.0.1.0-10.0.1.0 one; 10.0.2.0-10.0.3.7 c; 10.0.2.5-10.0.2.9 e; 172.16.0.0-172.31.255.255 f; delete 10.0.1.0-10.0.1.0; 0.0.0.0-0.0.0.3 low; 255.255.255.0-255.255.255.254 high; }
        geo $own { 127.0.0.1 me; default other; }
        server { listen 127.0.0.1:@port@; location / { return 200 "$plain|$ranged|$own\n"; } }"""), [
        *[Ask(f"/?ip={ip}") for ip in ("", "x", "10.0.0.0", "10.0.0.9", "10.0.0.10", "10.0.0.15", "10.0.0.20", "10.0.0.21", "10.0.0.255", "10.0.1.0", "10.0.1.1", "10.0.2.0", "10.0.2.4", "10.0.2.5", "10.0.2.9", "10.0.2.10", "10.0.3.7",
                                       "10.0.3.8", "10.1.2.3", "10.1.2.4", "172.15.255.255", "172.16.0.0", "172.20.1.1", "172.31.255.255", "172.32.0.0", "192.168.1.1", "127.0.0.1", "::1", "2001:db8::5", "0.0.0.0", "0.0.0.3", "0.0.0.4", "255.255.255.254", "200.1.1.1", "10.0.0.1:80")],
        Ask("/", source="127.0.0.9", note="from somebody else")]),

    Group("nginx/expires", "expires", server("""
        root @dir@/html;
        location /hour/ { alias @dir@/html/; expires 1h; }
        location /mixed/ { alias @dir@/html/; expires 1d12h; }
        location /past/ { alias @dir@/html/; expires -1; }
        location /pasth/ { alias @dir@/html/; expires -2h; }
        location /zero/ { alias @dir@/html/; expires 0; }
        location /epoch/ { alias @dir@/html/; expires epoch; }
        location /max/ { alias @dir@/html/; expires max; }
        location /off/ { alias @dir@/html/; expires off; }
        location /modified/ { alias @dir@/html/; expires modified +1h; }
        location /modifiedp/ { alias @dir@/html/; expires modified 100000d; }
        location /map/ { alias @dir@/html/; expires $by_type; }
        location /var/ { expires $arg_e; proxy_pass http://up/; }
        location /proxied/ { expires 30s; proxy_pass http://up/; }
        location /own { expires 1h; return 200 x; }
        location /moved { expires 1h; return 301 /; }
        location /gone { expires 1h; return 404; }
        location /both/ { alias @dir@/html/; expires 1h; add_header Cache-Control public; add_header Expires never; }
        location /kept { expires $nothing; return 200 x; }""", MIME + """map $sent_http_content_type $by_type { default off; text/html epoch; text/css max; ~image/ max; text/plain 10m; }
        map $host $nothing { default ""; }"""), [
        *[Ask(f"/{p}/a.txt") for p in ("hour", "mixed", "past", "pasth", "zero", "epoch", "max", "off", "modified", "both", "map")], Ask("/map/index.html"), Ask("/map/style.css"), Ask("/map/no-extension"), Ask("/hour/none"),
        *[Ask(f"/var/who?e={e}") for e in ("1h", "-1", "epoch", "max", "off", "", "junk", "10", "modified")], Ask("/proxied/who"), Ask("/proxied/fields?Expires=0&Cache-Control=private"), Ask("/proxied/status/404"), Ask("/own"), Ask("/moved"), Ask("/gone"), Ask("/kept"),
        Ask("/hour/a.txt", fields=[("If-Modified-Since", "Tue, 14 Nov 2023 22:13:20 GMT")]), Ask("/hour/a.txt", "HEAD")], files=SITE),

    Group("nginx/core switches of files", "etag, if_modified_since, chunked_transfer_encoding", server("""
        root @dir@/html;
        location /noetag/ { alias @dir@/html/; etag off; }
        location /ims-off/ { alias @dir@/html/; if_modified_since off; }
        location /ims-before/ { alias @dir@/html/; if_modified_since before; }
        location /nochunk/ { chunked_transfer_encoding off; proxy_pass http://up/; }
        location /chunk/ { proxy_pass http://up/; }""", MIME), [
        *[Ask(f"/{p}/a.txt", fields=f, note=f"{p} {f}") for p in ("noetag", "ims-off", "ims-before") for f in (
            [], [("If-Modified-Since", "Tue, 14 Nov 2023 22:13:20 GMT")], [("If-Modified-Since", "Tue, 14 Nov 2023 22:13:21 GMT")], [("If-Modified-Since", "Tue, 14 Nov 2022 22:13:20 GMT")], [("If-None-Match", '"6553f100-a"')])],
        Ask("/nochunk/chunked/300/3"), Ask("/nochunk/size/10"), Ask("/chunk/chunked/300/3", version="1.0"), Ask("/nochunk/chunked/300/3", "HEAD")], files=SITE),

    Group("nginx/add_header", "add_header", server("""
        add_header X-Server s;
        location /inherits { return 200 x; }
        location /own { add_header X-Own o; return 200 x; }
        location /always { add_header X-Own o always; add_header X-Not n; return 500; }
        location /created/ { add_header X-Own o; proxy_pass http://up/; }
        location /special/ { add_header Last-Modified "Thu, 01 Jan 1970 00:00:01 GMT"; add_header ETag '"mine"'; add_header Content-Type text/mine; add_header Server us; add_header Date never; add_header Content-Length 5; proxy_pass http://up/; }
        location /dup/ { add_header Set-Cookie a=1; add_header Set-Cookie b=2; add_header X-Origin mine; proxy_pass http://up/; }
        location /vars/ { add_header X-V "$upstream_status|$upstream_http_x_origin|$sent_http_x_origin|$status|$arg_a"; proxy_pass http://up/; }
        location /empty/ { add_header Last-Modified ""; add_header X-E ""; proxy_pass http://up/; }"""), [
        Ask("/inherits"), Ask("/own"), Ask("/always"), *[Ask(f"/created/status/{n}") for n in (200, 201, 202, 206, 301, 302, 303, 304, 307, 308, 400, 404, 500)],
        Ask("/created/status/204", differs="204 has no Content-Length (RFC 9110 8.6)"), Ask("/special/who"), Ask("/special/fields?Last-Modified=x&ETag=%22o%22"), Ask("/dup/who"), Ask("/dup/fields?Set-Cookie=c%3D3"), Ask("/vars/who?a=1"), Ask("/empty/fields?Last-Modified=Thu, 01 Jan 1970 00:00:01 GMT")]),

    Group("nginx/access by address", "allow, deny, satisfy", server("""
        location /one { deny 127.0.0.1; allow all; proxy_pass http://up; }
        location /net { allow 127.0.0.0/30; deny all; proxy_pass http://up; }
        location /order { allow all; deny all; proxy_pass http://up; }
        location /six { deny ::1; deny 2001:db8::/32; allow 127.0.0.0/8; deny all; proxy_pass http://up; }
        location /unix { allow unix:; deny all; proxy_pass http://up; }
        location /inherit { deny 127.0.0.9; location /inherit/own { allow 127.0.0.9; deny all; proxy_pass http://up; } proxy_pass http://up; }
        location /any { satisfy any; deny all; auth_basic x; auth_basic_user_file @dir@/users; proxy_pass http://up; }
        location /all { satisfy all; allow 127.0.0.1; deny all; auth_basic x; auth_basic_user_file @dir@/users; proxy_pass http://up; }
        location /except { limit_except GET POST { deny all; } proxy_pass http://up; }
        location /exceptauth { limit_except GET { auth_basic x; auth_basic_user_file @dir@/users; } proxy_pass http://up; }"""), [
        *[Ask(p, source=s) for p in ("/one", "/net", "/order", "/six", "/unix", "/inherit", "/inherit/own", "/all") for s in (None, "127.0.0.3", "127.0.0.9")],
        *[Ask(p, fields=f, note=f"{p} with {bool(f)}") for p in ("/any", "/all") for f in ([], [basic("plain", "secret")], [basic("plain", "no")])],
        *[Ask(p, m, body=b"x" if m in ("POST", "PUT") else None) for p in ("/except", "/exceptauth") for m in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")]], files={"users": USERS}),

    Group("nginx/index", "index", server("""
        root @dir@/html;
        location / { index nothing.html index.html; }
        location /sub/ { index x.html; }
        location /var/ { alias @dir@/html/; index $arg_i index.html; }
        location /abs/ { alias @dir@/html/empty/; index none.html /a.txt; }
        location ~ \\.txt$ { add_header X-Text yes; }
        location = /one/ { index a.txt; root @dir@/html; }
        location /al { alias @dir@/html; }
        location /alias-file { alias @dir@/html/a.txt; }
        location ~ ^/rx/(.*)$ { alias @dir@/html/$1; }"""), [
        *[Ask(p) for p in ("/", "/sub/", "/sub", "/var/?i=a.txt", "/var/?i=none", "/abs/", "/empty/", "/al/a.txt", "/al", "/alx", "/al/", "/alias-file", "/alias-filex", "/rx/a.txt", "/rx/sub/", "/rx/none", "/sub?x=1", "/a.txt", "/one/")], Ask("/var/", differs="an index that has no name is none")], files=SITE),

    Group("nginx/variables of servers in answers", "$upstream_ in add_header", server("""
        add_header X-Up "$upstream_addr|$upstream_status|$upstream_http_x_origin" always;
        add_header X-Shape "$time|$header|$connect" always;
        add_header X-Sizes "$upstream_response_length|$upstream_bytes_received|$upstream_bytes_sent" always;
        location / { proxy_pass http://up; }
        location /two/ { proxy_pass http://two/; }
        location /dead/ { proxy_pass http://127.0.0.1:@closed@; }
        location /named/ { error_page 502 = @up; proxy_pass http://127.0.0.1:@closed@; }
        location @up { proxy_pass http://up; }
        location /own { return 200 x; }""", """upstream two { server 127.0.0.1:@closed@; server 127.0.0.1:@a@; }
        map $upstream_response_time $time { "" empty; - dash; "~^[0-9.]+$" one; "~^[0-9.]+, [0-9.]+$" two; "~^[0-9.]+ : [0-9.]+$" again; default "other: $upstream_response_time"; }
        map $upstream_header_time $header { "" empty; - dash; "~^[0-9.]+$" one; "~^-, [0-9.]+$" two; "~^- : [0-9.]+$" again; default "other: $upstream_header_time"; }
        map $upstream_connect_time $connect { "" empty; - dash; "~^[0-9.]+$" one; "~^-, [0-9.]+$" two; "~^- : [0-9.]+$" again; default "other: $upstream_connect_time"; }"""), [
        Ask("/who"), Ask("/two/who"), Ask("/dead/who"), Ask("/named/who"), Ask("/own"), Ask("/status/500"), Ask("/size/100")]),

    Group("nginx/proxy_next_upstream", "proxy_next_upstream", config.nginx(KEEP + """
        upstream p { server 127.0.0.1:@a@ max_fails=0; server 127.0.0.1:@b@ max_fails=0; }
        upstream q { server 127.0.0.1:@closed@ max_fails=0; server 127.0.0.1:@b@ max_fails=0; }
        upstream r { server 127.0.0.1:@closed@ max_fails=0; server 127.0.0.1:@closed@ max_fails=0 weight=2; server 127.0.0.1:@c@ backup; }
        server { listen 127.0.0.1:@port@; add_header X-Tries "$upstream_status" always;
            location /default/ { proxy_pass http://p/; }
            """ + "".join(f"location /{n}/ {{ proxy_next_upstream http_{n}; proxy_pass http://p/; }}\n" for n in (403, 404, 429, 500, 502, 503, 504)) + """
            location /inv/ { proxy_next_upstream invalid_header; proxy_pass http://p/; }
            location /err/ { proxy_next_upstream error; proxy_pass http://p/; }
            location /nonid/ { proxy_next_upstream error http_500 non_idempotent; proxy_pass http://p/; }
            location /off/ { proxy_next_upstream off; proxy_pass http://q/; }
            location /q/ { proxy_pass http://q/; }
            location /r/ { proxy_pass http://r/; }
            location /one/ { proxy_next_upstream error http_500; proxy_next_upstream_tries 1; proxy_pass http://p/; }
            location /icept/ { proxy_next_upstream http_404; proxy_intercept_errors on; error_page 404 /page; proxy_pass http://p/; }
            location /page { return 200 page; } }"""), [
        *[Ask(f"/{n}/status/{n}") for n in (403, 404, 429, 500, 502, 503, 504)], *[Ask(f"/{n}/status/200") for n in (403, 500)], Ask("/default/status/500"), Ask("/inv/cut/head/fin"), Ask("/err/cut/head/fin"), Ask("/err/reset"),
        Ask("/500/status/500", "POST", body=b"x"), Ask("/nonid/status/500", "POST", body=b"x"), Ask("/off/who", any_order=True, count=2), Ask("/q/who", count=2), Ask("/q/echo", "POST", body=b"pay"), Ask("/r/who", count=2), Ask("/one/status/500"), Ask("/icept/status/404"), Ask("/404/status/404", "HEAD")]),

    Group("nginx/upstream parameters", "upstream", config.nginx(KEEP + """
        upstream backup { server 127.0.0.1:@a@ down; server 127.0.0.1:@b@ backup; server 127.0.0.1:@c@ backup; }
        upstream hashed { hash $arg_k; server 127.0.0.1:@a@; server 127.0.0.1:@b@ down; server 127.0.0.1:@c@ weight=3; }
        upstream ring { hash $arg_k consistent; server 127.0.0.1:@a@; server 127.0.0.1:@b@; server 127.0.0.1:@c@ weight=2; }
        upstream least { least_conn; server 127.0.0.1:@a@ weight=2; server 127.0.0.1:@b@; zone l 64k; }
        upstream dead { server 127.0.0.1:@closed@ down; }
        upstream weights { zone w 64k; server 127.0.0.1:@a@ weight=4; server 127.0.0.1:@b@ weight=2; server 127.0.0.1:@c@; keepalive 2; }
        upstream Mixed.Case { server 127.0.0.1:@a@; }
        server { listen 127.0.0.1:@port@;
            """ + "".join(f"location /{u}/ {{ proxy_pass http://{u}/; }}\n" for u in ("backup", "hashed", "ring", "least", "dead", "weights", "mixed.case")) + "}"), [
        Ask("/backup/who", count=4), *[Ask(f"/hashed/who?k={k}") for k in range(8)], *[Ask(f"/ring/who?k={k}") for k in range(8)], Ask("/least/who", count=6), Ask("/dead/who"), Ask("/weights/who", count=14), Ask("/mixed.case/echo")]),

    Group("nginx/real ip more", "realip", server("""
        location /xff { set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For; return 200 "$remote_addr|$realip_remote_addr|$remote_port|$realip_remote_port"; }
        location /real/ { set_real_ip_from 127.0.0.0/8; real_ip_header X-Real-IP; proxy_set_header X-Is "$remote_addr|$realip_remote_addr"; proxy_pass http://up; }
        location /rec/ { set_real_ip_from 127.0.0.0/8; set_real_ip_from 10.0.0.0/8; set_real_ip_from 2001:db8::/32; real_ip_header X-Forwarded-For; real_ip_recursive on; proxy_set_header X-Is "$remote_addr|$proxy_add_x_forwarded_for"; proxy_pass http://up; }
        location /own/ { set_real_ip_from 127.0.0.1; real_ip_header X-Client; real_ip_recursive on; proxy_set_header X-Is "$remote_addr"; proxy_pass http://up; }
        location /unix/ { set_real_ip_from unix:; real_ip_header X-Real-IP; proxy_set_header X-Is "$remote_addr"; proxy_pass http://up; }""".replace("return 200", "proxy_set_header X-Is").replace('$realip_remote_port"; }', 'end"; proxy_pass http://up; }').replace("|$remote_port|", "|")), [
        *[Ask(f"{p}/echo", fields=f, note=f"{p} {f}") for p in ("/xff", "/real", "/rec", "/own", "/unix") for f in (
            [("X-Forwarded-For", "192.0.2.9")], [("X-Forwarded-For", "192.0.2.9, 10.1.1.1, 127.0.0.5")], [("X-Real-IP", "192.0.2.7")], [("X-Real-IP", "2001:db8::1")], [("X-Forwarded-For", "192.0.2.9"), ("X-Forwarded-For", "10.0.0.1")],
            [("X-Forwarded-For", "junk, 10.0.0.1")], [("X-Forwarded-For", "")], [("X-Client", "192.0.2.3, 127.0.0.1")], [("X-Forwarded-For", "192.0.2.9,10.1.1.1")])]]),

    Group("nginx/combined log and conditions", "access_log", config.nginx(UP + KEEP + """
        map $status $bad { ~^[23] 0; default 1; } map $arg_quiet $loud { 1 ""; default yes; }
        server { listen 127.0.0.1:@port@; root @dir@/html;
            location /bad/ { access_log @dir@/access.log mine if=$bad; proxy_pass http://up/; }
            location /loud/ { access_log @dir@/access.log mine if=$loud; proxy_pass http://up/; }
            location /twice/ { access_log @dir@/access.log mine; access_log @dir@/other.log combined; proxy_pass http://up/; }
            location /buffered/ { access_log @dir@/access.log mine buffer=4k flush=10ms; proxy_pass http://up/; }
            location /off/ { access_log off; proxy_pass http://up/; } }""",
          log="log_format mine '$remote_addr [$time_local] \"$request\" $status $body_bytes_sent \"$http_referer\" $upstream_addr $upstream_status'; access_log @dir@/access.log mine;"), [
        Ask("/bad/status/404"), Ask("/loud/who"), Ask("/twice/who"), Ask("/buffered/who"), Ask("/none"), Ask("/bad/status/500")], files=SITE),

    Group("nginx/valid_referers", "valid_referers", server(r"""
        location /usual { valid_referers none blocked server_names *.example.com example.* www.example.info/galleries/ ~\.google\.; if ($invalid_referer) { return 403; } return 200 "in <$invalid_referer>\n"; }
        location /strict { valid_referers server_names; if ($invalid_referer) { return 403 "out <$invalid_referer>\n"; } return 200 in; }
        location /none { valid_referers none known.example; return 200 "<$invalid_referer>"; }
        location /blocked { valid_referers blocked known.example; return 200 "<$invalid_referer>"; }
        location /proxied/ { valid_referers none example.net; proxy_set_header X-Invalid "<$invalid_referer>"; proxy_pass http://up; }
        location /nothing { return 200 "<$invalid_referer>"; }"""), [
        *[Ask(p, fields=[] if f is None else [("Referer", f)], note=f"{p} from {f}") for p in ("/usual", "/strict") for f in (
            None, "", "-", "blocked", "http://example.org/", "https://example.org/x?y", "http://example.org:8080/a", "http://EXAMPLE.org", "http://www.example.com/", "http://example.com/", "http://a.b.example.com", "http://example.net/", "http://example.de/x",
            "http://www.example.info/galleries/1", "http://www.example.info/other", "http://www.google.com/search", "http://www.other.org/?q=.google.", "ftp://example.org/", "http://", "http://evil.org/example.org", "//example.org")],
        *[Ask(p, fields=f, note=f"{p} {f}") for p in ("/none", "/blocked", "/proxied/echo", "/nothing") for f in ([], [("Referer", "x")], [("Referer", "http://example.net/")], [("Referer", "http://a/")])]]),

    Group("nginx/secure_link", "secure_link", server("""
        location /s/ { secure_link $arg_md5,$arg_expires; secure_link_md5 "$secure_link_expires$uri$remote_addr secret"; if ($secure_link = "") { return 403; } if ($secure_link = "0") { return 410; } return 200 "in $secure_link_expires\n"; }
        location /plain/ { secure_link $arg_md5; secure_link_md5 "$uri secret"; return 200 "<$secure_link>|<$secure_link_expires>\n"; }
        location /p/ { secure_link_secret word; if ($secure_link = "") { return 403; } return 200 "$secure_link\n"; }
        location /rw/ { secure_link_secret word; if ($secure_link = "") { return 403; } rewrite ^ /to/$secure_link; }
        location /to/ { return 200 "$uri\n"; }"""), [
        *[Ask(f"/s/f?md5={m}&expires={e}", note=f"/s/f {n}") for n, m, e in (
            ("good", link_sum("2147483647/s/f127.0.0.1 secret"), "2147483647"), ("late", link_sum("1/s/f127.0.0.1 secret"), "1"), ("other time", link_sum("2147483647/s/f127.0.0.1 secret"), "2147483646"), ("no sum", "", "2147483647"), ("short", "abc", "2147483647"),
            ("junk time", link_sum("x/s/f127.0.0.1 secret"), "x"), ("no time", link_sum("/s/f127.0.0.1 secret"), ""), ("padded", link_sum("2147483647/s/f127.0.0.1 secret") + "==", "2147483647"))],
        Ask("/s/f"), Ask("/plain/x?md5=" + link_sum("/plain/x secret")), Ask("/plain/x?md5=" + link_sum("/plain/y secret")), Ask("/plain/x"), Ask("/plain/x?md5=" + link_sum("/plain/x secret") + ",99"),
        *[Ask(f"{p}/{hashlib.md5(w.encode()).hexdigest()}/{l}", note=f"{p} {w} {l}") for p in ("/p", "/rw") for w, l in (("a/bword", "a/b"), ("a/bother", "a/b"), ("word", ""), ("a%20bword", "a%20b"))],
        Ask("/p/" + hashlib.md5(b"a?x=1word").hexdigest() + "/a?x=1"), Ask("/p/"), Ask("/p/x"), Ask("/p/" + hashlib.md5(b"linkword").hexdigest().upper() + "/link")]),
]
