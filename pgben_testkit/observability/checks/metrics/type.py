"""Find a metric of another type than the catalogue says: rate() of a gauge means nothing."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.observability.held import Held

RULE = Rule("metrics/type", "error", "A metric has another type than in the catalogue")
SAME = {"unknown": ("unknown", "untyped"), "info": ("info", "gauge")}
"""In the text format there is no info: it is a gauge of 1."""


def check(held: Held) -> Iterator[Finding]:
    for family, metric in held.known():
        if family.type not in SAME.get(metric.type, (metric.type,)):
            yield finding(
                RULE,
                metric.name,
                held.place(family),
                f"{metric.name} is a {family.type}, not a {metric.type}",
                remedy=f"export it as a {metric.type}, with its TYPE line, or correct the catalogue",
                related=(metric.place,),
            )
