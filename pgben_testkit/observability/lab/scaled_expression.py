"""A PromQL expression whose durations are divided, and whose value is the same.

Ranges, offsets and steps of subqueries are divided. What is counted per second comes out larger by the factor and is
divided too; what reads the clock reads the laboratory's. An expression of which that can't be had is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from pgben_testkit import extras
from pgben_testkit.observability.lab.scale import NotScalable, Scale

PER_SECOND = ("rate", "irate", "deriv")
DATES = ("day_of_month", "day_of_week", "day_of_year", "days_in_month", "hour", "minute", "month", "year")
_TIMELESS = """
    abs absent absent_over_time acos acosh asin asinh atan atanh avg_over_time ceil changes clamp clamp_max clamp_min
    cos cosh count_over_time deg delta exp first_over_time floor histogram_avg histogram_count histogram_fraction
    histogram_quantile histogram_stddev histogram_stdvar histogram_sum holt_winters double_exponential_smoothing idelta
    increase label_join label_replace last_over_time ln log10 log2 mad_over_time max_over_time min_over_time pi
    present_over_time quantile_over_time rad resets round scalar sgn sin sinh sort sort_by_label sort_by_label_desc
    sort_desc sqrt stddev_over_time stdvar_over_time sum_over_time tan tanh vector
"""
TIMELESS = frozenset(_TIMELESS.split())
"""Functions of which the value does not depend on how long a second is. One that is not here is refused."""
REAL_SECONDS = ("scrape_duration_seconds", "scrape_timeout_seconds", "ALERTS_FOR_STATE")
"""Series that Prometheus makes itself, of its own clock's seconds."""
PRESENCE = ("absent", "absent_over_time", "present_over_time")
"""Ask whether series are there, whatever their values."""


def scaled(expression: str, scale: Scale) -> str:
    """The expression for a Prometheus whose durations are divided.

    Raises:
        NotScalable: it can't be kept what it means, or not be read.
    """
    parser: Any = extras.need(
        "promql_parser", "promql-parser", what="an expression can't be scaled", extra="observability"
    )
    try:
        tree = parser.parse(expression)
        again = parser.parse(tree.prettify())
    except ValueError as error:
        raise _refused(expression, f"it can't be read: {error}") from None
    if _parts(again) != _parts(tree):
        raise _refused(expression, "it can't be taken apart and put together again")
    return _written(parser, parser.transform(tree, _asked(expression), _Rewriting(parser, expression, scale)))


def from_then_on(expression: str, moment: float) -> str:
    """The expression, which has no result before `moment`, unix seconds."""
    parser: Any = extras.need(
        "promql_parser", "promql-parser", what="an expression can't be scaled", extra="observability"
    )
    vector = f"vector({expression})" if _is_scalar(parser.parse(expression)) else f"({expression})"
    return _written(parser, parser.parse(f"{vector} and on () (vector(time()) >= {moment:.3f})"))


def _written(parser: Any, tree: Any) -> str:
    """In one line: what the printer breaks is not within a string."""
    text = re.sub(r"\n\s*", " ", str(tree.prettify())).strip()
    if _parts(parser.parse(text)) != _parts(tree):
        raise _refused(text, "it can't be put together again")
    return text


def _is_scalar(node: Any) -> bool:
    kind = type(node).__name__
    if kind == "Call":
        return str(node.func.return_type).endswith("Scalar")
    if kind in ("ParenExpr", "UnaryExpr"):
        return _is_scalar(node.expr)
    return kind == "NumberLiteral" or (kind == "BinaryExpr" and _is_scalar(node.lhs) and _is_scalar(node.rhs))


def _parts(tree: Any) -> list[str]:
    """All of it, each with its depth; the order of matchers, which is the printer's own, does not count."""
    return sorted(repr(tree).splitlines())


def _refused(expression: str, why: str) -> NotScalable:
    return NotScalable(
        f"this expression can't be scaled: {' '.join(expression.split())}",
        why=why,
        remedy="use jumped clocks or real time (pgben_alerts_pace)",
    )


def _asked(expression: str) -> Callable[[Any], None]:
    """Refuses series of real seconds, where their values count."""

    presence: set[str] = set()

    def visit(node: Any) -> None:
        kind = type(node).__name__
        if kind == "Call" and node.func.name in PRESENCE:
            presence.add(repr(node.args[0]))
        elif kind == "MatrixSelector" and repr(node) in presence:
            presence.add(repr(node.vector_selector))
        elif kind == "VectorSelector" and repr(node) not in presence:
            found = next((each for each in REAL_SECONDS if _selects(node, each)), None)
            if found:
                raise _refused(
                    expression,
                    f"{str(node).strip()} selects {found}, which Prometheus fills with its own clock's seconds",
                )

    return visit


def _selects(node: Any, name: str) -> bool:
    if node.name:
        return str(node.name) == name
    groups = node.matchers.or_matchers or [node.matchers.matchers]
    return any(all(_takes(each, name) for each in group if each.name == "__name__") for group in groups)


def _takes(matcher: Any, name: str) -> bool:
    op = str(matcher.op).rpartition(".")[2]
    if op in ("Equal", "NotEqual"):
        return (str(matcher.value) == name) == (op == "Equal")
    try:
        return (re.fullmatch(matcher.value, name) is not None) == (op == "Re")
    except re.error:
        return True


class _Rewriting:
    """Called with each node after those below it."""

    def __init__(self, parser: Any, expression: str, scale: Scale) -> None:
        self._parser = parser
        self._expression = expression
        self._scale = scale

    def __call__(self, node: Any) -> Any:
        kind = type(node).__name__
        if getattr(node, "at", None) is not None:
            raise _refused(self._expression, "@ names a moment of Prometheus' own clock")
        if kind == "VectorSelector" and node.offset:
            return self._parsed(self._without_offset(node) + self._offset(node.offset))
        if kind == "MatrixSelector":
            inner = node.vector_selector  # its offset is divided already
            offset = f" offset {round(inner.offset.total_seconds() * 1000)}ms" if inner.offset else ""
            return self._parsed(f"{self._without_offset(inner)}[{self._text(node.range)}]{offset}")
        if kind == "SubqueryExpr":
            step = self._text(node.step) if node.step else ""
            offset = self._offset(node.offset) if node.offset else ""
            return self._parsed(f"{node.expr.prettify()}[{self._text(node.range)}:{step}]{offset}")
        return self._call(node) if kind == "Call" else None

    def _call(self, node: Any) -> Any:
        name, text = node.func.name, node.prettify()
        if name in PER_SECOND:
            return self._parsed(f"({text} / {self._scale.factor:g})")
        if name == "predict_linear":
            series, seconds = (each.prettify() for each in node.args)
            return self._parsed(f"predict_linear({series}, ({seconds}) / {self._scale.factor:g})")
        if name in ("time", "timestamp"):
            return self._parsed(self._of_laboratory(text))
        if name in DATES:
            return None if node.args else self._parsed(f"{name}(vector({self._of_laboratory('time()')}))")
        if name not in TIMELESS:
            raise _refused(self._expression, f"what {name}() says of scaled time is not known")
        return None

    def _of_laboratory(self, moment: str) -> str:
        """Scale.laboratory(), in PromQL."""
        scale = self._scale
        return f"({scale.laboratory_origin:.3f} + ({moment} - {scale.program_origin:.3f}) * {scale.factor:g})"

    def _without_offset(self, selector: Any) -> str:
        text = str(selector.prettify())
        return re.sub(r"\s+offset\s+\S+$", "", text) if selector.offset else text

    def _text(self, duration: timedelta) -> str:
        return self._scale.duration(duration.total_seconds())

    def _offset(self, duration: timedelta) -> str:
        return f" offset {self._text(duration)}"

    def _parsed(self, text: str) -> Any:
        return self._parser.parse(text)
