"""Series and their values as promtool's unit tests write them: `errs{job="api"}` and `0+10x5 _x2 stale`.

Source: Prometheus' documentation, "Unit testing for rules", `<series>`; what it leaves open, promtool's own behaviour.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from pgben_testkit import extras
from pgben_testkit.errors import UsageProblem

Value = float | None | Literal["stale"]
"""A sample; None is none at this step; `stale`: the series has ended."""

_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[iI][nN][fF]|[nN][aA][nN]"
_ITEM = re.compile(
    rf"(?P<first>[+-]?(?:{_NUMBER}))(?:(?P<step>[+-](?:{_NUMBER})))?(?:x(?P<times>\d+))?"
    r"|_(?:x(?P<blanks>\d+))?|(?P<stale>stale)"
)
LONGEST = 10_000_000
"""Values of one series: a slip in a number of repetitions is told before memory is full."""


def values(text: str) -> list[Value]:
    """One value a step, from step 0.

    `a+bxn` and `a-bxn`: a, then n more, each b further; `axn`: a, then n more of it; `_xn`: n steps without a sample.

    Raises:
        UsageProblem: another notation; native histograms.
    """
    made: list[Value] = []
    if "{{" in text:
        raise UsageProblem(
            f"{text!r} has native histograms",
            why="they can't be scraped as text",
            remedy="write classic buckets, as promtool takes them too",
        )
    for item in text.split():
        found = _ITEM.fullmatch(item)
        times = int((found["times"] or found["blanks"] or 0) if found else 0)
        if not found or (found["step"] and found["times"] is None) or _letters_before_x(item):
            raise _wrong(text, item)
        if len(made) + times > LONGEST:
            raise UsageProblem(f"{item!r} is too long", why=f"a series has {LONGEST} values at most")
        if found["stale"]:
            made.append("stale")
        elif not found["first"]:
            made += [None] * (1 if found["blanks"] is None else times)
        else:
            value, step = _number(found["first"]), _number(found["step"] or "0")
            for _ in range(times + 1):
                made.append(value)
                value += step  # as promtool adds: rounding included
    return made


def _number(text: str) -> float:
    """Go's reading: `010` is octal, `08` is not."""
    octal = re.fullmatch(r"([+-]?)(0[0-7]+)", text)
    return float(octal[1] + str(int(octal[2], 8))) if octal else float(text)


def _letters_before_x(item: str) -> bool:
    """`infx3`: promtool reads one word, and knows none such."""
    return bool(re.search(r"[a-zA-Z]x\d", item))


def _wrong(text: str, item: str) -> UsageProblem:
    return UsageProblem(
        f"{item!r} is no value of a series",
        why=f"it is in {text!r}; there are 1, 0+10x5, 7x3, 10-2x4, _, _x3, stale",
        remedy="write it so; between values stands a space",
    )


@dataclass(frozen=True)
class InputSeries:
    """A series of a unit test. `labels` without its name."""

    name: str
    labels: dict[str, str]
    values: Sequence[Value] = field(repr=False)

    @property
    def labels_exported(self) -> dict[str, str]:
        """Without those that scraping adds."""
        return {name: value for name, value in self.labels.items() if name not in ("job", "instance")}

    def at(self, step: int) -> Value:
        """Its value at a step; None before the first and after the last."""
        return self.values[step] if 0 <= step < len(self.values) else None


def selector(text: str) -> tuple[str, dict[str, str]]:
    """`errs{job="api"}` as a name, empty where it has none, and labels without empty ones.

    Raises:
        UsageProblem: an expression, or matchers other than `=`.
    """
    promql = extras.need("promql_parser", "promql-parser", what="a series can't be read", extra="observability")
    try:
        found = promql.parse(text)
    except ValueError as error:
        raise UsageProblem(f"{text!r} is no series", why=str(error), remedy='write errs{job="api"}') from None
    if not isinstance(found, promql.VectorSelector) or found.offset or found.at:
        raise UsageProblem(f"{text!r} is no series", why="it is an expression", remedy='write errs{job="api"}')
    labels = {}
    for each in found.matchers.matchers:
        if each.op != promql.MatchOp.Equal:
            raise UsageProblem(f"{text!r} is no series", why=f"{each.name} must have one value", remedy="write =")
        labels[each.name] = each.value
    name = found.name or labels.pop("__name__", "")
    return name, {key: value for key, value in labels.items() if value}


def series(text: str, notation: str) -> InputSeries:
    """A series with its values.

    Raises:
        UsageProblem: not a metric with labels, or no values.
    """
    name, labels = selector(text)
    if not name:
        raise UsageProblem(f"{text!r} has no name", why="a metric has one", remedy='write errs{job="api"}')
    return InputSeries(name, labels, values(notation))


def written(value: Value) -> str:
    """As the notation has it."""
    if value is None:
        return "_"
    return value if isinstance(value, str) else "NaN" if math.isnan(value) else f"{value:g}"
