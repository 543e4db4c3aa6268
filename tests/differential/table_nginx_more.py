# SPDX-License-Identifier: Apache-2.0
"""nginx's language: short files as its documentation shows them, one area a group."""
from compare import Ask, Group, config
from table_nginx import GZ, KEEP, MIME, SITE, UP, logged, server

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
]
