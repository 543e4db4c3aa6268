# SPDX-License-Identifier: Apache-2.0
"""Short ways to write a whole nginx.conf or haproxy.cfg, so that a play holds only the lines it is about.

A text may hold placeholders: @dir@ (the program's folder), @port@, @port2@ ... (free ports, given at start), @modules@ (load_module
lines, for the real nginx only), and whatever the play passes by name.
"""
import re

from . import ports

_PLACEHOLDER = re.compile(r"@([a-z][a-z0-9_]*)@")


def render(text, values):
    """<text> with its placeholders replaced; free ports are added to <values> as they are met"""
    def one(match):
        name = match[1]
        if name not in values:
            if not re.fullmatch(r"port\d*", name):
                raise KeyError(f"the configuration's @{name}@ was given no value")
            values[name] = ports.free_port()
        return str(values[name])
    return _PLACEHOLDER.sub(one, text)


def nginx(http=None, stream=None, main="", events="worker_connections 1024;", threads=1, log="access_log off;", level="info"):
    """a whole nginx.conf in the foreground, with everything that it writes in @dir@"""
    parts = ["@modules@" if stream is not None else "",
             f"worker_processes {threads};", "" if re.search(r"\bdaemon (on|off);", main) else "daemon off;", "pid @dir@/nginx.pid;",
             f"error_log @dir@/error.log {level};", main, "events { %s }" % events]
    if http is not None:
        temp = " ".join(f"{n}_temp_path @dir@/{n}_temp;" for n in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        parts += ["http {", log, temp, http, "}"]
    if stream is not None:
        parts += ["stream {", stream, "}"]
    return "\n".join(p for p in parts if p) + "\n"


def haproxy(body, top="", defaults="", threads=1, mode="http"):
    """a whole haproxy.cfg with short timeouts"""
    return f"""global
    nbthread {threads}
    maxconn 1000
    {_indent(top)}
defaults
    mode {mode}
    timeout connect 2s
    timeout client 10s
    timeout server 10s
    {_indent(defaults)}
{body}
"""


def _indent(text):
    return "\n    ".join(line.strip() for line in text.strip().splitlines())
