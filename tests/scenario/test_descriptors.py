# SPDX-License-Identifier: Apache-2.0
"""Descriptors that are not enough: maxconn is lowered and told, and what cannot be had costs one connection."""
import re
import socket
import subprocess
import threading
import time

import pytest

from lib import config, ports, process, where

pytestmark = [pytest.mark.needs("root"), pytest.mark.timeout(60)]


class Echo:
    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", ports.free_port()), backlog=512)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(s,), daemon=True).start()

    def _serve(self, s):
        with s:
            try:
                while data := s.recv(100):
                    s.sendall(data)
            except OSError:
                pass


@pytest.fixture
def echo():
    e = Echo()
    yield e
    e.listener.shutdown(socket.SHUT_RDWR)
    e.listener.close()


TEXT = {
    "haproxy": config.haproxy("listen l\n    bind 127.0.0.1:@port@\n    server s 127.0.0.1:@o@", top="user root\nmaxconn 20480\nulimit-n 65535", mode="tcp")
    .replace("    maxconn 1000\n", ""),
    "nginx": config.nginx(stream="server { listen 127.0.0.1:@port@; proxy_pass 127.0.0.1:@o@; }", events="worker_connections 20480;", main="user root;"),
}


def start_with(prepare, language, text, descriptors, **values):
    """may not raise its own limit, as in a container"""
    p = prepare(language, text, **values)
    limited = ["prlimit", f"--nofile={descriptors}:{descriptors}", "setpriv", "--inh-caps", "-sys_resource", "--bounding-set", "-sys_resource"]
    return p.start(argv=limited + p.argv(*(["-db"] if language == "haproxy" else [])))


def answers(c, timeout=0.5):
    c.settimeout(timeout)
    try:
        c.sendall(b"x")
        return c.recv(10) == b"x"
    except OSError:
        return False


@pytest.mark.keel_only("haproxy refuses to start, nginx closes connections")
def test_maxconn_is_lowered_to_what_descriptors_allow(prepare, language, echo):
    p = start_with(prepare, language, TEXT[language], 300, o=echo.port)
    if language == "haproxy":
        assert re.search(r"\[WARNING\].* 65535 descriptors were wanted, 300 can be had", p.stderr)
        assert re.search(r"\[WARNING\].* maxconn is lowered from 20480 to 118: ", p.stderr)
    else:
        assert "20480 worker_connections exceed open file resource limit: 300" in p.stderr
    clients = [p.connect() for _ in range(140)]
    served = [c for c in clients if answers(c, 0.3 if clients.index(c) < 118 else 0.02)]
    assert len(served) == 118, "no more than that, and none less"
    waiting = next(c for c in clients if c not in served)
    served[0].close()
    assert answers(waiting, 3) or process.wait_until(lambda: any(answers(c, 0.05) for c in clients if c not in served), 3), "who waited is served in its place"
    assert all(answers(c) for c in served[1:])
    for c in clients:
        c.close()


@pytest.mark.keel_only("a limit that is lowered from outside")
def test_a_descriptor_that_cannot_be_had_costs_one_connection(prepare, language, echo):
    p = start_with(prepare, language, TEXT[language], 300, o=echo.port)
    first = [p.connect() for _ in range(20)]
    assert all(answers(c, 2) for c in first)
    worker = max(p.workers(), key=process.descriptors)
    highest = process.descriptor_numbers(worker)[-1]
    subprocess.run(["prlimit", "--pid", str(worker), f"--nofile={highest + 2}:300"], check=True)    # one more: the client's, and none for its server
    late = p.connect()
    late.settimeout(3)
    late.sendall(b"y")
    try:
        assert late.recv(10) == b"", "closed, not left to hang"
    except ConnectionResetError:
        pass
    assert all(answers(c, 2) for c in first), "the others go on"
    subprocess.run(["prlimit", "--pid", str(worker), "--nofile=300:300"], check=True)
    with p.connect() as again:
        assert answers(again, 3)


@pytest.mark.keel_only("a limit that is lowered from outside")
def test_accepting_pauses_and_goes_on(prepare, echo):
    p = start_with(prepare, "nginx", TEXT["nginx"], 300, o=echo.port)
    with p.connect() as first:
        idle = [p.connect() for _ in range(10)]
        assert answers(first, 2) and all(answers(c, 2) for c in idle)
        worker = max(p.workers(), key=process.descriptors)
        highest = process.descriptor_numbers(worker)[-1]
        subprocess.run(["prlimit", "--pid", str(worker), f"--nofile={highest + 1}:300"], check=True)
        with p.connect() as late:
            assert not answers(late, 0.5) and answers(first, 2)
            assert process.wait_until(lambda: "accept() failed (24: Too many open files): accepting pauses" in p.read("error.log"), 3)
            cpu = process.cpu_seconds(worker)
            time.sleep(0.5)
            assert process.cpu_seconds(worker) - cpu < 0.2, "it does not spin"
            subprocess.run(["prlimit", "--pid", str(worker), "--nofile=300:300"], check=True)
            late.settimeout(3)
            assert late.recv(1) == b"x"
