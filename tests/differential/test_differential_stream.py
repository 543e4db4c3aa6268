# SPDX-License-Identifier: Apache-2.0
"""Each talk of table_stream.py as a test of its own; see compare_stream.py."""
import functools
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import compare_stream  # noqa: E402
import rows  # noqa: E402
from table_stream import GROUPS  # noqa: E402


@functools.lru_cache(None)
def results(index):
    return compare_stream.both(GROUPS[index])


@pytest.mark.parametrize("group,talk", list(rows.cases(GROUPS)))
def test_same(group, talk):
    rows.check(GROUPS[group], talk, lambda: results(group), compare_stream)
