# SPDX-License-Identifier: Apache-2.0
"""Compressed answers as a client meets them: whole, in time, and however slowly it reads. Who gets one is in the differential tables."""
import socket
import time
import zlib

import pytest

from lib import client, config, origin as origins, process, where

GZ = [("Accept-Encoding", "gzip")]
NGINX = """
    gzip on; gzip_types *; gzip_min_length 1; root @dir@/html; client_max_body_size 4m;
    upstream up {{ server 127.0.0.1:@o1@; keepalive 8; }}
    server {{ listen 127.0.0.1:@port@; proxy_http_version 1.1; proxy_set_header Connection ""; {extra}
        location / {{ proxy_pass http://up; }}
        location /files/ {{ alias @dir@/html/; }} }}"""
FLAVOURS = {
    "nginx": ("nginx", config.nginx(NGINX.format(extra=""))),
    "nginx-unbuffered": ("nginx", config.nginx(NGINX.format(extra="proxy_buffering off;"))),
    "haproxy": ("haproxy", config.haproxy("listen all\n    bind 127.0.0.1:@port@\n    http-reuse always\n    compression algo gzip\n    server s1 127.0.0.1:@o1@")),
}


@pytest.fixture(params=list(FLAVOURS))
def proxy(request, prepare, origin):
    language, text = FLAVOURS[request.param]
    o = origin()
    p = prepare(language, text, o1=o.port)
    if language == "nginx":
        p.write("a page of text\n" * 30000, "html/page.txt")
    p.start()
    p.origin, p.flavour = o, request.param
    return p


def plain(answer):
    assert answer.get("Content-Encoding") == "gzip" and answer.framing == "chunked", answer.fields
    d = zlib.decompressobj(31)
    data = d.decompress(answer.body) + d.flush()
    assert d.eof and not d.unused_data, "one whole gzip member"
    return data


@pytest.mark.parametrize("path", ["/size/1", "/size/70001", "/size/3000000", "/chunked/100/3", "/chunked/1000000/999", "/until-close/50000"])
def test_answers_are_whole(proxy, path):
    if path == "/until-close/50000" and proxy.flavour == "haproxy":
        pytest.skip("HAProxy compresses only answers whose end is told")
    with client.Client(proxy.port, timeout=20) as c:
        assert plain(c.ask(target=path, fields=GZ)) == origins.pattern(int(path.split("/")[2]))
        assert c.ask(target="/who").body == b"o1", "the connection is out of step"


def test_many_on_one_connection(proxy):
    """compressors are used again"""
    with client.Client(proxy.port, timeout=20) as c:
        for i in range(40):
            assert plain(c.ask(target=f"/size/{i * 997 + 1}", fields=GZ)) == origins.pattern(i * 997 + 1)


def test_slow_reader_gets_everything(proxy):
    with client.Client(proxy.port, timeout=20) as c:
        c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        c.request(target="/size/3000000", fields=GZ)
        time.sleep(0.5)
        assert plain(c.answer()) == origins.pattern(3_000_000)


@pytest.mark.parametrize("proxy", ["nginx-unbuffered", "haproxy"], indirect=True)
def test_what_drips_is_not_held_back(proxy):
    """a client of a stream of events sees each when it comes"""
    with client.Client(proxy.port) as c:
        began = time.monotonic()
        c.request(target="/drip/10/100", fields=GZ)
        head = c.head()
        assert head.get("Content-Encoding") == "gzip"
        d, seen = zlib.decompressobj(31), b""
        while not seen and time.monotonic() - began < 2:
            size = int(c._until(b"\r\n"), 16)
            seen += d.decompress(c._exactly(size, None))
            c._until(b"\r\n")
        assert seen and time.monotonic() - began < 0.8


def test_cut_answer_is_seen_by_the_client(proxy):
    with client.Client(proxy.port) as c:
        c.request(target="/cut/chunked/fin", fields=GZ)
        with pytest.raises((client.CutShort, ConnectionResetError)):
            c.answer()


def test_client_that_leaves(proxy):
    for _ in range(5):
        c = client.Client(proxy.port)
        c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        c.request(target="/size/3000000", fields=GZ)
        c.sock.recv(500)
        c.reset()
    assert plain(client.ask(proxy.port, target="/size/100", fields=GZ)) == origins.pattern(100)


@pytest.mark.parametrize("proxy", ["nginx"], indirect=True)
def test_files(proxy):
    with client.Client(proxy.port) as c:
        a = c.ask(target="/files/page.txt", fields=GZ)
        assert plain(a) == b"a page of text\n" * 30000 and a.get("ETag").startswith("W/") and not a.get("Accept-Ranges")
        plain_answer = c.ask(target="/files/page.txt")
        assert plain_answer.get("Content-Length") == "450000" and plain_answer.get("ETag") == a.get("ETag")[2:]


def test_trailers_follow(proxy):
    if proxy.flavour != "haproxy":
        pytest.skip("nginx passes none here")
    where.not_the_peer("2.6 loses them")
    with client.Client(proxy.port) as c:
        a = c.ask(target="/trailers/1000", fields=GZ + [("TE", "trailers")])
        assert plain(a) == origins.pattern(1000)
        assert ("x-check", "sum") in [(n.lower(), v) for n, v in a.trailers]


def test_ratio_in_the_log(prepare, origin):
    p = prepare("nginx", config.nginx("""log_format ratio '$uri $gzip_ratio';
        server { listen 127.0.0.1:@port@; gzip on; gzip_types *; access_log @dir@/access.log ratio; location / { proxy_pass http://127.0.0.1:@o1@; } }""", log=""), o1=origin().port)
    p.start()
    size = len(client.ask(p.port, target="/size/100000", fields=GZ).body)
    client.ask(p.port, target="/size/10")
    assert process.wait_until(lambda: "/size/10 -" in p.read("access.log"), 3)
    assert abs(float(p.read("access.log").split("\n")[0].split()[1]) - 100000 / size) < 0.02
