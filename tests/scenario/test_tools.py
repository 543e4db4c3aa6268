# SPDX-License-Identifier: Apache-2.0
"""The tools of the plays themselves: a tool that forgives would make every play that uses it worthless."""
import asyncio
import socket
import subprocess
import threading

import pytest

from lib import bulk, client, config, diagnostics, load, process, syslog, websocket

PICTURE = """error[K0210]: proxy_pass names an unknown upstream `plugin.com`
  --> dir/nginx.conf:26:43        also line 30
15 |         upstream  app.com {
   |                   ------- defined here, used by nobody
26 |                         proxy_pass http://plugin.com;
   |                                           ^^^^^^^^^^ no such upstream
   = help: proxy_pass http://app.com;

warning[K0305]: 中文
  --> haproxy.cfg:7:10
7 | # 中文注释 word
  |            ^^^^

error: 1 error, 1 warning in 2 files; nothing was started
"""


def test_pictures_are_read_as_they_are_drawn():
    first, second = diagnostics.parse(PICTURE)
    assert (first.severity, first.code, first.file, first.line, first.column) == ("error", "K0210", "dir/nginx.conf", 26, 43)
    assert first.marked == "plugin.com" and first.help == "proxy_pass http://app.com;\n" and "app.com {" in first.text
    assert (second.severity, second.marked) == ("warning", "word")


def test_a_caret_one_column_off_is_seen():
    shifted = PICTURE.replace(" " * 11 + "^^^^\n", " " * 12 + "^^^^\n")
    assert diagnostics.parse(shifted)[1].marked != "word"


def test_width_on_a_terminal():
    assert diagnostics.width("a\tb") == 9 and diagnostics.width("中a") == 3 and diagnostics.width("e\u0301") == 1


BAD = [b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
       b"HTTP/1.1 200 OK\r\nX : y\r\n\r\n", b"HTTP/1.1 200 OK\nX: y\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: y\r\n folded\r\n\r\n", b"HTTP/2 200\r\n\r\n",
       b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
       b"HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\nabc", b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       b"HTTP/1.1 103 Early\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]
CUT = [b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", b"HTTP/1.1 200 OK\r\nX"]


@pytest.fixture
def say():
    """say(bytes) -> the port of a server that answers so, whatever it is asked, and closes"""
    servers = []

    def make(data):
        s = socket.create_server(("127.0.0.1", 0))
        servers.append(s)

        def serve():
            while True:
                try:
                    c, _ = s.accept()
                except OSError:
                    return
                with c:
                    c.recv(65536)
                    c.sendall(data)
        threading.Thread(target=serve, daemon=True).start()
        return s.getsockname()[1]
    yield make
    for s in servers:
        s.close()


@pytest.mark.parametrize("data", BAD, ids=range(len(BAD)))
def test_the_client_forgives_nothing(say, data):
    with pytest.raises(client.AnswerError):
        client.ask(say(data))


@pytest.mark.parametrize("data", CUT, ids=range(len(CUT)))
def test_the_client_sees_what_was_cut(say, data):
    with pytest.raises(client.CutShort):
        client.ask(say(data))


@pytest.mark.parametrize("data,what", [(b"", "closed without an answer"), (b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n", "status 500"), (CUT[0], "cut short")])
def test_the_load_counts_what_failed(say, data, what):
    ld = load.Load(say(data), rate=50, clients=2).run(0.5)
    assert ld.good == 0 and ld.errors[what] == ld.sent > 5


def test_the_load_counts_closed_connections(origin):
    ld = load.Load(origin().port, rate=50, clients=2, path="/close/10/echo-not").run(0.5)
    assert ld.failed == 0 and ld.closed == ld.sent > 5
    ld = load.Load(origin().port, rate=50, clients=2).run(0.5)
    assert (ld.failed, ld.closed, ld.connects) == (0, 0, 2)


def test_lost_and_doubled_bytes_are_seen():
    good = bytes(bulk.piece(0, 500_000))
    for data in (good[:1000] + good[1001:] + b"x", good[:1000] + good[999:-1], good[:-1] + b"\0"):
        check = bulk.Check()
        check.feed(memoryview(data))
        assert not check.good(500_000)
    check = bulk.Check()
    check.feed(memoryview(good))
    assert check.good(500_000)


def test_placeholders(work):
    values = {"dir": work}
    text = config.render("@dir@ @port@ @port2@ @port@ user@host unix@", values)
    assert text.split()[1] == text.split()[3] == str(values["port"]) != text.split()[2] and text.endswith("user@host unix@")
    with pytest.raises(KeyError):
        config.render("@origin@", {})


def test_crash_reports_fail_a_play(prepare):
    p = prepare("nginx", "")
    assert p.crashes() == []
    (p.dir / "san/report.1").write_text("==1==ERROR: AddressSanitizer: heap-use-after-free\n")
    (p.dir / "error.log").write_text("[alert] worker process 12 exited on signal 11\n")
    assert len(p.crashes()) == 2
    (p.dir / "san/report.1").unlink()
    (p.dir / "error.log").unlink()


def test_processes_of_a_program_are_found_again(prepare):

    p = prepare("nginx", "")
    stray = subprocess.Popen(["sleep", "30"], env=p.environment(), start_new_session=True)
    try:
        assert process.wait_until(lambda: p._left() == [stray.pid], 2)
    finally:
        stray.kill()
        stray.wait()


def test_syslog_lines():
    assert syslog.parse("<134>Nov 22 13:38:25 haproxy[7]: text") == (16, 6, "haproxy[7]: text")


def test_websocket_frames_pass_through_the_reader():


    async def read(data):
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        return await websocket.read_frame(reader)
    for size in (0, 125, 126, 65535, 65536):
        payload = bytes(i % 256 for i in range(size))
        assert asyncio.run(read(websocket.frame(payload, mask=b"abcd"))) == (websocket.BINARY, payload)
