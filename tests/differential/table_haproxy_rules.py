# SPDX-License-Identifier: Apache-2.0
"""What is asked of HAProxy's language about users, rules and variables."""
import base64
import hmac

from compare import Ask, Group
from table_haproxy import front
from table_haproxy_samples import values

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

# made once with openssl: the keys that signed them are gone
RSA_KEY = """-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqFaUpZeDhSK74N+Cwb4+
NXxEG419ZM/Et719sNk5eiOGH870awpKKq56hpJD8HUmN81mUlu4VeAo5Rx9iRnZ
sPrkNeksPn7O7mkmovHwvZESaKQrOrhaI+BpNqYt6rQL8pWjlmoxawyYZSuMKqqm
WlgYl0lTuYb7LQdl2u0qhR52sdF6Pf6pcULp6vANHIMGviykXkkiyYYoiU6SeUoH
EOrp5fPUz6IuddYoXDerTv3naXMmyiwW0+J20S1neJVhHAwVlOtYP4/9Flux62wH
yNe98wEiKupefIv1PlVCv4HWWO3nR9vGkuS6UYcpW5z7VSYlJuLW6kHfZMu/bK3T
4QIDAQAB
-----END PUBLIC KEY-----
"""
EC_KEY = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEveuw0ihqt/7TGu9WkBnBUxjVwJ44
86l9wHl4zPLrci8d4TwXOnu6S3jA87ANeT0RkxlEvSg3qqQUNfUDejmvDg==
-----END PUBLIC KEY-----
"""
RS256 = "eyJhbGciOiAiUlMyNTYiLCAidHlwIjogIkpXVCJ9.eyJpc3MiOiAidXMiLCAic3ViIjogImFubiIsICJleHAiOiAxNzAwMDAwMDAwLCAiYWRtaW4iOiB0cnVlfQ.ps20HaFUTF9MEWAoKxq9bsvrqqytGz9S9orG01x-GkRmIF4nEssZqdWDYeKRzHPULQDvSduoUZuOduJ2ay5pRp7uObjTtaayrQF3_PDHwBGTErs9IcirxdTYst1MD-pa98E9hM1mriy698XUmC4Pkiq97twKmqHDZNPj9aTi0ZjB88NScZO1C0XiVuXsDoD4RTgbjynel4_H5f0YCQiz0NRK-6q7925JN8tKr6nj9MpPReq0kGCXPbMU3RihHrTY7gLlSKkqfR3pFNr_0JBqIKHi4FjrB9aYlhWhD7hja8pVetQRkbskz2MaPB-IMKEfOCwohOaQZmRIz0VxV2Aekg"
ES256 = "eyJhbGciOiAiRVMyNTYiLCAidHlwIjogIkpXVCJ9.eyJpc3MiOiAidXMiLCAic3ViIjogImFubiIsICJleHAiOiAxNzAwMDAwMDAwLCAiYWRtaW4iOiB0cnVlfQ.u23gBeCwYT3zgoke3TRGK0YMJdWWJtr-UZ7-kehnO09yW4YS_Hlpx8xaOVZOrgBhOQeGnn4e_-dnMDrwAR1Rmg"


def url64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(secret, alg="HS256", payload='{"iss":"us","n":7,"admin":true,"list":[1,2]}', kind="sha256"):
    head = url64(('{"alg":"%s","typ":"JWT"}' % alg).encode()) + "." + url64(payload.encode())
    return head + "." + url64(hmac.new(secret.encode(), head.encode(), kind).digest())


def bearer(text, note):
    return Ask(ECHO, fields=[("Authorization", "Bearer " + text)], note=note)


def by_variables(*expressions):
    """one X-N field for each: in a variable first, for "$" in quotes is one of the environment"""
    return "\n".join(f'http-request set-var(txn.v{i}) {e}\nhttp-request set-header X-{i} "<%[var(txn.v{i})]>"' for i, e in enumerate(expressions, 1))


def uris(*targets):
    return [Ask(t) for t in targets]


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
    group("json_query", by_variables(*(f"req.fhdr(v),json_query('{p}'{t})" for p in ("$.a", "$.b.c", "$.l[1]", "$.l[0].x", r"$.my\\.key", "$", "$.none") for t in ("", ",'int'"))), values(
        '{"a":"text","b":{"c":7},"l":[1,2],"my.key":"dots"}', '{"a":1.5,"b":{"c":"x\\n\\"q"},"l":[{"x":true},false]}', '{"a":null,"b":{"c":null},"l":[{"x":"12"},{"y":3}]}', '{"a":-12,"b":{"c":{"d":1}},"l":[]}', '"just"', "42", "nonsense", '{"a"', '{"a":"1e3","b":1e3}')),
    group("bytes that no field may hold", """
        http-request set-header X-1 "<%[url_param(v),url_dec]>"
        http-request set-header X-2 %[url_param(v),url_dec(1)]
        http-request set-var-fmt(txn.f) "<%[url_param(v),url_dec]>"
        http-request set-header X-3 "%[var(txn.f)]|%[var(txn.f),length]"
        http-request set-header X-4 "<%{+Q}[url_param(v),url_dec]>"
        http-request set-path "/p/%[url_param(v),url_dec]" if { url_param(p) 1 }
        http-request redirect location "/to/%[url_param(v),url_dec]" if { url_param(r) 1 }
        http-request return status 200 content-type text/plain lf-string "<%[url_param(v),url_dec]>" if { url_param(s) 1 }
        http-response set-header X-5 "<%[capture.req.uri,url_dec]>" """, uris(*(ECHO + "?" + more + "v=" + v for v in ("a%0ab%0dc", "a%09b", "%7f%01%1f", "%c3%a9%22%5c", "%20x%20") for more in ("", "p=1&", "r=1&", "s=1&") if not (more == "p=1&" and v in ("a%09b", "%20x%20"))))),
    group("json_query of a body", """
        option http-buffer-request
        http-request set-var(txn.n) req.body,json_query('$.integer','int'),add(1)
        http-request set-header X-N %[var(txn.n)]
        use_backend b if { req.body,json_query('$.who') -m str ann }""", [Ask(ECHO, "POST", body=b'{"integer":4,"who":"ann"}'), Ask(ECHO, "POST", body=b'{"integer":"x"}')]),
    group("jwt", """
        http-request set-var(txn.bearer) http_auth_bearer
        http-request set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')
        http-request set-header X-Alg "<%[var(txn.alg)]>"
        http-request set-var(txn.iss) var(txn.bearer),jwt_payload_query('$.iss')
        http-request set-var(txn.n) var(txn.bearer),jwt_payload_query('$.n','int'),add(1)
        http-request set-var(txn.admin) var(txn.bearer),jwt_payload_query('$.admin')
        http-request set-header X-Pay "<%[var(txn.iss)]> <%[var(txn.n)]> <%[var(txn.admin)]>"
        http-request set-header X-Secret "<%[var(txn.bearer),jwt_verify(txn.alg,'hush')]> <%[var(txn.bearer),jwt_verify('HS256','hush')]> <%[var(txn.bearer),jwt_verify('HS512','hush')]>"
        http-request set-header X-Public "<%[var(txn.bearer),jwt_verify(txn.alg,'@dir@/rsa.pem')]> <%[var(txn.bearer),jwt_verify('RS256','@dir@/rsa.pem')]> <%[var(txn.bearer),jwt_verify('ES256','@dir@/ec.pem')]> <%[var(txn.bearer),jwt_verify(txn.alg,'@dir@/ec.pem')]>"
        http-request deny if { var(txn.bearer),jwt_verify(txn.alg,'hush') -m int 0 }""",
          [Ask(ECHO), bearer(token("hush"), "HS256"), bearer(token("loud"), "another secret"), bearer(token("hush", "HS512", kind="sha512"), "HS512"), bearer(token("hush", "none"), "none"), bearer(RS256, "RS256"),
           bearer(RS256[:-4] + "AAAA", "RS256, broken"), bearer(ES256, "ES256"), bearer("a.b", "two parts"), bearer("x", "one part"), bearer(token("hush") + "x", "a byte more"), bearer("..", "empty parts")], files={"rsa.pem": RSA_KEY, "ec.pem": EC_KEY}),
    group("aes_gcm_dec", """
        http-request set-var(txn.nonce) req.hdr(nonce)
        http-request set-var(txn.tag) req.hdr(tag)
        http-request set-header X-1 "<%[req.hdr(v),b64dec,aes_gcm_dec(128,txn.nonce,Zm9vb2Zvb29mb29wZm9vbw==,txn.tag)]>"
        http-request set-header X-2 "<%[req.hdr(v),b64dec,aes_gcm_dec(128,MTIzNDU2Nzg5MDEy,Zm9vb2Zvb29mb29wZm9vbw==,txn.tag)]>" """,
          [Ask(ECHO, fields=[("Nonce", "MTIzNDU2Nzg5MDEy"), ("Tag", "EXterTxuPwW6mNrnXRqNiA=="), ("V", "wepyuV6ewntY")], note="a text"), Ask(ECHO, fields=[("Nonce", "MTIzNDU2Nzg5MDEy"), ("Tag", "AAAArTxuPwW6mNrnXRqNiA=="), ("V", "wepyuV6ewntY")], note="another tag"), Ask(ECHO)]),
] + [
    group("normalize-uri " + how, f"http-request normalize-uri {how}\nhttp-request set-header X-P %[path]", uris(*targets), front={"top": "expose-experimental-directives"})
    for how, targets in (
        ("path-merge-slashes", ("//", "/foo//bar", "/a///b//?x=//", "/", "/a/", "http://x//y")),
        ("path-strip-dot", ("/.", "/./bar/", "/a/./a", "/.well-known/", "/a/.", "/a./b", "/./", "/.?x=/./", "/a/././b")),
        ("path-strip-dotdot", ("/foo/../", "/foo/../bar/", "/foo/bar/../", "/../bar/", "/bar/../../", "/foo//../", "/foo/%2E%2E/", "/..", "/a/..", "/a/b/..", "/a/../..", "/a/..b/", "/a/../?x=/a/../")),
        ("path-strip-dotdot full", ("/foo/../", "/../bar/", "/bar/../../", "/..", "/a/../..", "/../../x", "/a/..b", "/a/b/..")),
        ("percent-to-uppercase", ("/%6f", "/%zz", "/%6", "/%", "/a?x=%aa%bB", "/%%6f")),
        ("percent-to-uppercase strict", ("/%6f", "/%zz", "/%6", "/%", "/a?x=%aa", "/%%6f")),
        ("percent-decode-unreserved", ("/%61dmin", "/foo%3Fbar=baz", "/%%36%36", "/%ZZ", "/%2e%2E/", "/?%61=%62%26", "/%7e%2D%5f")),
        ("percent-decode-unreserved strict", ("/%61dmin", "/%%36%36", "/%ZZ", "/%6", "/a%2fb")),
        ("query-sort-by-name", ("/?c=3&a=1&b=2", "/?aaa=3&a=1&aa=2", "/?a=3&b=4&a=1&b=5&a=2", "/", "/?", "/?a", "/?b&a", "/?b=1&&a=2", "/?=x&b")),
        ("fragment-strip", ("/#foo", "/a?b#c", "/a", "/a#b?c")),
        ("fragment-encode", ("/#foo", "/a?b#c", "/a#b#c")))
] + [
    group("set-timeout", "", [Ask("/who"), Ask("/slow/900"), Ask("/slow/900?short"), Ask("/slow/900?fmt")], front={"backends": """
backend a
    timeout server 2s
    http-request set-timeout server 300ms if { url_end short }
    http-request set-timeout server str(400) if { url_end fmt }
    http-request set-timeout tunnel 5s
    server s 127.0.0.1:@a@"""}),
    group("tarpit", "timeout tarpit 200ms\nhttp-request tarpit if { path /t }\nhttp-request tarpit deny_status 429 if { path /u }", [Ask("/who"), Ask("/t"), Ask("/u")]),
    group("parameters", """
        http-request set-header X-1 "<%[urlp(a)]> <%[urlp(b)]> <%[urlp(c)]> <%[urlp(a,;)]> <%[urlp(JSESSIONID,;)]> <%[urlp(c,;)]> <%[urlp(b,#)]>"
        http-request set-header X-2 "<%[query,regsub([?;&]*,'-')]> <%[str(x]y)]> <%[req.hdr(v),regsub('[^]x]','')]>"
        use_backend b if { urlp(JSESSIONID,;) two }""",
          uris(*(ECHO + q for q in ("?a=1;b=2&c=3", "?a=1&b=2;c=3", ";JSESSIONID=one?a=1", ";JSESSIONID=two;c=4?a=1&c=5", "?x;a=9", ";a=1&b=2", "?a", "?a=&b", ""))) + [Ask(ECHO, fields=[("V", "axb]c")], note="brackets")]),
]
