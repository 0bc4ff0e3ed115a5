"""Prometheus' durations: `1m30s` and back. Source: Prometheus' documentation, "Configuration", `<duration>`."""

from __future__ import annotations

import re

from pgben_testkit.errors import UsageProblem

UNITS = {"y": 31_536_000.0, "w": 604_800.0, "d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
"""Unit -> seconds, in the order in which they may follow each other."""
_PART = re.compile(r"(\d+)(ms|[ywdhms])")


def seconds(text: str | int | float) -> float:
    """The seconds of `5m`, `1h30m`, `0`, or of a bare number of seconds.

    Raises:
        UsageProblem: no duration.
    """
    if isinstance(text, int | float) and not isinstance(text, bool):
        return float(text)
    word = str(text).strip()
    if word == "0":
        return 0.0
    parts = _PART.findall(word)
    order = [list(UNITS).index(unit) for _, unit in parts]
    if not parts or "".join(number + unit for number, unit in parts) != word or order != sorted(set(order)):
        raise UsageProblem(f"{text!r} is no duration", why="one is like 30s, 5m, 1h30m or 2d", remedy="write it so")
    return sum(float(number) * UNITS[unit] for number, unit in parts)


def text(seconds: float) -> str:
    """The shortest duration that says so many seconds, to the millisecond: `5m`, `1h30m`, `2m3.5s`."""
    rest = round(seconds, 3)
    if rest < 0:
        return "-" + text(-rest)
    words = []
    for unit in ("d", "h", "m"):
        count, rest = divmod(rest, UNITS[unit])
        if count:
            words.append(f"{int(count)}{unit}")
    rest = round(rest, 3)
    if rest or not words:
        words.append(f"{rest:g}s")
    return "".join(words)
