# SPDX-License-Identifier: Apache-2.0
"""What is asked of HAProxy's language about samples: fetches, converters, maps, bodies, captures."""
from compare import Ask, Group
from table_haproxy import BACKENDS, front

ECHO = "/echo"


def fields(*pairs):
    """one X-N field to the server for each expression"""
    return "\n".join(f'http-request set-header X-{i} "<%[{e}]>"' for i, e in enumerate(pairs, 1))


def answer_fields(*pairs):
    return "\n".join(f'http-response set-header X-{i} "<%[{e}]>"' for i, e in enumerate(pairs, 1))


def group(name, lines, asks, **more):
    return Group("haproxy/sample " + name, "samples", front(lines, **more.pop("front", {})), asks, **more)


V = "req.hdr(v)"


def values(*texts):
    return [Ask(ECHO, fields=[("V", t)], note=f"v: {t}") for t in texts]


GROUPS = [
    group("text converters", fields(
        f"{V},lower", f"{V},upper", f"{V},length", f"{V},field(2,.)", f"{V},field(-1,.)", f"{V},field(1,.,2)", f"{V},word(2,.)", f"{V},word(-2,.)", f"{V},regsub(a,b)", f"{V},regsub(a,b,g)", f"{V},regsub(A,b,gi)",
        f"{V},bytes(1,2)", f"{V},bytes(2)", f"{V},ltrim(a)", f"{V},rtrim(.)", f"{V},concat(x)", f"{V},json", f"{V},url_enc", f"{V},url_dec", f"{V},cut_crlf", f"{V},host_only", f"{V},port_only"),
        values("abc.def.ghi", "a", "a..b", "...", "Aaa.aAa", "a%20b+c", "x:80", "[::1]:443", "quote\"back\\slash", "100%", "aaa")),
    group("number converters", fields(
        f"{V},add(3)", "int(10),sub(3)", f"{V},mul(3)", f"{V},div(3)", f"{V},mod(3)", f"{V},and(6)", f"{V},or(6)", f"{V},xor(6)", f"{V},neg", f"{V},even", f"{V},odd", f"{V},bool", f"{V},not", f"{V},bool,iif(yes,no)",
        f"{V},htonl,hex", f"{V},hex2i", "int(5),add(2)", "str(7),add(1)", f"{V},div(0)", f"{V},mod(0)"), values("10", "0", "-7", "9223372036854775807", "1f", "x")),
    group("hashes and encodings", fields(
        f"{V},crc32", f"{V},crc32(1)", f"{V},crc32c", f"{V},djb2", f"{V},djb2(1)", f"{V},sdbm", f"{V},wt6(1)", f"{V},xxh32", f"{V},xxh32(7)", f"{V},xxh64", f"{V},sha1,hex", f"{V},sha2(256),hex", f"{V},sha2(512),hex", f"{V},digest(md5),hex",
        f"{V},hmac(sha256,c2VjcmV0),hex", f"{V},base64", f"{V},base64,b64dec", f"{V},ub64enc", f"{V},ub64enc,ub64dec", f"{V},hex", f"{V},be2dec(:,1)", f"{V},be2dec(-,2)", f"{V},be2dec(-,2,1)", f"{V},be2hex(:,1)", f"{V},be2hex(-,3,1)", f"{V},be2hex"),
        values("hello", "a", "abc", "abcdefgh", "???>>>~~~")),
    group("lists and variables", f"""
        http-request set-var(txn.one) str(one)
        http-request set-var(txn.v) {V}
        http-request set-var(txn.n) int(40)
        {fields("str(x),concat(:,txn.one,;)", "var(txn.n),add(2)", "int(2),add(txn.n)", "var(txn.none)", "var(txn.none,def)", f"{V},strcmp(txn.one)", f"{V},set-var(txn.copy),upper", "var(txn.copy)", "var(txn.copy),unset-var(txn.copy)", "var(txn.copy)",
                "str(a),add_item(-,txn.one)", "str(),add_item(-,txn.one)", "str(a),add_item(-,,b)", "str(a),add_item(-,txn.none)", f"{V},secure_memcmp(txn.one)")}""",
          values("one", "two", "a=1&b=2&c=3", "a=1;b=5")),
    group("language", fields(f"{V},language(fr;en;de)", f"{V},language(fr;en;de,xx)", f"{V},language(es)"), values("de", "en;q=0.5, fr;q=0.7", "zh", "*", "de;q=0.1,*;q=0.05", "en, de")),
    group("addresses and dates", fields(
        "src,ipmask(8)", "src,ipmask(24,64)", f"{V},ipmask(16)", "src,and(255)", "ipv4(10.1.2.3)", "ipv6(::1)", "src,hex", "int(1700000000),utime(%Y-%m-%d)", "int(1700000000),http_date", "int(1700000000),http_date(60)", "str(10.0.0.1),ipmask(8)"), values("10.9.8.7", "no address") + [Ask(ECHO, source="127.8.9.10", note="from 127.8.9.10")]),
    group("constants and numbers of the process", fields(
        "always_true", "always_false", "int(-3)", "str(a b)", "bool(true)", "bin(6162)", "meth(GET)", "nbsrv(a)", "str(a),nbsrv", "str(nope),nbsrv", "be_conn(a)", "queue(a)", "avg_queue(a)", "be_conn_free(a)", "connslots(a)", "srv_is_up(a/s)", "srv_conn(a/s)", "srv_queue(a/s)", "srv_weight(a/s)",
        "srv_uweight(a/s)", "srv_iweight(a/s)", "srv_conn_free(a/s)", "fe_conn", "fe_name", "fe_defbe", "fe_id"), [Ask(ECHO)],
        front={"backends": BACKENDS.replace("@a@", "@a@ maxconn 7 maxqueue 3 weight 9")}),
    group("the request", fields(
        "method", "path", "pathq", "url", "query", "base", "req.ver", "req.hdr(a)", "req.hdr(a,1)", "req.hdr(a,-2)", "req.fhdr(a)", "req.hdr_cnt(a)", "req.fhdr_cnt(a)", "req.hdr_val(n)", "req.hdr_ip(ip)", "req.cook(c)", "req.cook_cnt(c)", "cook_val(c)", "url_param(q)", "urlp_val(q)", "req.hdr_names", "req.hdr_names(-)",
        "base32", "url32", "base32+src,hex", "url32+src,hex", "http_auth_user", "http_auth_pass", "http_auth_type", "http_auth_bearer", "capture.req.method", "capture.req.uri", "capture.req.ver", "http_first_req", "src", "src_port,length", "dst", "req.body_size"), [
        Ask(ECHO), Ask(ECHO + "?q=12&r=3"), Ask(ECHO, fields=[("A", "1, 2"), ("A", "3"), ("N", "42x"), ("Ip", "10.1.1.1"), ("Cookie", "c=5; d=6; c=7")], note="fields"), Ask(ECHO, fields=[("Authorization", "Basic dTpw")], note="basic"),
        Ask(ECHO, fields=[("Authorization", "Bearer t.o.k")], note="bearer"), Ask(ECHO, "POST", body=b"12345")]),
    group("the answer", answer_fields(
        "status", "res.ver", "res.hdr(a)", "res.hdr(a,1)", "res.fhdr(a)", "res.hdr_cnt(a)", "res.cook(c)", "res.cook_cnt(c)", "res.hdr_val(n)", "res.hdr_names", "srv_name", "be_name", "fe_name", "capture.res.ver"), [
        Ask("/who"), Ask("/status/404"), Ask("/fields?A=1,2&A=3&N=7&Set-Cookie=c%3Dx%3B+path%3D/&Set-Cookie=d%3Dy")]),
    group("captures", """
        declare capture request len 5
        declare capture response len 4
        http-request capture req.hdr(v) id 0
        http-request capture req.hdr(w) len 3
        http-request set-header X-1 "<%[capture.req.hdr(0)]> <%[capture.req.hdr(1)]> <%[capture.req.hdr(2)]>"
        http-request set-header X-2 "%[req.hdr(w),capture-req(0)] <%[capture.req.hdr(0)]>"
        http-response capture res.hdr(x-origin) id 0
        http-response set-header X-3 "<%[capture.res.hdr(0)]> <%[capture.req.hdr(1)]>" """, [Ask(ECHO, fields=[("V", "abcdefgh"), ("W", "12345")], note="both"), Ask(ECHO)]),
    group("bodies", """
        option http-buffer-request
        http-request set-header X-1 "%[req.body]"
        http-request set-header X-2 "%[req.body_len]"
        http-request set-header X-3 "%[req.body_param(b)]"
        http-request deny if { req.body -m sub evil }""", [
        Ask(ECHO, "POST", body=b"a=1&b=two"), Ask(ECHO, "POST", body=b"evil"), Ask(ECHO, "POST", body=[b"a=1&", b"b=3"]), Ask(ECHO)]),
    group("wait-for-body", """
        http-request wait-for-body time 1s if { method POST }
        http-request wait-for-body time 1s at-least 4 if { method PUT }
        http-request set-header X-1 "%[req.body]"
        http-request set-header X-2 "%[req.body_len]" """, [Ask(ECHO, "POST", body=b"hello"), Ask(ECHO, "PUT", body=b"abcdef"), Ask(ECHO)]),
    group("wait-for-body in vain", "http-request wait-for-body time 300ms", [Ask(raw=b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc", note="half a body")]),
    group("maps", fields(
        "path,map(@dir@/str.map)", "path,map_str(@dir@/str.map,none)", "path,map_beg(@dir@/beg.map,none)", "path,map_end(@dir@/end.map,none)", "path,map_sub(@dir@/sub.map,none)", "path,map_dir(@dir@/dir.map,none)", "req.hdr(host),map_dom(@dir@/dom.map,none)",
        "path,map_reg(@dir@/reg.map,none)", "path,map_regm(@dir@/regm.map,none)", f"{V},map_int(@dir@/int.map,none)", f"{V},map_ip(@dir@/ip.map,none)", "path,map_str_int(@dir@/num.map,7),add(1)", f"{V},map_int_int(@dir@/num2.map)", "path,map_beg(@dir@/beg.map)"), [
        Ask("/one"), Ask("/two words"[:4] + "/echo"), Ask("/a/b/c"), Ask("/a/b/longer/x.css"), Ask("/x/dir/y"), Ask("/needle-in"), Ask("/r42"), Ask("/r42/tail"), Ask(ECHO, host="www.inner.org"),
        Ask(ECHO, fields=[("V", "5")], note="5"), Ask(ECHO, fields=[("V", "50")], note="50"), Ask(ECHO, fields=[("V", "10.1.2.3")], note="10.1.2.3"), Ask(ECHO, fields=[("V", "10.9.2.3")], note="10.9.2.3")],
        files={"str.map": "# a map\n/one  first value  \n\n  /two second\n/one again\n", "beg.map": "/ root\n/a/ short\n/a/b/l longest\n", "end.map": ".css style\n/c sea\n", "sub.map": "needle found\n", "dir.map": "dir a-dir\n", "dom.map": "inner a-domain\n",
               "reg.map": "^/r[0-9]+$ number\n^/r other\n", "regm.map": "^/r([0-9]+) got-\\1-end\n", "int.map": "5 five\n10:99 some\n", "ip.map": "10.0.0.0/8 ten\n10.1.0.0/16 ten-one\n", "num.map": "/one 41\n", "num2.map": "5 55\n"}),
    group("routing by a map", "use_backend %[req.hdr(host),lower,map(@dir@/hosts.map,b)]", [Ask("/who", host="a.example"), Ask("/who", host="C.EXAMPLE"), Ask("/who", host="other")], files={"hosts.map": "a.example a\nc.example c\n"}),
    group("files of ACLs", """
        acl listed path -f @dir@/paths.lst
        acl mapped path -M -f @dir@/paths.map
        acl net src -f @dir@/nets.lst
        acl host hdr(host) -i -f @dir@/hosts.lst extra.example
        use_backend b if listed or mapped
        use_backend c if net
        use_backend b if host""", [Ask("/listed"), Ask("/listed "[:6]), Ask("/mapped"), Ask("/who"), Ask("/who", source="127.77.1.1", note="from the net"), Ask("/who", host="LISTED.example"), Ask("/who", host="extra.example")],
        files={"paths.lst": "# paths\n/listed\n\n/also\n", "paths.map": "/mapped value\n", "nets.lst": "127.77.0.0/16\n10.0.0.0/8\n", "hosts.lst": "listed.example\n"}),
]
