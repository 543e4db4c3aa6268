# SPDX-License-Identifier: Apache-2.0
"""Each request of the tables as a test of its own; see compare.py."""
import functools
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import compare  # noqa: E402
import rows  # noqa: E402
from table_haproxy import GROUPS as HAPROXY  # noqa: E402
from table_haproxy_cookies import GROUPS as COOKIES  # noqa: E402
from table_haproxy_samples import GROUPS as SAMPLES  # noqa: E402
from table_haproxy_tables import GROUPS as TABLES  # noqa: E402
from table_nginx import GROUPS as NGINX  # noqa: E402
from table_nginx_more import GROUPS as NGINX_MORE  # noqa: E402
from table_nginx_pages import GROUPS as NGINX_PAGES  # noqa: E402

GROUPS = NGINX + NGINX_PAGES + NGINX_MORE + HAPROXY + COOKIES + TABLES + SAMPLES


@functools.lru_cache(None)
def results(index):
    return compare.both(GROUPS[index])


@pytest.mark.parametrize("group,ask", list(rows.cases(GROUPS)))
def test_same(group, ask):
    rows.check(GROUPS[group], ask, lambda: results(group), compare)
