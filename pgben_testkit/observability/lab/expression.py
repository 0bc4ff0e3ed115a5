"""Take an alert's expression apart, by promql-parser."""

from __future__ import annotations

import re
from typing import Any

from pgben_testkit import extras

_OFFSET = re.compile(r"\s+(?:offset\s+\S+|@\s+.*)$")
COMPARISONS = (">", "<", ">=", "<=", "==", "!=")


def without_condition(expression: str) -> str:
    """Return what an alert's expression compares: `rate(x[5m]) > 2` gives `rate(x[5m])`; of `a and b` it is a's. The
    expression itself where it compares nothing, or can't be read."""
    parser = extras.need(
        "promql_parser", "promql-parser", what="an expression can't be taken apart", extra="observability"
    )
    try:
        node: Any = parser.parse(expression)
    except ValueError:
        return expression
    while True:
        if isinstance(node, parser.ParenExpr):
            node = node.expr
        elif isinstance(node, parser.BinaryExpr) and (str(node.op) in ("and", "unless") or _compares(node)):
            if _compares(node):
                return _text(parser, node)
            node = node.lhs
        else:
            return str(node.prettify()) if hasattr(node, "prettify") else str(node)


def selectors(expression: str) -> list[str]:
    """Return the series that `expression` asks for, as `up{job="a"}`, without offsets; empty if it can't be read."""
    parser = extras.need(
        "promql_parser", "promql-parser", what="an expression can't be taken apart", extra="observability"
    )
    found: list[Any] = []
    try:
        parser.walk(parser.parse(expression), found.append)
    except ValueError:
        return []
    asked = [_OFFSET.sub("", str(each.prettify())) for each in found if isinstance(each, parser.VectorSelector)]
    return list(dict.fromkeys(asked))


def _compares(node: Any) -> bool:
    return str(node.op) in COMPARISONS


def _text(parser: Any, node: Any) -> str:
    side = node.rhs if isinstance(node.lhs, parser.NumberLiteral) else node.lhs
    return str(side.prettify())
