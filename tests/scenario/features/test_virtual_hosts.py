# SPDX-License-Identifier: Apache-2.0
"""Several sites behind one address: by Host, by a map of names, by the name in TLS, and what becomes of a name that nobody has."""
import socket
import ssl

import pytest

from lib import client, config, pki as pkis

pytestmark = pytest.mark.timeout(30)

SITES = """
backend shop
    server s 127.0.0.1:@shop@
backend blog
    server s 127.0.0.1:@blog@
backend files
    server s 127.0.0.1:@files@
"""


@pytest.fixture
def sites(start, origin):
    def make(body, write=None, **values):
        made = {n: origin(n).port for n in ("shop", "blog", "files")}
        return start("haproxy", config.haproxy(body + SITES), **made, **values)
    return make


def who(p, host, **more):
    answer = client.ask(p.port, host=host, target="/who", **more)
    return answer.text if answer.status == 200 else answer.status


def test_by_acl(sites):
    p = sites("""
frontend f
    bind 127.0.0.1:@port@
    acl is_shop hdr(host) -i shop.example www.shop.example
    acl is_blog hdr_end(host) -i .blog.example
    acl is_files hdr_reg(host) -i ^files[0-9]+\\.example(:[0-9]+)?$
    use_backend shop if is_shop
    use_backend blog if is_blog
    use_backend files if is_files
    http-request deny deny_status 421 unless is_shop || is_blog || is_files
""")
    assert [who(p, h) for h in ("shop.example", "WWW.Shop.Example", "a.blog.example", "files12.example:8080")] == ["shop", "shop", "blog", "files"]
    assert [who(p, h) for h in ("blog.example", "shop.example.evil", "filesx.example", "")] == [421] * 4


def test_by_a_map_of_names(sites, work):
    """one line for any number of sites; the first ending that fits wins, and what nobody has goes to its own page"""
    (work / "sites.map").write_text("# name backend\nshop.example shop\nfiles.blog.example files\nblog.example blog\n")
    p = sites(f"""
frontend f
    bind 127.0.0.1:@port@
    use_backend %[req.hdr(host),lower,host_only,map_end({work}/sites.map,nobody)]
backend nobody
    http-request return status 404 content-type text/plain lf-string "no site %[req.hdr(host)]"
""")
    assert [who(p, h) for h in ("www.shop.example", "BLOG.example:80", "x.files.blog.example")] == ["shop", "blog", "files"]
    answer = client.ask(p.port, host="else.example")
    assert (answer.status, answer.text) == (404, "no site else.example")


@pytest.mark.needs("openssl")
def test_by_the_name_in_tls(sites, work):
    """each site its certificate and its backend, decrypted or passed through"""
    pki = pkis.Pki(work)
    for name in ("shop", "blog"):
        pki.make(name, f"DNS:{name}.example")
    p = sites("""
frontend f
    bind 127.0.0.1:@port@ ssl crt @pki@/shop.both crt @pki@/blog.both
    use_backend blog if { ssl_fc_sni -i blog.example }
    default_backend shop
frontend outer
    mode tcp
    bind 127.0.0.1:@port2@
    tcp-request inspect-delay 3s
    tcp-request content accept if { req.ssl_hello_type 1 }
    use_backend inner if { req.ssl_sni -m end .example }
backend inner
    mode tcp
    server s 127.0.0.1:@port@
""", pki=work)
    for port in (p.port, p.port2):
        for name in ("shop", "blog"):
            with socket.create_connection(("127.0.0.1", port), 5) as s, pki.client().wrap_socket(s, server_hostname=f"{name}.example") as t:
                assert client.Client.over(t).ask(target="/who", host=f"{name}.example").text == name
    with socket.create_connection(("127.0.0.1", p.port2), 5) as s, pytest.raises((ssl.SSLError, ConnectionError)):
        pki.client().wrap_socket(s, server_hostname="shop.elsewhere")
