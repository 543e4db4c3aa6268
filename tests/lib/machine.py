# SPDX-License-Identifier: Apache-2.0
"""A file system as a printed configuration expects it: its folders, users and pages, in a mount namespace that ends with its program.

    wrap = machine.wrap(folder, folders=["/var/haproxy"], users={"haproxy": 188}, files={"/etc/haproxy/errorfiles/503.http": page})

gives argv that comes before a program's own. /etc is a copy and /run is empty in there, and nothing of this machine is changed.
See what a program has in there by root(pid).
"""
import pathlib
import shutil

_SCRIPT = r"""
set -eu
work=$1; shift
mount --bind "$work/etc" /etc
# a folder that this machine does not have: its parent is laid out again, with everything that it holds, and the new one
graft() {
    [ ! -d "$1/$2" ] || return 0
    new=$work/graft$(echo "$1" | tr / _)
    mkdir -p "$new/$2"
    for one in "$1"/*; do
        name=${one##*/}
        if [ -L "$one" ] || [ -f "$one" ]; then
            cp -a "$one" "$new/$name"
        elif [ -d "$one" ]; then
            mkdir "$new/$name"
            mount --rbind "$one" "$new/$name"
        fi
    done
    mount --rbind "$new" "$1"
}
while [ "$1" != -- ]; do
    graft "${1%/*}" "${1##*/}"
    shift
done
shift
mount -t tmpfs -o mode=755 tmpfs /run
exec "$@"
"""


def wrap(folder, folders=(), users=None, files=None):
    """<users>: name: number; <files>: path below /etc: bytes"""
    folder = pathlib.Path(folder) / "machine"
    folder.mkdir(mode=0o755)
    shutil.copytree("/etc", folder / "etc", symlinks=True, ignore_dangling_symlinks=True, copy_function=_copy)
    for name, number in (users or {}).items():
        for table, line in (("passwd", f"{name}:x:{number}:{number}::/nonexistent:/usr/sbin/nologin\n"), ("group", f"{name}:x:{number}:\n")):
            path = folder / "etc" / table
            if f"\n{name}:" not in "\n" + path.read_text():
                path.write_text(path.read_text() + line)
    for name, data in (files or {}).items():
        path = folder / "etc" / pathlib.Path(name).relative_to("/etc")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (folder / "script").write_text(_SCRIPT)
    return ["unshare", "-m", "sh", str(folder / "script"), str(folder), *folders, "--"]


def _copy(source, to):
    try:
        shutil.copy2(source, to, follow_symlinks=False)
    except OSError:
        pass            # a file that nobody here needs and that cannot be read


def root(pid):
    """the file system as <pid> sees it"""
    return pathlib.Path(f"/proc/{pid}/root")
