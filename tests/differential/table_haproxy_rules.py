# SPDX-License-Identifier: Apache-2.0
"""What is asked of HAProxy's language about users, rules and variables."""
import base64

from compare import Ask, Group
from table_haproxy import BACKENDS, front

ECHO = "/echo"


def group(name, lines, asks, **more):
    return Group("haproxy/rule " + name, "rules", front(lines, **more.pop("front", {})), asks, **more)


def basic(user, password, target="/who", **more):
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    return Ask(target, fields=[("Authorization", "Basic " + token)], note=f"{target} by {user}:{password}", **more)


# the password of ann, ben and cat is "secret": SHA-512, SHA-256, MD5
USERS = """
userlist people
    group admins users ann,dot
    group readers
    user ann password $6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1
    user ben password $5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA groups readers
    user cat password $1$saltsalt$9xy1btjgzLYfb7hivXtC//
    user dot insecure-password plain groups readers
"""
PEOPLE = [Ask("/who"), basic("ann", "secret"), basic("ben", "secret"), basic("cat", "secret"), basic("dot", "plain"), basic("ann", "wrong"), basic("dot", "secret"), basic("eve", "plain"), basic("", ""), basic("dot", ""),
          Ask("/who", fields=[("Authorization", "Bearer x")], note="bearer"), Ask("/who", fields=[("Authorization", "Basic !!!")], note="no base64"), Ask("/who", fields=[("Authorization", "basic ZG90OnBsYWlu")], note="small letters")]

GROUPS = [
    group("http_auth", """
        acl known http_auth(people)
        http-request auth realm Members\\ only unless known
        http-request set-header X-User %[http_auth_user]""", PEOPLE, front={"first": USERS}),
    group("http_auth_group", """
        acl admin http_auth_group(people) admins
        acl reader http_auth_group(people) -i readers
        http-request set-header X-Admin 1 if admin
        http-request set-header X-Reader 1 if reader
        http-request set-header X-Name %[http_auth_group(people)]
        http-request set-header X-Known %[http_auth(people)]
        use_backend b if admin
        use_backend c if { http_auth(people) }""", PEOPLE, front={"first": USERS}),
    group("auth alone", "http-request auth if { path /in }", [Ask("/who"), Ask("/in")]),
    group("auth with an errorfile", """
        errorfile 401 @dir@/401.http
        http-request auth realm X if { path /in }""", [Ask("/who"), Ask("/in")],
          files={"401.http": "HTTP/1.1 401 No\r\nX-Of: file\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nno..."}),
    group("auth of the statistics", """
        stats enable
        stats uri /stats
        stats http-request allow if { src 127.7.7.7 }
        stats http-request deny if { path /stats/never }
        stats http-request auth realm Figures unless { http_auth(people) } || { path /stats/plain }
        stats http-request auth if { path /stats/plain }""",
          [Ask("/who"), Ask("/stats/never"), Ask("/stats"), Ask("/stats/plain")], front={"first": USERS}),
    group("variables", """
        http-request set-var(sess.count) var(sess.count,0),add(1)
        http-request set-var(proc.last) path if { path_beg /set }
        http-request set-var(txn.a) str(x)
        http-request set-var(txn.a) req.hdr(nope)
        http-request set-var(txn.u) str(y)
        http-request unset-var(txn.u)
        http-request set-var-fmt(txn.f) "%[path]-%[method]"
        http-request set-var(txn.n) str(12),add(1)
        http-request set-var(sess.bin) bin(6162)
        http-request set-var(sess.ip) src
        http-request set-header X-1 "<%[var(sess.count)]> <%[var(proc.last)]> <%[var(proc.begin)]> <%[var(proc.fmt)]> <%[var(proc.n),add(1)]> <%[var(txn.a)]> <%[var(txn.u)]> <%[var(txn.f)]> <%[var(txn.n)]> <%[var(sess.bin)]> <%[var(sess.ip),ipmask(8)]>"
        http-request unset-var(proc.last) if { path /unset }
        http-response set-header X-2 "<%[var(sess.count)]> <%[var(proc.last)]>" """,
          [Ask(ECHO), Ask("/set/one"), Ask(ECHO), Ask("/unset"), Ask(ECHO), Ask(raw=b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\nGET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", note="two on a connection")],
          front={"top": "set-var proc.begin str(hello),upper\nset-var-fmt proc.fmt %[bool(true)]-%[int(7)]\nset-var proc.n int(41)"}),
    group("conditions of set-var", "\n".join(f"http-request set-var(txn.{v}) {start}" for v, start in (("text", "str(abc)"), ("empty", "str()"), ("num", "int(5)")))
          + "".join(f"\nhttp-request set-var(txn.{v}{i}) var(txn.{v})" + f"\nhttp-request set-var(txn.{v}{i},{c}) {new}" + f"\nhttp-request set-header X-{v}-{c.replace(',', '-')}-{n} %[var(txn.{v}{i})]"
                    for i, (v, c, n, new) in enumerate((v, c, n, new) for v in ("text", "empty", "num", "none") for c in ("ifexists", "ifnotexists", "ifset", "ifnotset", "ifgt", "iflt", "ifexists,ifgt")
                                                       for n, new in ((0, "int(3)"), (1, "int(9)"), (2, "str(new)")))), [Ask(ECHO)]),
    group("conditions of the converter set-var", """
        http-request set-var(txn.a) str(abc)
        http-request set-header X-1 "%[str(x),set-var(txn.a,ifnotexists)] <%[var(txn.a)]>"
        http-request set-header X-2 "%[str(x),set-var(txn.b,ifnotexists)] <%[var(txn.b)]>"
        http-request set-header X-3 "%[req.hdr(nope),set-var(txn.a)] <%[var(txn.a)]>" """, [Ask(ECHO)]),
]
