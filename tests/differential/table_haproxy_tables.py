# SPDX-License-Identifier: Apache-2.0
"""What is asked of HAProxy's language about stick tables."""
from compare import Ask, Group
from table_haproxy import BACKENDS, front

ALL = ("gpc0,gpc0_rate(10s),gpc1,gpc1_rate(10s),gpt0,conn_cnt,conn_cur,conn_rate(10s),sess_cnt,sess_rate(10s),http_req_cnt,http_req_rate(10s),http_err_cnt,http_err_rate(10s),"
       "http_fail_cnt,http_fail_rate(10s),bytes_in_cnt,bytes_in_rate(10s),bytes_out_cnt,bytes_out_rate(10s)")
NAMES = ["conn_cnt", "conn_cur", "conn_rate", "sess_cnt", "sess_rate", "http_req_cnt", "http_req_rate", "http_err_cnt", "http_err_rate", "http_fail_cnt", "http_fail_rate", "kbytes_in", "gpc0_rate", "gpc1_rate"]
GETS = ["get_gpc0", "get_gpc1", "get_gpt0"]
TABLES = BACKENDS + f"""
backend all
    stick-table type ip size 100 expire 30s store {ALL}
backend texts
    stick-table type string len 8 size 100 expire 30s store http_req_cnt,gpc0,conn_cnt
backend small
    stick-table type string size 2 store http_req_cnt
backend full
    stick-table type string size 2 nopurge store http_req_cnt
backend numbers
    stick-table type integer size 100 store http_req_cnt
backend six
    stick-table type ipv6 size 100 store http_req_cnt
backend bytes
    stick-table type binary len 4 size 100 store http_req_cnt
backend none
    stick-table type ip size 100 store gpt0
"""


def shows(prefix, arg, names):
    return " ".join(f"{n}=%[{prefix}{n}{arg}]" for n in names)


def sticky(lines, servers=""):
    body = "\n    ".join(lines.splitlines())
    return f"""
backend h
    {body}
    server a 127.0.0.1:@a@
    server b 127.0.0.1:@b@
    server c 127.0.0.1:@c@
    {servers}
"""


def group(name, lines, asks, backends=TABLES, default="default_backend a"):
    return Group("haproxy/table " + name, "stick-table", front(lines, backends=backends, default=default), asks)


def key(value, target="/echo", **more):
    return Ask(target, fields=[("X-Key", value)], note=f"{target} with {value}", **more)


GROUPS = [
    group("counters of a connection", f"""
        tcp-request connection track-sc0 src table all
        http-request sc-inc-gpc0(0) if {{ path /inc }}
        http-request sc-inc-gpc1(0) if {{ path /inc }}
        http-request sc-set-gpt0(0) 7 if {{ path /tag }}
        http-request sc-set-gpt0(0) int(5),add(4) if {{ path /tagged }}
        http-request deny if {{ path /deny }}
        http-request return status 404 if {{ path /own404 }}
        http-after-response set-header X-Sc "{shows("sc0_", "", NAMES + GETS + ["tracked", "trackers"])}"
        http-after-response set-header X-Sc1 "{shows("sc_", "(0)", NAMES + GETS)}"
        http-after-response set-header X-Src "{shows("src_", "(all)", NAMES + GETS)}" """, [
        Ask("/who"), Ask("/inc"), Ask("/tag"), Ask("/tagged"), Ask("/deny"), Ask("/status/404"), Ask("/own404"), Ask("/status/500"), Ask("/status/501"), Ask("/status/503"), Ask(raw=b"BAD\r\n\r\n", note="no request", differs="http-after-response means every answer"), Ask("/who"),
        Ask("/who", source="127.9.9.9", note="from somebody else")]),
    group("counters of a request", f"""
        http-request track-sc1 req.hdr(x-key) table texts if {{ req.hdr(x-key) -m found }}
        http-request track-sc1 path table texts
        http-request sc-inc-gpc0(1) if {{ path /inc }}
        http-response set-header X-Sc "%[sc1_http_req_cnt] %[sc1_get_gpc0] %[sc1_conn_cnt] %[sc_tracked(1)] %[sc_tracked(2)] %[sc2_http_req_cnt] %[sc1_http_req_rate] %[sc1_inc_gpc0] %[sc1_clr_gpc0] %[sc1_get_gpc0]" """, [
        key("one"), key("one"), key("two", "/inc"), key("two"), key("one", "/inc"), key("123456789"), key("12345678"), Ask("/echo"), Ask("/echo")]),
    group("a full table", """
        http-request track-sc0 req.hdr(x-key) table small
        http-request track-sc1 req.hdr(x-key) table full
        http-response set-header X-Sc "%[sc0_http_req_cnt] %[sc1_http_req_cnt] %[sc_tracked(1)] %[table_cnt(small)] %[table_avl(small)] %[table_cnt(full)] %[table_avl(full)]" """, [
        key("a"), key("a"), key("b"), key("c"), key("a"), key("b"), key("b"), key("c")]),
    group("converters", """
        http-request track-sc0 src table all
        http-request track-sc1 req.hdr(x-key) table texts
        http-response set-header X-T "%[src,table_http_req_cnt(all)] %[src,table_conn_cnt(all)] %[src,in_table(all)] %[src,in_table(none)] %[str(nope),in_table(texts)] %[str(one),table_http_req_cnt(texts)] %[str(nope),table_http_req_cnt(texts)] %[src,table_gpt0(none)] %[src,table_http_req_cnt(none)] %[str(one),table_gpc0(texts)] %[src,table_http_req_rate(all)] %[str(1.2.3.4),in_table(all)]" """, [
        key("one"), key("one"), key("two")]),
    group("types of keys", """
        http-request track-sc0 req.hdr(x-key) table numbers
        http-request track-sc1 src table six
        http-request track-sc2 path table bytes
        http-response set-header X-Sc "%[sc0_http_req_cnt] %[sc1_http_req_cnt] %[sc2_http_req_cnt] %[int(12),table_http_req_cnt(numbers)] %[str(12),in_table(numbers)] %[src,in_table(six)] %[ipv6(::ffff:127.0.0.1),in_table(six)] %[str(/ech),in_table(bytes)]" """, [
        key("12"), key("12"), key("13"), key("x"), key("12", "/echoes"), key("12", "/ec"), Ask("/echo")]),
    group("limits", """
        http-request track-sc0 src table all
        http-request deny deny_status 429 if { sc0_http_req_rate gt 3 }
        http-request set-header X-Abuse yes if { src_http_req_cnt(all) ge 2 }""", [Ask("/echo"), Ask("/echo"), Ask("/echo"), Ask("/echo"), Ask("/echo"), Ask("/echo", source="127.9.9.9", note="from somebody else")]),
    group("src_inc and updt", """
        http-request set-header X-A "%[src_inc_gpc0(all)] %[src_inc_gpc0(all)] %[src_get_gpc0(all)] %[src_updt_conn_cnt(all)] %[src_clr_gpc0(all)] %[src_get_gpc0(all)] %[src_conn_cnt(all)] %[src_inc_gpc0(none)]" """, [Ask("/echo"), Ask("/echo")]),
    group("stick on", "", [key("k1", "/who"), key("k2", "/who"), key("k3", "/who"), key("k1", "/who"), key("k3", "/who"), key("k2", "/who"), key("k4", "/who"), key("k4", "/who"), Ask("/who"), Ask("/who")],
          backends=sticky("stick-table type string size 100\nstick on req.hdr(x-key)"), default="default_backend h"),
    group("stick on src", "", [Ask("/who", source=f"127.1.1.{i % 4 + 1}", note=f"client {i % 4} again {i}") for i in range(10)], backends=sticky("stick-table type ip size 100 expire 1m\nstick on src"), default="default_backend h"),
    group("stick on a session's cookie", "", [
        Ask("/fields?Set-Cookie=JSESSIONID%3Dab12%3B+path%3D/"), Ask("/fields?Set-Cookie=JSESSIONID%3Dcd34%3B+path%3D/"), Ask("/who"), Ask("/who", fields=[("Cookie", "JSESSIONID=ab12")], note="ab12"), Ask("/who", fields=[("Cookie", "JSESSIONID=cd34")], note="cd34"),
        Ask("/who", fields=[("Cookie", "JSESSIONID=ab12")], note="ab12 again"), Ask("/who", fields=[("Cookie", "JSESSIONID=zz")], note="unknown")],
        backends=sticky("stick-table type string len 52 size 100 expire 30m\nstick match req.cook(JSESSIONID)\nstick store-response res.cook(JSESSIONID)"), default="default_backend h"),
    group("stick with conditions", "", [key("k1", "/who"), key("k1", "/who"), key("k1", "/skip/who"), key("k1", "/who"), key("k2", "/match/who"), key("k2", "/match/who"), key("k2", "/who"), key("k2", "/match/who")],
          backends=sticky("stick-table type string size 100\nstick match req.hdr(x-key) if !{ path_beg /skip }\nstick store-request req.hdr(x-key) unless { path_beg /match }"), default="default_backend h"),
    group("stick to who is away", "", [key("k1", "/who"), key("k1", "/who"), Ask("/who"), key("k1", "/who")],
          backends=sticky("option redispatch\nstick-table type string size 100\nstick on req.hdr(x-key)\nuse-server d if { hdr(x-key) never }", "server d 127.0.0.1:@closed@ disabled"), default="default_backend h"),
    group("a table of another section", "use_backend h2 if { path_beg /two }", [key("k1", "/who"), key("k1", "/two/who"), key("k2", "/two/who"), key("k2", "/who"), key("k1", "/two/who")],
          backends=sticky("stick-table type string size 100\nstick on req.hdr(x-key)") + sticky("stick on req.hdr(x-key) table h").replace("backend h", "backend h2"), default="default_backend h"),
]
