# SPDX-License-Identifier: Apache-2.0
"""HAProxy's page of statistics as plays read it: PAGE stands in the file, with the port @stats@."""
import csv

from . import client

PAGE = """
listen statistics
    bind 127.0.0.1:@stats@
    stats enable
    stats uri /stats
"""


def rows(p):
    """the rows of the table, by proxy/server"""
    lines = client.ask(p.values["stats"], target="/stats;csv").text.lstrip("# ").splitlines()
    return {f"{r['pxname']}/{r['svname']}": r for r in csv.DictReader(lines)}
