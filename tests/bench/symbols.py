# SPDX-License-Identifier: Apache-2.0
"""Which functions the addresses that steps.c counted belong to."""
import bisect
import collections
import subprocess


def _mapped(pid):
    """[(begin, end, file, address of the file's first byte)] of what is executable"""
    first, out = {}, []
    for line in open(f"/proc/{pid}/maps"):
        words = line.split()
        begin, end = (int(x, 16) for x in words[0].split("-"))
        name = words[5] if len(words) > 5 else "?"
        first.setdefault(name, begin - int(words[2], 16))
        if "x" in words[1]:
            out.append((begin, end, name, first[name]))
    return out


class _Symbols:
    """of one file, by the address where each begins"""

    def __init__(self, path):
        text = ""
        for option in ([], ["-D"]):
            text = text or subprocess.run(["nm", "--defined-only", *option, path], capture_output=True, text=True).stdout
        rows = sorted((int(w[0], 16), w[2]) for w in map(str.split, text.splitlines()) if len(w) == 3 and w[1] in "tTwWi")
        self.at, self.names = [r[0] for r in rows], [r[1].split("@")[0] for r in rows]

    def name(self, address):
        i = bisect.bisect_right(self.at, address) - 1
        return self.names[i] if i >= 0 else "?"


def by_function(path):
    """-> Counter of "function (file)"; to be called while the processes run"""
    maps, symbols, out = {}, {}, collections.Counter()
    for line in open(path):
        pid, address, count = line.split()
        address = int(address, 16)
        if pid not in maps:
            try:
                maps[pid] = _mapped(pid)
            except OSError:
                maps[pid] = []
        if not maps[pid]:
            out["what has ended since"] += int(count)
        for begin, end, name, base in maps[pid]:
            if begin <= address < end:
                if name not in symbols:
                    symbols[name] = _Symbols(name)
                out[f"{symbols[name].name(address - base)} ({name.split('/')[-1]})"] += int(count)
                break
    return out
