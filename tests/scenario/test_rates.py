# SPDX-License-Identifier: Apache-2.0
"""How fast answers go: nginx's limit_rate and limit_rate_after, as numbers, sizes and variables."""
import concurrent.futures
import time

import pytest

from lib import client, config

MAP = 'map $arg_rate $rate { "" 0; default $arg_rate; } map $arg_after $after { "" 0; default $arg_after; }'
SIZE = 60000


@pytest.fixture
def play(start, origin):
    def make(location, http=MAP):
        return start("nginx", config.nginx(f"{http} server {{ listen 127.0.0.1:@port@; location / {{ {location} proxy_pass http://127.0.0.1:@a@; }} }}"), a=origin("a").port)
    return make


def took(p, query=""):
    began = time.monotonic()
    with client.Client(p.port, timeout=20) as c:
        assert len(c.ask(target=f"/size/{SIZE}{query}").body) == SIZE
    return time.monotonic() - began


def all_took(p, *queries):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        return list(pool.map(lambda q: took(p, q), queries))


def test_the_rate_is_a_variable(play):
    slow, half, free, words = all_took(play("limit_rate $rate;"), "?rate=20000", "?rate=20k", "", "?rate=many")
    assert 1.4 < slow < 6 and 1.3 < half < 6
    assert free < 1.2 and words < 1.2, "0, nothing and what is no size set no limit"


def test_after_so_many_bytes_of_a_variable(play):
    early, late = all_took(play("limit_rate 20k; limit_rate_after $after;"), "", "?after=50k")
    assert early > 1.3 and late < early - 0.8


def test_what_was_set_counts_more(play):
    """set $limit_rate over limit_rate"""
    p = play("set $limit_rate 20000; limit_rate $rate;")
    assert took(p, "?rate=900000") > 1.4


def test_a_level_inside_decides(play):
    p = play("if ($arg_all) { limit_rate 0; }", MAP + "limit_rate $rate;")
    slow, free = all_took(p, "?rate=20000", "?rate=20000&all=1")
    assert slow > 1.4 and free < 1.2
