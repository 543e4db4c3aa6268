# SPDX-License-Identifier: Apache-2.0
"""What operators, agents and traffic do to servers, as it reaches the log targets: HAProxy's words, levels and order."""
import re

import pytest

from lib import client, config, dns, process, syslog, toys

BODY = """
frontend fe
    bind 127.0.0.1:@port@
    default_backend be
frontend st
    bind 127.0.0.1:@port2@
    no log
    stats enable
    stats uri /
    stats admin if TRUE
backend be
    server s1 127.0.0.1:@o1@ check inter 200ms
    server s2 127.0.0.1:@o1@
    server b1 127.0.0.1:@o1@ backup
backend tr
    server t1 127.0.0.1:@o1@ track be/s1
    server t2 127.0.0.1:@o1@ track be/s1
backend ag
    server a1 127.0.0.1:@o1@ weight 10 agent-check agent-port @agent@ agent-inter 100ms
"""

DOWN = "{0} active and {1} backup servers left.{2} 0 sessions active, 0 requeued, 0 remaining in queue."
ONLINE = "{0} active and {1} backup servers online.{2} 0 sessions requeued, 0 total in queue."


def left(active, backup, more=""):
    return DOWN.format(active, backup, more)


def online(active, backup, more=""):
    return ONLINE.format(active, backup, more)


ON_BACKUP = " Running on backup."
NONE = (0, "backend tr has no server available!")

# what is done, and the (severity, line) that follow
STEPS = [
    ("disable health be/s1", []),
    ("set server be/s2 state maint", [(1, "Server be/s2 is going DOWN for maintenance. " + left(1, 1))]),
    ("set server be/s2 state maint", []),
    ("set server be/s1 state maint", [
        (1, "Server be/s1 is going DOWN for maintenance. " + left(0, 1, ON_BACKUP)),
        (1, "Server tr/t2 is going DOWN for maintenance via be/s1. " + left(1, 0)),
        (1, "Server tr/t1 is going DOWN for maintenance via be/s1. " + left(0, 0)), NONE]),
    ("disable server be/b1", [(1, "Backup Server be/b1 is going DOWN for maintenance. " + left(0, 0)), (0, "backend be has no server available!")]),
    ("enable server be/b1", [(5, "Backup Server be/b1 is UP/READY (leaving forced maintenance).")]),
    ("set server be/s2 state ready", [(5, "Server be/s2 is UP/READY (leaving forced maintenance).")]),
    ("set server be/s1 state drain", [
        (5, "Server be/s1 is UP/DRAIN (leaving forced maintenance)."), (5, "Server be/s1 remains in forced drain mode."),
        (5, "Server tr/t2 is UP/DRAIN (leaving maintenance)."), (5, "Server tr/t2 is leaving forced drain but remains in drain mode via be/s1."),
        (5, "Server tr/t1 is UP/DRAIN (leaving maintenance)."), (5, "Server tr/t1 is leaving forced drain but remains in drain mode via be/s1.")]),
    ("set server tr/t1 state drain", [(5, "Server tr/t1 remains in forced drain mode.")]),
    ("set server be/s1 state ready", [(5, "Server be/s1 is UP (leaving forced drain)."), (5, "Server tr/t2 is UP (leaving forced drain)."),
                                      (5, "Server tr/t1 remains in forced drain mode.")]),
    ("set server tr/t1 state ready", [(5, "Server tr/t1 is UP (leaving forced drain).")]),
    ("set server be/s2 state drain", [(5, "Server be/s2 enters drain state. " + online(1, 1))]),
    ("set server be/s2 health down", [(5, "Server be/s2 is DOWN, changed from CLI. " + left(1, 1)), (5, "Server be/s2 remains in forced drain mode.")]),
    ("set server be/s2 state maint", [(5, "Server be/s2 was DOWN and now enters maintenance.")]),
    ("set server be/s2 state ready", [(5, "Server be/s2 is UP/READY (leaving forced maintenance).")]),
    ("set server be/s2 health stopping", [(5, "Server be/s2 is stopping, changed from CLI. " + online(1, 1))]),
    ("set server be/s2 health up", [(5, "Server be/s2 is UP, changed from CLI. " + online(2, 1))]),
    ("set weight be/s2 0", []),
    ("set server be/s1 health down", [
        (1, "Server be/s1 is DOWN, changed from CLI. " + left(0, 1, ON_BACKUP)), (1, "Server tr/t2 is DOWN via be/s1. " + left(1, 0)),
        (1, "Server tr/t1 is DOWN via be/s1. " + left(0, 0)), NONE]),
    ("set server be/s1 health up", [
        (5, "Server be/s1 is UP, changed from CLI. " + online(1, 1)), (5, "Server tr/t2 is UP via be/s1. " + online(1, 0)),
        (5, "Server tr/t1 is UP via be/s1. " + online(2, 0))]),
    ("set weight be/s2 1", []),
    ("page:s=s2&b=be&action=maint", [(1, "Server be/s2 is going DOWN for maintenance. " + left(1, 1))]),
    ("page:s=s2&b=be&action=ready", [(5, "Server be/s2 is UP/READY (leaving forced maintenance).")]),
    ("page:s=s2&b=be&action=stop", [(5, "Server be/s2 enters drain state ('stop' on stats page). " + online(1, 1))]),
    ("page:s=s2&b=be&action=start", [(5, "Server be/s2 is UP (leaving forced drain).")]),
    ("page:s=s2&b=be&action=disable", [(1, "Server be/s2 is going DOWN for maintenance ('disable' on stats page). " + left(1, 1))]),
    ("page:s=s2&b=be&action=enable", [(5, "Server be/s2 is UP/READY (leaving forced maintenance).")]),
    ("page:s=s2&b=be&action=hdown", [(1, "Server be/s2 is DOWN, changed from Web interface. " + left(1, 1))]),
    ("page:s=s2&b=be&action=hnolb", [(5, "Server be/s2 is stopping, changed from Web interface. " + online(1, 1))]),
    ("page:s=s2&b=be&action=hrunn", [(5, "Server be/s2 is UP, changed from Web interface. " + online(2, 1))]),
    ("disable frontend fe", [(4, "Paused frontend fe.")]),
    ("enable frontend fe", [(4, "Resumed frontend fe.")]),
    ("agent:down # disk is full", [
        (1, 'Server ag/a1 is DOWN, reason: Layer7 wrong status, code: 0, info: "via agent : down (disk is full)", check duration: #ms. ' + left(0, 0)),
        (0, "backend ag has no server available!")]),
    ("agent:up", [(5, 'Server ag/a1 is UP, reason: Layer7 check passed, code: 0, info: "via agent : up", check duration: #ms. ' + online(1, 0))]),
    ("agent:drain", [(5, "Server ag/a1 enters drain state. " + online(0, 0)), (0, "backend ag has no server available!")]),
    ("agent:maint", [(5, "Server ag/a1 is going DOWN for maintenance. " + left(0, 0))]),
    ("agent:ready", [(5, "Server ag/a1 is UP/READY (leaving forced maintenance).")]),
]


class Heard:
    def __init__(self):
        self.target, self.seen = syslog.Target(), 0

    def take(self, count):
        """the next lines of news, at least <count>"""
        def news():
            return [m for m in list(self.target.messages)[self.seen:] if re.search(r"(Server|backend|proxy|frontend) \S+ |frontend fe\.", m) and "Connect" not in m and "changed its IP" not in m]
        process.wait_until(lambda: len(news()) >= count, 5)
        found = news()
        self.seen += len(self.target.messages) - self.seen
        lines = [syslog.parse(m)[1:] for m in found]
        return [(level, re.sub(r"duration: \d+ms", "duration: #ms", line.split("]: ", 1)[1].rstrip())) for level, line in lines]


@pytest.fixture
def site(prepare, origin):
    heard = Heard()
    a = toys.Toy(lambda s: s.sendall(a.says))
    a.says = b"up\n"
    p = prepare("haproxy", config.haproxy(BODY, defaults="log global", top=f"stats socket @dir@/admin.sock level admin\nlog 127.0.0.1:{heard.target.port} local2"),
                o1=origin("o").port, agent=a.port)
    p.agent, p.heard = a, heard
    p.start(listens=("port", "port2"))
    yield p
    a.stop(), heard.target.close()


def do(p, what):
    kind, _, rest = what.partition(":")
    if kind == "agent":
        p.agent.says = rest.encode() + b"\n"
    elif kind == "page":
        assert client.ask(p.port2, method="POST", body=rest.encode()).status == 303
    else:
        client.socket_command(p.dir / "admin.sock", what)


def test_what_is_done_is_told(site):
    for what, expected in STEPS:
        do(site, what)
        assert site.heard.take(len(expected)) == expected, what
    assert "Server be/s2 is going DOWN for maintenance" in site.stderr, "and who started it reads it too"


def test_traffic_takes_it_down(prepare, origin):
    heard = Heard()
    p = prepare("haproxy", config.haproxy("""
listen l
    bind 127.0.0.1:@port@
    server i1 127.0.0.1:@o1@ check inter 60s observe layer7 error-limit 3 on-error mark-down
    server i2 127.0.0.1:@o1@ backup""", defaults="log global", top=f"log 127.0.0.1:{heard.target.port} local2"), o1=origin("o").port)
    p.start()
    for _ in range(3):
        client.ask(p.port, target="/status/500")
    level, line = heard.take(1)[0]
    heard.target.close()
    assert level == 1 and line.startswith('Server l/i1 is DOWN, reason: Health analyze, info: "Detected 3 consecutive errors, last one was: Wrong http response". '
                                          "0 active and 1 backup servers left. Running on backup. "), line


def test_names_that_go_and_come(prepare, origin):
    """(HAProxy tells the new address too, and leaves the name out where there are not enough)"""
    heard, server = Heard(), dns.Dns({("app.test", dns.A): ["127.0.0.2"]})
    p = prepare("haproxy", config.haproxy("""
resolvers r
    nameserver n 127.0.0.1:@dns@
    hold nx 200ms
    hold obsolete 200ms
    hold valid 200ms
    timeout resolve 200ms
    timeout retry 200ms
listen x
    bind 127.0.0.1:@port@
    server a1 app.test:80 resolvers r init-addr none resolve-prefer ipv4
    server a2 127.0.0.1:@o1@""", defaults="log global", top=f"log 127.0.0.1:{heard.target.port} local2"), o1=origin("o").port, dns=server.port)
    back = ["Server x/a1 ('app.test') is UP/READY (resolves again).", "Server x/a1 administratively READY thanks to valid DNS answer."]
    try:
        p.start()
        assert heard.take(2) == [(5, line) for line in back]
        server.records = {}
        assert heard.take(1) == [(1, "Server x/a1 is going DOWN for maintenance (DNS NX status). " + left(1, 0))]
        server.records = {("app.test", dns.A): ["127.0.0.3"]}
        assert heard.take(2) == [(5, line) for line in back]
    finally:
        heard.target.close(), server.stop()
