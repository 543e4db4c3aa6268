# SPDX-License-Identifier: Apache-2.0
"""Rows of a table as tests of their own: what test_differential.py and test_differential_stream.py share. A group that keel refuses as
"known but not supported" is skipped by its feature, so the report lists it."""
import pytest

from lib import where


def cases(groups):
    for g, group in enumerate(groups):
        for a, ask in enumerate(group.asks):
            yield pytest.param(g, a, id=f"{group.name}: {ask.name}".replace("::", ":"))


def check(group, row, results, compare):
    """<results>: gives the peer's and keel's answers to all rows of <group>; <compare>: the module that made them"""
    ask = group.asks[row]
    if where.missing(group.language):
        pytest.skip(where.missing(group.language))
    purpose = group.differs or ask.differs
    if purpose and not where.TEST_PEER:
        pytest.skip("differs on purpose: " + purpose)
    theirs, ours = results()
    if isinstance(ours, compare.Unsupported):
        pytest.skip(f"unsupported: {group.feature}: {ours}")
    if isinstance(ours, BaseException):
        pytest.fail(f"keel, {group.name}: {ours}", pytrace=False)
    found = compare.differences(theirs[row], ours[row])
    if found and found[0].startswith("log"):    # rounded times: on a busy machine one may fall on the other side. What is wrong stays wrong
        theirs, ours = compare.both(group)
        found = compare.differences(theirs[row], ours[row])
    if found:
        pytest.fail(f"{group.name}: {ask.name}\n" + "\n".join(found), pytrace=False)
