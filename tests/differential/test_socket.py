# SPDX-License-Identifier: Apache-2.0
"""The stats socket beside Debian's haproxy: the same file, the same traffic, the same commands, and answers that tools take for equal."""
import re
import socket
import time

import pytest

from lib import client, config, origin as origins, process, program, where

TOP = """
stats socket @dir@/admin.sock level admin mode 600
stats socket @dir@/operator.sock level operator
stats socket @dir@/user.sock level user
stats timeout 20s
"""
BODY = """
frontend site
    bind 127.0.0.1:@port@
    acl listed path -f @dir@/paths.txt
    acl begins path_beg -i -f @dir@/paths.txt /zz
    acl net src 10.0.0.0/8 192.168.1.1
    acl num url_len gt 5 7
    acl re path_reg ^/q.*
    acl own path -u 55 /r
    acl there hdr(x) -m found
    http-request deny if { path /no }
    http-request deny if listed { hdr(x-acl) 1 }
    http-request set-header x %[hdr(host),map(@dir@/hosts.map,none)]
    http-request set-header y %[src,map_ip(@dir@/nets.map)]
    http-request set-header z %[src_port,map_int(@dir@/numbers.map)] if TRUE
    http-request add-acl(@dir@/paths.txt) %[hdr(x-add)] if { hdr(x-add) -m found }
    http-request del-acl(@dir@/paths.txt) %[hdr(x-del)] if { hdr(x-del) -m found }
    http-request set-map(@dir@/hosts.map) %[hdr(x-key)] %[hdr(x-value)] if { hdr(x-key) -m found }
    http-request del-map(@dir@/hosts.map) %[hdr(x-gone)] if { hdr(x-gone) -m found }
    use_backend broken if { path /broken }
    default_backend pool
backend broken
    server b1 127.0.0.1:1
backend pool
    balance roundrobin
    server s1 127.0.0.1:@o1@ check inter 100 fall 2 rise 2 weight 4 maxconn 30
    server s2 127.0.0.1:@o2@ check inter 100 fall 2 rise 2
    server s3 127.0.0.1:@dead@ check inter 100 backup
    server s4 127.0.0.1:@o2@ disabled
listen tcp
    mode tcp
    bind 127.0.0.1:@port2@
    maxconn 50
    server t1 127.0.0.1:@o1@
backend fixed
    balance static-rr
    use-server f1 if { path /x }
    server f1 127.0.0.1:1
    server f2 127.0.0.1:1
"""

FILES = {"paths.txt": "# comment\n/alpha\n/beta beta stuff\n\n  /gamma\n", "hosts.map": "# c\nwww.a.org   bk_a\nb.org bk_b  tail\n\nc.org bk_c\n",
         "nets.map": "10.0.0.0/8 ten\n10.1.0.0/16 narrow\n", "numbers.map": "1:5 low\n6 six\n"}

# In this order, on both; "user:" and "operator:" ask the socket of that level. Answers are equal to the last byte.
SAME = """
show cli level
show cli level;show cli level
show cli level ; show cli level
   show   cli   level
user:show cli level
user:operator
operator;show cli level
user;show cli level
prompt;show cli level;quit;show cli level
quit
show env NO_SUCH_VARIABLE
show env HO\\ME
show backend
show servers state
show servers state pool
show servers state nope
show stat nope 1 1
user:show servers state
user:show sess
user:show errors
user:set weight pool/s1 3
user:clear counters
operator:disable server pool/s1
operator:set server pool/s1 state drain
operator:set maxconn server pool/s1 1
operator:shutdown sessions server pool/s1
operator:clear counters all
get weight
get weight pool
get weight pool/nope
get weight nope/s1
get weight pool/s1
set weight
set weight pool/s1 50%
get weight pool/s1
set weight pool/s1 257
set server pool/s1 weight 0
show servers state pool
set server pool/s1 weight 500%
get weight pool/s1 more words
set server pool/s1 weight
set server pool/s1 weight 4
get weight pool/s1
set server
set server nope/s1 state drain
set server pool/nope state drain
set server pool/s1 state bogus
set server pool/s1 state drain
show servers state pool
set server pool/s1 state maint
show servers state pool
set server pool/s1 state ready
show servers state pool
set server pool/s1 state drain
enable server pool/s1
show servers state pool
disable server pool/s2
show servers state pool
enable server pool/s2
enable agent pool/s1
disable agent pool/s1
enable agent pool/nope
set server pool/s1 agent up
enable health tcp/t1
disable health tcp/t1
disable health pool/s2
show servers state pool
enable health pool/s2
set maxconn server pool/s1 7
set maxconn server pool/s1
set maxconn server pool/nope 4
set maxconn frontend site
set maxconn frontend nope 5
set maxconn frontend site 77
set maxconn global
set maxconn global 500
set maxconn global 99999999
set timeout
set timeout cli
set timeout cli abc
set timeout cli 10s
enable frontend
enable frontend nope
disable frontend nope
disable frontend tcp
disable frontend tcp
enable frontend tcp
shutdown sessions server pool/nope
shutdown sessions server pool
shutdown sessions server pool/s1
shutdown session
shutdown session abc
shutdown session 0x1
clear counters
clear counters all
show acl
show map
show acl #0
show acl #1
show acl #3
show acl #4
show acl #5
show acl #99
show acl @dir@/paths.txt
show acl nope
show acl @dir@/hosts.map
show map #0
show map #1
show map @dir@/hosts.map
show map @dir@/nets.map
show map @dir@/numbers.map
get acl
get acl #3
get acl #3 10.1.1.1
get acl @dir@/paths.txt /alpha
get acl @dir@/paths.txt /nope
get acl @dir@/paths.txt /alphabet
get acl #1 /xyz
get acl #4 6
get acl #4 10.1.2.3
get acl #4 192.168.1.1
get acl #5 /qq
get acl #6 /qqq
get acl #8 a
get map
get map @dir@/hosts.map
get map @dir@/hosts.map www.a.org
get map @dir@/hosts.map nope
get map @dir@/nets.map 10.1.1.1
get map @dir@/nets.map 11.1.1.1
get map @dir@/numbers.map 4
get map @dir@/numbers.map 6
get map nope x
get acl nope x
add acl
add acl @dir@/paths.txt
add acl nope x
add acl @dir@/paths.txt /delta
add acl @dir@/paths.txt /delta
add acl @dir@/paths.txt /delta more
get acl @dir@/paths.txt /delta
show acl @dir@/paths.txt
del acl @dir@/paths.txt /delta
show acl @dir@/paths.txt
del acl @dir@/paths.txt /delta
del acl @dir@/paths.txt #0x1
del acl @dir@/paths.txt #foo
del acl
del acl @dir@/paths.txt
del acl nope x
add acl #3 /more
add acl #4 abc
add acl #4 11.0.0.0/8
add acl #5 ((
add acl #5 9
add acl #8 x
show acl #3
show acl #4
show acl #5
show acl #8
show acl #55
show acl 55
add map
add map @dir@/hosts.map
add map @dir@/hosts.map k
add map @dir@/hosts.map k v
add map @dir@/hosts.map k v2 v3
show map @dir@/hosts.map
get map @dir@/hosts.map k
add map nope k v
add map @dir@/nets.map zz v
add map @dir@/numbers.map abc v
add map @dir@/numbers.map 7 seven
get map @dir@/numbers.map 7
add map #-1 k v
set map
set map @dir@/hosts.map
set map @dir@/hosts.map k
set map @dir@/hosts.map k newv
set map @dir@/hosts.map nokey newv
set map @dir@/hosts.map #0x99 newv
set map nope k v
show map @dir@/hosts.map
del map @dir@/hosts.map k
del map @dir@/hosts.map k
del map @dir@/hosts.map
del map nope k
show map @dir@/hosts.map
prepare acl
prepare acl @dir@/paths.txt
show acl @1 @dir@/paths.txt
add acl @1 @dir@/paths.txt /new
add acl @2 @dir@/paths.txt /new
add acl @0 @dir@/paths.txt /new0
show acl @1 @dir@/paths.txt
show acl @0 @dir@/paths.txt
show acl @dir@/paths.txt
get acl @dir@/paths.txt /new
commit acl
commit acl @dir@/paths.txt
commit acl @5 @dir@/paths.txt
commit acl @1 @dir@/paths.txt
commit acl @1 @dir@/paths.txt
show acl @dir@/paths.txt
get acl @dir@/paths.txt /new
prepare map @dir@/hosts.map
prepare map @dir@/hosts.map
prepare map nope
add map @2 @dir@/hosts.map q w
clear map @2 @dir@/hosts.map
show map @2 @dir@/hosts.map
commit map @1 @dir@/hosts.map
show map @dir@/hosts.map
add map @9 nope x y
prepare acl nope
clear acl
clear acl nope
clear acl @dir@/paths.txt
show acl @dir@/paths.txt
clear map
clear map @dir@/hosts.map
show map @dir@/hosts.map
user:show acl #1
operator:add acl #1 x
operator:prepare acl #1
""".strip("\n").split("\n")

# The same of servers: of some answers HAProxy leaves out the newline, so ends of answers are not compared.
SERVERS = """
set server pool/s1 addr
set server pool/s1 addr foo
set server pool/s4 addr 127.0.0.2
show servers state pool
set server pool/s4 addr 127.0.0.2
set server tcp/t1 addr 127.0.0.3 port 8080
show servers state tcp
set server tcp/t1 addr 127.0.0.3 port 8080
set server tcp/t1 addr 127.0.0.3 port abc
set server tcp/t1 addr 127.0.0.3 foo 8
set server tcp/t1 addr 127.0.0.3 port
set server tcp/t1 addr ::1
set server tcp/t1 addr 127.0.0.1 port 1
set server pool/s4 addr 127.0.0.1
set server pool/s1 fqdn
set server pool/s1 fqdn localhost
set server pool/s1 check-addr
set server pool/s1 check-addr foo
set server pool/s1 check-addr 127.0.0.1
set server tcp/t1 check-addr 127.0.0.7
set server pool/s1 check-port
set server pool/s1 check-port abc
set server pool/s1 check-port 99999
set server tcp/t1 check-port 80
set server pool/s1 agent-addr 1.2.3.4
set server tcp/t1 agent-port 77
set server tcp/t1 agent-send hello
set server pool/s1 bogus
show servers state pool
add server
add server pool
add server nope/x 127.0.0.1:9
add server pool/s1 127.0.0.1:9
add server pool/n1
add server pool/n1 127.0.0.1:9 weight 3 maxconn 7
add server pool/n1 127.0.0.1:9
add server fixed/n1 127.0.0.1:9
add server pool/n/7 127.0.0.1:9
add server pool/n2 127.0.0.1:9 id 77 backup
show servers state pool
get weight pool/n1
set weight pool/n1 5
enable health pool/n1
del server
del server pool
del server nope/x
del server pool/nope
enable server pool/n2
del server pool/n2
disable server pool/n2
del server pool/n2
del server pool/n2
show servers state pool
del server pool/n1
add server pool/n3 127.0.0.1:9
show servers state pool
disable server pool/s3
del server pool/s3
show servers state pool
disable server fixed/f1
del server fixed/f1
disable server fixed/f2
del server fixed/f2
operator:set server pool/s1 addr 127.0.0.9
operator:add server pool/n9 127.0.0.1:9
operator:del server pool/n3
""".strip("\n").split("\n")

# What "show stat" says of each row, where both know it. Not here: bytes (framing is counted since 3.x), times, rates of this second.
COLUMNS = """pxname svname qcur qmax scur slim stot dreq dresp ereq econ eresp wretr wredis status weight act bck chkfail chkdown pid iid sid
tracked type rate_lim check_status hrsp_1xx hrsp_2xx hrsp_3xx hrsp_4xx hrsp_5xx hrsp_other req_tot cli_abrt srv_abrt last_chk
check_desc check_rise check_fall check_health addr mode algo conn_tot dcon dses connect reuse""".split()
NOT_BY_US = {("BACKEND", "slim"), ("BACKEND", "chkdown")}       # fullconn by the tenth of maxconn; how often a whole backend went down

INFO = "Nbthread Nbproc Process_num Memmax_MB Maxconn Hard_maxconn Maxpipes PipesUsed PipesFree ConnRateLimit SessRateLimit Stopping".split()


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    if where.TEST_PEER:
        pytest.skip("both are here in any case")
    if where.missing("haproxy"):
        pytest.skip(where.missing("haproxy"))
    one, two, programs = origins.Origin("o1").start(), origins.Origin("o2").start(), []
    for peer in (False, True):
        folder = tmp_path_factory.mktemp("peer" if peer else "keel")
        p = program.Program("haproxy", folder, config.haproxy(BODY, top=TOP), peer=peer, o1=one.port, o2=two.port, dead=1)
        p.options = ["-W", "-db"]
        for name, text in FILES.items():
            (p.dir / name).write_text(text)
        programs.append(p)
        p.start(listens=("port", "port2"))
        assert process.wait_until(lambda p=p: say(p, "show stat").count("L4OK") == 2 and "L4CON" in say(p, "show stat"), 5)
    yield programs
    left = [p.stop() for p in programs]
    one.stop()
    two.stop()
    assert left == [[], []] and programs[0].crashes() == []


def say(p, command):
    level, _, rest = command.partition(":")
    if level in ("user", "operator") and rest:
        command = rest
    else:
        level = "admin"
    answer = client.socket_command(p.dir / f"{level}.sock", command.replace("@dir@", str(p.dir)))
    return re.sub("(?m)^0x[0-9a-f]+ ", "0xENTRY ", answer.replace(str(p.dir), ""))


def comparable(answer):
    """without the seconds since a server changed, and what its last check said: HAProxy tells of one that runs just now"""
    lines = [line.split(" ") for line in answer.split("\n") if "file 'httpclient'" not in line]
    return [w[:9] + w[14:] if len(w) > 20 and w[0].isdigit() else w for w in lines]


def csv(p):
    head, *rows = say(p, "show stat").strip("\n").split("\n")
    names = head[2:].split(",")
    return {tuple(row.split(",")[:2]): dict(zip(names, row.split(","))) for row in rows}


def test_counters_and_states(both):
    for p in both:
        for _ in range(10):
            assert client.ask(p.port, target="/who").status == 200
        assert client.ask(p.port, target="/status/404").status == 404
        assert client.ask(p.port, target="/no").status == 403
    wrong = ["not compared yet"]

    def equal():
        nonlocal wrong
        ours, theirs = map(csv, both)
        assert list(ours) == list(theirs)
        wrong = [(row, c, ours[row][c], theirs[row][c]) for row in theirs for c in COLUMNS
                 if ours[row][c] != theirs[row][c].replace(str(both[1].port), str(both[0].port)) and (row[1], c) not in NOT_BY_US]
        return wrong == []
    assert process.wait_until(equal, 2), wrong       # HAProxy tells of a check that runs just now, as "* L4CON"


def test_rates_are_of_the_second_that_ends_now(both):
    time.sleep(2.1)
    for p in both:
        for _ in range(20):
            client.ask(p.port, target="/who")
    for rows in map(csv, both):
        assert 15 <= int(rows["site", "FRONTEND"]["req_rate"]) <= 20 and 15 <= int(rows["pool", "BACKEND"]["rate"]) <= 20


def test_info(both):
    ours, theirs = (dict(line.split(": ", 1) for line in say(p, "show info").strip().split("\n")) for p in both)
    assert {k: ours[k] for k in INFO} == {k: theirs[k] for k in INFO}
    assert set(ours) - set(theirs) <= {"Generation", "ReqRate"}
    typed = [[line.rsplit(":", 1)[0] for line in say(p, "show info typed").strip().split("\n")] for p in both]
    shared = [line for line in typed[0] if line.split(".")[1] not in ("Generation", "ReqRate")]
    assert shared == [line for line in typed[1] if line in shared], "position, name, tag and type of each"
    described = [line.split(":")[0] for line in say(both[0], "show info desc").strip().split("\n")]
    assert described == [line.split(".")[1] for line in typed[0]]


def test_cli_sockets(both):
    answers = [say(p, "show cli sockets").replace(str(p.dir), "") for p in both]
    ours, theirs = (set(a.strip().split("\n")) for a in answers)
    assert ours == {line for line in theirs if not line.startswith("sockpair@")}


def test_answers_are_equal(both):
    wrong = []
    for command in SAME:
        ours, theirs = (comparable(say(p, command)) for p in both)
        if ours != theirs:
            wrong.append(f"{command}\n   ours {ours}\n theirs {theirs}")
    assert not wrong, "\n".join(wrong)


def captured(p, command):
    """without times, what HAProxy's buffers are like, and the state of its parser"""
    lines = [re.sub(r"\[\S+\]|src \S+", "_", line.rstrip()) for line in say(p, command).split("\n")]
    return [line for line in lines if not re.match("  (buffer|len|H1) ", line) and line]


def test_messages_that_are_not_http_are_kept(both):
    """the last request of each frontend, the last answer of each backend"""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nBad\x02Name: " + b"x" * 150 + b"\r\n\r\n"
    for p in both:
        with socket.create_server(("127.0.0.1", 0)) as broken:
            assert "No such proxy" in say(p, "show errors nope")
            for request in (b"GET /first HTTP/1.1\r\nHost: x\r\nBad\x01Name: y\r\n\r\n",
                            b"GET /a\\b\t?\xe9 HTTP/1.1\r\nHost: " + b"h" * 200 + b"\r\nBad\x02Name: y\r\n\r\n"):
                with socket.create_connection(("127.0.0.1", p.port), 5) as s:
                    s.sendall(request)
                    assert b" 400 " in s.recv(200)
            say(p, f"set server broken/b1 addr 127.0.0.1 port {broken.getsockname()[1]}")
            with client.Client(p.port) as c:
                c.request(target="/broken")
                server, _ = broken.accept()
                server.recv(4096)
                server.sendall(answer)
                assert c.answer().status == 502
                server.close()
    for command in ("show errors", "show errors site", "show errors broken response", "show errors site response", "show errors broken request",
                    "show errors 2", "show errors tcp", "show errors -1"):
        ours, theirs = (captured(p, command) for p in both)
        assert ours == theirs, command
    assert "/first" not in say(both[0], "show errors")


def test_servers_are_changed_alike(both):
    """last but one: both backends are others afterwards"""
    wrong = []
    for command in SERVERS:
        ours, theirs = (comparable(say(p, command).rstrip("\n")) for p in both)
        if ours != theirs:
            wrong.append(f"{command}\n   ours {ours}\n theirs {theirs}")
    assert not wrong, "\n".join(wrong)


def test_limits_and_states_hold_in_the_table(both):
    """after all that, both say the same of every row"""
    for p in both:
        say(p, "set maxconn server pool/s1 9;set server pool/s2 state maint;set server pool/s1 weight 2;set maxconn frontend site 33")
    time.sleep(0.5)         # a server that comes back from maintenance is checked before it is all there
    ours, theirs = map(csv, both)
    for row in theirs:
        for c in ("slim", "status", "weight", "act", "bck"):
            if (row[1], c) not in NOT_BY_US:
                assert ours[row][c] == theirs[row][c], (row, c)
