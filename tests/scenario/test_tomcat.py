# SPDX-License-Identifier: Apache-2.0
"""The course: one balancer (10.0.0.5) in front of two instances of Tomcat on one machine (10.0.0.17, ports 8081 and 8082), asked with curl."""
import pathlib
import shutil
import subprocess
import time

import pytest

from lib import netns, process, tomcat, where

pytestmark = [pytest.mark.needs("root", "netns", "java", "tomcat", "curl"), pytest.mark.timeout(90), pytest.mark.slow]

PRINTED = (pathlib.Path(__file__).resolve().parent.parent / "course/nginx-tomcat.conf").read_text()
# One line is added: a modern Tomcat refuses the underscore of web_pools in Host.
NGINX = PRINTED.replace("proxy_pass http://web_pools;", "proxy_pass http://web_pools;\n        proxy_set_header Host $host;")
HAPROXY = """global
    log         127.0.0.1 local2
    maxconn     4000
    nbthread    1
defaults
    mode        http
    log         global
    option      httplog
    option      dontlognull
    retries     3
    timeout connect 5s
    timeout client  50s
    timeout server  50s
frontend web
    bind        *:80
    default_backend web_pools
backend web_pools
    balance     roundrobin
    server      tomcat1 10.0.0.17:8081
    server      tomcat2 10.0.0.17:8082
"""


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    """three hosts and both Tomcats, once for all plays of this file"""
    n = netns.Net({"lb": "10.0.0.5", "web": "10.0.0.17", "client": "10.0.0.100"})
    instances = []
    try:
        folder = tmp_path_factory.mktemp("application")
        instances = [tomcat.Tomcat(folder, port, n.argv("web", [])) for port in (8081, 8082)]
        for i in instances:
            i.wait(lambda: n.run("web", ["curl", "-s", "-m", "5", f"http://127.0.0.1:{i.port}/"]).stdout)
        n.instances = instances
        yield n
    finally:
        for i in instances:
            i.stop()
        n.remove()


@pytest.fixture
def balancer(prepare, net, language, work):
    def make(threads=1, file=NGINX):
        if language == "nginx":
            p = prepare("nginx", "", netns=net.name("lb"))
            prefix = p.dir / "application/nginx"
            for name in ("conf", "html", "logs"):
                (prefix / name).mkdir(parents=True)
            p.file = prefix / "conf/nginx.conf"
            text = file.replace("worker_processes  1;", f"worker_processes  {threads};")
            if where.TEST_PEER:         # Debian's default paths lie in /var and /run
                temp = " ".join(f"{n}_temp_path {prefix}/{n};" for n in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
                text = f"pid {prefix}/logs/nginx.pid;\n" + text.replace("http {", f"http {{ access_log {prefix}/logs/access.log; {temp}")
            p.file.write_text(text)
            (prefix / "conf/mime.types").write_text("types { text/html html htm; }\n")
            (prefix / "html/50x.html").write_text("<h1>An error occurred.</h1>\n")
            p.prefix = prefix
            p.base = [*net.argv("lb", [p._binary()]), *([] if where.TEST_PEER else ["nginx"]), "-p", str(prefix)]
            if where.TEST_PEER:
                p.base += ["-e", str(prefix / "logs/error.log"), "-c", "conf/nginx.conf"]
            p.argv = lambda *more: [str(a) for a in p.base + list(more)]
            p.start(listens=(), daemon=True)       # as in the course: a daemon, which ends by -s stop
            assert process.wait_until(lambda: (prefix / "logs/nginx.pid").exists(), 3)
            p.main = int((prefix / "logs/nginx.pid").read_text())
            p._note([p.main, *process.tree(p.main)])
        else:
            p = prepare("haproxy", HAPROXY.replace("nbthread    1", f"nbthread    {threads}"), netns=net.name("lb"))
            p.start(listens=(80,))
            p.main = p.popen.pid
        return p
    return make


def last_lines(net, times, command="curl -s 10.0.0.5|tail -1"):
    done = net.run("client", ["sh", "-c", f"i=0; while [ $i -lt {times} ]; do {command}; i=$((i+1)); done"], timeout=30)
    return done.stdout.split()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("command", ["curl -s 10.0.0.5|tail -1", "curl -s 10.0.0.5|awk 'END{print}'", "curl -s 10.0.0.5|sed -n '$p'"], ids=["tail", "awk", "sed"])
def test_the_instances_take_turns(balancer, net, threads, command, language):
    if threads == 2 and language == "nginx":
        where.not_the_peer("nginx's worker processes each count for themselves")
    balancer(threads)
    seen = last_lines(net, 10, command)
    assert seen in (["8081", "8082"] * 5, ["8082", "8081"] * 5)


def test_stop(balancer, net, language):
    p = balancer()
    assert last_lines(net, 2)
    if language == "nginx":
        done = subprocess.run(p.argv("-s", "stop"), env=p.environment(), capture_output=True, text=True, timeout=10)
        assert done.returncode == 0, done.stderr
    else:
        p.popen.terminate()
    assert process.wait_until(lambda: not process.alive(p.main), 5) and p.gone(2)
    assert net.run("client", ["curl", "-s", "-m", "2", "http://10.0.0.5/"]).returncode == 7, "connection refused"
    if language == "nginx":
        assert not (p.prefix / "logs/nginx.pid").exists()


def test_page_is_whole_and_host_is_the_clients(balancer, net):
    balancer()
    text = net.run("client", ["curl", "-s", "http://10.0.0.5/"]).stdout
    assert "Apache Tomcat" in text and "for 10.0.0.5" in text and "from 10.0.0.5" in text


def test_as_printed_the_name_of_the_group_is_the_host(balancer, net, language):
    """and Tomcat answers 400 to an underscore: what `nginx -t` warns of"""
    if language == "haproxy":
        pytest.skip("nginx's file")
    p = balancer(file=PRINTED)
    assert net.run("client", ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "http://10.0.0.5/"]).stdout == "400"
    if not where.TEST_PEER:
        done = subprocess.run(p.argv("-t"), env=p.environment(), capture_output=True, text=True, timeout=10)
        assert done.returncode == 0 and "proxy_set_header Host $host;" in done.stderr and "test is successful" in done.stderr, done.stderr


def test_one_instance_dies(balancer, net, language):
    """the course's next lesson: nobody notices, and its turns come back when it does"""
    p = balancer()
    assert set(last_lines(net, 4)) == {"8081", "8082"}
    first = net.instances[0]
    first.popen.terminate()
    first.popen.wait(10)
    try:
        if language == "nginx":
            assert last_lines(net, 6) == ["8082"] * 6
        else:
            codes = net.run("client", ["sh", "-c", "for i in 1 2; do curl -s -o /dev/null -w '%{http_code} ' 10.0.0.5; done"], timeout=30).stdout
            assert sorted(codes.split()) == ["200", "503"], "without a check and without redispatch its turns are lost"
    finally:
        folder = first.base.parent
        shutil.rmtree(first.base)
        net.instances[0] = tomcat.Tomcat(folder, 8081, net.argv("web", []))
        net.instances[0].wait(lambda: net.run("web", ["curl", "-s", "-m", "5", "http://127.0.0.1:8081/"]).stdout)
    if language == "nginx":
        time.sleep(10.5)
        assert set(last_lines(net, 6)) == {"8081", "8082"}
    assert process.alive(p.main)


def test_both_instances_gone_gives_the_page_of_the_file(balancer, net, language):
    if language == "haproxy":
        pytest.skip("error_page is nginx's")
    p = balancer()
    p.file.write_text(p.file.read_text().replace(":8081", ":8083").replace(":8082", ":8084"))
    assert subprocess.run(p.argv("-s", "reload"), env=p.environment(), capture_output=True, timeout=10).returncode == 0
    code = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "http://10.0.0.5/"]
    assert process.wait_until(lambda: net.run("client", code).stdout == "502", 5)
    if where.TEST_PEER:         # its old worker may take one more connection
        time.sleep(0.5)
    assert "An error occurred." in net.run("client", ["curl", "-s", "http://10.0.0.5/"]).stdout
