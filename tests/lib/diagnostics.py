# SPDX-License-Identifier: Apache-2.0
"""Reads what `keel check` prints: a list of errors and warnings, each with its place, its picture and its help.

    error[K0210]: proxy_pass names an unknown upstream `plugin.com`
      --> nginx.conf:26:43
    26 |                         proxy_pass http://plugin.com;
       |                                           ^^^^^^^^^^ no such upstream, and no such name in DNS
       = help: proxy_pass http://app.com;
"""
import re
import unicodedata

_HEAD = re.compile(r"(error|warning|note)(?:\[(K\d{4})\])?: (.*)")
_TOTAL = re.compile(r"(?:error|ok): (?:\d+ (?:errors?|warnings?|notes?)\b|no problems)")
_PLACE = re.compile(r"\s*--> (.+?):(\d+)(?::(\d+))?(?:\s|$)")
_SOURCE = re.compile(r"\s*(\d+) \| ?(.*)")
_MARKS = re.compile(r"\s*\| ?( *)(\^+)(.*)")
_HELP = re.compile(r"\s*= (?:help|note): ?(.*)")


def width(text, start=0):
    """columns that <text> takes on a terminal, tabs to the next multiple of 8"""
    at = start
    for c in text:
        if c == "\t":
            at += 8 - at % 8
        elif not unicodedata.combining(c):
            at += 2 if unicodedata.east_asian_width(c) in "WF" else 1
    return at - start


def columns(text, first, count):
    """what stands in columns <first> to <first> + <count> of <text>"""
    out, at = "", 0
    for c in text:
        if first <= at < first + count:
            out += c
        at += width(c, at)
    return out


class Diagnostic:
    def __init__(self, severity, code, message):
        self.severity, self.code, self.message = severity, code, message
        self.file = self.line = self.column = None
        self.source = ""           # the printed source line above the caret
        self.marked = None         # the text over the caret
        self.help = ""
        self.text = message

    def at(self, line, file=""):
        return self.line == line and (self.file or "").endswith(file)

    def __repr__(self):
        return f"<{self.severity} {self.code} {self.file}:{self.line}:{self.column} {self.message!r} marks {self.marked!r} help {self.help!r}>"


def parse(output):
    found = []
    for line in output.splitlines():
        head = None if _TOTAL.match(line) else _HEAD.match(line)
        if head:
            found.append(Diagnostic(head[1], head[2], head[3]))
            continue
        if not found:
            continue
        d = found[-1]
        d.text += "\n" + line
        place, marks, helped = _PLACE.match(line), _MARKS.match(line), _HELP.match(line)
        source = _SOURCE.match(line)
        if place and d.file is None:
            d.file, d.line, d.column = place[1], int(place[2]), int(place[3] or 0)
        elif helped:
            d.help += helped[1] + "\n"
        elif source:
            d.source = source[2]
        elif marks and d.marked is None:
            d.marked = columns(d.source, len(marks[1]), len(marks[2]))
    return found
