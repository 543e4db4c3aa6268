# SPDX-License-Identifier: Apache-2.0
"""What is asked of TCP and UDP services in both languages."""
from compare_stream import Group, Talk, config, hello

FORM = ("log_format mine '$remote_addr $protocol $status $bytes_received $bytes_sent $upstream_addr $upstream_bytes_sent $upstream_bytes_received';"
        " access_log @dir@/access.log mine;\n")
ONE = "upstream one { server 127.0.0.1:@a@; }\n"
THREE = "upstream three { %s server 127.0.0.1:@a@; server 127.0.0.1:@b@; server 127.0.0.1:@c@; }\n"
SNI_A, SNI_B, SNI_NONE = hello("a.example"), hello("b.example", ["h2", "http/1.1"]), hello()
EMPTY = "a value that is there and empty is \"\" in nginx's log, \"-\" here"
BYE = Talk("a word and its echo", b"bye")


def nginx(server, more=ONE, udp=False, form=FORM):
    """a group about datagrams has a TCP service too, to be waited for"""
    extra = "server { listen 127.0.0.1:@port@; return x; access_log off; }\n" if udp else ""
    return config.nginx(stream=form + more + extra + f"server {{ listen 127.0.0.1:{'@udp@ udp' if udp else '@port@'}; {server} }}")


def udp(name, *steps, **more):
    return Talk(name, *steps, udp=True, which="udp", **more)


def haproxy(body, servers="server a 127.0.0.1:@a@", more="", top="log 127.0.0.1:@log@ local0"):
    return config.haproxy(f"listen l\n    bind 127.0.0.1:@port@\n    {body}\n    {servers}\n{more}", mode="tcp", top=top,
                          defaults="log global\noption tcplog\nretries 1\ntimeout connect 500ms")


NGINX = [
    Group("nginx/stream/plain", "stream", nginx("proxy_pass one;"), [
        BYE, Talk("bytes, then our end", b"hello", 0.3, "end"), Talk("nothing, then our end", 0.1, "end"), Talk("several pieces", b"one", 0.05, b"two", 0.05, b"bye")]),
    Group("nginx/stream/half close", "proxy_half_close", nginx("proxy_pass one; proxy_half_close on;"), [BYE, Talk("our end", b"hello", "end")]),
    Group("nginx/stream/timeout", "proxy_timeout", nginx("proxy_pass one; proxy_timeout 300ms;"), [Talk("silence", b"x", quiet=1), Talk("late", b"x", 0.1, b"y", 0.1, b"z", quiet=1)]),
    Group("nginx/stream/round robin", "upstream", nginx("proxy_pass three;", THREE % ""), [Talk("nine", b"bye", count=9)]),
    Group("nginx/stream/weights", "upstream", nginx("proxy_pass w;", "upstream w { server 127.0.0.1:@a@ weight=1; server 127.0.0.1:@b@ weight=2; server 127.0.0.1:@c@ backup; }\n"), [
        Talk("nine", b"bye", count=9)]),
    Group("nginx/stream/hash", "hash", nginx("proxy_pass three;", THREE % "hash $remote_addr;"), [
        Talk(f"from {n}", b"bye", source=f"127.0.0.{n}") for n in range(1, 9)]),
    Group("nginx/stream/consistent", "hash consistent", nginx("proxy_pass three;", THREE % "hash $remote_addr consistent;"), [
        Talk(f"from {n}", b"bye", source=f"127.0.0.{n}") for n in range(1, 9)]),
    Group("nginx/stream/least_conn", "least_conn", nginx("proxy_pass three;", THREE % "least_conn;"), [Talk("six", b"bye", count=6)]),
    Group("nginx/stream/next upstream", "proxy_next_upstream", nginx("proxy_pass d;", "upstream d { server 127.0.0.1:@closed@ max_fails=0; server 127.0.0.1:@b@; }\n"), [
        Talk("three", b"bye", count=3)]),
    Group("nginx/stream/no next upstream", "proxy_next_upstream", nginx("proxy_pass d; proxy_next_upstream off;",
                                                                       "upstream d { server 127.0.0.1:@closed@ max_fails=0; server 127.0.0.1:@b@; }\n"), [Talk("three", b"bye", count=3)]),
    Group("nginx/stream/none alive", "upstream", nginx("proxy_pass d;", "upstream d { server 127.0.0.1:@closed@; server 127.0.0.1:@closed@ down; }\n"), [
        Talk("one", quiet=1), Talk("again", quiet=1, differs="$upstream_bytes_sent of no server: nginx 1.22 writes 0")]),
    Group("nginx/stream/tries", "proxy_next_upstream_tries", nginx("proxy_pass d; proxy_next_upstream_tries 2;",
                                                                  "upstream d { server 127.0.0.1:@closed@; server 127.0.0.1:@closed@ weight=1; server 127.0.0.1:@b@; }\n"), [Talk("one", quiet=1)]),
    Group("nginx/stream/PROXY out", "proxy_protocol", nginx("proxy_pass one; proxy_protocol on;"), [BYE, Talk("nothing", 0.5, "end"), Talk("from elsewhere", b"bye", source="127.0.0.9")]),
    Group("nginx/stream/PROXY in", "proxy_protocol", config.nginx(stream="log_format mine '$remote_addr $proxy_protocol_addr $proxy_protocol_port $realip_remote_addr $status';"
          " access_log @dir@/access.log mine;\n" + ONE + "server { listen 127.0.0.1:@port@ proxy_protocol; proxy_pass one; }"), [
        Talk("version 1", b"PROXY TCP4 10.1.2.3 10.0.0.1 1234 80\r\nbye"), Talk("unknown", b"PROXY UNKNOWN\r\nbye"),
        Talk("version 2", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\1\2\3\x0a\0\0\1\x04\xd2\0\x50bye"), Talk("none", b"bye\r\n"), Talk("a half one", b"PROXY TCP4 10.1", "end", quiet=1)]),
    Group("nginx/stream/real ip", "set_real_ip_from", config.nginx(stream=FORM + ONE + "server { listen 127.0.0.1:@port@ proxy_protocol; set_real_ip_from 127.0.0.1; deny 10.1.2.3; proxy_pass one; }"), [
        Talk("who may", b"PROXY TCP4 10.1.2.4 10.0.0.1 1234 80\r\nbye"), Talk("who may not", b"PROXY TCP4 10.1.2.3 10.0.0.1 1234 80\r\nbye"),
        Talk("a liar", b"PROXY TCP4 10.1.2.3 10.0.0.1 1234 80\r\nbye", source="127.0.0.5")]),
    Group("nginx/stream/access", "deny", nginx("deny 127.0.0.3; allow 127.0.0.0/30; deny all; proxy_pass one;"), [
        BYE, Talk("from 3", b"bye", source="127.0.0.3"), Talk("from 9", b"bye", source="127.0.0.9")]),
    Group("nginx/stream/return", "return", nginx('return "you are $remote_addr on $server_port by $protocol\\n";'.replace("$server_port ", ""), ""), [
        Talk("asked", differs="$bytes_sent of `return`: nginx 1.22 writes 0")]),
    Group("nginx/stream/set and map", "map", nginx("set $x $m-$remote_addr; return $x;", "map $remote_addr $m { default none; 127.0.0.2 two; ~^127\\.0\\.0\\.[89]$ many; }\n"), [
        Talk("from 1"), Talk("from 2", source="127.0.0.2"), Talk("from 8", source="127.0.0.8")]),
    Group("nginx/stream/computed", "proxy_pass with variables", nginx("proxy_pass $to;", ONE + "upstream two { server 127.0.0.1:@b@; }\nmap $remote_addr $to { default one; 127.0.0.3 two; 127.0.0.4 127.0.0.1:@c@;"
          " 127.0.0.5 nosuch; 127.0.0.6 ''; 127.0.0.7 nosuch:80; 127.0.0.8 127.0.0.1; 127.0.0.9 127.0.0.1:@closed@; 127.0.0.10 TWO; }\n"), [
        Talk(f"from {n}", b"bye", source=f"127.0.0.{n}", quiet=1) for n in range(2, 11)]),
    Group("nginx/stream/computed port", "proxy_pass with variables", nginx("proxy_pass 127.0.0.1:$p; set $p @b@;", ""), [BYE]),
    Group("nginx/stream/geo", "geo", nginx("return $g;", "geo $g { default d; 127.0.0.0/30 near; 127.0.0.2 two; }\n"), [
        Talk("from 1"), Talk("from 2", source="127.0.0.2"), Talk("from 9", source="127.0.0.9")]),
    Group("nginx/stream/preread", "ssl_preread", config.nginx(stream="log_format mine '$name|$ssl_preread_protocol|$alpn|$status|$bytes_sent';"
          " access_log @dir@/access.log mine;\nmap $ssl_preread_server_name $name { '' none; default $ssl_preread_server_name; }\nmap $ssl_preread_alpn_protocols $alpn { '' none; default $ssl_preread_alpn_protocols; }\nmap $ssl_preread_server_name $to { a.example 127.0.0.1:@a@; b.example 127.0.0.1:@b@; default 127.0.0.1:@c@; }\n"
          "server { listen 127.0.0.1:@port@; ssl_preread on; preread_timeout 500ms; proxy_pass $to; }"), [
        Talk("a", SNI_A, 0.3, "end"), Talk("b with ALPN", SNI_B, 0.1, "end"), Talk("no name", SNI_NONE, 0.1, "end"), Talk("no TLS", b"GET / HTTP/1.0\r\n\r\nbye"),
        Talk("in two pieces", SNI_A[:50], 0.1, SNI_A[50:], 0.3, "end"), Talk("byte by byte", *[SNI_A[i:i + 1] for i in range(20)], SNI_A[20:], 0.1, "end"),
        Talk("never whole", SNI_A[:50], quiet=1.2, differs=EMPTY), Talk("cut short", SNI_A[:50], "end", differs=EMPTY)]),
    Group("nginx/stream/preread buffer", "preread_buffer_size", nginx("ssl_preread on; preread_buffer_size 64; proxy_pass one;"), [Talk("more than it holds", SNI_A, 0.3, "end", differs="nginx 1.22 does not count what was only looked at")]),
    Group("nginx/stream/preread unused", "ssl_preread", nginx("proxy_pass one;"), [Talk("TLS", SNI_A, 0.3, "end")]),

    Group("nginx/udp/plain", "udp", nginx("proxy_pass one; proxy_timeout 300ms;", udp=True), [
        udp("one", b"x"), udp("three", b"x", b"yy", b"zzz"), udp("no answer", b"quiet"), udp("empty", b"")]),
    Group("nginx/udp/responses", "proxy_responses", nginx("proxy_pass three; proxy_timeout 300ms; proxy_responses 1;", THREE % "", udp=True), [
        udp("one", b"x"), udp("four, each a session", b"1", b"2", b"3", b"4"), ], log=1),
    Group("nginx/udp/no responses", "proxy_responses", nginx("proxy_pass one; proxy_timeout 300ms; proxy_responses 0;", udp=True), [udp("one", b"quiet")]),
    Group("nginx/udp/requests", "proxy_requests", nginx("proxy_pass three; proxy_timeout 300ms; proxy_requests 2; proxy_responses 1;", THREE % "", udp=True), [udp("two", b"1", b"2")]),
    Group("nginx/udp/silent server", "proxy_responses", nginx("proxy_pass one; proxy_timeout 300ms; proxy_responses 1;", udp=True), [udp("no answer", b"quiet")]),
    Group("nginx/udp/computed", "proxy_pass with variables", nginx("proxy_pass 127.0.0.1:$p; set $p @b@; proxy_responses 1;", "", udp=True), [udp("one", b"x")]),
    Group("nginx/udp/return", "return", nginx('return "$remote_addr $protocol";', "", udp=True), [udp("asked", b"?")]),
    Group("nginx/udp/access", "deny", nginx("deny 127.0.0.3; proxy_pass one; proxy_responses 1;", udp=True), [udp("good", b"x"), udp("bad", b"x", source="127.0.0.3")]),
    Group("nginx/udp/hash", "hash", nginx("proxy_pass three; proxy_responses 1;", THREE % "hash $remote_addr consistent;", udp=True), [
        udp(f"from {n}", b"x", source=f"127.0.0.{n}") for n in range(1, 7)]),
]

V2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\1\2\3\x0a\0\0\1\x04\xd2\0\x50"
DELAY = "tcp-request inspect-delay 500ms"
HAPROXY = [
    Group("haproxy/tcp/plain", "mode tcp", haproxy(""), [
        BYE, Talk("our end", b"hello", "end"), Talk("nothing, then our end", 0.3, "end")]),
    Group("haproxy/tcp/round robin", "balance roundrobin", haproxy("", "server a 127.0.0.1:@a@\n    server b 127.0.0.1:@b@ weight 2\n    server c 127.0.0.1:@c@ backup"), [Talk("nine", b"bye", count=9)]),
    Group("haproxy/tcp/source", "balance source", haproxy("balance source", "server a 127.0.0.1:@a@\n    server b 127.0.0.1:@b@\n    server c 127.0.0.1:@c@"), [
        Talk(f"from {n}", b"bye", source=f"127.0.0.{n}") for n in range(1, 7)]),
    Group("haproxy/tcp/refused", "retries", haproxy("", "server a 127.0.0.1:@closed@"), [Talk("one", b"x", quiet=2)]),
    Group("haproxy/tcp/redispatch", "option redispatch", haproxy("option redispatch 1", "server a 127.0.0.1:@closed@\n    server b 127.0.0.1:@b@"), [Talk("four", b"bye", count=4, quiet=2)]),
    Group("haproxy/tcp/timeouts", "timeout", haproxy("timeout client 300ms\n    timeout server 300ms"), [Talk("silence", b"x", quiet=1)]),
    Group("haproxy/tcp/connection rules", "tcp-request connection", haproxy("tcp-request connection reject if { src 127.0.0.3 }\n    tcp-request connection accept if { src 127.0.0.4 }\n"
          "    tcp-request connection reject if { src 127.0.0.4/31 }"), [
        BYE] + [Talk(f"from {n}", b"bye", source=f"127.0.0.{n}", quiet=1) for n in (4,)]),
    Group("haproxy/tcp/rejected connections", "tcp-request connection", haproxy("tcp-request connection reject if { src 127.0.0.3 }"), [
        Talk("from 3", b"bye", source="127.0.0.3")], log=0),
    Group("haproxy/tcp/session rules", "tcp-request session", haproxy("tcp-request session reject if { src 127.0.0.3 }"), [Talk("from 3", source="127.0.0.3", quiet=1)], log=0),
    Group("haproxy/tcp/content rules", "tcp-request content", haproxy(DELAY + "\n    tcp-request content reject if { src 127.0.0.3 }\n    tcp-request content accept if { req.len ge 3 }\n"
          "    tcp-request content reject"), [
        BYE, Talk("from 3", b"bye", source="127.0.0.3"), Talk("too short", b"x", quiet=1), Talk("in pieces", b"b", 0.1, b"y", 0.1, b"e")]),
    Group("haproxy/tcp/payload", "payload", haproxy(DELAY + "\n    tcp-request content accept if { req.payload(0,3) -m bin 627965 }\n    tcp-request content reject if WAIT_END"), [
        BYE, Talk("another", b"abc", quiet=1), Talk("two bytes", b"by", quiet=1)], greets=False),
    Group("haproxy/tcp/SNI", "req.ssl_sni", config.haproxy("""frontend f
    bind 127.0.0.1:@port@
    tcp-request inspect-delay 500ms
    tcp-request content accept if { req.ssl_hello_type 1 }
    use_backend a if { req.ssl_sni a.example }
    use_backend b if { req.ssl_sni -m end .example }
    default_backend c
backend a
    server a 127.0.0.1:@a@
backend b
    server b 127.0.0.1:@b@
backend c
    server c 127.0.0.1:@c@
""", mode="tcp", top="log 127.0.0.1:@log@ local0", defaults="log global\noption tcplog"), [
        Talk("a", SNI_A, 0.3, "end"), Talk("b", SNI_B, 0.1, "end"), Talk("none", SNI_NONE, 0.1, "end"), Talk("no TLS", b"hello bye", quiet=1.2), Talk("in two pieces", SNI_A[:50], 0.1, SNI_A[50:], 0.1, "end")]),
    Group("haproxy/tcp/TLS facts", "req.ssl_ver", haproxy(DELAY + "\n    log-format \"%[var(txn.v)] %[var(txn.l)] %[var(txn.n)]\"\n    tcp-request content set-var(txn.v) req.ssl_ver\n"
          "    tcp-request content set-var(txn.l) req.len\n    tcp-request content set-var(txn.n) req.ssl_sni\n    tcp-request content accept if { req.ssl_hello_type 1 }"), [
        Talk("a", SNI_A, 0.3, "end"), Talk("none", SNI_NONE, 0.1, "end")]),
    Group("haproxy/tcp/capture", "tcp-request content capture", haproxy(DELAY + "\n    tcp-request content capture req.payload(0,3) len 10\n    tcp-request content accept if WAIT_END\n"
          "    log-format \"%ci {%[capture.req.hdr(0)]}\""), [Talk("bye", b"bye", quiet=1)], greets=False),
    Group("haproxy/tcp/set-src", "set-src", haproxy("tcp-request connection set-src ipv4(10.9.8.7)\n    tcp-request connection set-src-port int(77)\n    log-format \"%[src]:%[src_port]\"".replace("ipv4(10.9.8.7)", "str(10.9.8.7)")), [BYE]),
    Group("haproxy/tcp/set-dst", "set-dst", haproxy("tcp-request content set-dst str(10.9.8.6)\n    tcp-request content set-dst-port int(78)\n    log-format \"%[dst]:%[dst_port]\""), [BYE]),
    Group("haproxy/tcp/PROXY out", "send-proxy", haproxy("", "server a 127.0.0.1:@a@ send-proxy"), [BYE, Talk("from 9", b"bye", source="127.0.0.9")]),
    Group("haproxy/tcp/PROXY v2 out", "send-proxy-v2", haproxy("", "server a 127.0.0.1:@a@ send-proxy-v2"), [BYE]),
    Group("haproxy/tcp/PROXY v2 unique id", "proxy-v2-options", haproxy("unique-id-format id-%ci", "server a 127.0.0.1:@a@ send-proxy-v2 proxy-v2-options unique-id,crc32c".replace(",crc32c", "")), [BYE]),
    Group("haproxy/tcp/PROXY v2 authority", "proxy-v2-options", haproxy("", "server a 127.0.0.1:@a@ send-proxy-v2 proxy-v2-options authority,ssl"), [BYE]),
    Group("haproxy/tcp/PROXY in", "accept-proxy", config.haproxy("listen l\n    bind 127.0.0.1:@port@ accept-proxy\n    log-format \"%ci:%cp %fi:%fp %[fc_src]\"\n    server a 127.0.0.1:@a@\n".replace(" %[fc_src]", ""), mode="tcp",
          top="log 127.0.0.1:@log@ local0", defaults="log global"), [
        Talk("version 1", b"PROXY TCP4 10.1.2.3 10.0.0.1 1234 80\r\nbye"), Talk("version 2", V2 + b"bye")]),
    Group("haproxy/tcp/no PROXY in", "accept-proxy", config.haproxy("listen l\n    bind 127.0.0.1:@port@ accept-proxy\n    server a 127.0.0.1:@a@\n", mode="tcp"), [
        Talk("none", b"hello\r\n", quiet=1)], log=0),
    Group("haproxy/tcp/port of the client", "server without port", haproxy("", "server a 127.0.0.1:+1"), [Talk("one more", b"bye", quiet=2)]),
    Group("haproxy/tcp/dispatch", "dispatch", haproxy("dispatch 127.0.0.1:@a@", ""), [BYE], log=0),
    Group("haproxy/tcp/to where the client wanted", "set-dst", haproxy("tcp-request content set-dst-port int(@b@)", "server a 0.0.0.0:0"), [BYE]),
    Group("haproxy/tcp/option transparent", "option transparent", haproxy("tcp-request content set-dst-port int(@b@)\n    option transparent", ""), [BYE], log=0),
    Group("haproxy/tcp/tcp-response", "tcp-response content", haproxy("tcp-response inspect-delay 500ms\n    tcp-response content reject if { res.payload(0,1) -m bin 61 } { src 127.0.0.3 }\n"
          "    tcp-response content accept if { res.len ge 2 }"), [BYE, Talk("from 3", b"bye", source="127.0.0.3", quiet=1, differs="HAProxy logs what it read, 2 or 5 bytes by chance; we log what was sent to the client")]),
    Group("haproxy/tcp/nolinger", "option nolinger", haproxy("option nolinger"), [Talk("bytes", b"bye")], log=0),
    Group("haproxy/tcp/no server", "mode tcp", haproxy("", ""), [Talk("one", quiet=1)]),
    Group("haproxy/tcp/maxconn of a server", "maxconn", haproxy("timeout queue 300ms", "server a 127.0.0.1:@a@ maxconn 1"), [BYE, Talk("again", b"bye")]),
]
GROUPS = NGINX + HAPROXY
