# SPDX-License-Identifier: Apache-2.0
"""Options, exit codes and messages, as scripts know them of nginx and haproxy; and keel's own commands."""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

import pytest

from lib import client, config, process, where

HTTP = """server { listen 127.0.0.1:@port@; return 200 "hello"; }"""
LISTEN = "listen all\n    bind 127.0.0.1:@port@\n    http-request deny deny_status 429"
GOOD = {"nginx": config.nginx(HTTP), "haproxy": config.haproxy(LISTEN)}
WRONG = {"nginx": config.nginx("server { listen 127.0.0.1:@port@; frobnicate on; }"),
         "haproxy": config.haproxy("listen all\n    bind 127.0.0.1:@port@\n    frobnicate on")}
CHECK = {"nginx": ["-t"], "haproxy": ["-c"]}


@pytest.fixture
def made(prepare, language):
    return prepare(language, GOOD[language])


def line_of(program, word):
    return next(i for i, l in enumerate(program.file.read_text().splitlines(), 1) if word in l)


def nothing_runs(program):
    return process.wait_until(lambda: not program.marked(), 3)


# -- checking a file

def test_check_of_a_good_file(made, language):
    done = made.command(*CHECK[language])
    assert done.returncode == 0
    if language == "nginx":
        assert done.stderr.splitlines()[-2:] == [f"nginx: the configuration file {made.file} syntax is ok",
                                                  f"nginx: configuration file {made.file} test is successful"]
        assert done.stdout == ""
    else:
        assert "Configuration file is valid" in done.stdout + done.stderr
    assert nothing_runs(made)


def test_check_of_a_wrong_file(prepare, language):
    p = prepare(language, WRONG[language])
    done = p.command(*CHECK[language])
    place = line_of(p, "frobnicate")
    assert done.returncode == 1
    if language == "nginx":
        assert re.search(rf'\[emerg\].* unknown directive "frobnicate" in {p.file}:{place}\b', done.stderr)
        assert done.stderr.rstrip().splitlines()[-1] == f"nginx: configuration file {p.file} test failed"
    else:
        assert re.search(rf"\[ALERT\].*parsing \[{p.file}:{place}\].*unknown keyword 'frobnicate' in 'listen' section", done.stderr)
        assert "Fatal errors found in configuration" in done.stderr
    assert nothing_runs(p)


def test_wrong_file_starts_nothing(prepare, language):
    p = prepare(language, WRONG[language])
    done = p.command(*(["-db"] if language == "haproxy" else []))
    assert done.returncode == 1 and "frobnicate" in done.stderr
    assert not process.listens(p.port) and nothing_runs(p)


def test_quiet_check(made, prepare, language):
    done = made.command(*CHECK[language], "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = prepare(language, WRONG[language]).command(*CHECK[language], "-q")
    assert done.returncode == 1


def test_check_does_not_need_the_port(made, language):
    """a check on a machine where the service runs already"""
    with socket.create_server(("127.0.0.1", made.port)):
        assert made.command(*CHECK[language]).returncode == 0


def test_nginx_dump(prepare):
    p = prepare("nginx", config.nginx(HTTP + "include inc/*.conf;"))
    p.write("server { listen 127.0.0.1:@port2@; }\n", "inc/a.conf")
    done = p.command("-T")
    assert done.returncode == 0
    assert f"# configuration file {p.file}:\n{p.file.read_text()}" in done.stdout
    assert f"# configuration file {p.dir}/inc/a.conf:\nserver {{ listen 127.0.0.1:{p.port2}; }}\n" in done.stdout
    assert "test is successful" in done.stderr


def test_missing_file(made, language):
    made.file.unlink()
    done = made.command(*CHECK[language])
    assert done.returncode == 1
    assert str(made.file) in done.stderr and "No such file or directory" in done.stderr


def test_folder_instead_of_a_file(made, language):
    """nginx says that it is one; haproxy reads the .cfg files in it"""
    made.file.unlink()
    made.file.mkdir()
    done = made.command(*CHECK[language])
    assert done.returncode == 1
    if language == "nginx":
        assert "Is a directory" in done.stderr and str(made.file) in done.stderr
    (made.file / "one.cfg").write_text(config.render(GOOD["haproxy"], made.values))
    if language == "haproxy":
        assert made.command("-c").returncode == 0


def test_missing_include(prepare):
    p = prepare("nginx", config.nginx(HTTP + "\ninclude nowhere.conf;"))
    done = p.command("-t")
    assert done.returncode == 1
    assert f"{p.dir}/nowhere.conf" in done.stderr and "No such file" in done.stderr
    assert f"{p.file}:{line_of(p, 'nowhere')}" in done.stderr
    p = prepare("nginx", config.nginx(HTTP + "\ninclude nowhere/*.conf;"))
    assert p.command("-t").returncode == 0, "a glob without a match is no error"


@pytest.mark.needs("root")
def test_unknown_user(prepare, language):
    text = {"nginx": config.nginx(HTTP, main="user nosuchuser;"), "haproxy": config.haproxy(LISTEN, top="user nosuchuser")}
    p = prepare(language, text[language])
    done = p.command(*CHECK[language])
    assert done.returncode == 1
    assert "nosuchuser" in done.stderr and f"{p.file}:{line_of(p, 'nosuchuser')}" in done.stderr


def test_end_of_file_inside_a_block(prepare):
    p = prepare("nginx", "events { }\nhttp {\n    server {\n        listen 127.0.0.1:@port@;\n")
    done = p.command("-t")
    assert done.returncode == 1 and re.search(r'unexpected end of file, expecting "}" in .*:\d+', done.stderr)


def test_haproxy_without_a_listener(prepare):
    p = prepare("haproxy", "global\n    nbthread 1\n")
    assert p.command("-c").returncode == 2
    assert p.command("-db").returncode == 1


def test_haproxy_files_are_joined(prepare):
    p = prepare("haproxy", config.haproxy(""))
    p.write(LISTEN + "\n", "extra/10.cfg")
    assert p.command("-c").returncode == 2
    assert p.command("-f", p.dir / "extra/10.cfg", "-c").returncode == 0
    assert p.command("-c", "-f", p.dir / "extra").returncode == 0, "the .cfg files of a folder, by name"
    assert p.command("-c", "--", p.dir / "extra/10.cfg").returncode == 0


def test_haproxy_warnings_can_be_fatal(prepare):
    p = prepare("haproxy", "defaults\n    mode http\nlisten all\n    bind 127.0.0.1:@port@\n    server s 127.0.0.1:9\n")
    done = p.command("-c")
    assert done.returncode == 0 and "[WARNING]" in done.stderr and "timeout" in done.stderr
    assert p.command("-c", "-dW").returncode == 1


@pytest.mark.parametrize("condition,code", [("version_atleast(1.8)", 0), ("version_atleast(99.0)", 1), ("feature(OPENSSL)", 0), ("0", 1)])
def test_haproxy_condition(prepare, condition, code):
    p = prepare("haproxy", GOOD["haproxy"])
    argv = [p._binary()] + ([] if where.TEST_PEER else ["haproxy"]) + ["-cc", condition]
    assert subprocess.run(argv, env=p.environment(), capture_output=True).returncode == code


# -- what it says about itself

def itself(program, *words):
    argv = [program._binary()] + ([] if where.TEST_PEER else [program.language]) + list(words)
    return subprocess.run(argv, env=program.environment(), capture_output=True, text=True, timeout=10)


def test_nginx_versions(prepare):
    p = prepare("nginx", GOOD["nginx"])
    short, long = itself(p, "-v"), itself(p, "-V")
    assert short.returncode == long.returncode == 0 and short.stdout == ""
    assert re.match(r"nginx version: nginx/\d+\.\d+\.\d+", short.stderr)
    assert "TLS SNI support enabled" in long.stderr and "--with-http_ssl_module" in long.stderr and "--with-stream" in long.stderr
    if not where.TEST_PEER:
        assert re.match(r"nginx version: nginx/1\.31\.\d+ \(evenkeel \d+\.\d+\.\d+\)", short.stderr)


LEFT_OUT = {"http_ssi": "ssi on;", "http_userid": "userid on;", "http_mirror": "location /a { mirror /b; }",
            "http_fastcgi": "location /a { fastcgi_pass 127.0.0.1:9; }",
            "http_uwsgi": "location /a { uwsgi_pass 127.0.0.1:9; }", "http_scgi": "location /a { scgi_pass 127.0.0.1:9; }",
            "http_grpc": "location /a { grpc_pass 127.0.0.1:9; }", "http_memcached": "location /a { memcached_pass 127.0.0.1:9; }",
            "http_browser": "ancient_browser x;"}


def test_nginx_says_which_modules_are_not_there(prepare):
    """scripts and test suites look into -V before they write a file"""
    where.not_the_peer("was built with all of them")
    p = prepare("nginx", GOOD["nginx"])
    said = itself(p, "-V").stderr
    assert set(re.findall(r"--without-(\w+)_module", said)) == set(LEFT_OUT) | {"stream_pass"}
    for name, words in LEFT_OUT.items():
        p.write(config.nginx(f"server {{ listen 127.0.0.1:@port@; {words} }}"))
        checked = p.command("-t")
        assert checked.returncode == 1 and words.split(" { ")[-1].split()[0].strip(";") in checked.stderr, name


def test_haproxy_versions(prepare):
    p = prepare("haproxy", GOOD["haproxy"])
    short, long = itself(p, "-v"), itself(p, "-vv")
    assert short.returncode == long.returncode == 0
    assert re.match(r"HAProxy version \d+\.\d+", short.stdout)
    assert "Feature list :" in long.stdout and "+OPENSSL" in long.stdout and "epoll" in long.stdout
    if not where.TEST_PEER:
        assert "evenkeel" in short.stdout.splitlines()[0].lower()


def test_unknown_option(prepare, language):
    p = prepare(language, GOOD[language])
    done = itself(p, "-xx" if language == "nginx" else "-zz")
    assert done.returncode == 1
    if language == "nginx":
        assert 'invalid option: "x' in done.stderr
    else:
        assert "-sf" in done.stdout + done.stderr, "haproxy shows its usage"


def test_usage(prepare, language):
    done = itself(prepare(language, GOOD[language]), *(["-?"] if language == "nginx" else []))
    assert done.returncode == (0 if language == "nginx" else 1)
    assert re.search(r"usage ?: ", done.stdout + done.stderr, re.I)


# -- starting

def test_prefix_and_relative_paths(prepare):
    """-p moves everything that is relative; conf/nginx.conf is the default file"""
    p = prepare("nginx", "")
    p.file = p.write(config.nginx("server { listen 127.0.0.1:@port@; location / { root html; index index.html; } }")
                     .replace("@dir@/nginx.pid", "run.pid").replace("@dir@/error.log", "logs/e.log"), "conf/nginx.conf")
    p.write("relative\n", "html/index.html")
    (p.dir / "logs").mkdir()
    argv = p.argv() if where.TEST_PEER else [a for a in p.argv() if a not in ("-c", str(p.file))]     # Debian's default lies in /etc
    p.start(argv=argv)
    assert client.ask(p.port).body == b"relative\n"
    assert int(p.read("run.pid")) == p.pid
    assert (p.dir / "logs/e.log").exists()


def test_global_directives_from_the_command_line(prepare):
    p = prepare("nginx", GOOD["nginx"].replace("daemon off;", ""), options=["-g", "daemon off; master_process on;"])
    p.start()
    assert client.ask(p.port).body == b"hello"
    assert p.popen.poll() is None


@pytest.mark.both_builds
def test_daemon(prepare, language):
    """the started process ends with 0 when the sockets listen; the pid file names the parent"""
    p = prepare(language, GOOD[language].replace("daemon off;", "daemon on;"))
    p.options = ["-D", "-p", str(p.dir / "haproxy.pid")] if language == "haproxy" else []
    p.start(daemon=True, listens=())
    process.wait_until(lambda: p.read(f"{language}.pid"), 3)
    assert process.listens(p.port), "it ended before it listened"
    assert client.ask(p.port).status in (200, 429)
    parent = int(p.read(f"{language}.pid").split()[0])
    assert process.alive(parent) and process.stat(parent)[2] == 1
    assert process.status(parent)["Tgid"] == str(parent)
    assert os.readlink(f"/proc/{parent}/fd/0") == "/dev/null"


def test_pid_file_of_the_option(prepare):
    p = prepare("haproxy", GOOD["haproxy"], options=["-W", "-db", "-p", "@dir@/x.pid"])
    p.options[-1] = str(p.dir / "x.pid")
    p.start()
    assert process.wait_until(lambda: p.read("x.pid"), 3)
    assert str(p.pid) in p.read("x.pid").split()


def test_port_in_use(made, language):
    with socket.create_server(("127.0.0.1", made.port)):
        began = time.monotonic()
        done = made.command(*(["-db"] if language == "haproxy" else []))
        took = time.monotonic() - began
    assert done.returncode == 1 and "Address already in use" in done.stderr
    assert f"127.0.0.1:{made.port}" in done.stderr
    if language == "nginx":
        assert f"nginx: [emerg] bind() to 127.0.0.1:{made.port} failed (98: Address already in use)" in done.stderr
        assert "still could not bind()" in done.stderr and 2 < took < 4, "five tries, half a second apart"
    else:
        assert f"{made.file}:{line_of(made, 'bind 127')}" in done.stderr
    assert nothing_runs(made)


def test_haproxys_share_a_port(start):
    """SO_REUSEPORT: a second one starts beside the first, as in an update without a supervisor"""
    one = start("haproxy", GOOD["haproxy"])
    two = start("haproxy", GOOD["haproxy"], port=one.port)
    assert process.wait_until(lambda: process.listeners().count(one.port) == 2, 5), two.stderr
    one.signal(signal.SIGTERM)
    one.gone()
    assert client.ask(one.port).status == 429


def test_privileged_port_or_wrong_address(prepare, language):
    p = prepare(language, GOOD[language].replace("127.0.0.1:@port@", "192.0.2.77:@port@"), port=8099)
    done = p.command(*(["-db"] if language == "haproxy" else []))
    assert done.returncode == 1 and "192.0.2.77:8099" in done.stderr and "Cannot assign requested address" in done.stderr.replace("cannot", "Cannot")


def test_signal_option_without_a_running_nginx(prepare):
    p = prepare("nginx", GOOD["nginx"])
    done = p.command("-s", "reload")
    assert done.returncode == 1 and "nginx.pid" in done.stderr
    assert 'invalid option: "-s jump"' in p.command("-s", "jump").stderr


@pytest.mark.both_builds
def test_stale_pid_file(prepare):
    """the pid of a process that is gone: -s says so, a start replaces it"""
    p = prepare("nginx", GOOD["nginx"])
    never = int(open("/proc/sys/kernel/pid_max").read()) + 1         # no process can have it, so none can be hit
    p.write(f"{never}\n", "nginx.pid")
    done = p.command("-s", "stop")
    assert done.returncode == 1 and "No such process" in done.stderr
    p.start()
    assert int(p.read("nginx.pid")) == p.pid


# -- keel's own commands

def keel(program, *words, timeout=20):
    return subprocess.run([str(where.keel()), *map(str, words)], env=program.environment(), cwd=program.dir, capture_output=True, text=True, timeout=timeout)


@pytest.mark.keel_only("keel's own command")
class TestKeel:
    def test_check_good(self, made, language):
        done = keel(made, "check", made.file)
        assert done.returncode == 0, done.stderr

    def test_check_wrong(self, prepare, language):
        p = prepare(language, WRONG[language])
        done = keel(p, "check", p.file)
        assert done.returncode == 1
        assert f"{p.file.name}:{line_of(p, 'frobnicate')}:" in done.stdout + done.stderr

    def test_check_for_other_programs(self, prepare, language):
        """JSON, SARIF, GitHub and one-line forms go to stdout, and nothing else does"""
        p = prepare(language, WRONG[language])
        line = line_of(p, "frobnicate")

        def check(form):
            done = keel(p, "check", "--format", form, p.file)
            assert done.returncode == 1 and done.stderr == ""
            return done.stdout
        found = [d for d in json.loads(check("json")) if "frobnicate" in d["message"]]
        assert len(found) == 1 and found[0]["line"] == line and found[0]["severity"] == "error" and found[0]["file"] == str(p.file)
        code = found[0]["code"]
        run = json.loads(check("sarif"))["runs"][0]
        result = [r for r in run["results"] if "frobnicate" in r["message"]["text"]][0]
        assert result["ruleId"] == code and code in [r["id"] for r in run["tool"]["driver"]["rules"]]
        place = result["locations"][0]["physicalLocation"]
        assert place["region"]["startLine"] == line and place["artifactLocation"]["uri"] == f"file://{p.file}"
        assert re.search(rf"^::error title={code},file={p.file},line={line},col=\d+::.*frobnicate", check("github"), re.M)
        assert re.search(rf"^{p.file}:{line}:\d+: error\[{code}\]: .*frobnicate", check("short"), re.M)
        p.write(GOOD[language])
        assert "error" not in keel(p, "check", "--format", "github", p.file).stdout
        assert keel(p, "check", "--format", "xml", p.file).returncode == 2

    def test_explain_a_code(self, prepare):
        p = prepare("haproxy", GOOD["haproxy"].replace("listen all", "listen all\n    cookie SERVERID"))
        said = keel(p, "check", p.file).stderr
        code = re.search(r"keel check --explain (K\d+) says more", said)[1]
        assert f"[{code}]" in said
        done = keel(p, "check", "--explain", code)
        assert done.returncode == 0 and f"[{code}]: " in done.stdout and len(done.stdout.splitlines()) >= 3
        assert done.stdout.splitlines()[2] in keel(p, "check", "--explain", p.file).stderr
        done = keel(p, "check", "--explain", "K9999")
        assert done.returncode == 2 and "K9999" in done.stderr

    def test_check_several_dialects(self, prepare):
        a, b = prepare("nginx", GOOD["nginx"]), prepare("haproxy", WRONG["haproxy"])
        done = keel(a, "check", a.file, b.file)
        assert done.returncode == 1 and "haproxy.cfg:" in done.stdout + done.stderr
        b.write(GOOD["haproxy"])
        assert keel(a, "check", a.file, b.file).returncode == 0

    def test_dialect_is_told_by_content(self, prepare):
        for language in GOOD:
            p = prepare(language, GOOD[language])
            odd = p.dir / "balancer.txt"
            odd.write_text(p.file.read_text())
            assert keel(p, "check", odd).returncode == 0
            assert keel(p, "check", "--as", language, odd).returncode == 0
            assert keel(p, "check", "--as", "haproxy" if language == "nginx" else "nginx", odd).returncode == 1

    def test_run_two_dialects_in_one_process(self, prepare):
        p, other = prepare("nginx", GOOD["nginx"]), prepare("haproxy", GOOD["haproxy"])
        p.start(listens=("port", other.port), argv=[str(where.keel()), "run", str(p.file), str(other.file)])
        assert client.ask(p.port).body == b"hello"
        assert client.ask(other.port).status == 429
        p.signal(signal.SIGHUP)
        time.sleep(0.5)
        assert client.ask(p.port).body == b"hello"
        p.signal(signal.SIGINT)
        assert p.wait(5) == 0

    @pytest.mark.needs("root")
    def test_the_folder_of_logs_that_nobody_named_is_made(self, prepare):
        """/var/log is empty there, as on a machine that never had an nginx"""
        empty = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs tmpfs /var/log && exec "$@"', "sh"]
        p = prepare("nginx", "pid @dir@/nginx.pid; events {}\nhttp { server { listen 127.0.0.1:@port@; return 200 hello; } }\n", wrap=empty)
        p.start(argv=[*empty, str(where.keel()), "run", str(p.file)])
        assert client.ask(p.port).body == b"hello"
        logs = pathlib.Path(f"/proc/{p.popen.pid}/root/var/log/nginx")
        assert sorted(log.name for log in logs.iterdir()) == ["access.log", "error.log"]
        assert process.wait_until(lambda: '"GET / HTTP/1.1" 200 5' in (logs / "access.log").read_text(), 3)

    def test_two_listeners_on_one_address(self, prepare):
        p, other = prepare("nginx", GOOD["nginx"]), prepare("haproxy", GOOD["haproxy"])
        other.values["port"] = p.port
        other.write(GOOD["haproxy"])
        done = keel(p, "check", p.file, other.file)
        out = done.stdout + done.stderr
        assert done.returncode == 1 and f"nginx.conf:{line_of(p, 'listen')}" in out and f"haproxy.cfg:{line_of(other, 'bind')}" in out

    def test_different_users_are_an_error(self, prepare):
        p = prepare("nginx", config.nginx(HTTP, main="user daemon;"))
        other = prepare("haproxy", config.haproxy(LISTEN, top="user nobody"))
        assert keel(p, "check", p.file, other.file).returncode == 1

    def test_usage_and_unknown_command(self, prepare):
        p = prepare("nginx", GOOD["nginx"])
        done = keel(p, "chek", p.file)
        assert done.returncode in (1, 2)
        assert "chek" in done.stderr
        assert "keel run" in keel(p, "--help").stdout

    def test_called_by_a_peers_name(self, prepare, language):
        p = prepare(language, GOOD[language])
        link = p.dir / language
        link.symlink_to(where.keel())
        version = subprocess.run([link, "-v"], env=p.environment(), capture_output=True, text=True)
        assert version.returncode == 0 and language in (version.stdout + version.stderr).lower()
        argv = p.argv(*CHECK[language])
        done = subprocess.run([link, *argv[2:]], env=p.environment(), capture_output=True, text=True)
        assert done.returncode == 0
