# SPDX-License-Identifier: Apache-2.0
"""A gigabyte down and up in both languages, with memory that does not grow.

KEEL_LARGE_MB sets another size. The memory figure needs a build without sanitizers (they keep what is freed), so it is taken from
KEEL_RELEASE or build/keel.
"""
import os
import threading

import pytest

from lib import bulk, config, process, where

pytestmark = pytest.mark.slow

SIZE = int(os.environ.get("KEEL_LARGE_MB", "1024")) << 20
LIMIT_KB = 64 << 10

NGINX = """
    client_max_body_size 0;
    server {{
        listen 127.0.0.1:@port@;
        location / {{ proxy_pass http://127.0.0.1:@o1@; proxy_http_version 1.1; {extra} }}
    }}"""
FLAVOURS = {
    "nginx": ("nginx", config.nginx(NGINX.format(extra=""))),
    "nginx-unbuffered": ("nginx", config.nginx(NGINX.format(extra="proxy_buffering off; proxy_request_buffering off;"))),
    "haproxy": ("haproxy", config.haproxy("""
listen all
    bind 127.0.0.1:@port@
    server s1 127.0.0.1:@o1@""")),
    "haproxy-splice": ("haproxy", config.haproxy("""
listen all
    bind 127.0.0.1:@port@
    option splice-auto
    server s1 127.0.0.1:@o1@""")),
}


class Watch:
    """samples the memory of a program's processes; .growth() in kB since it began"""

    def __init__(self, program):
        self._program = program
        self._over = threading.Event()
        self.first = self.peak = process.pss_kb(program.pids())
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self):
        while not self._over.wait(0.1):
            self.peak = max(self.peak, process.pss_kb(self._program.pids()))

    def growth(self):
        self._over.set()
        self._thread.join()
        return self.peak - self.first


@pytest.fixture
def origin_of_bulk():
    o = bulk.Origin()
    yield o
    o.stop()


@pytest.fixture(params=list(FLAVOURS))
def proxy(request, start, origin_of_bulk):
    language, text = FLAVOURS[request.param]
    binary = None if where.TEST_PEER else where.keel_release()
    p = start(language, text, o1=origin_of_bulk.port, binary=binary)
    p.flavour = request.param
    bulk.download(p.port, 1000)
    return p


def judge(proxy, what, watch, capfd):
    growth = watch.growth()
    with capfd.disabled():
        print(f"\n{what} of {SIZE >> 20} MiB, {proxy.flavour}: {watch.first} kB before, at most {growth} kB more (PSS of all processes)")
    assert growth < LIMIT_KB
    # a spooled body lies in unlinked files; none may be left behind by name
    left = [f for f in proxy.dir.rglob("*_temp/**/*") if f.is_file()]
    assert left == []


@pytest.mark.needs("release")
def test_download(proxy, capfd):
    watch = Watch(proxy)
    check = bulk.download(proxy.port, SIZE)
    assert check.good(SIZE), f"{check.size} bytes, wrong at {check.wrong_at}"
    judge(proxy, "download", watch, capfd)


@pytest.mark.needs("release")
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_upload(proxy, chunked, capfd):
    watch = Watch(proxy)
    assert bulk.upload(proxy.port, SIZE, chunked=chunked) == f"200 OK: size {SIZE} good"
    judge(proxy, "chunked upload" if chunked else "upload", watch, capfd)


@pytest.mark.needs("release")
def test_slow_reader_of_a_large_answer_costs_no_memory(proxy, capfd):
    """the client stops reading: what the origin could send must not pile up in memory"""
    import socket
    watch = Watch(proxy)
    clients = []
    for _ in range(8):
        s = socket.create_connection(("127.0.0.1", proxy.port), 10)
        s.sendall(b"GET /%d HTTP/1.1\r\nHost: t\r\n\r\n" % (100 << 20))
        s.recv(1000)
        clients.append(s)
    threading.Event().wait(2)
    for s in clients:
        s.close()
    growth = watch.growth()
    with capfd.disabled():
        print(f"\n8 stalled readers of 100 MiB, {proxy.flavour}: at most {growth} kB more")
    assert growth < LIMIT_KB // 4


@pytest.mark.parametrize("kind", list(FLAVOURS))
def test_64_mebibytes_under_the_build_that_is_tested(kind, start, origin_of_bulk):
    """correctness alone, so that sanitizers see the paths of large bodies too"""
    language, text = FLAVOURS[kind]
    p = start(language, text, o1=origin_of_bulk.port)
    size = 64 << 20
    assert bulk.download(p.port, size).good(size)
    assert bulk.upload(p.port, size) == f"200 OK: size {size} good"
    assert bulk.upload(p.port, size, chunked=True) == f"200 OK: size {size} good"
