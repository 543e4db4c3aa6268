# SPDX-License-Identifier: Apache-2.0
"""Named locations in a server with TLS: who is sent there by try_files or error_page runs all that stands there."""
import pytest

from lib import client, config, pki as pkis


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pki")
    made = pkis.Pki(folder).make("a.example", "DNS:a.example")
    for f in folder.iterdir():
        f.chmod(0o644)
    folder.chmod(0o755)
    return made


def ask(p, pki, target):
    with client.Client(p.port) as c:
        c.sock = pki.client().wrap_socket(c.sock, server_hostname="a.example")
        return c.ask(target=target, host="a.example")


@pytest.mark.parametrize("verify", ["", "ssl_verify_client optional_no_ca;"])
@pytest.mark.parametrize("target", ["/try/who", "/page/who", "/tryset/who"])
def test_all_of_a_named_location_is_run(start, origin, pki, target, verify):
    p = start("nginx", config.nginx(f"""
        server {{
            listen 127.0.0.1:@port@ ssl; server_name a.example; ssl_certificate @pki@/a.example.pem; ssl_certificate_key @pki@/a.example.key; {verify}
            location /try/ {{ try_files /none @up; }}
            location /page/ {{ error_page 404 = @up; return 404; }}
            location /tryset/ {{ try_files /none @set; }}
            location @up {{ proxy_pass http://127.0.0.1:@a@; }}
            location @set {{ set $one 1; set $two 2; return 200 "$one$two"; }}
        }}"""), a=origin("a").port, pki=pki.path(""))
    a = ask(p, pki, target)
    assert (a.status, a.text) == (200, "12" if "set" in target else "a")
