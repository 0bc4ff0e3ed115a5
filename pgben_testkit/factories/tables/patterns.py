"""Makes texts that a regular expression of PostgreSQL matches, short enough for a column and an index."""

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
"""POSIX character class -> its characters, since Python does not know these classes."""
_PART = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|[*+]|\{(?P<least>\d+),\}", re.DOTALL)
_WORD_EDGES = {r"\m": r"\b", r"\M": r"\b", r"\y": r"\b", r"\A": "", r"\Z": ""}
REPEATS = (6, 1, 12, 2)
"""The largest numbers of repetitions where a pattern sets none; small ones first, since columns are short."""
LONGEST_EXACT = 40
"""The longest `char(n)` for which texts of each length are tried."""


def matching(pattern: str, random: Random, exact: int | None = None) -> list[str]:
    """Make a few texts that `pattern` matches; none if Python does not understand the pattern.

    `exact`: the number of characters that a text must have, because a `char(n)` is filled with blanks.
    """
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
    """Return the regular expression that means the same as `pattern` of a `SIMILAR TO`."""
    return "^(?:" + re.sub(r"[%_.^$]", lambda each: {"%": ".*", "_": "."}.get(each[0], "\\" + each[0]), pattern) + ")$"


def _bounded(pattern: str, least: int, most: int) -> str:
    """Write `pattern` for Python, with bounds where it has none."""

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
