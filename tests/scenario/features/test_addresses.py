# SPDX-License-Identifier: Apache-2.0
"""Where HAProxy's language listens and connects: IPv6, UNIX and abstract sockets, inherited descriptors, several addresses, ranges of ports."""
import os
import socket
import stat

import pytest

from lib import client, config, origin as origins, ports, process

pytestmark = pytest.mark.timeout(30)


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback")


def unix(address):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(5)
    s.connect(address)
    return client.Client.over(s)


def abstract(name):
    """HAProxy's abstract names fill the whole address with zeros"""
    return (b"\0" + name.encode()).ljust(108, b"\0")


def refused(port, host="127.0.0.1"):
    try:
        socket.create_connection((host, port), 2).close()
        return False
    except OSError:
        return True


@needs_ipv6
def test_ipv6_on_both_sides(start, origin):
    """the server sees its client in brackets nowhere and whole everywhere"""
    o = origin("six", host="127.0.0.1")
    p = start("haproxy", config.haproxy("""
listen plain
    bind [::1]:@port@
    option forwardfor
    server s 127.0.0.1:@o@
listen chain
    bind ipv6@::1:@port2@
    http-request set-header X-Family %[src,ipmask(24,64)]
    server s [::1]:@port@
listen both
    bind :::@port3@ v4v6
    http-request return status 200 content-type text/plain lf-string "%ci %[src]"
listen six
    bind :::@port4@ v6only
    http-request return status 200 content-type text/plain string six
"""), o=o.port, listens=("port", "port2", "port3", "port4"))
    assert client.ask(p.port, address="::1", target="/who").text == "six"
    assert o.requests[-1].get("X-Forwarded-For") == "::1"
    assert client.ask(p.port2, address="::1", target="/who").text == "six"
    assert o.requests[-1].get("X-Family") == "::", "the network of 64 bits"
    assert refused(p.port), "not on IPv4"
    assert client.ask(p.port3, address="::1").text.split() == ["::1", "::1"]
    assert client.ask(p.port3).text.split()[1] in ("127.0.0.1", "::ffff:127.0.0.1")
    assert client.ask(p.port4, address="::1").text == "six" and refused(p.port4)


def test_unix_sockets_on_both_sides(start, origin):
    o = origin("behind")
    p = start("haproxy", config.haproxy("""
listen inner
    bind unix@@dir@/inner.sock mode 640 accept-proxy
    option forwardfor
    server s 127.0.0.1:@o@
listen outer
    bind @dir@/outer.sock mode 600
    bind 127.0.0.1:@port@
    server s unix@@dir@/inner.sock send-proxy-v2 check inter 200ms
""", top="user root"), o=o.port)
    for name, mode in (("inner.sock", 0o640), ("outer.sock", 0o600)):
        made = os.stat(p.dir / name)
        assert stat.S_ISSOCK(made.st_mode) and stat.S_IMODE(made.st_mode) == mode
    assert client.ask(p.port, target="/who").text == "behind"
    assert o.requests[-1].get("X-Forwarded-For") == "127.0.0.1", "the PROXY header brings it through the socket"
    with unix(str(p.dir / "outer.sock")) as c:
        assert c.ask(target="/who").text == "behind"


def test_unix_sockets_are_prefixed_and_shared_by_the_file(start):
    p = start("haproxy", config.haproxy("""
listen l
    bind unix@web.sock
    bind 127.0.0.1:@port@
    http-request return status 200 content-type text/plain string here
""", top="unix-bind prefix @dir@/ mode 606"))
    assert stat.S_IMODE(os.stat(p.dir / "web.sock").st_mode) == 0o606
    with unix(str(p.dir / "web.sock")) as c:
        assert c.ask().text == "here"


def test_abstract_sockets(start):
    name = f"keel-play-{os.getpid()}"
    p = start("haproxy", config.haproxy(f"""
listen inner
    bind abns@{name}
    http-request return status 200 content-type text/plain string abstract
listen outer
    bind 127.0.0.1:@port@
    server s abns@{name}
"""))
    assert client.ask(p.port).text == "abstract"
    with unix(abstract(name)) as c:
        assert c.ask().text == "abstract"
    assert not any(f.name.startswith("keel-play") for f in p.dir.iterdir()), "no file"


def test_an_inherited_descriptor(prepare):
    """a socket that whoever started us has bound, to a port that we could not have"""
    ours = socket.create_server(("127.0.0.1", ports.free_port()), backlog=64)
    os.set_inheritable(ours.fileno(), True)
    p = prepare("haproxy", config.haproxy("""
listen l
    bind fd@@number@
    http-request return status 200 content-type text/plain string inherited
"""), number=ours.fileno())
    port = ours.getsockname()[1]
    p.start(listens=(), pass_fds=[ours.fileno()])
    assert process.wait_until(lambda: client.ask(port, timeout=10).text == "inherited", 10)
    ours.close()
    assert client.ask(port).text == "inherited"


def in_a_row(count, offset):
    """the first of <count> free ports in a row, whose neighbours <offset> further are free too"""
    for _ in range(200):
        first = ports.free_port()
        taken = []
        try:
            for port in [*range(first, first + count), *range(first + offset, first + offset + count)]:
                taken.append(socket.socket())
                taken[-1].bind(("127.0.0.1", port))
            return first
        except OSError:
            continue
        finally:
            for s in taken:
                s.close()
    raise RuntimeError("no ports in a row")


def test_ranges_of_ports_and_several_addresses(start):
    """a server's +N is counted from the port that was asked; without a port it is the same one"""
    first = in_a_row(3, 100)
    made = [origins.Origin(f"o{i}", port=first + 100 + i).start() for i in range(3)]
    try:
        p = start("haproxy", config.haproxy("""
listen range
    bind 127.0.0.1:@first@-@last@
    server s 127.0.0.1:+100
listen same
    bind 127.0.0.2:@port@,127.0.0.3:@port@ name two
    server s 127.0.0.1
listen answers
    bind 127.0.0.1:@port@
    http-request return status 200 content-type text/plain lf-string "%fi:%fp"
"""), first=first, last=first + 2, listens=("first", "last", "port"))
        assert [client.ask(first + i, target="/who").text for i in range(3)] == ["o0", "o1", "o2"]
        assert {client.ask(p.port, address=a).text for a in ("127.0.0.2", "127.0.0.3")} == {f"127.0.0.1:{p.port}"}
    finally:
        for o in made:
            o.stop()


def test_a_server_in_another_family_of_sockets_is_checked_there(start, work):
    """the check goes to the UNIX socket too: it is up while the socket is listened at, down when its file is gone"""
    path = work / "app.sock"
    s = socket.socket(socket.AF_UNIX)
    s.bind(str(path))
    os.chmod(path, 0o777)
    s.listen(16)
    p = start("haproxy", config.haproxy("""
listen l
    bind 127.0.0.1:@port@
    http-request return status 200 content-type text/plain lf-string "%[srv_is_up(l/s)]"
    server s unix@@path@ check inter 100ms rise 1 fall 1
"""), path=path)
    assert process.wait_until(lambda: client.ask(p.port).text == "1", 4)
    s.close()
    assert process.wait_until(lambda: client.ask(p.port).text == "0", 4)
