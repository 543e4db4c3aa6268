# SPDX-License-Identifier: Apache-2.0
"""Servers whose addresses are asked for while running: containers that come and go under one name."""
import collections
import time

import pytest

from lib import client, config, dns, process, toys

pytestmark = pytest.mark.keel_only("a nameserver of our own, in time; HAProxy's ways are told by its manual")


@pytest.fixture
def world():
    """one port on three loopback addresses, each answering with a letter, and a nameserver"""
    first = toys.Toy(toys.http(200, b"a"), host="127.0.0.2")
    made = {"127.0.0.2": first}
    for host, name in (("127.0.0.3", b"b"), ("127.0.0.4", b"c")):
        made[host] = toys.Toy(toys.http(200, name), port=first.port, host=host)
    server = dns.Dns({("app.test", dns.A): ["127.0.0.2"]})
    server.backs = first.port
    yield server
    server.stop()
    for t in made.values():
        t.stop()


def seen(p, times=8):
    return collections.Counter(client.ask(p.port, target="/", fields=[("Connection", "close")]).text[:1] for _ in range(times))


def becomes(p, wanted, seconds=8):
    assert process.wait_until(lambda: set(seen(p)) == set(wanted), seconds), (seen(p), wanted)


def nginx(server, more="", resolver="resolver 127.0.0.1:@dns@ ipv6=off;", inside=""):
    return config.nginx(f"""
        {resolver} resolver_timeout 2s;
        upstream up {{ zone up 64k; {inside} {more} server {server}; }}
        server {{ listen 127.0.0.1:@port@; location / {{ proxy_pass http://up; }} }}""")


def test_addresses_follow_the_name(start, world):
    p = start("nginx", nginx("app.test:@backs@ resolve"), dns=world.port, backs=world.backs)
    becomes(p, "a")
    world.records[("app.test", dns.A)] = ["127.0.0.3", "127.0.0.4"]
    becomes(p, "bc")
    world.records[("app.test", dns.A)] = ["127.0.0.4", "127.0.0.2", "127.0.0.3"]
    becomes(p, "abc")
    assert seen(p, 30) == {"a": 10, "b": 10, "c": 10}


def test_a_name_that_is_gone_takes_its_servers_with_it(start, world):
    p = start("nginx", nginx("app.test:@backs@ resolve"), dns=world.port, backs=world.backs)
    becomes(p, "a")
    world.records[("app.test", dns.A)] = []
    assert process.wait_until(lambda: client.ask(p.port, target="/").status == 502, 5)
    world.records[("app.test", dns.A)] = ["127.0.0.3"]
    becomes(p, "b")


def test_a_nameserver_that_is_silent_changes_nothing(start, world):
    p = start("nginx", nginx("app.test:@backs@ resolve"), dns=world.port, backs=world.backs)
    becomes(p, "a")
    world.silent = True
    time.sleep(4)
    assert set(seen(p)) == {"a"}
    world.silent = False
    world.records[("app.test", dns.A)] = ["127.0.0.3"]
    becomes(p, "b")


def test_answers_are_kept_as_long_as_they_say(start, world):
    world.ttl = 60
    p = start("nginx", nginx("app.test:@backs@ resolve"), dns=world.port, backs=world.backs)
    becomes(p, "a")
    world.records[("app.test", dns.A)] = ["127.0.0.3"]
    time.sleep(2)
    assert set(seen(p)) == {"a"} and len(world.asked) == 1


def test_valid_counts_instead_of_the_ttl(start, world):
    world.ttl = 3600
    p = start("nginx", nginx("app.test:@backs@ resolve", resolver="", inside="resolver 127.0.0.1:@dns@ valid=1s ipv6=off;").replace("resolver_timeout 2s;", ""), dns=world.port, backs=world.backs)
    becomes(p, "a")
    world.records[("app.test", dns.A)] = ["127.0.0.3"]
    becomes(p, "b")


def test_services_bring_ports_and_weights(start, world):
    world.records = {("_http._tcp.app.test", dns.SRV): [(1, 3, world.backs, "one.test"), (1, 1, world.backs, "two.test"), (2, 1, world.backs, "three.test")],
                     ("one.test", dns.A): ["127.0.0.2"], ("two.test", dns.A): ["127.0.0.3"], ("three.test", dns.A): ["127.0.0.4"]}
    p = start("nginx", nginx("app.test service=http resolve"), dns=world.port)
    becomes(p, "ab")
    assert seen(p, 40) == {"a": 30, "b": 10}, "the best priority alone, by its weights"


def test_sticky_to_who_stays(start, world):
    """an address that stays keeps its place: a hash sends its keys where they went"""
    world.records[("app.test", dns.A)] = ["127.0.0.2", "127.0.0.3"]
    p = start("nginx", nginx("app.test:@backs@ resolve", more="hash $arg_k;"), dns=world.port, backs=world.backs)
    becomes_both = lambda: {client.ask(p.port, target=f"/?k={i}").text for i in range(20)} == {"a", "b"}
    assert process.wait_until(becomes_both, 6)
    before = [client.ask(p.port, target=f"/?k={i}").text for i in range(20)]
    world.records[("app.test", dns.A)] = ["127.0.0.3", "127.0.0.2"]
    time.sleep(3)
    assert [client.ask(p.port, target=f"/?k={i}").text for i in range(20)] == before


# -- haproxy.cfg

def test_sessions_go_where_a_computed_name_leads(start, world):
    """proxy_pass with variables in stream {}: a nameserver is asked for each"""
    p = start("nginx", config.nginx(http="server { listen 127.0.0.1:@port2@; return 204; }", stream="""
        resolver 127.0.0.1:@dns@ ipv6=off; resolver_timeout 1s;
        map $remote_addr $name { 127.0.0.9 gone.test; 127.0.0.8 127.0.0.4; default app.test; }
        server { listen 127.0.0.1:@port@; proxy_pass $name:@backs@; }"""), dns=world.port, backs=world.backs)

    def answer(source="127.0.0.1"):
        try:
            with client.Client(p.port, source=(source, 0)) as c:
                return c.ask(target="/", fields=[("Connection", "close")]).text[:1]
        except (client.AnswerError, OSError):
            return "closed"
    assert [answer(), answer("127.0.0.8"), answer("127.0.0.9")] == ["a", "c", "closed"]
    world.records[("app.test", dns.A)] = ["127.0.0.3"]
    assert process.wait_until(lambda: answer() == "b", 5)
    world.silent = True     # clients that go away while the name is asked for
    process.wait_until(lambda: answer() == "closed", 5)
    for _ in range(3):
        with client.Client(p.port) as c:
            c.send("GET / HTTP/1.0\r\n\r\n")
    world.silent = False
    assert process.wait_until(lambda: answer() == "b", 8)
    assert '"gone.test" could not be resolved' in p.read("error.log")


def haproxy(servers):
    return config.haproxy(f"""
resolvers dns
    nameserver one 127.0.0.1:@dns@
    accepted_payload_size 8192
    resolve_retries 2
    timeout resolve 500ms
    timeout retry 500ms
    hold nx 1s
listen all
    bind 127.0.0.1:@port@
    balance roundrobin
    {servers}
""")


def test_template_has_a_server_for_each_address(start, world):
    p = start("haproxy", haproxy("server-template web 4 app.test:@backs@ resolvers dns init-addr none"), dns=world.port, backs=world.backs)
    becomes(p, "a")
    world.records[("app.test", dns.A)] = ["127.0.0.3", "127.0.0.4", "127.0.0.2"]
    becomes(p, "abc")
    world.records[("app.test", dns.A)] = ["127.0.0.4"]
    becomes(p, "c")


def test_servers_of_one_name_have_different_addresses(start, world):
    world.records[("app.test", dns.A)] = ["127.0.0.2", "127.0.0.3", "127.0.0.4"]
    p = start("haproxy", haproxy("server one app.test:@backs@ resolvers dns init-addr none resolve-prefer ipv4\n    server two app.test:@backs@ resolvers dns init-addr none resolve-prefer ipv4"), dns=world.port, backs=world.backs)
    assert process.wait_until(lambda: len(set(seen(p))) == 2, 6)


def test_template_of_services(start, world):
    world.records = {("_web._tcp.app.test", dns.SRV): [(1, 65535, world.backs, "one.test"), (5, 65535, world.backs, "two.test")],
                     ("one.test", dns.A): ["127.0.0.2"], ("two.test", dns.A): ["127.0.0.3"]}
    p = start("haproxy", haproxy("server-template web 5-8 _web._tcp.app.test resolvers dns init-addr none check inter 300ms"), dns=world.port)
    becomes(p, "ab")
    world.records[("_web._tcp.app.test", dns.SRV)] = [(1, 65535, world.backs, "two.test")]
    becomes(p, "b")


def test_preferred_family(start, world):
    world.records = {("app.test", dns.A): ["127.0.0.2"], ("app.test", dns.AAAA): ["::1"]}
    p = start("haproxy", haproxy("server one app.test:@backs@ resolvers dns init-addr none resolve-prefer ipv4"), dns=world.port, backs=world.backs)
    becomes(p, "a")


def test_init_addr_is_used_until_the_name_is_known(start, world):
    world.silent = True
    p = start("haproxy", haproxy("server one app.test:@backs@ resolvers dns init-addr 127.0.0.4"), dns=world.port, backs=world.backs)
    assert set(seen(p)) == {"c"}
    world.silent = False
    becomes(p, "a")
