# SPDX-License-Identifier: Apache-2.0
"""The server sees the client's own address: proxy_bind ... transparent, source ... usesrc. In namespaces, for the network must play along."""
import subprocess
import time

import pytest

from lib import config, netns, where

pytestmark = [pytest.mark.needs("root", "netns"), pytest.mark.timeout(60)]

CLIENT, LB, SERVER = "10.0.0.100", "10.0.0.5", "10.0.0.17"

SERVE = r"""
import socket, sys, threading
def tcp():
    l = socket.create_server(("10.0.0.17", 7))
    while True:
        s, who = l.accept()
        s.sendall(("%s %d\n" % who[:2]).encode()); s.close()
def udp():
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(("10.0.0.17", 7))
    while True:
        _, who = u.recvfrom(999)
        u.sendto(("%s %d\n" % who).encode(), who)
def http():
    l = socket.create_server(("10.0.0.17", 80))
    while True:
        s, who = l.accept()
        s.recv(9999)
        text = ("%s %d\n" % who[:2]).encode()
        s.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text)); s.close()
for f in (tcp, udp, http): threading.Thread(target=f).start()
print("ready", flush=True)
"""
ASK = r"""
import socket, sys
kind, port, extra = sys.argv[1], int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else ""
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
s.settimeout(3); s.connect(("10.0.0.5", port))
if kind == "udp": s.send(b"?")
if kind == "http": s.sendall(("GET / HTTP/1.1\r\nHost: a\r\n%sConnection: close\r\n\r\n" % (extra + "\r\n" if extra else "")).encode())
got = b""
while True:
    more = s.recv(9999)
    got += more
    if not more or kind == "udp": break
print(s.getsockname()[1], got.decode().split("\r\n\r\n")[-1].strip())
"""


@pytest.fixture
def net():
    n = netns.Net({"lb": LB, "web": SERVER, "client": CLIENT})
    server = n.popen("web", ["/usr/bin/python3", "-c", SERVE], stdout=subprocess.PIPE, text=True)
    assert server.stdout.readline() == "ready\n"
    # answers to clients go by way of the balancer, which keeps what comes from the server
    for host, words in (("web", ["route", "add", CLIENT, "via", LB]), ("lb", ["rule", "add", "from", SERVER, "iif", "eth0", "lookup", "100"]),
                        ("lb", ["route", "add", "local", "default", "dev", "lo", "table", "100"])):
        done = n.run(host, ["ip", *words])
        assert done.returncode == 0, done.stderr
    yield n
    server.kill()
    server.wait()
    n.remove()


def ask(net, kind, port, extra=""):
    done = net.run("client", ["/usr/bin/python3", "-c", ASK, kind, port, extra])
    assert done.returncode == 0, done.stderr
    mine, *seen = done.stdout.split()
    return mine, seen


def run(prepare, net, language, text):
    p = prepare(language, text, netns=net.name("lb"), binary=None if where.TEST_PEER or where.missing("release") else where.keel_release())
    p.start(listens=())
    time.sleep(0.5)
    return p


def test_nginx(net, prepare):
    run(prepare, net, "nginx", config.nginx(main="user root;", stream="""
        server { listen 1001; proxy_pass 10.0.0.17:7; proxy_bind $remote_addr transparent; }
        server { listen 1001 udp; proxy_pass 10.0.0.17:7; proxy_bind $remote_addr transparent; proxy_responses 1; }
        server { listen 1002; proxy_pass 10.0.0.17:7; proxy_bind $remote_addr:$remote_port transparent; }
        server { listen 1003; proxy_pass 10.0.0.17:7; proxy_bind 10.0.0.99 transparent; }
        server { listen 1004; proxy_pass 10.0.0.17:7; proxy_bind 10.0.0.5; }
        server { listen 1005; proxy_pass 10.0.0.17:7; }""", http="""
        server { listen 1006; location / { proxy_pass http://10.0.0.17; proxy_bind $remote_addr transparent; } }"""))
    assert ask(net, "tcp", 1001)[1][0] == CLIENT
    assert ask(net, "udp", 1001)[1][0] == CLIENT
    mine, seen = ask(net, "tcp", 1002)
    assert seen == [CLIENT, mine]
    assert ask(net, "tcp", 1004)[1][0] == LB
    assert ask(net, "tcp", 1005)[1][0] == LB
    assert ask(net, "http", 1006)[1][0] == CLIENT


HAPROXY = """
listen one
    bind :1001
    source 0.0.0.0 usesrc clientip
    server s 10.0.0.17:7
listen two
    bind :1002
    server s 10.0.0.17:7 source 0.0.0.0 usesrc client
listen three
    bind :1003
    server s 10.0.0.17:7 source 10.0.0.5 usesrc 10.0.0.100
listen four
    bind :1004
    server s 10.0.0.17:7 source 10.0.0.5
listen five
    bind :1005
    server s 10.0.0.17:7 source 0.0.0.0 interface eth0
listen six
    mode http
    bind :1006
    source 0.0.0.0 usesrc hdr_ip(x-forwarded-for,-1)
    server s 10.0.0.17:80
"""


def test_haproxy(net, prepare):
    run(prepare, net, "haproxy", config.haproxy(HAPROXY, mode="tcp", top="user root"))
    assert ask(net, "tcp", 1001)[1][0] == CLIENT
    mine, seen = ask(net, "tcp", 1002)
    assert seen == [CLIENT, mine]
    assert ask(net, "tcp", 1003)[1][0] == CLIENT
    assert ask(net, "tcp", 1004)[1][0] == LB
    assert ask(net, "tcp", 1005)[1][0] == LB
    assert ask(net, "http", 1006, "X-Forwarded-For: 1.2.3.4, 10.0.0.100")[1][0] == CLIENT
    if not where.TEST_PEER:     # haproxy 2.6 answers 500
        assert ask(net, "http", 1006)[1][0] == LB, "without the field the kernel chooses"


def test_haproxy_without_root(net, prepare):
    """the worker is nobody, and keeps what it needs for this alone"""
    where.not_the_peer("haproxy 2.6 needs root for it")
    run(prepare, net, "haproxy", config.haproxy(HAPROXY, mode="tcp", top="user nobody"))
    assert ask(net, "tcp", 1001)[1][0] == CLIENT
    assert ask(net, "tcp", 1005)[1][0] == LB


@pytest.mark.parametrize("bind", ["bind 10.9.9.9:1001 transparent"])
def test_an_address_that_is_not_ours(net, prepare, bind):
    """packets to somebody else's address end here when the kernel is told to keep them"""
    for host, words in (("client", ["route", "add", "10.9.9.9", "via", LB]), ("lb", ["route", "add", "local", "10.9.9.9", "dev", "lo"])):
        assert net.run(host, ["ip", *words]).returncode == 0
    run(prepare, net, "haproxy", config.haproxy(f"listen one\n    {bind}\n    server s 10.0.0.17:7", mode="tcp", top="user root"))
    done = net.run("client", ["/usr/bin/python3", "-c", ASK.replace("10.0.0.5", "10.9.9.9"), "tcp", 1001])
    assert done.stdout.split()[1] == LB
