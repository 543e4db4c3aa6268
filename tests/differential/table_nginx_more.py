# SPDX-License-Identifier: Apache-2.0
"""nginx's language: short files as its documentation shows them, one area a group."""
from compare import Ask, Group, config
from table_nginx import GZ, KEEP, MIME, SITE, UP, USERS, basic, logged, server

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
]
