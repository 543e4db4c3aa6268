# SPDX-License-Identifier: Apache-2.0
"""Which program is tested, and where the peers are.

KEEL            the binary (else build/asan/keel, else build/keel)
KEEL_RELEASE    the binary for memory figures and privileges (else build/keel)
KEEL_UNDER_TEST "peer": the plays run Debian's nginx and haproxy instead, which proves the plays
KEEL_PEERS      where tools/peers unpacks (else build/peers)
"""
import functools
import os
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PEERS = pathlib.Path(os.environ.get("KEEL_PEERS", ROOT / "build" / "peers")) / "root"
TEST_PEER = os.environ.get("KEEL_UNDER_TEST", "keel") == "peer"
MODULES = PEERS / "usr/lib/nginx/modules"
_LIBS = ("usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu")


def keel():
    """the binary under test, sanitized when there is one"""
    named = os.environ.get("KEEL")
    if named:
        return pathlib.Path(named).resolve()
    asan = ROOT / "build" / "asan" / "keel"
    return asan if asan.exists() else ROOT / "build" / "keel"


def keel_release():
    named = os.environ.get("KEEL_RELEASE")
    return pathlib.Path(named).resolve() if named else ROOT / "build" / "keel"


@functools.lru_cache(None)
def is_sanitized(path):
    """whether <path> was built with a sanitizer (they are linked by name)"""
    try:
        with open(path, "rb") as f:
            text = f.read()
        return b"__asan_init" in text or b"__tsan_init" in text or b"__ubsan_handle" in text
    except OSError:
        return False


def peer(name):
    return PEERS / "usr/sbin" / name


def peer_environment():
    env = {"LD_LIBRARY_PATH": ":".join(str(PEERS / d) for d in _LIBS if (PEERS / d).is_dir())}
    return env


def peer_modules(*names):
    """load_module lines for Debian's nginx, which has stream and fair as modules; keel has them built in"""
    return " ".join(f"load_module {MODULES / f'ngx_{n}_module.so'};" for n in names)


def not_the_peer(reason):
    """ends a play here when a peer stands in for keel and is known to behave otherwise"""
    if TEST_PEER:
        import pytest
        pytest.skip("the peer differs: " + reason)


@functools.lru_cache(None)
def missing(thing):
    """-> None when <thing> can be used on this machine, else a sentence that says what is missing"""
    if thing == "root":
        return None if os.geteuid() == 0 else "needs root"
    if thing == "netns":
        return _missing_netns()
    if thing == "java":
        return None if shutil.which("java") else "needs a Java runtime (apt-get install default-jre-headless)"
    if thing == "rsyslog":
        there = (PEERS / "usr/sbin/rsyslogd").exists() or shutil.which("rsyslogd")
        return None if there else "needs Debian's rsyslog, unpacked: run tools/peers fetch rsyslog"
    if thing == "release":
        path = keel_release()
        if TEST_PEER:
            return None
        if not path.exists() or is_sanitized(path):
            return f"needs an unsanitized build ({path})"
        return None
    paths = {
        "nginx": [peer("nginx"), MODULES / "ngx_stream_module.so"],
        "haproxy": [peer("haproxy")],
        "keepalived": [peer("keepalived")],
        "fair": [MODULES / "ngx_http_upstream_fair_module.so"],
        "hatop": [PEERS / "usr/bin/hatop"],
        "haproxy-exporter": [PEERS / "usr/bin/prometheus-haproxy-exporter"],
        "check-haproxy-stats": [PEERS / "usr/lib/nagios/plugins/check_haproxy_stats"],
        "munin-nginx": [PEERS / "usr/share/munin/plugins/nginx_status"],
        "nginx-exporter": [PEERS / "usr/bin/prometheus-nginx-exporter"],
        "munin-haproxy": [PEERS / "usr/share/munin/plugins/haproxy_"],
        "ansible-haproxy": [PEERS / "usr/lib/python3/dist-packages/ansible_collections/community/general/plugins/modules/haproxy.py"],
        "mariadb": [PEERS / "usr/sbin/mariadbd", PEERS / "usr/bin/mariadb"],
        "tomcat": [PEERS / "usr/share/tomcat10/bin/catalina.sh"],
    }.get(thing)
    if paths:
        absent = [p for p in paths if not p.exists()]
        return f"needs Debian's {thing}, unpacked: run tools/peers fetch {thing}" if absent else None
    return None if shutil.which(thing) else f"needs the command {thing}"


def _missing_netns():
    if os.geteuid() != 0:
        return "needs root, to make network namespaces"
    if not shutil.which("ip"):
        return "needs the command ip (apt-get install iproute2)"
    name = f"keelprobe{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
    if made.returncode:
        return "needs network namespaces, and this machine refuses them: " + made.stderr.strip()
    subprocess.run(["ip", "netns", "del", name], check=False)
    return None
