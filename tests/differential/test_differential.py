# SPDX-License-Identifier: Apache-2.0
"""Each request of the tables as a test of its own; see compare.py. A group that keel refuses as "known but not supported" is skipped by
its feature, so the report lists it."""
import functools
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import compare  # noqa: E402
from lib import where  # noqa: E402
from table_haproxy import GROUPS as HAPROXY  # noqa: E402
from table_haproxy_cookies import GROUPS as COOKIES  # noqa: E402
from table_haproxy_samples import GROUPS as SAMPLES  # noqa: E402
from table_haproxy_tables import GROUPS as TABLES  # noqa: E402
from table_nginx import GROUPS as NGINX  # noqa: E402

GROUPS = NGINX + HAPROXY + COOKIES + TABLES + SAMPLES


@functools.lru_cache(None)
def results(index):
    return compare.both(GROUPS[index])


def cases():
    for g, group in enumerate(GROUPS):
        for a, ask in enumerate(group.asks):
            yield pytest.param(g, a, id=f"{group.name}: {ask.name}".replace("::", ":"))


@pytest.mark.parametrize("group,ask", list(cases()))
def test_same(group, ask):
    g = GROUPS[group]
    if where.missing(g.language):
        pytest.skip(where.missing(g.language))
    purpose = g.differs or g.asks[ask].differs
    if purpose and not where.TEST_PEER:
        pytest.skip("differs on purpose: " + purpose)
    theirs, ours = results(group)
    if isinstance(ours, compare.Unsupported):
        pytest.skip(f"unsupported: {g.feature}: {ours}")
    if isinstance(ours, BaseException):
        pytest.fail(f"keel, {g.name}: {ours}", pytrace=False)
    found = compare.differences(theirs[ask], ours[ask])
    if found:
        pytest.fail(f"{g.name}: {g.asks[ask].name}\n" + "\n".join(found), pytrace=False)
