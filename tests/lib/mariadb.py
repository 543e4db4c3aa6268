# SPDX-License-Identifier: Apache-2.0
"""Real MariaDB servers from Debian's package, each with a data folder of its own, and its real command line client."""
import os
import pathlib
import shutil
import signal
import subprocess
import time

from . import where

SERVER, CLIENT = where.PEERS / "usr/sbin/mariadbd", where.PEERS / "usr/bin/mariadb"
SHARE = where.PEERS / "usr/share/mysql"
USER, PASSWORD = "shop", "goods"
# no InnoDB: a data folder is made in a second, and a server starts in less
_COMMON = ["--no-defaults", "--user=root", f"--lc-messages-dir={SHARE}", f"--character-sets-dir={SHARE}/charsets", "--skip-innodb",
           "--default-storage-engine=Aria", "--skip-name-resolve"]
_TABLES = f"""CREATE DATABASE goods;
CREATE TABLE goods.stock (id INT PRIMARY KEY, name VARCHAR(40));
INSERT INTO goods.stock VALUES (1, 'apples'), (2, 'pears');
FLUSH PRIVILEGES;
CREATE USER '{USER}'@'%' IDENTIFIED BY '{PASSWORD}';
GRANT ALL ON goods.* TO '{USER}'@'%';
"""


def environment():
    return {**os.environ, **where.peer_environment()}


def make_data(folder):
    """a fresh data folder with a user, a table and two rows, to be copied for each server"""
    data = pathlib.Path(folder) / "mariadb-data"
    (data / "mysql").mkdir(parents=True)
    text = "use mysql;\n" + (SHARE / "mysql_system_tables.sql").read_text() + _TABLES
    done = subprocess.run([SERVER, *_COMMON, "--bootstrap", f"--datadir={data}"], input=text, env=environment(), capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise RuntimeError("mariadbd --bootstrap: " + done.stderr[-2000:])
    return data


class Mariadb:
    def __init__(self, folder, data, number, address, port=3306, prefix=()):
        """<number>: its @@server_id; <prefix>: argv that comes before it, such as that of a network namespace"""
        self.dir = pathlib.Path(folder) / f"mariadb{number}"
        shutil.copytree(data, self.dir / "data")
        self.address, self.port, self.number, self.prefix = address, port, number, list(prefix)
        self.popen = None
        self.start()

    def start(self):
        argv = [*self.prefix, SERVER, *_COMMON, f"--datadir={self.dir}/data", f"--bind-address={self.address}", f"--port={self.port}",
                f"--socket={self.dir}/s", f"--pid-file={self.dir}/pid", f"--server-id={self.number}", "--key-buffer-size=1M", "--aria-pagecache-buffer-size=8M"]
        with open(self.dir / "log", "ab") as log:
            self.popen = subprocess.Popen([str(a) for a in argv], env=environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        return self

    def wait(self, seconds=20):
        """until it serves"""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.popen.poll() is None:
            if b"ready for connections" in (self.dir / "log").read_bytes():
                return self
            time.sleep(0.05)
        raise RuntimeError(f"MariaDB {self.number} does not start: {(self.dir / 'log').read_text(errors='replace')[-2000:]}")

    def kill(self):
        """no goodbye to anybody"""
        self.popen.send_signal(signal.SIGKILL)
        self.popen.wait(5)

    def stop(self):
        if self.popen.poll() is None:
            self.kill()


def query(host, text, port=3306, prefix=(), timeout=10):
    """what the real client says; -> CompletedProcess with text, a row a line"""
    argv = [*prefix, CLIENT, "--no-defaults", "-h", host, "-P", port, "-u", USER, f"-p{PASSWORD}", "--skip-ssl", "--connect-timeout=5", "-N", "-B", "-e", text]
    return subprocess.run([str(a) for a in argv], env=environment(), capture_output=True, text=True, timeout=timeout)
