# SPDX-License-Identifier: Apache-2.0
"""TLS on both sides, in both languages: who is shown which certificate, who must show one, what is resumed, what is verified."""
import hashlib
import re
import signal
import socket
import ssl
import threading
import time

import pytest

from lib import client, config, origin as origins, pki as pkis, process, where

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pki")
    p = pkis.Pki(folder)
    p.make("a.example", "DNS:a.example").make("wild", "DNS:*.w.example,DNS:w.example", kind="rsa")
    p.make("client", "DNS:client").make("origin", "DNS:origin.example").make("other", "DNS:other.example")
    p.authority("stranger")
    p.make("foreigner", "DNS:foreigner", by="stranger")
    p.lock("a.example", "locked.key")
    for f in folder.iterdir():
        f.chmod(0o644)
    folder.chmod(0o755)
    return p


# ---- files: TLS in front of a plain server; <extra> goes to the server or the bind line, <more> beside it

def nginx(extra="", more="", http="", location="proxy_pass http://127.0.0.1:@o1@;", threads=1):
    return config.nginx(f"""
        {http}
        log_format tls '$status $ssl_protocol $ssl_session_reused $ssl_client_verify "$ssl_client_s_dn" $ssl_server_name';
        server {{
            listen 127.0.0.1:@port@ ssl default_server; server_name a.example;
            ssl_certificate @pki@/a.example.pem; ssl_certificate_key @pki@/a.example.key; {extra}
            location / {{ {location} }}
        }}
        server {{
            listen 127.0.0.1:@port@ ssl; server_name *.w.example w.example;
            ssl_certificate @pki@/wild.pem; ssl_certificate_key @pki@/wild.key; {extra}
            location / {{ {location} }}
        }}
        {more}""", log="access_log @dir@/access.log;" if "log_format" not in http else "", threads=threads)


def haproxy(extra="", more="", top="", server="", section="", threads=1, mode="http"):
    return config.haproxy(f"""
listen all
    bind 127.0.0.1:@port@ ssl crt @pki@/a.example.both crt @pki@/wild.both {extra}
    {section}
    server s1 127.0.0.1:@o1@ {server}
{more}""", threads=threads, top=top, mode=mode)


TEXT = {"nginx": nginx, "haproxy": haproxy}


@pytest.fixture
def front(prepare, origin, pki, language):
    """front(**parts) -> a running Program with TLS in front of a plain origin; parts by language: nginx={...}, haproxy={...}"""
    def make(nginx=None, haproxy=None, threads=1, **values):
        o = values.pop("o", None) or origin()
        parts = {"nginx": nginx, "haproxy": haproxy}[language] or {}
        p = prepare(language, TEXT[language](threads=threads, **parts), o1=o.port, pki=pki.dir, **values)
        p.options = ["-W", "-db"] if language == "haproxy" else []
        p.origin = o
        return p.start()
    return make


def connect(p, context, name="a.example", session=None, port=None, timeout=5):
    sock = socket.create_connection(("127.0.0.1", port or p.port), timeout)
    try:
        return context.wrap_socket(sock, server_hostname=name, session=session)
    except BaseException:
        sock.close()
        raise


def over(tls):
    """a strict HTTP client on an open TLS connection"""
    c = client.Client.__new__(client.Client)
    c.sock, c.rest = tls, b""
    return c


def ask(p, context, name="a.example", target="/echo", **more):
    with connect(p, context, name, more.pop("session", None), more.pop("port", None)) as tls:
        return over(tls).ask(target=target, host=name, **more)


def shown(p, context, name):
    """the common name of the certificate that <name> gets; no name is verified"""
    context.check_hostname = False
    with connect(p, context, name) as tls:
        return dict(pair[0] for pair in tls.getpeercert()["subject"])["commonName"]


def refused(action):
    """whether <action> ends in a TLS error or a closed connection"""
    try:
        action()
    except (ssl.SSLError, ConnectionError, client.AnswerError):
        return True
    return False


# ---- certificates by name

def test_the_certificate_fits_the_name(front, pki):
    p = front()
    assert shown(p, pki.client(), "a.example") == "a.example"
    assert shown(p, pki.client(), "w.example") == "wild"
    assert shown(p, pki.client(), "x.w.example") == "wild"
    assert shown(p, pki.client(), "X.W.Example") == "wild"


def test_who_asks_for_no_name_or_an_unknown_one_gets_the_first(front, pki):
    p = front()
    assert shown(p, pki.client(), None) == "a.example"
    assert shown(p, pki.client(), "nobody.example") == "a.example"


def test_a_request_over_tls_is_answered(front, pki):
    p = front()
    answer = ask(p, pki.client(), "w.example")
    assert answer.status == 200
    assert p.origin.requests[0].get("Host")


def test_a_name_may_be_refused(front, pki):
    p = front(nginx={"more": "server { listen 127.0.0.1:@port@ ssl; server_name no.example; ssl_reject_handshake on; }"},
              haproxy={"extra": "strict-sni"})
    assert ask(p, pki.client()).status == 200
    assert refused(lambda: shown(p, pki.client(), "no.example"))


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_two_kinds_of_certificates_stand_side_by_side(prepare, origin, pki, language, work, kind):
    both = work / "both"
    both.mkdir()
    for k, end in (("ec", "ecdsa"), ("rsa", "rsa")):
        pkis_dir = work / k
        pkis_dir.mkdir()
        for name in ("ca.pem", "ca.key"):
            (pkis_dir / name).write_bytes((pki.dir / name).read_bytes())
        one = pkis.Pki.__new__(pkis.Pki)
        one.dir = pkis_dir
        one.make("two", "DNS:two.example", kind=k)
        (both / f"two.pem.{end}").write_bytes((pkis_dir / "two.both").read_bytes())
    for f in work.rglob("*"):
        f.chmod(0o755 if f.is_dir() else 0o644)
    o = origin()
    text = {"nginx": config.nginx("""server { listen 127.0.0.1:@port@ ssl;
                ssl_certificate @work@/rsa/two.pem; ssl_certificate_key @work@/rsa/two.key;
                ssl_certificate @work@/ec/two.pem; ssl_certificate_key @work@/ec/two.key;
                location / { proxy_pass http://127.0.0.1:@o1@; } }"""),
            "haproxy": config.haproxy("""
listen all
    bind 127.0.0.1:@port@ ssl crt @work@/both/two.pem
    server s1 127.0.0.1:@o1@""")}[language]
    p = prepare(language, text, o1=o.port, work=work).start()
    c = pki.client(high=V12)
    c.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256" if kind == "ec" else "ECDHE-RSA-AES128-GCM-SHA256")
    with connect(p, c, "two.example") as tls:
        assert ("ECDSA" if kind == "ec" else "RSA") in tls.cipher()[0]


# ---- versions

def test_tls_1_2_and_1_3_are_spoken_and_no_less(front, pki):
    p = front()
    for version in (V12, V13):
        if version == V13 and where.TEST_PEER and p.language == "nginx":
            continue    # its newest versions speak it unasked, Debian's does not
        with connect(p, pki.client(low=version, high=version)) as tls:
            assert over(tls).ask(target="/who").status == 200
    old = pki.client(low=ssl.TLSVersion.TLSv1, high=ssl.TLSVersion.TLSv1_1)
    old.set_ciphers("ALL:@SECLEVEL=0")
    assert refused(lambda: ask(p, old))


@pytest.mark.both_builds
def test_quit_waits_for_a_handshake(front, pki, language):
    p = front()
    with socket.create_connection(("127.0.0.1", p.port), 5) as plain:
        time.sleep(0.1)                     # taken, and nothing said yet
        p.signal(signal.SIGQUIT if language == "nginx" else signal.SIGUSR1)
        time.sleep(0.2)
        with pki.client().wrap_socket(plain, server_hostname="a.example") as tls:
            assert over(tls).ask(target="/echo", host="a.example").status == 200
    assert p.wait(5) is not None


def test_versions_can_be_chosen(front, pki):
    p = front(nginx={"extra": "ssl_protocols TLSv1.3;"}, haproxy={"extra": "ssl-min-ver TLSv1.3"})
    assert refused(lambda: ask(p, pki.client(high=V12)))
    assert ask(p, pki.client()).status == 200


def test_http_1_1_is_agreed_on(front, pki):
    p = front(nginx={}, haproxy={"extra": "alpn h2,http/1.1"})
    with connect(p, pki.client(alpn=["h2", "http/1.1"])) as tls:
        assert tls.selected_alpn_protocol() in ("http/1.1", "h2" if where.TEST_PEER else "http/1.1")


# ---- certificates of clients

ASKS = {"nginx": {"extra": "ssl_verify_client on; ssl_client_certificate @pki@/ca.pem;"},
        "haproxy": {"extra": "ca-file @pki@/ca.pem verify required"}}


def test_clients_must_show_a_certificate(front, pki, language):
    p = front(**ASKS)
    assert ask(p, pki.client("client")).status == 200
    for nobody in (None, "foreigner"):
        if language == "nginx":
            answer = ask(p, pki.client(nobody))
            assert answer.status == 400
            assert ("certificate was sent" if nobody is None else "certificate error") in answer.text
        else:
            assert refused(lambda: ask(p, pki.client(nobody)))
    assert len(p.origin.requests) == 1


def test_the_certificate_is_told_to_the_server(front, pki):
    p = front(nginx={"extra": ASKS["nginx"]["extra"],
                     "location": """proxy_set_header X-Client "$ssl_client_s_dn|$ssl_client_verify|$ssl_protocol";
                                    proxy_pass http://127.0.0.1:@o1@;"""},
              haproxy={"extra": ASKS["haproxy"]["extra"],
                       "section": 'http-request set-header X-Client "CN=%[ssl_c_s_dn(CN)]|%[ssl_c_verify]|%[ssl_fc_protocol]"'})
    ask(p, pki.client("client"))
    told = p.origin.requests[0].get("X-Client")
    assert re.fullmatch(r"CN=client\|(SUCCESS|0)\|TLSv1.[23]", told), told


def short(when):
    """OpenSSL's "Nov 22 12:00:31 2026 GMT" as HAProxy shows it"""
    return time.strftime("%y%m%d%H%M%SZ", time.strptime(when, "%b %d %H:%M:%S %Y GMT"))


@pytest.mark.parametrize("language", ("haproxy",))
def test_both_certificates_can_be_looked_at(front, pki, language):
    """ssl_c_* is the client's, ssl_f_* the one that it was shown"""
    parts = ("s_dn", "i_dn(CN)", "notbefore", "notafter", "version", "sig_alg", "key_alg", "serial,hex", "sha1,hex")
    told = "|".join(f"%[ssl_{whose}_{part}]" for whose in "cf" for part in parts)
    p = front(haproxy={"extra": ASKS["haproxy"]["extra"],
                       "section": f"http-request set-header X-Both '{told}|%[ssl_f_der,sha1,hex]' if {{ ssl_c_version 3 }} {{ ssl_f_sig_alg -m found }}"})
    ask(p, pki.client("client"))
    *seen, der_sum = p.origin.requests[0].get("X-Both").split("|")
    for file, values in (("client", seen[:9]), ("a.example", seen[9:])):
        der = ssl.PEM_cert_to_DER_cert((pki.dir / f"{file}.pem").read_text().split("-----END CERT")[0] + "-----END CERTIFICATE-----\n")
        known = ssl._ssl._test_decode_cert(str(pki.dir / f"{file}.pem"))
        subject = "".join(f"/CN={v}" for group in known["subject"] for k, v in group if k == "commonName")
        issuer = next(v for group in known["issuer"] for k, v in group if k == "commonName")
        serial = known["serialNumber"]
        assert values[0].endswith(subject) and values[1] == issuer
        assert values[2:5] == [short(known["notBefore"]), short(known["notAfter"]), str(known["version"])]
        assert values[5] in ("RSA-SHA256", "ecdsa-with-SHA256") and values[6] in ("rsaEncryption", "id-ecPublicKey")
        assert values[7] == serial and values[8] == hashlib.sha1(der).hexdigest().upper()
    assert der_sum == hashlib.sha1(der).hexdigest().upper()


def test_a_certificate_may_be_left_out(front, pki):
    p = front(nginx={"extra": "ssl_verify_client optional; ssl_client_certificate @pki@/ca.pem;"},
              haproxy={"extra": "ca-file @pki@/ca.pem verify optional"})
    assert ask(p, pki.client()).status == 200
    assert ask(p, pki.client("client")).status == 200


def test_a_proof_for_one_server_is_none_for_another(prepare, pki, origin):
    """nginx: the handshake's name and the request's must go to the same server where certificates count"""
    p = prepare("nginx", nginx(more="""server { listen 127.0.0.1:@port@ ssl; server_name inner.example;
        ssl_certificate @pki@/other.pem; ssl_certificate_key @pki@/other.key;
        ssl_verify_client on; ssl_client_certificate @pki@/stranger.pem; location / { return 200 inside; } }"""),
                o1=origin().port, pki=pki.dir).start()
    with connect(p, pki.client("client")) as tls:
        assert over(tls).ask(host="inner.example").status == 421


# ---- resuming

def reused(p, context, session=None):
    """one request; -> (was the session resumed, the session to resume next)"""
    with connect(p, context, session=session) as tls:
        assert over(tls).ask(target="/who", host="a.example").status == 200
        return tls.session_reused, tls.session


@pytest.mark.parametrize("version", [V12, V13], ids=["1.2", "1.3"])
def test_clients_resume_on_every_thread(front, pki, version):
    p = front(nginx={"extra": "ssl_protocols TLSv1.2 TLSv1.3;"}, threads=4)
    c = pki.client(low=version, high=version)
    _, session = reused(p, c)
    for _ in range(20):
        again, session = reused(p, c, session)
        assert again


def test_clients_without_tickets_resume_on_every_thread(front, pki):
    p = front(nginx={"extra": "ssl_session_tickets off;", "http": "ssl_session_cache shared:all:1m;"},
              haproxy={"extra": "no-tls-tickets"}, threads=4)
    c = pki.client(high=V12)
    _, session = reused(p, c)
    for _ in range(20):
        again, session = reused(p, c, session)
        assert again


@pytest.mark.parametrize("tickets", [True, False], ids=["tickets", "cache"])
def test_clients_resume_over_a_reload(front, pki, language, tickets):
    where.not_the_peer("its ticket keys and its cache begin anew") if language == "haproxy" or tickets else None
    off = {"nginx": {"extra": "ssl_session_tickets off;", "http": "ssl_session_cache shared:all:1m;"},
           "haproxy": {"extra": "no-tls-tickets"}}
    p = front(**({} if tickets else off), threads=2)
    c = pki.client(high=None if tickets else V12)
    _, session = reused(p, c)
    for _ in range(3):
        p.reload()
        time.sleep(0.5)
        again, session = reused(p, c, session)
        assert again


def test_a_session_of_one_name_is_none_of_another(front, pki, language):
    """certificates differ, and so may what was proved: only the same name's session is resumed"""
    where.not_the_peer("one bind line is one world to it") if language == "haproxy" else None
    p = front(**ASKS)
    c = pki.client("client")
    _, session = reused(p, c)
    with connect(p, c, "w.example", session=session) as tls:
        status = over(tls).ask(target="/who", host="w.example").status
        assert status == 421 or (status == 200 and not tls.session_reused)


def test_ticket_keys_from_a_file(prepare, origin, pki, language, work):
    """two programs with one file: each resumes what the other began"""
    import base64
    import os
    keys = [os.urandom(80) for _ in range(3)]
    (work / "raw").write_bytes(keys[0])
    (work / "lines").write_text("".join(base64.b64encode(k).decode() + "\n" for k in keys))
    (work / "raw").chmod(0o644), (work / "lines").chmod(0o644)
    o = origin()
    say = {"nginx": {"extra": "ssl_session_ticket_key @work@/raw;"}, "haproxy": {"extra": "tls-ticket-keys @work@/lines"}}[language]
    one, two = (prepare(language, TEXT[language](**say), o1=o.port, pki=pki.dir, work=work).start() for _ in range(2))
    c = pki.client(high=V12)
    _, session = reused(one, c)
    assert reused(two, c, session)[0]


# ---- towards servers

def to_tls(verify, name="origin.example", more=""):
    """parts of a file that connects to its server by TLS"""
    nginx_verify = "proxy_ssl_verify on; proxy_ssl_trusted_certificate @pki@/ca.pem;" if verify else ""
    haproxy_verify = "verify required ca-file @pki@/ca.pem" if verify else "verify none"
    return {"nginx": {"http": "upstream up { server 127.0.0.1:@o1@; keepalive 8; }",
                      "location": f"proxy_pass https://up; proxy_ssl_name {name}; proxy_ssl_server_name on; proxy_http_version 1.1; "
                                  f'proxy_set_header Connection ""; {nginx_verify} {more}'},
            "haproxy": {"server": f"ssl sni str({name}) {haproxy_verify} {more}"}}


@pytest.fixture
def tls_origin(origin, pki):
    def make(certificate="origin", **more):
        return origin(tls=pki.server(certificate, **more))
    return make


def test_to_a_tls_server_that_is_verified(front, pki, tls_origin):
    o = tls_origin()
    parts = to_tls(True)
    parts["haproxy"]["section"] = "http-reuse always"
    p = front(**parts, o=o)
    for _ in range(3):
        assert ask(p, pki.client()).status == 200
    assert o.tls.asked and set(o.tls.asked) == {"origin.example"}
    assert o.accepted == 1, "the connection was kept"


@pytest.mark.parametrize("certificate", ["other", "foreigner"])
def test_to_a_tls_server_that_is_not_who_it_should_be(front, pki, tls_origin, language, certificate):
    o = tls_origin(certificate)
    p = front(**to_tls(True), o=o)
    assert ask(p, pki.client()).status == (502 if language == "nginx" else 503)
    assert o.requests == []


def test_to_a_tls_server_unverified(front, pki, tls_origin):
    p = front(**to_tls(False), o=tls_origin("foreigner"))
    assert ask(p, pki.client()).status == 200


def test_to_a_server_that_does_not_speak_tls(front, pki, language):
    class Rude:
        """says a line to whoever comes"""
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]

        def run(self):
            while True:
                try:
                    sock, _ = self.listener.accept()
                except OSError:
                    return
                with sock:
                    sock.sendall(b"220 welcome\r\n")
    rude = Rude()
    threading.Thread(target=rude.run, daemon=True).start()
    p = front(**to_tls(False), o=rude)
    assert ask(p, pki.client()).status == (502 if language == "nginx" else 503)
    rude.listener.close()


def test_our_own_certificate_is_shown(front, pki, tls_origin):
    o = tls_origin(clients=True)
    parts = to_tls(True)
    parts["nginx"]["location"] += "proxy_ssl_certificate @pki@/client.pem; proxy_ssl_certificate_key @pki@/client.key;"
    parts["haproxy"]["server"] += " crt @pki@/client.both"
    p = front(**parts, o=o)
    assert ask(p, pki.client()).status == 200
    p2 = front(**to_tls(True), o=o)
    assert ask(p2, pki.client()).status in (502, 503)


def test_connections_of_two_names_are_not_mixed(front, pki, tls_origin):
    """a kept connection carries the name that it was made for"""
    o = tls_origin()
    p = front(nginx={"http": "upstream up { server 127.0.0.1:@o1@; keepalive 8; }",
                     "location": 'proxy_pass https://up; proxy_ssl_name $arg_n; proxy_ssl_server_name on; proxy_http_version 1.1; '
                                 'proxy_set_header Connection "";'},
              haproxy={"server": "ssl verify none sni url_param(n)", "section": "http-reuse always"}, o=o)
    for name in ("one.example", "two.example", "one.example", "two.example"):
        assert ask(p, pki.client(), target=f"/echo?n={name}").status == 200
    if not where.TEST_PEER:
        assert o.tls.asked == ["one.example", "two.example"]
        assert [r.connection for r in o.requests] == [1, 2, 1, 2]


def test_bodies_are_whole_with_tls_on_both_sides(front, pki, tls_origin):
    o = tls_origin()
    p = front(**to_tls(True), o=o)
    size = 8_000_000
    with connect(p, pki.client(), timeout=30) as tls:
        c = over(tls)
        answer = c.ask(target=f"/size/{size}")
        assert hashlib.sha1(answer.body).digest() == hashlib.sha1(origins.pattern(size)).digest()
        answer = c.ask("POST", "/echo", body=origins.pattern(900_000), fields=[("Content-Type", "x/y")])
        assert answer.status == 200
    assert hashlib.sha1(o.requests[-1].body).digest() == hashlib.sha1(origins.pattern(900_000)).digest()


def test_a_proxy_header_goes_before_tls(prepare, origin, pki):
    """in the clear, on both sides of two programs behind each other"""
    o = origin()
    inner = prepare("haproxy", config.haproxy("""
listen inner
    bind 127.0.0.1:@port@ accept-proxy ssl crt @pki@/origin.both
    http-request set-header X-Source %[src]:%[src_port]
    server s 127.0.0.1:@o1@"""), o1=o.port, pki=pki.dir).start()
    for version in ("", "-v2"):
        outer = prepare("haproxy", haproxy(server=f"send-proxy{version} ssl verify required ca-file @pki@/ca.pem sni str(origin.example)"),
                        o1=inner.port, pki=pki.dir).start()
        with connect(outer, pki.client()) as tls:
            source = "%s:%d" % tls.getsockname()
            for _ in range(2):
                assert over(tls).ask(target="/echo", host="a.example").status == 200
        assert {r.get("X-Source") for r in o.requests} == {source}
        o.clear()


# ---- the end of a connection

def test_the_end_is_told(front, pki):
    """close_notify comes before the end: a client can tell a whole answer from a cut one"""
    p = front()
    sock = socket.create_connection(("127.0.0.1", p.port), 5)
    with pki.client().wrap_socket(sock, server_hostname="a.example", suppress_ragged_eofs=False) as tls:
        tls.sendall(b"GET /until-close/1000 HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n")
        data = b""
        while part := tls.recv(65536):
            data += part
    assert len(data) > 1000


def test_a_slow_reader_gets_all_of_the_last_answer(front, pki):
    p = front()
    size = 3_000_000
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    sock.settimeout(20)
    sock.connect(("127.0.0.1", p.port))
    with pki.client().wrap_socket(sock, server_hostname="a.example") as tls:
        tls.sendall(b"GET /size/%d HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n" % size)
        time.sleep(1.5)
        data = b""
        while part := tls.recv(65536):
            data += part
    assert data.endswith(origins.pattern(size)[-1000:])


def test_plain_http_on_a_tls_port(front, pki, language):
    p = front()
    if language == "nginx":
        answer = client.ask(p.port)
        assert answer.status == 400 and "plain HTTP request was sent to HTTPS port" in answer.text
    else:
        assert refused(lambda: client.ask(p.port))
    assert ask(p, pki.client()).status == 200


def test_plain_http_can_be_sent_elsewhere(prepare, origin, pki):
    p = prepare("nginx", nginx(extra="error_page 497 https://$host:@port@$request_uri;"), o1=origin().port, pki=pki.dir).start()
    answer = client.ask(p.port, target="/x?y=1", host="a.example")
    assert answer.status == 302 and answer.get("Location") == f"https://a.example:{p.port}/x?y=1"


def test_garbage_on_a_tls_port_harms_nobody(front, pki):
    p = front()
    for junk in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"A" * 600, b"\x80\x2e\x01", b"\x16", b"\x16\x03\x01\xff\xff"):
        with socket.create_connection(("127.0.0.1", p.port), 5) as s:
            s.sendall(junk)
            s.shutdown(socket.SHUT_WR)
            try:
                while s.recv(4096):
                    pass
            except ConnectionResetError:
                pass
    assert ask(p, pki.client()).status == 200


# ---- without decryption

BY_NAME = {
    "nginx": config.nginx(stream="""
            map $ssl_preread_server_name $to { a.example a; w.example w; default w; }
            upstream a { server 127.0.0.1:@a@; } upstream w { server 127.0.0.1:@w@; }
            server { listen 127.0.0.1:@port@; ssl_preread on; proxy_pass $to; }"""),
    "haproxy": config.haproxy("""
frontend all
    bind 127.0.0.1:@port@
    tcp-request inspect-delay 5s
    tcp-request content accept if { req.ssl_hello_type 1 }
    use_backend a if { req.ssl_sni -i a.example }
    default_backend w
backend a
    server s 127.0.0.1:@a@
backend w
    server s 127.0.0.1:@w@""", mode="tcp"),
}


def test_routing_by_name_without_a_key(prepare, pki, language, tls_origin):
    """the name in the first message decides; the handshake is with the server itself"""
    a, w = tls_origin("a.example"), tls_origin("wild")
    p = prepare(language, BY_NAME[language], a=a.port, w=w.port).start()
    for name, o in (("a.example", a), ("w.example", w), ("a.example", a)):
        before = o.accepted
        assert ask(p, pki.client(), name).status == 200
        assert o.accepted == before + 1


def test_a_first_message_in_pieces_is_waited_for(prepare, pki, language, tls_origin):
    a, w = tls_origin("a.example"), tls_origin("wild")
    p = prepare(language, BY_NAME[language], a=a.port, w=w.port).start()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = pki.client().wrap_bio(incoming, outgoing, server_hostname="a.example")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    hello = outgoing.read()
    with socket.create_connection(("127.0.0.1", p.port), 5) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(0, len(hello), 100):
            s.sendall(hello[i:i + 100])
            time.sleep(0.02)
        while True:
            incoming.write(s.recv(65536))
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                s.sendall(outgoing.read())
        s.sendall(outgoing.read())
        assert process.wait_until(lambda: a.accepted == 1, 5)
    assert w.accepted == 0


# ---- plain TCP

def test_tcp_with_tls_on_either_side(prepare, pki, language, tls_origin, origin):
    """TLS is taken off, and put on, around bytes that nobody reads"""
    o = tls_origin()
    text = {"nginx": config.nginx(stream="""
            server { listen 127.0.0.1:@port@ ssl; ssl_certificate @pki@/a.example.pem; ssl_certificate_key @pki@/a.example.key;
                     proxy_pass 127.0.0.1:@o1@; proxy_ssl on; proxy_ssl_name origin.example; proxy_ssl_server_name on;
                     proxy_ssl_verify on; proxy_ssl_trusted_certificate @pki@/ca.pem; }"""),
            "haproxy": config.haproxy("""
listen all
    bind 127.0.0.1:@port@ ssl crt @pki@/a.example.both
    server s 127.0.0.1:@o1@ ssl verify required ca-file @pki@/ca.pem sni str(origin.example)""", mode="tcp")}[language]
    p = prepare(language, text, o1=o.port, pki=pki.dir).start()
    assert ask(p, pki.client(), target="/size/2000000").body == origins.pattern(2_000_000)
    assert o.tls.asked == ["origin.example"]


# ---- reload

def test_a_reload_changes_the_certificate_and_keeps_connections(front, pki, work, language):
    where.not_the_peer("a reload closes its idle connections")
    p = front()
    with connect(p, pki.client()) as tls:
        c = over(tls)
        assert c.ask(target="/who").status == 200
        p.write(p.file.read_text().replace("a.example.pem", "other.pem").replace("a.example.key", "other.key")
                .replace("a.example.both", "other.both"))
        p.reload()
        assert process.wait_until(lambda: shown(p, pki.client(), None) == "other", 5)
        assert c.ask(target="/who").status == 200


@pytest.mark.parametrize("wrong", ["key", "locked", "none", "kind", "ciphers"])
def test_a_wrong_file_is_an_error_at_its_line(prepare, origin, pki, language, work, wrong):
    """and changes nothing of what runs"""
    (work / "mixed.pem").write_bytes((pki.dir / "a.example.pem").read_bytes() + (pki.dir / "other.key").read_bytes())
    (work / "locked.pem").write_bytes((pki.dir / "a.example.pem").read_bytes() + (pki.dir / "locked.key").read_bytes())
    (work / "none.pem").write_text("hello\n")
    for f in work.glob("*.pem"):
        f.chmod(0o644)
    p = prepare(language, TEXT[language](), o1=origin().port, pki=pki.dir).start()
    good = p.file.read_text()
    change = {"nginx": {"key": ("a.example.key", "other.key"), "locked": ("a.example.key", "locked.key"),
                        "none": (f"{pki.dir}/a.example.pem", f"{work}/none.pem"),
                        "kind": (f"{pki.dir}/a.example.pem", f"{pki.dir}/a.example.key"),
                        "ciphers": ("a.example.key;", "a.example.key; ssl_ciphers NOSUCH;")},
              "haproxy": {"key": (f"{pki.dir}/a.example.both", f"{work}/mixed.pem"),
                          "locked": (f"{pki.dir}/a.example.both", f"{work}/locked.pem"),
                          "none": (f"{pki.dir}/a.example.both", f"{work}/none.pem"),
                          "kind": (f"{pki.dir}/a.example.both", f"{pki.dir}/a.example.key"),
                          "ciphers": ("a.example.both ", "a.example.both ciphers NOSUCH ")}}[language][wrong]
    bad = good.replace(*change)
    line = next(i for i, (a, b) in enumerate(zip(good.splitlines(), bad.splitlines()), 1) if a != b)
    p.write(bad)
    told = p.command("-t" if language == "nginx" else "-c")
    assert told.returncode == 1
    if not where.TEST_PEER:
        assert f"{p.file}:{line}" in told.stderr, told.stderr
    p.reload()
    time.sleep(0.5)
    assert ask(p, pki.client()).status == 200


# ---- checks

def test_checks_speak_tls(prepare, pki, tls_origin, origin):
    """a server whose certificate is wrong is found out before it gets a request"""
    good, bad = tls_origin(), tls_origin("foreigner")
    p = prepare("haproxy", config.haproxy("""
listen all
    bind 127.0.0.1:@port@
    option httpchk GET /who
    default-server ssl verify required ca-file @pki@/ca.pem sni str(origin.example) check check-sni origin.example inter 100ms fall 1
    server good 127.0.0.1:@good@
    server bad 127.0.0.1:@bad@
"""), good=good.port, bad=bad.port, pki=pki.dir).start()
    assert process.wait_until(lambda: "bad is DOWN" in p.stderr, 5)
    assert "Layer6" in p.stderr
    assert [client.ask(p.port).status for _ in range(6)] == [200] * 6
    assert bad.requests == []
