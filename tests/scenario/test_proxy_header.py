# SPDX-License-Identifier: Apache-2.0
"""What a server is told in a PROXY header of version 2 besides the addresses: proxy-v2-options, send-proxy-v2-ssl, set beside Debian's haproxy."""
import socket
import ssl
import struct

import pytest

from lib import config, pki as pkis, ports

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pki")
    p = pkis.Pki(folder).make("a.example", "DNS:a.example").make("client", "DNS:client")
    for f in folder.iterdir():
        f.chmod(0o644)
    folder.chmod(0o755)
    return p


def tlvs(data):
    """{type: value}"""
    found = {}
    while data:
        kind, size = struct.unpack("!BH", data[:3])
        found[kind], data = data[3:3 + size], data[3 + size:]
    return found


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def header(sock):
    """-> (the whole header, {type: value}) of what a connection begins with"""
    sock.settimeout(5)
    head = sock.recv(16, socket.MSG_WAITALL)
    assert head[:12] == SIGNATURE and head[12] == 0x21 and head[13] == 0x11
    rest = sock.recv(struct.unpack("!H", head[14:])[0], socket.MSG_WAITALL)
    assert rest[:4] == socket.inet_aton("127.0.0.1")
    return head + rest, tlvs(rest[12:])


@pytest.fixture
def told(start, pki):
    """told(server parameters, ...) -> what the server is told of a connection"""
    def ask(server, bind="", section="", context=None):
        with socket.create_server(("127.0.0.1", ports.free_port())) as listener:
            listener.settimeout(5)
            p = start("haproxy", config.haproxy(f"listen all\n    bind 127.0.0.1:@port@ {bind}\n    {section}\n    server s1 127.0.0.1:@o1@ {server}"),
                      o1=listener.getsockname()[1], pki=pki.dir)
            with socket.create_connection(("127.0.0.1", p.port), 5) as c:
                c = context.wrap_socket(c, server_hostname="a.example") if context else c
                c.sendall(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
                while True:
                    s, _ = listener.accept()
                    with s:
                        if s.recv(1, socket.MSG_PEEK):      # else somebody looked whether we listen
                            return header(s)[:2] + (c.version() if context else None, c.cipher()[0] if context else None)
    return ask


TLS = "ssl crt @pki@/a.example.both ca-file @pki@/ca.pem verify optional"


def test_nothing_is_added_unasked(told):
    assert told("send-proxy-v2")[1] == {}


def test_the_id_and_a_sum(told):
    whole, found, *_ = told("send-proxy-v2 proxy-v2-options crc32c,unique-id", section="unique-id-format %{+X}o-%ci-fixed\n    unique-id-header X-Id")
    assert found[0x05] == b"-7F000001-fixed"
    at = whole.index(found[0x03])
    assert struct.unpack("!I", found[0x03])[0] == crc32c(whole[:at] + bytes(4) + whole[at + 4:])


def test_the_name_that_was_asked_for(told, pki):
    assert told("send-proxy-v2 proxy-v2-options authority", bind=TLS, context=pki.client())[1] == {0x02: b"a.example"}


@pytest.mark.parametrize("words", ["send-proxy-v2 proxy-v2-options ssl,ssl-cipher", "send-proxy-v2-ssl"])
def test_the_clients_tls(told, pki, words):
    _, found, version, cipher = told(words, bind=TLS, context=pki.client(high=ssl.TLSVersion.TLSv1_2))
    inner = tlvs(found[0x20][5:])
    assert set(found) == {0x20} and found[0x20][0] == 0x01 and found[0x20][1:5] == bytes(4)
    assert inner.pop(0x21).decode() == version
    assert inner == ({0x23: cipher.encode()} if "cipher" in words else {})


def test_the_name_in_the_clients_certificate(told, pki):
    _, found, *_ = told("send-proxy-v2-ssl-cn", bind=TLS, context=pki.client("client"))
    assert found[0x20][0] & 0x03 == 0x03 and found[0x20][1:5] == bytes(4)
    assert tlvs(found[0x20][5:])[0x22] == b"client"


def test_a_client_without_tls(told):
    _, found, *_ = told("send-proxy-v2-ssl")
    assert found[0x20][0] == 0 and tlvs(found[0x20][5:]) == {}
