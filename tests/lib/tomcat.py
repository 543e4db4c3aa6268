# SPDX-License-Identifier: Apache-2.0
"""Real Tomcat instances from Debian's package, each a copy of its own (CATALINA_BASE) in a scratch folder, as a course would make them:
other ports, and a start page whose last line is the instance's port."""
import shutil
import socket
import subprocess
import time

from . import where

HOME = where.PEERS / "usr/share/tomcat10"
PAGE = """<%@ page contentType="text/html; charset=UTF-8" %>
<html><head><title>Apache Tomcat <%= application.getServerInfo() %></title></head>
<body><p>session: <%= session.isNew() ? "new" : "known" %></p>
<p>from <%= request.getRemoteAddr() %> for <%= request.getHeader("Host") %></p></body></html>
"""


class Tomcat:
    def __init__(self, folder, port, prefix=()):
        """<prefix>: argv that comes before java, such as that of a network namespace"""
        self.base, self.port = folder / f"tomcat10_{port}", port
        for name in ("logs", "temp", "work", "webapps/ROOT"):
            (self.base / name).mkdir(parents=True)
        shutil.copytree(HOME / "etc", self.base / "conf")
        server = self.base / "conf/server.xml"
        server.write_text(server.read_text().replace("8080", str(port)))
        (self.base / "webapps/ROOT/index.jsp").write_text(PAGE + f"{port}\n")
        self.log = open(self.base / "logs/out", "wb")
        jars = f"{HOME}/bin/bootstrap.jar:{HOME}/bin/tomcat-juli.jar"
        argv = [*prefix, "java", "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp", jars,
                f"-Dcatalina.home={HOME}", f"-Dcatalina.base={self.base}", f"-Djava.io.tmpdir={self.base}/temp",
                "-Djava.util.logging.config.file=none", "-Djava.security.egd=file:/dev/urandom",
                "org.apache.catalina.startup.Bootstrap", "start"]
        self.popen = subprocess.Popen([str(a) for a in argv], stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL, start_new_session=True)

    def wait(self, ask, seconds=40):
        """waits until ask() (any call that gives its page) holds the port"""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.popen.poll() is not None:
                break
            if str(self.port) in ask():
                return self
            time.sleep(0.3)
        raise RuntimeError(f"Tomcat {self.port} does not answer: {(self.base / 'logs/out').read_text(errors='replace')[-2000:]}")

    def stop(self):
        self.popen.terminate()
        try:
            self.popen.wait(5)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait(5)
        self.log.close()


def page(address, port):
    """GET / of an instance that this process can reach; empty when there is no answer"""
    try:
        with socket.create_connection((address, port), 5) as s:
            s.sendall(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return b"".join(iter(lambda: s.recv(65536), b"")).decode("utf-8", "replace")
    except OSError:
        return ""
