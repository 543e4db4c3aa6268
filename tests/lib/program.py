# SPDX-License-Identifier: Apache-2.0
"""A program under test: its files, its life, its output.

A Program is started by argv, waited for until it listens, and stopped by pid. Everything that it writes (stdout, stderr, log files,
sanitizer reports) is in its folder; crashes() says what in there must fail a test.
"""
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import uuid

from . import config, process, where

_BAD = re.compile(rb"AddressSanitizer|LeakSanitizer|ThreadSanitizer|MemorySanitizer|UndefinedBehaviorSanitizer|: runtime error: "
                  rb"|keel: bug\b|\*\*\* stack smashing|\*\*\* buffer overflow|Assertion .* failed")
_DIED = re.compile(rb"exited on signal (\d+)|exited with code (1[2-9]\d)\b|killed by signal (\d+)")


class NotStarted(Exception):
    """the program ended, or never listened; the message holds what it said"""


class Program:
    def __init__(self, language, folder, text, binary=None, options=(), env=None, netns=None, wrap=(), peer=None, **values):
        """<text> becomes nginx.conf or haproxy.cfg in <folder>; <values> are its placeholders; <options> go on the command line;
        <netns>: the host that it runs on; <wrap>: argv that comes before its own (lib/machine.py);
        <peer>: Debian's program instead of keel (else as KEEL_UNDER_TEST says)"""
        self.peer = where.TEST_PEER if peer is None else peer
        self.language = language
        self.dir = pathlib.Path(folder)
        self.mark = "KEEL_TEST=" + uuid.uuid4().hex
        self.values = {"dir": self.dir, "modules": where.peer_modules("stream") if self.peer else "", **values}
        self.binary = binary
        self.options = list(options)
        self.extra_env = env or {}
        self.netns = netns
        self.wrap = list(wrap)
        self.popen = None
        self.expected_signals = set()
        self.seen = {}
        (self.dir / "san").mkdir(mode=0o1777, exist_ok=True)
        os.chmod(self.dir / "san", 0o1777)
        self.file = self.dir / {"nginx": "nginx.conf", "haproxy": "haproxy.cfg"}[language]
        self.write(text)

    # -- files

    def write(self, text, name=None):
        """writes a configuration (or another file of the folder), placeholders replaced; -> its path"""
        path = self.dir / name if name else self.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(config.render(text, self.values))
        return path

    def read(self, name):
        """a file of the folder as text; empty when it is not there"""
        try:
            return (self.dir / name).read_text(errors="replace")
        except OSError:
            return ""

    @property
    def stderr(self):
        return self.read("stderr")

    @property
    def stdout(self):
        return self.read("stdout")

    def __getattr__(self, name):
        if name.startswith("port") and name in self.__dict__.get("values", {}):
            return self.values[name]
        raise AttributeError(name)

    # -- commands

    def argv(self, *more):
        """the command line of this program in its language, without what makes it serve"""
        if self.language == "nginx":
            # -e: what goes wrong before error_log is read must be seen, and never in the machine's own log
            head, tail = [self._binary(), "-p", str(self.dir), "-c", str(self.file), "-e", "stderr"], list(more)
        else:
            head, tail = [self._binary(), "-f", str(self.file)], list(more)
        if not self.peer:
            head.insert(1, self.language)
        head = [*self.wrap, *head]
        if self.netns:
            head = ["ip", "netns", "exec", self.netns, *head]
        return [str(a) for a in head + tail]

    def _binary(self):
        if self.binary:
            return str(self.binary)
        return str(where.peer(self.language) if self.peer else where.keel())

    def environment(self):
        env = {k: v for k, v in os.environ.items() if not k.startswith("KEEL_TEST")}
        if self.peer:
            env.update(where.peer_environment())
        name, value = self.mark.split("=")
        env[name] = value
        log = f"log_path={self.dir}/san/report"
        env["ASAN_OPTIONS"] = f"{log}:abort_on_error=0:detect_leaks=1:" + os.environ.get("ASAN_OPTIONS", "")
        env["UBSAN_OPTIONS"] = f"{log}:print_stacktrace=1:" + os.environ.get("UBSAN_OPTIONS", "")
        env["TSAN_OPTIONS"] = f"{log}:" + os.environ.get("TSAN_OPTIONS", "")
        env.update(self.extra_env)
        return env

    def command(self, *more, timeout=20):
        """runs the program with <more> options to its end (-t, -s reload, -c ...); -> CompletedProcess with text"""
        return subprocess.run(self.argv(*more), env=self.environment(), cwd=self.dir, capture_output=True, text=True,
                              errors="replace", timeout=timeout, stdin=subprocess.DEVNULL)

    # -- life

    def start(self, listens=("port",), seconds=15, daemon=False, argv=None, **popen):
        """starts it and waits until every port named in <listens> listens; <daemon>: the started process must end with 0"""
        default = ["-db"] if self.language == "haproxy" and not daemon and not self._has_mode() else []
        argv = argv or self.argv(*default, *self.options)
        out, err = open(self.dir / "stdout", "ab"), open(self.dir / "stderr", "ab")
        popen = {"stdout": out, "stderr": err, **popen}
        self.popen = subprocess.Popen(argv, env=self.environment(), cwd=self.dir, stdin=subprocess.DEVNULL, start_new_session=True, **popen)
        out.close(), err.close()
        if daemon and self.popen.wait(seconds):
            raise NotStarted(f"{argv} ended with {self.popen.returncode}: {self.stderr[-2000:]}")
        self._wait_listening([self.values[n] if isinstance(n, str) else n for n in listens], seconds, daemon)
        self._remember()
        return self

    def _has_mode(self):
        return any(o in ("-db", "-D", "-W", "-Ws", "-d") for o in self.options)

    def _wait_listening(self, ports, seconds, daemon):
        inside = self.popen.pid if not daemon else "self"
        end = time.monotonic() + seconds
        while True:
            if all(process.listens(p, inside) for p in ports):
                return
            if not daemon and self.popen.poll() is not None:
                raise NotStarted(f"ended with {self.popen.returncode} before it listened: {self.stderr[-3000:]}")
            if time.monotonic() > end:
                raise NotStarted(f"listens on none or not all of {ports} after {seconds} s: {self.stderr[-3000:]}")
            time.sleep(0.02)

    @property
    def pid(self):
        """the parent: what was started, or what the pid file says after it became a daemon"""
        if self.popen and self.popen.poll() is None:
            return self.popen.pid
        for line in self.read(f"{self.language}.pid").split():
            return int(line)
        raise RuntimeError("no parent process is known")

    def pids(self):
        """every living process of this program, parents first"""
        found = []
        try:
            found = process.tree(self.pid)
        except RuntimeError:
            pass
        found += [p for p in self.marked() if p not in found]
        self._note(found)
        return found

    def workers(self):
        """the processes below the parent"""
        parent = self.pid
        return [p for p in process.tree(parent) if p != parent]

    def marked(self):
        return process.marked(self.mark, pathlib.Path(self._binary()).resolve(), self.dir)

    def _note(self, pids):
        for p in pids:
            s = process.stat(p)
            if s:
                self.seen[p] = s[3]

    def _remember(self):
        self.pids()

    def signal(self, number):
        os.kill(self.pid, number)

    def wait(self, seconds):
        """the parent's exit code, or None when it still runs after <seconds>"""
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def gone(self, seconds=5):
        """whether every process of this program ended within <seconds>"""
        return process.wait_until(lambda: not self._left(), seconds)

    def _left(self):
        known = [p for p, began in self.seen.items() if process.alive(p) and (process.stat(p) or (0, 0, 0, 0))[3] == began]
        return sorted(set(known + self.marked()))

    def reload(self):
        """asks for a reload as an operator's script would: by signal"""
        if self.peer and self.language == "haproxy":
            time.sleep(0.3)      # a signal that meets its master while it executes itself again is lost
        self.signal(signal.SIGHUP if self.language == "nginx" else signal.SIGUSR2)

    def stop(self, seconds=6):
        """ends it: asked first, then by force; -> pids that had to be killed"""
        self.pids()
        if self.popen and self.popen.poll() is None:
            self.popen.terminate()
            self.wait(seconds)
        else:
            for p in self._left():
                _kill(p, signal.SIGTERM)
        self.gone(seconds)
        forced = self._left()
        for p in forced:
            _kill(p, signal.SIGKILL)
        if self.popen:
            self.wait(2)
        return forced

    # -- judgement

    def crashes(self):
        """sentences about sanitizer reports, bugs and deaths by signal in anything that it wrote"""
        found = []
        for path in sorted(p for p in self.dir.rglob("*") if p.is_file() and not p.is_symlink() and p.stat().st_size < 64 << 20):
            data = path.read_bytes() if path.parent.name == "san" or path.suffix in (".log", "") else b""
            hit = _BAD.search(data)
            if hit:
                found.append(f"{path.name}: {data[max(0, hit.start() - 200):hit.start() + 3000].decode(errors='replace')}")
            for died in _DIED.finditer(data):
                number = int(died[1] or died[3] or int(died[2]) - 128)
                if number not in self.expected_signals | {signal.SIGTERM}:
                    found.append(f"{path.name}: a process died: {died[0].decode()}")
        code = self.popen.poll() if self.popen else None
        if code is not None and code < 0 and -code not in self.expected_signals | {signal.SIGTERM, signal.SIGINT}:
            found.append(f"the parent was ended by signal {-code}")
        return found

    # -- clients

    def connect(self, port=None, timeout=5):
        return socket.create_connection(("127.0.0.1", port or self.values["port"]), timeout)


def _kill(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
