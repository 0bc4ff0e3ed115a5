"""Reads the literals in the checks of a table: numbers, texts, dates and JSON that are probably good candidates."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from pgben_testkit.factories.tables.introspect import Column

STRING = re.compile(r"'((?:[^']|'')*)'")
NUMBER = re.compile(r"(?<![\w.'])-?\d+(?:\.\d+)?(?![\w.'])")
REGEX = re.compile(r"(?<!!)~\*?\s*'((?:[^']|'')*)'")
SIMILAR = re.compile(r"similar_(?:to_)?escape\('((?:[^']|'')*)'")
NOW = re.compile(r"\bnow\(\)|CURRENT_|LOCALTIME|_timestamp\(\)|\bage\(", re.IGNORECASE)
JSON_KEY = re.compile(r"(?:\?[&|]?|->>?)\s*\(?'((?:[^']|'')*)'")
JSON_KEYS = re.compile(r"\?[&|]\s*\(?ARRAY\[([^\]]*)\]")
LIKE = re.compile(r"(?<!!)~~\*?\s*'((?:[^']|'')*)'")


def unquoted(text: str) -> str:
    """Undo the doubling of quotes in the SQL literal `text`."""
    return text.replace("''", "'")


def sizes(spoken: Sequence[str], most: int) -> list[int]:
    """Return the lengths up to `most` that checks speak of, and those one less and one more."""
    numbers = [int(float(each)) for expression in spoken for each in NUMBER.findall(STRING.sub("''", expression))]
    return list(dict.fromkeys(each + by for each in numbers for by in (0, 1, -1) if 0 <= each + by <= most))


_TIME = r"\d\d?:\d\d.*"
_NETWORK = r"[\d.]+(/\d+)?"
_SHAPES = {
    "interval": rf"-?{_TIME}|.*\d (sec|min|hour|day|mon|year).*",
    "time": _TIME,
    "timetz": _TIME,
    "inet": rf"{_NETWORK}|[\da-f:]*:[\da-f:]*(/\d+)?",
    "cidr": _NETWORK,
    "macaddr": r"([\da-f]{2}:){5}[\da-f]{2}",
}
"""kind -> a pattern of how PostgreSQL writes literals of this kind"""


def literals_like(kind: str, spoken: Sequence[str]) -> list[str]:
    """Return the literals of `kind` in checks, and a host of each network among them."""
    shape = _SHAPES.get(kind)
    texts = [
        each for expression in spoken for each in STRING.findall(expression) if shape and re.fullmatch(shape, each)
    ]
    hosts = [each.partition("/")[0].rpartition(".")[0] + ".7" for each in texts if kind == "inet" and "." in each]
    return texts + hosts


def now() -> datetime:
    """Read the clock, for checks that read it themselves."""
    return datetime.now(UTC)


def moments(column: Column, spoken: Sequence[str]) -> list[str]:
    """Return the moments in checks, and some around now if the checks read the clock."""
    found = literal_dates(spoken)
    if any(map(NOW.search, spoken)):
        days = [now() + timedelta(days=each) for each in (0, 1, 2, 30, -1, -2, -30, 365, -365, -7000)]
        found += [(each.date() if column.kind == "date" else each).isoformat() for each in days]
    return found


def objects(spoken: Sequence[str]) -> list[Any]:
    """Make JSON objects with the keys in checks, with values of each type and those that checks compare with."""
    keys: list[str] = []
    others: list[Any] = []
    for expression in spoken:
        mine = [unquoted(each) for each in JSON_KEY.findall(expression)]
        for listed in JSON_KEYS.findall(expression):
            mine += [unquoted(each) for each in STRING.findall(listed)]
        others += [each for each in map(unquoted, STRING.findall(expression)) if each not in mine]
        others += [float(each) if "." in each else int(each) for each in NUMBER.findall(STRING.sub("", expression))]
        keys += mine
    keys = list(dict.fromkeys(keys))
    values = [*dict.fromkeys(others), "x", 1, True, [], {}, None]
    found: list[Any] = [dict.fromkeys(keys, value) for value in values]
    if len(keys) > 1:
        found += [
            {first: value, **dict.fromkeys(rest, other)}
            for first, *rest in _turns(keys)
            for value in values[:6]
            for other in values[:6]
        ]
        found += [{keys[0]: {keys[1]: value}} for value in values]
    return [each for each in found if each]


def json_literals(spoken: Sequence[str]) -> list[Any]:
    """Return the JSON objects and arrays that checks compare with, as `j @> '{"v": 1}'` does."""
    found = []
    for text in (unquoted(each) for expression in spoken for each in STRING.findall(expression)):
        if text[:1] in "{[" and text:
            with suppress(json.JSONDecodeError):
                found.append(json.loads(text))
    return found


def _turns(keys: list[str]) -> list[list[str]]:
    return [keys[place:] + keys[:place] for place in range(len(keys))]


def literal_dates(spoken: Sequence[str]) -> list[str]:
    """Return the dates and moments in checks."""
    found = []
    for expression in spoken:
        for text in STRING.findall(expression):
            if re.fullmatch(r"\d{4}-\d\d-\d\d.*", text):
                found.append(text)
    return found
