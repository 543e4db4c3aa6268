# SPDX-License-Identifier: Apache-2.0
"""Errors that teach: every one in one run, each with its place, a caret under the word, and what to write instead."""
import os
import pathlib
import pty
import re
import subprocess

import pytest

from lib import config, diagnostics, where

pytestmark = pytest.mark.keel_only("keel's own diagnostics")
COURSE = pathlib.Path(__file__).resolve().parent.parent / "course"


@pytest.fixture
def check(work):
    """check(name=text, ...) -> (exit code, diagnostics, output) of `keel check` on these files"""
    def run(*options, **files):
        paths = []
        for name, text in files.items():
            path = work / {"nginx": "nginx.conf", "haproxy": "haproxy.cfg"}.get(name, name)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            paths.append(path)
        done = subprocess.run([str(where.keel()), "check", *options, *map(str, paths)], capture_output=True, timeout=20,
                              env={**os.environ, "LANG": "C.UTF-8", "NO_COLOR": "1"}, cwd=work)
        out = (done.stdout + done.stderr).decode()
        return done.returncode, diagnostics.parse(out), out
    return run


NGINX = "events {}\nhttp {\n    upstream app { server 127.0.0.1:1; }\n    server {\n        listen 127.0.0.1:8999;\n%s\n    }\n}\n"
HAPROXY = ("defaults\n    mode http\n    timeout connect 1s\n    timeout client 1s\n    timeout server 1s\nlisten all\n    bind 127.0.0.1:8999\n%s\n"
           "    server s1 127.0.0.1:1\n")
PLACE = {"nginx": 6, "haproxy": 8}
TEXT = {"nginx": NGINX, "haproxy": HAPROXY}
CASES = {
    # kind: {language: (line, the word under the caret, what the message or help must hold)}
    "unknown": {"nginx": ("        proxy_buffring on;", "proxy_buffring", "proxy_buffering"),
                "haproxy": ("    balence roundrobin", "balence", "balance")},
    "unsupported": {"nginx": ("        perl Foo::handler;", "perl", "support"),
                    "haproxy": ("    filter opentracing config x.cfg", "opentracing", "support")},
    "wrong place": {"nginx": ("        worker_processes 2;", "worker_processes", "main"),
                    "haproxy": ("    nbthread 2", "nbthread", "global")},
    "wrong arity": {"nginx": ("        keepalive_timeout 1s 2s 3s;", "3s", "argument"),
                    "haproxy": ("    mode", "mode", "argument")},
}


def only(found, line):
    here = [d for d in found if d.line == line and d.severity == "error"]
    assert len(here) == 1, found
    return here[0]


@pytest.mark.parametrize("language", ["nginx", "haproxy"])
@pytest.mark.parametrize("kind", list(CASES))
def test_each_kind_of_mistake(check, kind, language):
    line, word, wanted = CASES[kind][language]
    code, found, out = check(**{language: TEXT[language] % line})
    d = only(found, PLACE[language])
    assert code == 1
    assert d.marked == word, f"the caret stands under {d.marked!r}: {out}"
    assert d.file.endswith("nginx.conf" if language == "nginx" else "haproxy.cfg")
    assert wanted in d.text, out


@pytest.mark.parametrize("language", ["nginx", "haproxy"])
def test_kinds_of_mistakes_read_differently(check, language):
    codes = set()
    for kind in CASES:
        _, found, _ = check(**{language: TEXT[language] % CASES[kind][language][0]})
        codes.add(only(found, PLACE[language]).code)
    assert None not in codes and len(codes) == len(CASES)


def test_all_errors_of_a_file_in_one_run(check):
    bad = ["    proxy_buffring on;", "    worker_processes 2;", "    listen 127.0.0.1:99999;", "    keepalive_timeout soon;", "    perl Foo::handler;", "    sever_name x;"]
    _, found, _ = check(nginx=NGINX % "\n".join(bad))
    assert sorted(d.line for d in found if d.severity == "error") == list(range(6, 12))
    bad = ["    balence x", "    balance roundrobbin", "    nbthread 2", "    timeout conect 1s", "    server s2", "    option httplg"]
    _, found, _ = check(haproxy=HAPROXY % "\n".join(bad))
    assert sorted(d.line for d in found if d.severity == "error") == list(range(8, 14))


def test_every_file_is_reported(check, work):
    (work / "inc").mkdir()
    (work / "inc/a.conf").write_text("sever_name a;\n")
    (work / "inc/b.conf").write_text("\n\nsever_name b;\n")
    code, found, out = check(nginx=NGINX % "        include inc/*.conf;\n        sever_name c;", haproxy=HAPROXY % "    balence x")
    places = sorted((d.file.rsplit("/", 1)[-1], d.line) for d in found if d.severity == "error")
    assert code == 1 and places == [("a.conf", 1), ("b.conf", 3), ("haproxy.cfg", 8), ("nginx.conf", 7)], out


def test_one_mistake_is_one_message(check):
    """an unknown block hides nothing and explains nothing away: no cascade"""
    _, found, out = check(nginx=NGINX % "        locaton / {\n            proxy_pass http://app;\n        }")
    assert [d.line for d in found if d.severity == "error"] == [6], out


@pytest.mark.parametrize("text,word", [
    ("\t\tproxy_buffring on;", "proxy_buffring"),
    ("  \tadd_header\tX-A\tb;\tproxy_buffring\ton;", "proxy_buffring"),
    ("        add_header X-Name 中文字; proxy_buffring on; # 注释", "proxy_buffring"),
    ("\tadd_header\tX 全角； proxy_buffring on;", None),       # the wide semicolon ends nothing: the first error is elsewhere
    ("        add_header X e\u0301\u0301; proxy_buffring on;", "proxy_buffring"),
], ids=["tabs", "tabs inside", "chinese", "full width", "combining"])
def test_caret_under_tabs_and_wide_text(check, text, word):
    _, found, out = check(nginx=NGINX % text)
    d = [d for d in found if d.line == 6 and d.severity == "error"]
    assert d, out
    assert "\t" not in d[0].source, "tabs are drawn as spaces, or the caret drifts"
    if word:
        found = next((x for x in d if word in (x.marked or "")), None)
        assert found, out
        assert found.column == diagnostics.width(text[:text.index(found.marked)]) + 1, "columns are those of the terminal"


def test_caret_after_a_chinese_comment_in_haproxy(check):
    _, found, out = check(haproxy=HAPROXY % "\toption httplg\t# 启用http的log")
    assert only(found, 8).marked == "httplg", out


def test_column_of_plain_text(check):
    _, found, _ = check(nginx=NGINX % "        proxy_buffring on;")
    assert only(found, 6).column == 9


@pytest.mark.parametrize("text,named", [
    ("        server_name a；", "；"), ("        server_name\u00a0a;", "00A0"), ("        server_name “a”;", "“")], ids=["semicolon", "nbsp", "quotes"])
def test_characters_of_a_forum_paste_are_named(check, text, named):
    _, found, out = check(nginx=NGINX % text)
    assert any(named in d.text.replace("U+", "").upper() or named in d.text for d in found if d.line == 6), out


def test_crlf_and_byte_order_mark_do_no_harm(check):
    for language in TEXT:
        text = TEXT[language] % ""
        code, found, out = check(**{language: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()})
        assert code == 0 and not [d for d in found if d.severity == "error"], out


def test_text_in_gbk_is_named_not_crashed_on(check):
    code, found, out = check(nginx=(NGINX % "        # 注释\n        proxy_buffring on;").encode("gbk"))
    assert code == 1 and any(d.line == 7 for d in found), out


def test_warnings_alone_are_no_error(check):
    code, found, out = check(haproxy="listen all\n    mode http\n    bind 127.0.0.1:8999\n    server s1 127.0.0.1:1\n")
    assert code == 0 and any(d.severity == "warning" and "timeout" in d.text for d in found), out


OLD = {"contimeout 5000": "timeout connect", "clitimeout 50000": "timeout client", "srvtimeout 50000": "timeout server", "option httpclose": "http-server-close",
       "block if { path /x }": "http-request deny", "reqadd X-A:\\ b": "http-request"}


@pytest.mark.parametrize("old", list(OLD))
def test_old_words_are_understood_with_todays_words(check, old):
    code, found, out = check(haproxy=HAPROXY % ("    " + old))
    warned = [d for d in found if d.severity == "warning" and OLD[old] in d.text]
    assert code == 0 and warned, out


def test_word_of_the_other_language(check):
    _, found, out = check(nginx=NGINX % "        option httpchk;")
    assert re.search("haproxy", only(found, 6).text, re.I), out


def test_values(check):
    lines = {"        listen 127.0.0.1:70000;": "70000", "        keepalive_timeout 5x;": "5x", "        client_max_body_size lots;": "lots",
             "        proxy_http_version 9;": "9", "        proxy_buffering perhaps;": "perhaps"}
    _, found, out = check(nginx=NGINX % "\n".join(lines))
    for number, value in enumerate(lines.values(), 6):
        assert value in only(found, number).marked, out


def test_undefined_names(check):
    _, found, out = check(haproxy=HAPROXY % "    use_backend nowhere if { path / }\n    default_backend also_nowhere\n    use_backend all if undefined_acl")
    assert "nowhere" in only(found, 8).text and "also_nowhere" in only(found, 9).text and "undefined_acl" in only(found, 10).text


def test_same_thing_twice_names_both_places(check):
    _, found, out = check(nginx=NGINX.replace("upstream app", "upstream app { server 127.0.0.1:2; }\n    upstream app") % "")
    d = [d for d in found if d.severity == "error" and "app" in d.text]
    assert d and d[0].line == 4 and re.search(r"(^|\n)\s*3 \|", d[0].text), out


EXPRESSIONS = {"        location ~ ^/a(b { return 204; }": "^/a(b", "        server_name ~^(x;": "^(x", "        if ($uri ~ [z) { return 204; }": "[z",
               "        rewrite ^/(a /b last;": "^/(a", "        location / { proxy_redirect ~^(r /; proxy_pass http://app; }": "^(r"}


def test_regular_expressions_that_do_not_compile(check):
    text = (NGINX % "\n".join(EXPRESSIONS)).replace("    upstream app", "    map $uri $m { ~^(q 1; }\n    upstream app", 1)
    _, found, out = check(nginx=text)
    for line, expression in [(3, "^(q"), *enumerate(EXPRESSIONS.values(), 7)]:
        d = only(found, line)
        assert d.marked == expression and "does not compile" in d.message and re.search("missing (closing parenthesis|terminating )", d.message), out


def test_files_that_include_each_other(check, work):
    (work / "a.conf").write_text("# nothing\ninclude b.conf;\n")
    (work / "b.conf").write_text("include a.conf;\nsever_name x;\n")
    code, found, out = check(nginx=NGINX % "        include a.conf;")
    assert code == 1 and [(os.path.basename(d.file), d.line, d.marked) for d in found if d.severity == "error"] == [("b.conf", 1, "a.conf"), ("b.conf", 2, "sever_name")], out


def test_upstreams_without_servers(check):
    text = "events {}\nhttp {\n    upstream one { hash $uri consistent; }\n    upstream two { ip_hash; }\n    upstream three { }\n    server {\n        listen 127.0.0.1:8999;\n" \
           "        location / { proxy_pass http://one; }\n        location /2 { proxy_pass http://two; }\n    }\n}\n" \
           "stream {\n    upstream four { hash $remote_addr; }\n    server { listen 127.0.0.1:8998; proxy_pass four; }\n}\n"
    _, found, out = check(nginx=text)
    assert [(d.line, d.marked) for d in found if d.severity == "error"] == [(3, "one"), (4, "two"), (5, "three"), (13, "four")], out
    assert all("no servers" in d.message for d in found if d.severity == "error"), out


def test_an_upstream_that_nothing_uses(check):
    code, found, out = check(nginx=NGINX % "        location / { proxy_pass http://127.0.0.1:1; }")
    assert code == 0 and [(d.severity, d.line, d.marked) for d in found] == [("warning", 3, "app")], out


def test_at_most_fifty_a_file(check):
    _, found, out = check(nginx=NGINX % "\n".join(f"        nosuchword{i} on;" for i in range(200)))
    errors = [d for d in found if d.severity == "error"]
    assert 1 <= len(errors) <= 51 and re.search("200 errors|150 more", out), "the rest is counted, not dropped in silence"


# -- called by a peer's name

def dropin(work, language, text, *options, terminal=False):
    path = work / ("nginx.conf" if language == "nginx" else "haproxy.cfg")
    path.write_text(text)
    argv = [str(where.keel()), language] + (["-t", "-p", str(work), "-c", str(path)] if language == "nginx" else ["-c", "-f", str(path)])
    if not terminal:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=20)
        return done.returncode, done.stderr, path
    master, slave = pty.openpty()
    process = subprocess.Popen(argv, stdout=slave, stderr=slave, stdin=slave, env={**os.environ, "TERM": "xterm"})
    os.close(slave)
    out = b""
    while True:
        try:
            more = os.read(master, 65536)
        except OSError:
            break
        if not more:
            break
        out += more
    os.close(master)
    return process.wait(10), out.decode().replace("\r\n", "\n"), path


def test_first_lines_keep_nginxs_shape(work):
    code, err, path = dropin(work, "nginx", NGINX % "        proxy_buffring on;\n        sever_name x;")
    lines = [l for l in err.splitlines() if "[emerg]" in l]
    assert code == 1
    assert lines[0] == f'nginx: [emerg] unknown directive "proxy_buffring" in {path}:6'
    assert any("sever_name" in l and l.endswith(f"{path}:7") for l in lines), "every error, each in that shape"
    assert err.splitlines()[-1] == f"nginx: configuration file {path} test failed"
    assert "^^^" not in err, "no picture where scripts read"


def test_first_lines_keep_haproxys_shape(work):
    code, err, path = dropin(work, "haproxy", HAPROXY % "    balence x\n    option httplg")
    assert code == 1
    assert re.search(rf"^\[ALERT\] +\(\d+\) : config : parsing \[{re.escape(str(path))}:8\] : unknown keyword 'balence' in 'listen' section", err, re.M)
    assert re.search(rf"^\[ALERT\] .*\[{re.escape(str(path))}:9\]", err, re.M)
    assert re.search(r"^\[ALERT\] +\(\d+\) : config : Fatal errors found in configuration\.$", err, re.M)


@pytest.mark.parametrize("language", ["nginx", "haproxy"])
def test_picture_on_a_terminal(work, language):
    code, out, _ = dropin(work, language, TEXT[language] % CASES["unknown"][language][0], terminal=True)
    assert code == 1 and "^^^" in out and CASES["unknown"][language][2] in out


# -- HAProxy's own checks: what is accepted by the grammar and cannot be what was meant

BACK = "backend b\n    server s 127.0.0.1:1\n"
FRONT = "frontend f\n    bind 127.0.0.1:8999\n"
BAD = {
    # name: (sections after the timeouts, severity, line after those, the word under the caret, what the message or help holds)
    "an ACL that nothing defines": (FRONT + "    use_backend b if known\n" + BACK, "error", 3, "known", "no ACL is called"),
    "a backend that nobody has": (FRONT + "    default_backend bee\n" + BACK, "error", 3, "bee", "no backend is called"),
    "a cookie that is never set": (FRONT + "    default_backend b\n" + BACK.replace("\n", "\n    cookie SRV\n", 1).replace(":1", ":1 cookie a"), "warning", 5, "cookie SRV", "insert"),
    "a rule after the one that ends": (FRONT + "    http-request deny\n    http-request set-header A b\n    default_backend b\n" + BACK, "warning", 4, "http-request set-header A b", "never reached"),
    "a rule after what is done later": (FRONT + "    use_backend b\n    http-request set-header A b\n" + BACK, "warning", 4, "http-request", "before the `use_backend`"),
    "two backends of one name": (FRONT + "    default_backend b\n" + BACK + BACK, "error", 6, "b", "are called `b`"),
    "two frontends of one name": (FRONT + "    default_backend b\n" + FRONT.replace("8999", "8998") + "    default_backend b\n" + BACK, "error", 4, "f", "are called `f`"),
    "two servers of one name": (FRONT + "    default_backend b\n" + BACK + "    server s 127.0.0.1:2\n", "error", 6, "s", "are called `s`"),
    "a section without an address": ("frontend f\n    default_backend b\n" + BACK, "warning", 1, None, "bind"),
    "a backend that nobody uses": (FRONT + "    default_backend b\n" + BACK + BACK.replace("backend b", "backend c"), "warning", 6, None, "nothing sends requests to `c`"),
}


@pytest.mark.parametrize("name", list(BAD))
def test_haproxys_own_checks(check, name):
    text, severity, line, marked, words = BAD[name]
    head = "defaults\n    mode http\n    timeout connect 1s\n    timeout client 1s\n    timeout server 1s\n"
    code, found, out = check(haproxy=head + text)
    here = [d for d in found if d.line == 5 + line and d.severity == severity and words in d.text + (d.help or "")]
    assert here and (marked is None or here[0].marked == marked), out
    assert code == (severity == "error"), out


def test_a_missing_timeout_is_named(check):
    code, found, out = check(haproxy="defaults\n    mode http\n    timeout client 1s\n" + FRONT + "    default_backend b\n" + BACK)
    assert code == 0 and [d for d in found if d.line == 7 and "connect, server" in d.text and "timeout connect 5s" in (d.help or "")], out


# -- the course's own files

def course(check):
    return check(nginx=(COURSE / "nginx.conf").read_bytes(), haproxy=(COURSE / "haproxy.cfg").read_bytes())


def test_course_unknown_upstream(check):
    code, found, out = course(check)
    d = [d for d in found if d.at(26, "nginx.conf") and d.severity == "error"]
    assert code == 1 and d, out
    assert d[0].marked == "plugin.com" and d[0].column == 43
    assert "app.com" in d[0].text and re.search(r"\b15\b", d[0].text), "it shows the upstream that nobody uses"


@pytest.mark.parametrize("line,words", [
    (48, ["errorfile", "defaults"]),              # lines for the whole site that landed in the section that was still open
    (114, ["cookie", "insert"]),                  # no mode: nobody ever gets this cookie
    (83, ["dot"]),                                # a dot in a pattern stands for any character
    (47, ["admin"]),                              # anyone can stop the servers
    (12, ["nbproc"]), (32, ["timeout connect"]), (33, ["timeout client"]), (34, ["timeout server"]),
], ids=lambda x: str(x) if isinstance(x, int) else "")
def test_course_warnings(check, line, words):
    _, found, out = course(check)
    about = [d for d in found if d.file and d.file.endswith("haproxy.cfg") and
             (d.line == line or re.search(rf"(^|\D){line}(\D|$)", d.text)) and all(w in d.text for w in words)]
    assert about and about[0].severity == "warning", out


OLD_WORDS = ["nbproc", "option httpclose", "contimeout", "clitimeout", "srvtimeout", "monitor-net"]


@pytest.mark.skipif(os.geteuid() != 0, reason="the file names pages under /etc")
@pytest.mark.keel_only("HAProxy refuses words that it dropped")
def test_course_is_accepted_as_written(work):
    """with the error pages that it names, in a mount namespace of its own"""
    pages = " ".join(f"haproxy/errorfiles/{n}.http" for n in (403, 500, 502, 503, 504))
    script = f"""set -e
        cp -a /etc {work}/etc
        mkdir -p {work}/etc/haproxy/errorfiles
        cd {work}/etc
        for f in {pages}; do printf 'HTTP/1.0 500 x\\r\\nContent-Length: 3\\r\\n\\r\\nown' > $f; done
        mount --bind {work}/etc /etc
        exec {where.keel()} check {COURSE / 'haproxy.cfg'}"""
    r = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, timeout=60)
    out = r.stdout + r.stderr
    assert r.returncode == 0, out
    for word in OLD_WORDS:
        assert re.search(rf"warning\[K0102\]: `{word}` is an old word; today: ", out), word
    assert "error" not in re.sub("errorfile|error pages", "", out)
