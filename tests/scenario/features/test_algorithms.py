# SPDX-License-Identifier: Apache-2.0
"""Every way of HAProxy's language to choose a server, each shown by what it promises. That hashes choose as HAProxy's is in
differential/test_hashes.py, turns under load in scenario/test_balance.py."""
import collections
import threading

import pytest

from lib import client, config, ports, process, toys

pytestmark = pytest.mark.timeout(40)


@pytest.fixture
def pools(start, origin):
    """pools(name=(lines, words of a, b, c)) -> a program with a port for each, over the same three origins"""
    def make(**wanted):
        origins = {n: origin(n) for n in "abc"}
        parts = []
        for name, (lines, *words) in wanted.items():
            words = words or ["", "", ""]
            body = "\n".join("    " + line for line in lines.splitlines())
            parts.append(f"listen {name}\n    bind 127.0.0.1:@port_{name}@\n{body}\n" + "".join(f"    server {n} 127.0.0.1:@{n}@ {w}\n" for n, w in zip("abc", words)))
        text = config.haproxy("\n".join(parts), top="stats socket @dir@/s level admin")
        numbers = {f"port_{n}": ports.free_port() for n in wanted}
        p = start("haproxy", text, listens=tuple(numbers), **numbers, **{n: o.port for n, o in origins.items()})
        p.origins, p.of = origins, {n: numbers[f"port_{n}"] for n in wanted}
        return p
    return make


def who(p, pool, times=1, target="/who", **how):
    return "".join(client.ask(p.of[pool], target=target, **how).text for _ in range(times))


def say(p, command):
    return client.socket_command(p.dir / "s", command)


class Held:
    """requests that stay at their servers until end()"""

    def __init__(self, p, pool, count):
        self.p, self.name, self.clients = p, pool, []
        self.before = self.count()
        for i in range(count):
            c = client.Client(p.of[pool])
            self.clients.append(c)
            c.request(target="/slow/30000")
            assert process.wait_until(lambda: sum(self.at().values()) > i, 8), f"request {i} came nowhere"

    def count(self):
        return {n: sum("/slow/" in r.target for r in o.requests) for n, o in self.p.origins.items()}

    def at(self):
        return {n: now - self.before[n] for n, now in self.count().items()}

    def end(self):
        """an operator ends them"""
        for n in self.p.origins:
            say(self.p, f"shutdown sessions server {self.name}/{n}")
        for c in self.clients:
            c.close()
        assert process.wait_until(lambda: self._left() == 0, 8), self._left()

    def _left(self):
        rows = [l.split(",") for l in say(self.p, "show stat").splitlines()]
        return sum(int(r[4]) for r in rows if r[0] == self.name and r[1] in self.p.origins)


def test_turns(pools):
    """roundrobin and static-rr share by weight; a new weight counts at once for the first, and is refused for the second"""
    p = pools(rr=("balance roundrobin", "weight 1", "weight 2", "weight 3"), srr=("balance static-rr", "weight 1", "weight 2", "weight 3"))
    for pool in ("rr", "srr"):
        assert collections.Counter(who(p, pool, 18)) == {"a": 3, "b": 6, "c": 9}
    assert say(p, "set weight rr/c 1").strip() == ""
    assert collections.Counter(who(p, "rr", 16)) == {"a": 4, "b": 8, "c": 4}
    assert "Backend is using a static LB algorithm and only accepts weights" in say(p, "set weight srr/c 1")
    assert collections.Counter(who(p, "srr", 18)) == {"a": 3, "b": 6, "c": 9}
    assert say(p, "set weight srr/c 0").strip() == "", "out of the order"
    assert collections.Counter(who(p, "srr", 6)) == {"a": 2, "b": 4}


def test_least_connections(pools):
    """who has the fewest for its weight, as for databases"""
    p = pools(least=("balance leastconn", "weight 1", "weight 1", "weight 2"))
    held = Held(p, "least", 8)
    assert held.at() == {"a": 2, "b": 2, "c": 4}
    held.end()


def test_first_fills_one_after_the_other(pools):
    """the fewest machines are busy: by number, each up to its maxconn"""
    p = pools(first=("balance first", "maxconn 2 id 30", "maxconn 2 id 10", "maxconn 2 id 20"))
    assert who(p, "first", 4) == "bbbb"
    held = Held(p, "first", 5)
    assert held.at() == {"a": 1, "b": 2, "c": 2}
    held.end()
    assert who(p, "first", 3) == "bbb"


def test_random_of_two_avoids_who_is_busy(pools):
    p = pools(rand=("balance random(30)",), one=("balance random(1)",))
    held = Held(p, "rand", 6)
    assert max(held.at().values()) - min(held.at().values()) <= 1, "with so many draws, always the one with the least"
    held.end()
    seen = collections.Counter(who(p, "one", 60))
    assert set(seen) == set("abc") and max(seen.values()) < 40


def keeps(p, pool, hows):
    """each key its server, and more than one server in all"""
    chosen = [who(p, pool, **how) for how in hows]
    assert [who(p, pool, **how) for how in hows] == chosen
    assert len(set(chosen)) > 1, chosen
    return chosen


def test_addresses_and_parts_of_requests(pools):
    """source, uri, url_param, hdr and a sample: one key, one server; without its key a request takes turns"""
    p = pools(source=("balance source",), uri=("balance uri whole",), short=("balance uri depth 2",), param=("balance url_param user",),
              body=("balance url_param user check_post",), hdr=("balance hdr(Host) use_domain_only",), sample=("balance hash req.cook(u),lower",), old=("balance url_param id",))
    keeps(p, "source", [{"source": (f"127.0.3.{i}", 0)} for i in range(1, 9)])
    keeps(p, "uri", [{"target": f"/x{i}/who?{i}"} for i in range(8)])
    assert len({who(p, "short", target=f"/shop/x/{i}/who") for i in range(8)}) == 1, "two folders deep they are the same"
    keeps(p, "short", [{"target": f"/{i * 7919}/x/who"} for i in range(8)])
    chosen = keeps(p, "param", [{"target": f"/who?a=b&user=u{i}&c=d"} for i in range(8)])
    assert [who(p, "param", target=f"/{i}/who?user=u{i}") for i in range(8)] == chosen, "the rest of the request says nothing"
    assert set(who(p, "param", 6)) == set("abc"), "turns without the parameter"
    assert [who(p, "body", method="POST", body=f"x=1&user=u{i}".encode(), fields=[("Content-Type", "application/x-www-form-urlencoded")]) for i in range(8)] == chosen
    assert set(who(p, "hdr", 9)) == set("abc") or len(set(who(p, "hdr", 9, host="one.example"))) == 1
    assert len({who(p, "hdr", host=f"{n}.shop.example") for n in ("www", "mail", "a.b")}) == 1, "the domain alone counts"
    keeps(p, "hdr", [{"host": f"www.shop{i}.example"} for i in range(8)])
    keeps(p, "sample", [{"fields": [("Cookie", f"u=User{i}")]} for i in range(8)])
    assert who(p, "sample", fields=[("Cookie", "u=ABC")]) == who(p, "sample", fields=[("Cookie", "u=abc")])


def test_a_consistent_hash_moves_few_when_one_goes(pools):
    """map-based moves most, consistent those of the one that went; weights count in both"""
    p = pools(ring=("balance uri\nhash-type consistent",), table=("balance uri",))
    targets = [f"/{i}/who" for i in range(60)]
    before = {pool: [who(p, pool, target=t) for t in targets] for pool in ("ring", "table")}
    for pool in before:
        say(p, f"set server {pool}/b state maint")
    after = {pool: [who(p, pool, target=t) for t in targets] for pool in before}
    moved = {pool: sum(x != y and x != "b" for x, y in zip(before[pool], after[pool])) for pool in before}
    assert moved["ring"] == 0 and moved["table"] > 5, moved
    assert all("b" not in seen for seen in after.values())
    for pool in before:
        say(p, f"set server {pool}/b state ready")
    assert {pool: [who(p, pool, target=t) for t in targets] for pool in before} == before


def test_a_bound_on_what_a_hash_may_pile_up(pools):
    """hash-balance-factor: one busy key does not fill its server beyond so much above the others"""
    p = pools(bound=("balance hash path,field(2,/)\nhash-type consistent\nhash-balance-factor 150",), free=("balance hash path,field(2,/)\nhash-type consistent",))
    held = Held(p, "free", 6)
    assert sorted(held.at().values()) == [0, 0, 6], "all of one key"
    held.end()
    held = Held(p, "bound", 6)
    assert max(held.at().values()) <= 4 and sum(held.at().values()) == 6, held.at()
    held.end()


def test_rdp_cookie(start):
    """terminals keep their host by the cookie in their first packet"""
    def named(name):
        def serve(s):
            s.recv(65536)
            s.sendall(name)
        return serve
    made = [toys.Toy(named(n)) for n in (b"a", b"b", b"c")]
    try:
        p = start("haproxy", config.haproxy("""
listen rdp
    bind 127.0.0.1:@port@
    tcp-request inspect-delay 2s
    tcp-request content accept if RDP_COOKIE
    balance rdp-cookie(mstshash)
    server a 127.0.0.1:@a@
    server b 127.0.0.1:@b@
    server c 127.0.0.1:@c@
""", mode="tcp"), a=made[0].port, b=made[1].port, c=made[2].port)

        def ask(user):
            words = f"Cookie: mstshash={user}\r\n".encode() + b"\x01\x00\x08\x00\x01\x00\x00\x00"
            x224 = bytes([6 + len(words), 0xe0, 0, 0, 0, 0, 0]) + words
            with p.connect() as s:
                s.settimeout(5)
                s.sendall(b"\x03\x00" + (len(x224) + 4).to_bytes(2, "big") + x224)
                return s.recv(10)
        chosen = [ask(f"user{i}") for i in range(8)]
        assert [ask(f"user{i}") for i in range(8)] == chosen and len(set(chosen)) > 1
    finally:
        for t in made:
            t.stop()


def test_use_server_and_backups(pools):
    """a rule names its server; backups wait, one at a time or all of them"""
    p = pools(rule=("balance roundrobin\nuse-server b if { path_beg /admin }\nuse-server c unless { hdr(x-beta) -m found }",),
              spare=("balance roundrobin", "", "backup", "backup"), spares=("balance roundrobin\noption allbackups", "", "backup", "backup"))
    assert who(p, "rule", 3, target="/admin/who") == "bbb" and who(p, "rule", 3) == "ccc"
    assert set(who(p, "rule", 6, fields=[("X-Beta", "1")])) == set("abc")
    for pool in ("spare", "spares"):
        assert set(who(p, pool, 4)) == {"a"}
        say(p, f"set server {pool}/a state maint")
    assert set(who(p, "spare", 4)) == {"b"} and set(who(p, "spares", 6)) == {"b", "c"}


def test_many_threads_at_once_keep_the_promise_of_turns(pools):
    p = pools(rr=("balance roundrobin",))
    seen, lock = collections.Counter(), threading.Lock()

    def some():
        mine = who(p, "rr", 15)
        with lock:
            seen.update(mine)
    jobs = [threading.Thread(target=some) for _ in range(4)]
    for j in jobs:
        j.start()
    for j in jobs:
        j.join()
    assert seen == {"a": 20, "b": 20, "c": 20}
