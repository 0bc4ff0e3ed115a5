"""Texts that a regular expression of PostgreSQL matches, short enough for a column and an index."""

from __future__ import annotations

import re
from random import Random

from pgben_testkit.factories.extra import missing_extra

CLASSES = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": " ",
    "xdigit": "0-9a-f",
    "punct": "!-/",
    "blank": " ",
    "word": "a-zA-Z0-9_",
}
"""POSIX character classes, which Python does not know."""
_PART = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|[*+]|\{(?P<least>\d+),\}", re.DOTALL)
_WORD_EDGES = {r"\m": r"\b", r"\M": r"\b", r"\y": r"\b", r"\A": "", r"\Z": ""}
REPEATS = (6, 1, 12, 2)
"""Most repetitions of what has no bound: a few at first, since columns and indexes have one."""
LONGEST_EXACT = 40


def matching(pattern: str, random: Random, exact: int | None = None) -> list[str]:
    """A few texts that the pattern matches; none where Python does not understand it. `exact`: characters that a
    text must have, as a `char(n)` is filled with blanks."""
    try:
        import rstr
    except ModuleNotFoundError:
        raise missing_extra("rstr") from None
    maker = rstr.Rstr(random)
    bounded = [_bounded(pattern, 0, most) for most in REPEATS]
    if exact is not None:
        bounded += [_bounded(pattern, size, size) for size in range(1, min(exact, LONGEST_EXACT) + 1)]
    try:
        return [maker.xeger(each).rstrip("\n") for each in bounded]
    except (re.error, ValueError, OverflowError, KeyError, IndexError, AttributeError):
        return []


def from_similar(pattern: str) -> str:
    """The regular expression of a `SIMILAR TO`."""
    return "^(?:" + re.sub(r"[%_.^$]", lambda each: {"%": ".*", "_": "."}.get(each[0], "\\" + each[0]), pattern) + ")$"


def _bounded(pattern: str, least: int, most: int) -> str:
    """The pattern with bounds where it has none, as Python writes it."""

    def part(match: re.Match[str]) -> str:
        text = match[0]
        if text in "*+":
            return f"{{{max(least, 1 if text == '+' else 0)},{most}}}"
        if match["least"]:
            return f"{{{max(least, int(match['least']))},{max(most, int(match['least']))}}}"
        if text.startswith("["):
            return re.sub(r"\[:(\w+):\]", lambda each: CLASSES.get(each[1], ""), text)
        return _WORD_EDGES.get(text, text)

    return _PART.sub(part, pattern)
