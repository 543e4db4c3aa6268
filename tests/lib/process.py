# SPDX-License-Identifier: Apache-2.0
"""What /proc says about processes: who descends from whom, what listens, how much memory, which user."""
import os
import pathlib
import time

TCP_LISTEN = "0A"


def stat(pid):
    """(name, state, parent, start time), or None when the process is gone"""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    left, right = text.split("(", 1)[1].rsplit(")", 1)
    rest = right.split()
    return left, rest[0], int(rest[1]), int(rest[19])


def alive(pid):
    s = stat(pid)
    return s is not None and s[1] not in "ZX"


def tree(pid):
    """<pid> and all its living descendants, parents first"""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            s = stat(int(entry))
            if s and s[1] not in "ZX":
                children.setdefault(s[2], []).append(int(entry))
    out, todo = [], [pid]
    while todo:
        p = todo.pop(0)
        if alive(p):
            out.append(p)
        todo += sorted(children.get(p, []))
    return out


def marked(mark, binary=None, folder=None):
    """pids whose environment holds <mark>, or which run <binary> in <folder> or name it in their title: finds daemons that left
    their tree, and whose title overwrote their environment"""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid() and _has_mark(entry, mark.encode(), str(binary), str(folder)) and alive(int(entry)):
            found.append(int(entry))
    return found


def _has_mark(pid, mark, binary, folder):
    try:
        if mark in pathlib.Path(f"/proc/{pid}/environ").read_bytes():
            return True
        return os.readlink(f"/proc/{pid}/exe") == binary and (os.readlink(f"/proc/{pid}/cwd") == folder or folder in title(pid))
    except OSError:
        return False


def status(pid):
    """/proc/PID/status as a dictionary"""
    out = {}
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        key, _, value = line.partition(":")
        out[key] = value.strip()
    return out


def title(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def pss_kb(pids):
    """memory of all <pids>, shared pages counted once, in kB"""
    total = 0
    for pid in pids:
        try:
            for line in open(f"/proc/{pid}/smaps_rollup"):
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        except OSError:
            pass
    return total


def descriptors(pid):
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0


def listeners(pid="self"):
    """the ports of all listening TCP sockets in the network namespace of <pid>, one for each socket"""
    found = []
    for name in ("tcp", "tcp6"):
        try:
            lines = open(f"/proc/{pid}/net/{name}").read().splitlines()[1:]
        except OSError:
            continue
        for word in map(str.split, lines):
            if word[3] == TCP_LISTEN:
                found.append(int(word[1].rsplit(":", 1)[1], 16))
    return found


def listens(port, pid="self"):
    return port in listeners(pid)


def wait_until(condition, seconds, step=0.02):
    """waits for <condition> to be true; -> its last value"""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(step)


def descriptor_numbers(pid):
    """the open descriptors of <pid>"""
    try:
        return sorted(int(n) for n in os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return []


def cpu_seconds(pid):
    """what <pid> has used"""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
