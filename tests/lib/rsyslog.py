# SPDX-License-Identifier: Apache-2.0
"""A real rsyslogd with a configuration, a pid file and folders of its own: never the machine's service."""
import glob
import os
import pathlib
import shutil
import subprocess

from . import process, where


def program():
    """its path, or None"""
    unpacked = where.PEERS / "usr/sbin/rsyslogd"
    return str(unpacked) if unpacked.exists() else shutil.which("rsyslogd")


def modules(daemon):
    return (glob.glob(str(pathlib.Path(daemon).resolve().parents[1] / "lib/*-linux-gnu/rsyslog")) + glob.glob("/usr/lib/*-linux-gnu/rsyslog"))[0]


class Rsyslog:
    def __init__(self, folder, text, prefix=()):
        """<text>: the rules of its rsyslog.conf; <prefix>: argv that comes before it, such as that of a network namespace"""
        daemon = program()
        self.dir = pathlib.Path(folder) / "rsyslog"
        self.dir.mkdir(mode=0o755)
        (self.dir / "rsyslog.conf").write_text(f"$WorkDirectory {self.dir}\n{text}")
        env = {**os.environ, **(where.peer_environment() if daemon.startswith(str(where.PEERS)) else {})}
        self.out = open(self.dir / "out", "wb")
        argv = [*prefix, daemon, "-n", "-f", self.dir / "rsyslog.conf", "-i", self.dir / "rsyslog.pid", "-M", modules(daemon)]
        self.popen = subprocess.Popen([str(a) for a in argv], env=env, stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.out, start_new_session=True)

    def wait(self, port, seconds=8):
        """until it has its UDP port"""
        def ready():
            return self.popen.poll() is not None or f":{port:04X} " in open(f"/proc/{self.popen.pid}/net/udp").read()
        if not process.wait_until(ready, seconds) or self.popen.poll() is not None:
            raise RuntimeError(f"rsyslogd does not listen on UDP {port}: {(self.dir / 'out').read_text(errors='replace')}")
        return self

    def stop(self):
        self.popen.terminate()
        try:
            self.popen.wait(10)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait(5)
        self.out.close()
