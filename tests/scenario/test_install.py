# SPDX-License-Identifier: Apache-2.0
"""What `make install` brings: files that work from where they lie, services that are not switched on."""
import json
import pathlib
import shutil
import subprocess

import pytest

from lib import where

FILE = """
daemon off; pid @dir@/nginx.pid; error_log stderr;
events {}
http {
    include @mime@;
    server { listen 127.0.0.1:1; root @html@; error_page 500 502 503 504 /50x.html; }
}
"""


@pytest.fixture(scope="module", params=["/usr/local", "/opt/keel"])
def installed(request, tmp_path_factory):
    """(prefix, folder under which it all was put)"""
    if not shutil.which("meson"):
        pytest.skip("needs meson")
    top = tmp_path_factory.mktemp("install")
    # no compiler runs: the program is put in place of the one that would be built
    subprocess.run(["meson", "setup", f"--prefix={request.param}", top / "build", where.ROOT], check=True, capture_output=True)
    files = subprocess.run(["meson", "introspect", "--installed", top / "build"], check=True, capture_output=True, text=True).stdout
    plan = json.loads(files)
    for source, target in plan.items():
        if not pathlib.Path(source).is_absolute():  # a link, by where it points
            continue
        to = top / "root" / pathlib.Path(target).relative_to("/")
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(where.keel() if to.name == "keel" else source, to)
    return pathlib.Path(request.param), top / "root"


def find(installed, name):
    found = [p for p in installed[1].rglob(name) if p.is_file()]
    assert len(found) == 1, (name, found)
    return found[0]


def test_types_and_pages_serve_a_file(installed, tmp_path):
    text = FILE.replace("@mime@", str(find(installed, "mime.types"))).replace("@html@", str(find(installed, "50x.html").parent)).replace("@dir@", str(tmp_path))
    (tmp_path / "nginx.conf").write_text(text)
    done = subprocess.run([find(installed, "keel"), "nginx", "-t", "-c", tmp_path / "nginx.conf"], capture_output=True, text=True)
    assert done.returncode == 0 and "warn" not in done.stderr, done.stderr


def test_a_prefix_of_its_own_is_laid_out_as_nginxs(installed):
    prefix, root = installed
    own = (root / prefix.relative_to("/") / "conf" / "mime.types").is_file()
    assert own == (str(prefix) == "/opt/keel")


@pytest.mark.parametrize("name", ["nginx", "haproxy", "keepalived"])
def test_services_are_named_and_not_switched_on(installed, name):
    unit = find(installed, f"{name}.service").read_text()
    assert f"{installed[0]}/sbin/keel {name} " in unit and "@" not in unit.replace("@reboot", "")
    script = find(installed, name)
    assert subprocess.run(["sh", "-n", script]).returncode == 0
    assert script.parent.name == "init.d" and "@" not in script.read_text().replace('"$@"', "")
    assert not [p for p in installed[1].rglob("*") if "wants" in p.name or "etc" in p.relative_to(installed[1]).parts]


def test_the_manual_page_can_be_read(installed):
    page = find(installed, "keel.8")
    assert "@" not in page.read_text()
    if not shutil.which("man"):
        pytest.skip("needs man")
    done = subprocess.run(["man", "-l", page], capture_output=True, text=True, env={"MANPAGER": "cat", "PATH": "/usr/bin:/bin", "LC_ALL": "C"})
    assert "keel check" in done.stdout, done.stderr
