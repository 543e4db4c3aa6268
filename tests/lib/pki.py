# SPDX-License-Identifier: Apache-2.0
"""An authority and the certificates that it signs, as files; and contexts of Python's ssl for clients and servers."""
import os
import pathlib
import ssl
import subprocess


def _openssl(*args, cwd):
    subprocess.run(["openssl", *args], cwd=cwd, check=True, capture_output=True, stdin=subprocess.DEVNULL)


class Pki:
    """in <folder>: ca.pem, and for each name NAME.pem, NAME.key and NAME.both (certificate, then key)"""

    def __init__(self, folder):
        self.dir = pathlib.Path(folder)
        self.authority("ca")

    def path(self, name):
        return str(self.dir / name)

    def authority(self, name):
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key",
                 "-out", f"{name}.pem", "-days", "30", "-subj", f"/CN={name}", cwd=self.dir)

    def make(self, name, names, kind="ec", days=20, by="ca"):
        """<names>: "DNS:a.example,IP:127.0.0.1"; <kind>: ec or rsa"""
        key = ["rsa:2048"] if kind == "rsa" else ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        (self.dir / f"{name}.ext").write_text(f"subjectAltName={names}\n")
        _openssl("req", "-newkey", *key, "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}",
                 cwd=self.dir)
        _openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{by}.pem", "-CAkey", f"{by}.key", "-CAcreateserial", "-days",
                 str(days), "-extfile", f"{name}.ext", "-out", f"{name}.pem", cwd=self.dir)
        both = (self.dir / f"{name}.pem").read_text() + (self.dir / f"{name}.key").read_text()
        (self.dir / f"{name}.both").write_text(both)
        for end in ("key", "both"):
            os.chmod(self.dir / f"{name}.{end}", 0o600)
        return self

    def lock(self, name, to):
        """<name>'s key with a passphrase"""
        _openssl("pkey", "-in", f"{name}.key", "-aes128", "-passout", "pass:secret", "-out", to, cwd=self.dir)

    # -- contexts

    def client(self, certificate=None, low=None, high=None, alpn=None, trust="ca"):
        """verifies by the authority; <certificate>: a name of ours to show"""
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        c.load_verify_locations(self.path(f"{trust}.pem"))
        if certificate:
            c.load_cert_chain(self.path(f"{certificate}.pem"), self.path(f"{certificate}.key"))
        if low:
            c.minimum_version = low
        if high:
            c.maximum_version = high
        if alpn:
            c.set_alpn_protocols(alpn)
        return c

    def server(self, certificate, clients=False):
        """a server's; context.asked lists the names that clients asked for"""
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        c.load_cert_chain(self.path(f"{certificate}.pem"), self.path(f"{certificate}.key"))
        if clients:
            c.verify_mode = ssl.CERT_REQUIRED
            c.load_verify_locations(self.path("ca.pem"))
        c.asked = []
        c.sni_callback = lambda sock, name, context: c.asked.append(name)
        return c
