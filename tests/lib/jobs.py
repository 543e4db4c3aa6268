# SPDX-License-Identifier: Apache-2.0
"""Plays at once: which of them stay in one process, which go first, and which failed (pytest-xdist, --dist loadgroup)."""
import pathlib

import pytest

ROWS_TOGETHER = 30      # groups of a table: each starts its programs once, so that its rows stay in one process


def share_out(items):
    """a file's plays stay together, a table goes in pieces; what is marked slow begins first, lest it be waited for at the end"""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_unit(item)))
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def _unit(item):
    name = item.location[0]
    values = item.callspec.params if hasattr(item, "callspec") else {}
    return f"{name}:{values['group'] // ROWS_TOGETHER}" if isinstance(values.get("group"), int) else name


def write_failed(stats, path):
    """the names of what failed, a line each, into <path> (None: nobody asks)"""
    if path:
        failed = {_without_unit(report.nodeid) for kind in ("failed", "error") for report in stats.get(kind, [])}
        pathlib.Path(path).write_text("".join(name + "\n" for name in sorted(failed)))


def _without_unit(name):
    """pytest-xdist hangs "@unit" on a name; an "@" within brackets is a value's"""
    at = name.rfind("@")
    return name[:at] if at > name.rfind("]") else name
