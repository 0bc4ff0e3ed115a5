"""Find too many series: a label that grows with users, documents or paths fills Prometheus' memory."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Place, Rule, finding
from pgben_testkit.observability.catalogue import SERIES_MAX
from pgben_testkit.observability.exposition import Family
from pgben_testkit.observability.held import Held

RULE = Rule("metrics/cardinality", "error", "A metric, or an endpoint, has too many series")


def check(held: Held) -> Iterator[Finding]:
    total = 0
    for family in held.now.families.values():
        count = len(family.series)
        total += len(family.samples)
        metric = held.metrics.get(family.name)
        limit = metric.series_max if metric else SERIES_MAX
        if count > limit:
            label, values = _widest(family)
            yield finding(
                RULE,
                family.name,
                held.place(family),
                f"{family.name} has {count} series, {limit} at most",
                reason=f"its label {label} has {values} values" if label else "",
                remedy="take the label that grows away, or put its values into a few groups",
                related=(metric.place,) if metric else (),
            )
    limit = held.exporter.series_max
    if limit and total > limit:
        yield finding(
            RULE,
            held.exporter.name,
            Place(held.now.source),
            f"{held.exporter.name} exports {total} samples, {limit} at most",
            remedy="find the largest metrics, and take labels or buckets away",
        )


def _widest(family: Family) -> tuple[str, int]:
    values: dict[str, set[str]] = {}
    for series in family.series:
        for label, value in series:
            values.setdefault(label, set()).add(value)
    return max(((label, len(each)) for label, each in values.items()), key=lambda pair: pair[1], default=("", 0))
