# SPDX-License-Identifier: Apache-2.0
"""Servers that fail now and then: the same servers are asked in the same order, and clients get the same answers, as with Debian's nginx.

Weights, max_fails, backups and proxy_next_upstream are drawn by a seed, and so is who answers which request with what.
"""
import random
import socket
import struct

import pytest

from lib import client, config, toys, where

pytestmark = [pytest.mark.needs("nginx"), pytest.mark.skipif(where.TEST_PEER, reason="compares keel with the peer")]
REQUESTS = 30


class Servers:
    """three servers that do with request N what the plan says; .asked: who was asked, in order"""

    def __init__(self, plan):
        self.asked, self.plan = [], plan
        self.toys = [toys.Toy(lambda s, k=k: self.serve(s, k)) for k in "abc"]

    def serve(self, s, name):
        words = s.recv(65536).split(b" ")
        if len(words) < 2:
            return
        self.asked.append(name)
        how = self.plan.get((int(words[1][1:]), name), 200)
        if how == "rst":
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            s.sendall(b"HTTP/1.1 %d X\r\nContent-Length: 1\r\n\r\n%s" % (how, name.encode()))

    def stop(self):
        for t in self.toys:
            t.stop()


def draw(seed):
    r = random.Random(seed)
    servers = [f"weight={r.choice((1, 2, 3, 5))} max_fails={r.choice((0, 1, 2, 3))} fail_timeout=60s" for _ in "abc"]
    servers[r.randrange(3)] += r.choice(("", " backup"))
    words = ("", "proxy_next_upstream error http_503 http_404;", "proxy_next_upstream off;", "proxy_next_upstream error; proxy_next_upstream_tries 2;")[seed % 4]
    plan = {(i, k): r.choice(("rst", 503, 404)) for i in range(REQUESTS) for k in "abc" if r.random() < 0.25}
    return servers, words, plan


@pytest.mark.parametrize("seed", range(8))
def test_failures_are_counted_as_nginx_counts_them(prepare, seed):
    parameters, words, plan = draw(seed)
    results = []
    for peer in (False, True):
        servers = Servers(plan)
        up = " ".join(f"server 127.0.0.1:{t.port} {p};" for t, p in zip(servers.toys, parameters))
        text = f"proxy_http_version 1.0; upstream up {{ {up} }} server {{ listen 127.0.0.1:@port@; location / {{ proxy_pass http://up; {words} }} }}"
        program = prepare("nginx", config.nginx(text), peer=peer).start()
        answers = [client.ask(program.port, target=f"/{i}") for i in range(REQUESTS)]
        program.stop()
        servers.stop()
        results.append(("".join(servers.asked), [(a.status, a.body if a.status != 502 else b"") for a in answers]))
    assert results[0] == results[1], (parameters, words)
