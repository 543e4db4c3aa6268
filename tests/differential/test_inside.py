# SPDX-License-Identifier: Apache-2.0
"""What shows certificates, threads, names and shapes on the stats socket; beside Debian's haproxy where it prints the same."""
import json
import re

import pytest

from lib import client, config, pki, ports, process, program, where

TOP = "stats socket @dir@/admin.sock level admin"
BODY = """
resolvers dns
    nameserver n1 127.0.0.1:@ns@
frontend fe
    bind 127.0.0.1:@port@
    bind 127.0.0.1:@port2@ ssl crt @dir@/site.pem crt @dir@/other.pem
    default_backend be
backend be
    server s1 127.0.0.1:@o1@
    server s2 127.0.0.1:@o1@ pool-max-conn 7
"""
RESOLVED = """
backend named
    server n1 not.there.example:80 resolvers dns init-addr none
"""


def ask(p, command):
    return client.socket_command(p.dir / "admin.sock", command)


@pytest.fixture
def run(work, origin):
    o, made = origin("o"), []

    def make(peer, more=""):
        folder = work / f"peer-{peer}"
        folder.mkdir(mode=0o755)
        own = pki.Pki(folder)
        for name, names, kind in (("site", "DNS:site.example,DNS:*.site.example", "rsa"), ("other", "DNS:other.example", "ec")):
            own.make(name, names, kind)
            (folder / f"{name}.pem").write_text((folder / f"{name}.pem").read_text() + (folder / f"{name}.key").read_text())
        p = program.Program("haproxy", folder, config.haproxy(BODY + more, top=TOP, threads=2), peer=peer, o1=o.port, ns=ports.free_port())
        made.append(p)
        return p.start(listens=("port", "port2"))
    yield make
    for p in made:
        p.stop()


def facts(text):
    return {name.strip(): value.strip() for name, _, value in (line.partition(": ") for line in text.splitlines()) if value.strip()}


@pytest.mark.skipif(not where.peer("haproxy").exists(), reason="Debian's haproxy is not unpacked (tools/peers fetch haproxy)")
def test_certificates_and_connections_as_haproxy_shows_them(run):
    seen = []
    for peer in (False, True):
        p = run(peer)
        assert client.ask(p.port).status == 200
        files = sorted(ask(p, "show ssl cert").split())
        assert [f.rsplit("/", 1)[-1] for f in files if f.endswith(".pem")] == ["other.pem", "site.pem"]
        one = facts(ask(p, f"show ssl cert {p.dir}/site.pem"))
        assert set(one) >= {"Filename", "Status", "Serial", "notBefore", "notAfter", "Subject", "Issuer", "SHA1 FingerPrint"}
        assert one["Algorithm"] == "RSA2048" and one["Status"] == "Used" and one["Subject"] == "/CN=site"
        assert one["Subject Alternative Name"].rstrip(", ") == "DNS:site.example, DNS:*.site.example"
        assert re.fullmatch("[0-9A-F]{40}", one["SHA1 FingerPrint"]) and re.fullmatch(r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4} GMT", one["notAfter"])
        assert "Can't display the certificate" in ask(p, "show ssl cert nope")
        assert process.wait_until(lambda: " 1 " in ask(p, "show servers conn").splitlines()[1], 5)
        lines = ask(p, "show servers conn be").strip().splitlines()
        ids = [line.split() for line in lines[1:]]
        seen.append((lines[0], [(i[0], i[2], i[10], i[11], len(i), sum(map(int, i[12:]))) for i in ids]))
    assert seen[0][0] == seen[1][0] and seen[0][1] == seen[1][1]


def fits(value, schema, root):
    """enough of JSON schema for ours"""
    if "$ref" in schema:
        return fits(value, root["definitions"][schema["$ref"].rsplit("/", 1)[-1]], root)
    if "oneOf" in schema:
        return sum(fits(value, s, root) for s in schema["oneOf"]) == 1
    if "enum" in schema:
        return value in schema["enum"]
    kind = schema.get("type")
    if kind == "array":
        return isinstance(value, list) and all(fits(v, schema["items"], root) for v in value)
    if kind == "object":
        known = schema["properties"]
        return (isinstance(value, dict) and all(r in value for r in schema.get("required", []))
                and (schema.get("additionalProperties", True) or all(k in known for k in value))
                and all(fits(v, known[k], root) for k, v in value.items() if k in known))
    if kind == "integer":
        return isinstance(value, int) and value >= schema.get("minimum", value)
    return isinstance(value, str)


def test_what_we_have_inside(run):
    p = run(False, RESOLVED)
    for _ in range(3):
        assert client.ask(p.port).status == 200
    schema = json.loads(ask(p, "show schema json"))
    for what in ("show info json", "show stat json"):
        assert fits(json.loads(ask(p, what)), schema, schema), what
    assert not fits([{"field": {"pos": 0, "name": "x"}}], schema, schema)
    lines = facts(ask(p, "show activity"))
    assert float(lines["date_now"]) > 1e9 and re.fullmatch(r"3 \[ \d \d \]", lines["requests"])
    total, parts = re.fullmatch(r"(\d+) \[ (\d+ \d+) \]", lines["loops"]).groups()
    assert sum(map(int, parts.split())) == int(total) > 0
    assert [line.split(" : ")[0].strip() for line in ask(p, "show threads").strip().splitlines()] == ["Thread 1", "Thread 2"]
    assert ask(p, "show resolvers").strip().splitlines() == [
        "Resolvers section dns", f" nameserver 127.0.0.1:{p.values['ns']}", "  named/n1 not.there.example: no address"]
    assert "Can't find that resolvers section" in ask(p, "show resolvers nope")
    listed = ask(p, "help")
    for word in ("show activity", "show threads", "show resolvers", "show schema json", "show ssl cert", "set rate-limit"):
        assert word in listed
    for word in ("show pools", "show tasks", "show events"):
        assert word not in listed and "is not served: " in ask(p, word)
