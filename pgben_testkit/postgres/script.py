"""Split SQL files into statements as psql does, each with its line; COPY data included."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
      (?P<line_comment>--[^\n]*)
    | (?P<block_comment>/\*)
    | (?P<escape_string>(?<![\w$])[eE]'(?:[^'\\]|\\.|'')*')
    | (?P<string>'(?:[^']|'')*')
    | (?P<identifier>"(?:[^"]|"")*")
    | (?P<dollar>(?<![\w$])\$(?:[A-Za-z_\x80-\uffff][\w\x80-\uffff]*)?\$)
    | (?P<open>[(\[])
    | (?P<close>[)\]])
    | (?P<semicolon>;)
    | (?P<word>[A-Za-z_\x80-\uffff][\w$]*)
    | (?P<meta>^[ \t]*\\[^\n]*)
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_COPY_FROM_STDIN = re.compile(r"\A\s*copy\b.*\bfrom\s+stdin\b", re.IGNORECASE | re.DOTALL)
HARMLESS_META = ("\\restrict", "\\unrestrict", "\\echo", "\\set ON_ERROR_STOP", "\\timing", "\\encoding UTF8")
"""psql's own commands that change nothing of the outcome; pg_dump writes the first two."""


@dataclass(frozen=True)
class Statement:
    """One statement. `line` counts from 1; `data` is what follows a COPY ... FROM stdin, else None."""

    text: str
    line: int
    data: str | None = None


class NotSql(ValueError):
    """Something in a file that only psql itself understands. `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def statements(sql: str) -> Iterator[Statement]:
    """The statements of a file, by PostgreSQL's lexical rules (manual, 4.1): quotes, dollar quotes, nested
    comments, and BEGIN ATOMIC ... END bodies, whose semicolons don't end the statement.

    Raises:
        NotSql: a psql command (a backslash at the start of a line) that means something.
    """
    start = position = depth = 0
    atomic = 0
    previous = ""
    while True:
        match = _TOKEN.search(sql, position)
        if match is None:
            break
        kind, position = match.lastgroup, match.end()
        if kind == "block_comment":
            position = _end_of_comment(sql, position)
        elif kind == "dollar":
            end = sql.find(match.group(), position)
            position = len(sql) if end < 0 else end + len(match.group())
        elif kind == "open":
            depth += 1
        elif kind == "close":
            depth = max(0, depth - 1)
        elif kind == "word":
            word = match.group().lower()
            if word == "atomic" and previous == "begin":
                atomic = 1
            elif atomic:
                atomic += {"case": 1, "end": -1}.get(word, 0)
            previous = word
        elif kind == "meta" and not sql[start : match.start()].strip():
            command = match.group().strip()
            if not command.startswith(HARMLESS_META):
                raise NotSql(f"the psql command {command.split()[0]}", _line(sql, match.start()))
            start = position
        elif kind == "semicolon" and depth == 0 and atomic == 0:
            begin = start + _blank_before(sql[start:position])
            text, data = sql[begin:position], None
            if _COPY_FROM_STDIN.match(text):
                data, position = _copy_data(sql, position)
            if text.strip(" \t\r\n;"):
                yield Statement(text, _line(sql, begin), data)
            start, previous = position, ""
    begin = start + _blank_before(sql[start:])
    if sql[begin:].strip():
        yield Statement(sql[begin:].strip(), _line(sql, begin))


def _end_of_comment(sql: str, position: int) -> int:
    depth = 1
    while depth:
        match = re.compile(r"/\*|\*/").search(sql, position)
        if match is None:
            return len(sql)
        depth += 1 if match.group() == "/*" else -1
        position = match.end()
    return position


def _copy_data(sql: str, position: int) -> tuple[str, int]:
    begin = sql.find("\n", position) + 1
    if begin == 0:
        return "", len(sql)
    end = re.compile(r"^\\\.[ \t]*\r?$\n?", re.MULTILINE).search(sql, begin)
    if end is None:
        return sql[begin:], len(sql)
    return sql[begin : end.start()], end.end()


def _line(sql: str, position: int) -> int:
    return sql.count("\n", 0, position) + 1


def _blank_before(text: str) -> int:
    """How many characters of white space and comments stand before the first word."""
    match = re.match(r"(?:\s+|--[^\n]*\n|/\*.*?\*/)*", text, re.DOTALL)
    return match.end() if match else 0
