# SPDX-License-Identifier: Apache-2.0
"""Names that are met while running: nginx's `resolver` with proxy_pass and variables. A name that leads nowhere is a 502, not a hang."""
import socket
import struct
import threading

import pytest

from lib import client, config, process, where


class Nameserver:
    """answers A and AAAA for what <names> holds, NXDOMAIN for other names, and nothing for "silent.test" """

    def __init__(self, **names):
        self.names = {n.replace("_", "."): a for n, a in names.items()}
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                data, peer = self.socket.recvfrom(512)
            except OSError:
                return
            reply = self.answer(data)
            if reply:
                self.socket.sendto(reply, peer)

    def answer(self, data):
        at, labels = 12, []
        while data[at]:
            labels.append(data[at + 1:at + 1 + data[at]].decode())
            at += 1 + data[at]
        name, question = ".".join(labels).lower(), data[12:at + 5]
        kind = struct.unpack("!H", data[at + 1:at + 3])[0]
        self.asked.append((name, kind))
        if name == "silent.test":
            return None
        addresses = [a for a in self.names.get(name, []) if kind == (28 if ":" in a else 1)]
        code = 0 if name in self.names else 3
        head = data[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(addresses), 0, 0)
        return head + question + b"".join(self.record(kind, a) for a in addresses)

    def record(self, kind, address):
        data = socket.inet_pton(socket.AF_INET6 if kind == 28 else socket.AF_INET, address)
        return b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(data)) + data

    def close(self):
        self.socket.close()


@pytest.fixture
def nameserver():
    made = Nameserver(app_test=["127.0.0.1"], two_test=["127.0.0.2", "127.0.0.1"], empty_test=[],
                      six_test=["::1"], both_test=["127.0.0.2", "::1"])
    yield made
    made.close()


FILE = """
    resolver 127.0.0.1:@dns@ valid=30s ipv6=off; resolver_timeout 2s;
    server { listen 127.0.0.1:@port@; location / { proxy_connect_timeout 2s; proxy_pass http://$http_x_name:@a@; } }"""


def ask(p, name):
    with client.Client(p.port) as c:
        c.send(client.make_request("GET", "/echo?x=1", [("X-Name", name), ("Connection", "close")], None, "example.org"))
        return c.answer()


def test_names_are_found_while_running(start, origin, nameserver):
    a = origin("a")
    p = start("nginx", config.nginx(FILE), a=a.port, dns=nameserver.port)
    for name in ("app.test", "APP.test", "app.test"):
        assert ask(p, name).status == 200
    assert a.requests[0].target == "/echo?x=1"
    assert dict(a.requests[0].fields)["Host"] == f"app.test:{a.port}"


def test_the_answer_is_kept_as_long_as_the_file_says(start, origin, nameserver):
    a = origin("a")
    p = start("nginx", config.nginx(FILE), a=a.port, dns=nameserver.port)
    for _ in range(5):
        assert ask(p, "app.test").status == 200
    assert nameserver.asked.count(("app.test", 1)) == 1


def test_the_next_address_is_tried(start, origin, nameserver):
    a = origin("a")          # listens on 127.0.0.1 alone
    p = start("nginx", config.nginx(FILE), a=a.port, dns=nameserver.port)
    assert [ask(p, "two.test").status for _ in range(4)] == [200] * 4


@pytest.mark.parametrize("name", ["none.test", "empty.test", "silent.test"])
def test_a_name_that_leads_nowhere(start, origin, nameserver, name):
    a = origin("a")
    p = start("nginx", config.nginx(FILE), a=a.port, dns=nameserver.port)
    assert ask(p, name).status == 502
    assert process.wait_until(lambda: f"{name} could not be resolved" in p.read("error.log").replace('"', ""), 2)
    assert not a.requests


SIX = FILE.replace("ipv6=off", "@words@")


@pytest.mark.parametrize("options,name,serves", [
    ("", "six.test", True), ("ipv6=on", "six.test", True), ("ipv4=off", "six.test", True), ("ipv6=off", "six.test", False),
    ("", "both.test", True), ("ipv4=off", "both.test", True), ("", "app.test", True), ("ipv4=off", "app.test", False)])
def test_addresses_of_both_kinds(start, origin, nameserver, options, name, serves):
    """a server at ::1 that only AAAA leads to, beside an address of IPv4 where nobody listens"""
    if options == "ipv4=off" and where.TEST_PEER:
        pytest.skip("Debian's nginx is older than ipv4=off")
    a = origin("a", host="127.0.0.1" if name == "app.test" else "::1")
    p = start("nginx", config.nginx(SIX), a=a.port, dns=nameserver.port, words=options)
    assert [ask(p, name).status for _ in range(3)] == [200 if serves else 502] * 3
    if serves:
        asked = [t for n, t in nameserver.asked if n == name]
        assert len(asked) == len(set(asked)), "what there is not is remembered as well"
