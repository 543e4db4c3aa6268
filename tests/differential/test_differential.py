# SPDX-License-Identifier: Apache-2.0
"""Each request of the tables as a test of its own; see compare.py."""
import functools
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import compare  # noqa: E402
import rows  # noqa: E402
from tables import GROUPS  # noqa: E402


@functools.lru_cache(None)
def results(index):
    return compare.both(GROUPS[index])


@pytest.mark.parametrize("group,ask", list(rows.cases(GROUPS)))
def test_same(group, ask):
    rows.check(GROUPS[group], ask, lambda: results(group), compare)
