# SPDX-License-Identifier: Apache-2.0
"""HAProxy's statistics page with its CSV, JSON and form, and nginx's stub_status, from outside."""
import base64
import json
import re
import subprocess
import threading

import pytest

from lib import client, config, process, where

HEADER = (
    "# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight,act,bck,chkfail,"
    "chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracked,type,rate,rate_lim,rate_max,check_status,check_code,"
    "check_duration,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,hanafail,req_rate,req_rate_max,req_tot,cli_abrt,srv_abrt,"
    "comp_in,comp_out,comp_byp,comp_rsp,lastsess,last_chk,last_agt,qtime,ctime,rtime,ttime,agent_status,agent_code,agent_duration,"
    "check_desc,agent_desc,check_rise,check_fall,check_health,agent_rise,agent_fall,agent_health,addr,cookie,mode,algo,conn_rate,"
    "conn_rate_max,conn_tot,intercepted,dcon,dses,wrew,connect,reuse,cache_lookups,cache_hits,srv_icur,src_ilim,qtime_max,ctime_max,"
    "rtime_max,ttime_max,eint,idle_conn_cur,safe_conn_cur,used_conn_cur,need_conn_est,uweight,agg_server_status,"
    "agg_server_check_status,agg_check_status,-,ssl_sess,ssl_reused_sess,ssl_failed_handshake,h2_headers_rcvd,h2_data_rcvd,"
    "h2_settings_rcvd,h2_rst_stream_rcvd,h2_goaway_rcvd,h2_detected_conn_protocol_errors,h2_detected_strm_protocol_errors,"
    "h2_rst_stream_resp,h2_goaway_resp,h2_open_connections,h2_backend_open_streams,h2_total_connections,h2_backend_total_streams,"
    "h1_open_connections,h1_open_streams,h1_total_connections,h1_total_streams,h1_bytes_in,h1_bytes_out,h1_spliced_bytes_in,"
    "h1_spliced_bytes_out,")
PAGE = "/admin?stats"
BASIC = ("Authorization", "Basic " + base64.b64encode(b"admin:admin").decode())

BODY = """
frontend site
    bind 127.0.0.1:@port@
    default_backend pool
listen stats
    bind 127.0.0.1:@port2@
    stats enable
    stats uri /admin?stats
    stats realm Who\\ are\\ you
    stats auth admin:admin
    stats auth other:word
    stats refresh 7s
    stats hide-version
    stats show-legends
    {admin}
backend pool
    server s1 127.0.0.1:@o1@ check inter 100 fall 2 rise 2 weight 3 maxconn 50
    server s2 127.0.0.1:@o2@ check inter 100 fall 2 rise 1
    server s3 127.0.0.1:@o2@ backup
    server s4 127.0.0.1:@o2@ disabled
"""


@pytest.fixture
def haproxy(start, origin):
    """a started program with its two origins"""
    def make(admin="stats admin if TRUE"):
        one, two = origin("one"), origin("two")
        p = start("haproxy", config.haproxy(BODY.format(admin=admin)), o1=one.port, o2=two.port, listens=("port", "port2"))
        p.one, p.two = one, two
        assert process.wait_until(lambda: all(cell(p, "pool", s, "check_status") == "L4OK" for s in ("s1", "s2")), 5)
        return p
    return make


def look(p, options="", method="GET", fields=(), body=None):
    form = [("Content-Type", "application/x-www-form-urlencoded")] if body else []
    return client.ask(p.port2, method=method, target=PAGE + options, fields=[BASIC, *form, *fields], body=body)


def table(p):
    """{(proxy, server): {column: value}}"""
    lines = look(p, ";csv").text.rstrip("\n").split("\n")
    names = lines[0][2:].split(",")
    rows = [dict(zip(names, line.split(","))) for line in lines[1:]]
    return {(r["pxname"], r["svname"]): r for r in rows}


def cell(p, proxy, server, column):
    return table(p)[proxy, server][column]


def act(p, body, fields=()):
    """-> the letters of HAProxy's answer"""
    answer = look(p, method="POST", body=body.encode(), fields=fields)
    assert answer.status == 303
    return re.fullmatch(re.escape(PAGE) + r";st=([A-Z]+)", answer.get("Location"))[1]


# ---- CSV ----

def test_csv_has_haproxys_header_byte_for_byte(haproxy):
    answer = look(haproxy(), ";csv")
    assert answer.status == 200 and answer.get("Content-Type") == "text/plain"
    first = answer.text.split("\n")[0]
    assert first.startswith(HEADER)
    if where.TEST_PEER:
        assert first == HEADER
    else:
        assert re.fullmatch(r"(keel_[a-z0-9_]+,)+", first[len(HEADER):])


def test_csv_rows_come_in_the_files_order(haproxy):
    rows = table(haproxy())
    assert list(rows) == [("site", "FRONTEND"), ("stats", "FRONTEND"), ("stats", "BACKEND"), ("pool", "s1"), ("pool", "s2"),
                          ("pool", "s3"), ("pool", "s4"), ("pool", "BACKEND")]
    assert [r["type"] for r in rows.values()] == ["0", "0", "1", "2", "2", "2", "2", "1"]
    assert [r["iid"] for r in rows.values()] == ["1", "2", "2", "3", "3", "3", "3", "3"]
    assert [rows["pool", s]["sid"] for s in ("s1", "s2", "s3", "s4")] == ["1", "2", "3", "4"]


def test_csv_tells_states_weights_and_limits(haproxy):
    rows = table(haproxy())
    status = {s: r["status"] for (p, s), r in rows.items() if p == "pool"}
    assert status == {"s1": "UP", "s2": "UP", "s3": "no check", "s4": "MAINT", "BACKEND": "UP"}
    s1, backend = rows["pool", "s1"], rows["pool", "BACKEND"]
    assert (s1["weight"], s1["act"], s1["bck"], s1["slim"], s1["chkdown"]) == ("3", "1", "0", "50", "0")
    assert (rows["pool", "s3"]["act"], rows["pool", "s3"]["bck"]) == ("0", "1")
    assert (backend["weight"], backend["act"], backend["bck"], backend["algo"]) == ("4", "2", "1", "roundrobin")
    assert (s1["check_status"], s1["check_desc"], s1["check_rise"], s1["check_fall"]) == ("L4OK", "Layer4 check passed", "2", "2")
    assert s1["addr"] == f"127.0.0.1:{s1['addr'].split(':')[1]}" and s1["mode"] == "http"
    # empty where HAProxy leaves it empty
    assert s1["dreq"] == s1["rate_lim"] == s1["algo"] == rows["site", "FRONTEND"]["qcur"] == rows["pool", "s3"]["chkfail"] == ""


def test_csv_counts_what_clients_got(haproxy):
    p = haproxy()
    with client.Client(p.port) as c:
        for code in (200, 200, 200, 404, 503):
            assert c.ask(target=f"/status/{code}").status == code
    rows = table(p)
    for name in ("site", "FRONTEND"), ("pool", "BACKEND"):
        r = rows[name]
        assert [r["hrsp_2xx"], r["hrsp_4xx"], r["hrsp_5xx"], r["req_tot"]] == ["3", "1", "1", "5"], name
        assert int(r["bin"]) > 100 and int(r["bout"]) > 200
    assert rows["site", "FRONTEND"]["stot"] == "1"
    assert sum(int(rows["pool", s]["lbtot"]) for s in ("s1", "s2")) == 5
    assert rows["pool", "s3"]["lbtot"] == "0" and rows["pool", "s3"]["lastsess"] == "-1"


def test_a_dead_server_is_down_with_its_reason(haproxy):
    p = haproxy()
    p.one.stop()
    assert process.wait_until(lambda: cell(p, "pool", "s1", "status") == "DOWN", 5)
    r = table(p)["pool", "s1"]
    assert (r["check_status"], r["last_chk"], r["chkdown"]) == ("L4CON", "Connection refused", "1")
    p.one.start()
    assert process.wait_until(lambda: cell(p, "pool", "s1", "status") == "UP", 5)
    assert int(cell(p, "pool", "s1", "lastchg")) < 10


def test_json_has_haproxys_shape(haproxy):
    rows = json.loads(look(haproxy(), ";json").text)
    first = rows[0][0]
    assert first == {"objType": "Frontend", "proxyId": 1, "id": 0, "field": {"pos": 0, "name": "pxname"}, "processNum": 1,
                     "tags": {"origin": "Key", "nature": "Name", "scope": "Service"}, "value": {"type": "str", "value": "site"}}
    servers = [r for r in rows if r[0]["objType"] == "Server"]
    assert [next(f["value"]["value"] for f in r if f["field"]["name"] == "svname") for r in servers] == ["s1", "s2", "s3", "s4"]


def test_addresses_are_shown_with_legends_only(haproxy):
    p = haproxy()
    p.write(p.read(p.file.name).replace("stats show-legends", ""))
    p.stop()
    p.start(listens=("port", "port2"))
    assert process.wait_until(lambda: cell(p, "pool", "s2", "check_status") == "L4OK", 5)
    rows = table(p)
    assert rows["pool", "s1"]["addr"] == rows["pool", "BACKEND"]["algo"] == ""
    assert rows["pool", "s1"]["mode"] == "http"


# ---- who may ----

def test_a_password_is_asked_for(haproxy):
    p = haproxy()
    answer = client.ask(p.port2, target=PAGE)
    assert answer.status == 401
    assert answer.get("WWW-Authenticate") == 'Basic realm="Who are you"'
    wrong = ("Authorization", "Basic " + base64.b64encode(b"admin:wrong").decode())
    assert client.ask(p.port2, target=PAGE, fields=[wrong]).status == 401
    other = ("Authorization", "Basic " + base64.b64encode(b"other:word").decode())
    assert client.ask(p.port2, target=PAGE, fields=[other]).status == 200
    assert client.ask(p.port2, target="/else", fields=[BASIC]).status == 503


def test_the_form_drains_and_brings_back(haproxy):
    p = haproxy()
    assert act(p, "s=s1&b=pool&action=drain") == "DONE"
    assert cell(p, "pool", "s1", "status") == "DRAIN"
    names = {client.ask(p.port, target="/who").text for _ in range(6)}
    assert len(names) == 1
    assert act(p, "s=s1&b=%233&action=ready") == "DONE"
    assert cell(p, "pool", "s1", "status") == "UP"
    assert act(p, "s=s1&s=s2&b=pool&action=maint") == "DONE"
    assert cell(p, "pool", "s2", "status") == "MAINT"
    assert act(p, "s=s1&s=zz&b=pool&action=ready") == "PART"
    assert act(p, "s=zz&b=pool&action=ready") == "ERRP"
    assert act(p, "s=s1&b=pool&action=bogus") == "ERRP"
    assert act(p, "s=s1&b=nowhere&action=ready") == "ERRP"
    assert act(p, "s=s1&b=pool") == "NONE"


def test_who_may_not_act_changes_nothing(haproxy):
    p = haproxy(admin="")
    assert act(p, "s=s1&b=pool&action=maint") == "DENY"
    assert cell(p, "pool", "s1", "status") == "UP"


@pytest.mark.keel_only("HAProxy asks no browser where a form came from")
def test_another_sites_page_changes_nothing(haproxy):
    p = haproxy()
    for fields in [("Origin", "http://evil.example")], [("Sec-Fetch-Site", "cross-site")], [("Origin", "null")]:
        assert act(p, "s=s1&b=pool&action=maint", fields) == "DENY"
    assert cell(p, "pool", "s1", "status") == "UP"
    assert act(p, "s=s1&b=pool&action=maint", [("Origin", "http://test")]) == "DONE"
    assert '"what":"maintenance","object":"pool/s1"' in p.stderr and "another site's page asked for it" in p.stderr


# ---- the page ----

def test_the_page_needs_nothing_else(haproxy):
    answer = look(haproxy())
    assert answer.status == 200 and answer.get("Content-Type").startswith("text/html")
    assert "s1" in answer.text and "pool" in answer.text


@pytest.mark.keel_only("our own page")
def test_the_page_says_how_things_are(haproxy):
    p = haproxy()
    answer = look(p)
    assert len(answer.body) < 25000 and not re.search(r"src=|url\(|@import|https://", answer.text)
    assert "default-src 'none'" in answer.get("Content-Security-Policy")
    assert '<meta http-equiv="refresh" content="7">' in answer.text and answer.get("Refresh") is None
    assert "evenkeel 0." not in answer.text           # stats hide-version
    assert "<b>well.</b>" in answer.text
    p.one.stop()
    assert process.wait_until(lambda: "pool/s1 is down since" in look(p).text, 5)
    assert "connection refused" in look(p).text and "<title>▲ 1" in look(p).text
    p.one.start()
    assert process.wait_until(lambda: "<b>well.</b>" in look(p).text, 5)


@pytest.mark.keel_only("our own words")
def test_a_server_that_answers_errors_is_not_green(haproxy):
    p = haproxy()
    act(p, "s=s2&b=pool&action=maint")
    with client.Client(p.port) as c:
        for i in range(60):
            c.ask(target="/status/500" if i % 3 == 0 else "/who")
    page = look(p).text
    assert "pool/s1 fails 33 % of its requests; its check does not see it" in page
    assert table(p)["pool", "s1"]["keel_word"] == "errors"
    overview = json.loads(look(p, ";api=overview").text)
    assert overview["v"] == 1 and overview["verdict"] == "degraded"
    servers = next(b for b in overview["pools"] if b["name"] == "pool")["servers"]
    assert [(s["name"], s["word"]) for s in servers] == [("s1", "errors"), ("s2", "maintenance"), ("s3", "no check"), ("s4", "maintenance")]


@pytest.mark.keel_only("our own bounds")
def test_a_form_that_is_too_large_does_nothing(haproxy):
    p = haproxy()
    assert act(p, "s=s1&b=pool&action=maint&x=" + "a" * 100000) == "EXCD"
    assert cell(p, "pool", "s1", "status") == "UP"


def test_many_readers_and_actors_at_once(haproxy):
    """views are read while others change what they show"""
    p = haproxy()
    trouble = []

    def run(n):
        try:
            for i in range(15):
                if n % 2:
                    assert look(p, (";csv", "", ";json")[i % 3]).status == 200
                else:
                    act(p, f"s=s{n % 4 + 1}&b=pool&action=" + ("drain", "ready")[i % 2])
                client.ask(p.port, target="/who")
        except Exception as e:      # noqa: BLE001: told by the main thread
            trouble.append(e)
    threads = [threading.Thread(target=run, args=(n,)) for n in range(6)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert not trouble


# ---- nginx ----

def test_stub_status_byte_for_byte(start):
    p = start("nginx", config.nginx("""
        server { listen 127.0.0.1:@port@; location = /status { stub_status; } location / { return 204; } }"""))
    with client.Client(p.port) as idle, client.Client(p.port) as c:
        assert idle.ask(target="/").status == 204
        c.ask(target="/")
        answer = c.ask(target="/status")
        assert answer.get("Content-Type") == "text/plain"
        found = re.fullmatch(r"Active connections: (\d+) \nserver accepts handled requests\n (\d+) (\d+) (\d+) \n"
                             r"Reading: (\d+) Writing: (\d+) Waiting: (\d+) \n", answer.text)
        assert found, answer.text
        active, accepts, handled, requests, reading, writing, waiting = map(int, found.groups())
        assert active == 2 and accepts == handled >= 2 and requests >= 3
        assert (reading, writing, waiting) == (0, 1, 1)
        assert c.ask("HEAD", "/status").status == 200
        assert c.ask("POST", "/status", body=b"x").status == 405


def test_stub_status_tells_half_a_head_from_none(start, origin):
    """Reading: a part of a head came; Writing: a request is served; Waiting: nothing came yet, or an answer was the last"""
    o = origin("a")
    p = start("nginx", config.nginx("""
        server { listen 127.0.0.1:@port@; location = /status { stub_status; } location / { proxy_pass http://127.0.0.1:@a@; } }"""), a=o.port)

    def counts():
        text = client.ask(p.port, target="/status").text
        return tuple(int(n) for n in re.findall(r"(?:Reading|Writing|Waiting): (\d+)", text))
    with client.Client(p.port), client.Client(p.port) as half, client.Client(p.port) as whole, client.Client(p.port) as slow:
        half.send(b"GET / HTTP/1.1\r\nHost: x\r\n")
        whole.ask(target="/who")
        slow.send(client.make_request("GET", "/slow/2000"))
        assert process.wait_until(lambda: counts() == (1, 2, 2), 3), counts()
        half.send(b"\r\n")
        half.answer()
        assert process.wait_until(lambda: counts() == (0, 2, 3), 1), counts()
        half.send(b"GET / HT")
        assert process.wait_until(lambda: counts() == (1, 2, 2), 1), counts()


# ---- who, what, and in a browser ----

def with_user(name, word):
    return [("Authorization", "Basic " + base64.b64encode(f"{name}:{word}".encode()).decode())]


def test_every_user_of_the_file_may_look(haproxy):
    p = haproxy()
    for name, word, code in (("admin", "admin", 200), ("other", "word", 200), ("other", "admin", 401), ("admin", "", 401), ("", "", 401)):
        assert client.ask(p.port2, target=PAGE, fields=with_user(name, word)).status == code, (name, word)


def test_scope_shows_what_is_named_and_acts_on_nothing_else(haproxy):
    p = haproxy(admin="stats admin if TRUE\n    stats scope pool")
    assert {proxy for proxy, _ in table(p)} == {"pool"}
    assert "s1" in look(p).text
    if not where.TEST_PEER:                          # its page has links to sites
        assert "site" not in re.sub(r"<[^>]*>", "", look(p).text)
    assert act(p, "s=s1&b=pool&action=drain") == "DONE" and cell(p, "pool", "s1", "status") == "DRAIN"
    assert look(p, ";csv;scope=nothing").text.count("\n") <= 2


def test_the_form_ends_sessions(haproxy):
    p = haproxy()
    with client.Client(p.port) as c:
        c.request(target="/drip/50/100")
        c.head()
        at = next(s for s in ("s1", "s2") if cell(p, "pool", s, "scur") == "1")
        assert act(p, f"s={at}&b=pool&action=shutdown") == "DONE"
        assert process.wait_until(lambda: cell(p, "pool", at, "scur") == "0", 3)
        c.sock.settimeout(3)
        try:
            while c.sock.recv(65536):
                pass
        except OSError as e:
            assert not isinstance(e, TimeoutError), "it goes on"


@pytest.mark.keel_only("our own page")
@pytest.mark.needs("chromium")
def test_a_browser_shows_it(haproxy, work):
    """as a browser has it after its script ran: words of states, no message on its console, nothing asked of elsewhere"""
    p = haproxy()
    for i in range(40):
        client.ask(p.port, target="/status/500" if i % 2 else "/who")
    p.two.stop()
    assert process.wait_until(lambda: cell(p, "pool", "s2", "status") == "DOWN", 5)
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
               "--disable-component-update", "--disable-sync", f"--user-data-dir={work}/profile", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
    url = f"http://admin:admin@127.0.0.1:{p.port2}{PAGE}"
    got = subprocess.run(["chromium", *options, "--enable-logging=stderr", "--virtual-time-budget=3000", "--dump-dom", url],
                         capture_output=True, text=True, timeout=50)
    shown = re.sub(r"<(style|script)\b.*?</\1>|<[^>]*>", " ", got.stdout, flags=re.S)
    assert "CONSOLE" not in got.stderr, got.stderr
    assert "pool/s2 is down" in shown and "connection refused" in shown and "maintenance" in shown and "errors" in shown
    assert got.stdout.count("<title>") == 1 and "▲" in re.search(r"<title>(.*?)</title>", got.stdout)[1] + shown
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//(?!127\.0\.0\.1)""", got.stdout)
    picture = work / "page.png"
    subprocess.run(["chromium", *options, "--window-size=400,1600", f"--screenshot={picture}", url], capture_output=True, timeout=50)
    assert picture.stat().st_size > 10000
