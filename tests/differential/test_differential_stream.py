# SPDX-License-Identifier: Apache-2.0
"""Each talk of table_stream.py as a test of its own; see compare_stream.py."""
import functools
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import compare_stream  # noqa: E402
from lib import where  # noqa: E402
from table_stream import GROUPS  # noqa: E402


@functools.lru_cache(None)
def results(index):
    return compare_stream.both(GROUPS[index])


def cases():
    for g, group in enumerate(GROUPS):
        for a, talk in enumerate(group.asks):
            yield pytest.param(g, a, id=f"{group.name}: {talk.name}".replace("::", ":"))


@pytest.mark.parametrize("group,talk", list(cases()))
def test_same(group, talk):
    g = GROUPS[group]
    if where.missing(g.language):
        pytest.skip(where.missing(g.language))
    purpose = g.differs or g.asks[talk].differs
    if purpose and not where.TEST_PEER:
        pytest.skip("differs on purpose: " + purpose)
    theirs, ours = results(group)
    if isinstance(ours, compare_stream.Unsupported):
        pytest.skip(f"unsupported: {g.feature}: {ours}")
    if isinstance(ours, BaseException):
        pytest.fail(f"keel, {g.name}: {ours}", pytrace=False)
    found = compare_stream.differences(theirs[talk], ours[talk])
    if found:
        pytest.fail(f"{g.name}: {g.asks[talk].name}\n" + "\n".join(found), pytrace=False)
