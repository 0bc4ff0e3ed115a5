"""Find personal data in a label value: it is kept as long as Prometheus keeps anything, and anybody reads it."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.lgpd.text import kind_of
from pgben_testkit.observability.held import Held

RULE = Rule("metrics/personal-data", "error", "A label holds personal data")


def check(held: Held) -> Iterator[Finding]:
    """Yield each label with personal data. Values that the catalogue lists one by one are not looked at."""
    for family in held.now.families.values():
        metric = held.metrics.get(family.name)
        found: dict[tuple[str, str], int] = {}
        for series in family.series:
            for label, value in series:
                if metric and label in metric.labels and value in metric.labels[label].values:
                    continue
                kind = kind_of(value, label)
                if kind:
                    found[label, kind] = found.get((label, kind), 0) + 1
        for (label, kind), count in sorted(found.items()):
            yield finding(
                RULE,
                f"{family.name}.{label}",
                held.place(family),
                f"{label} of {family.name} holds personal data: {kind} ({count} series)",
                reason="LGPD, art. 6, III: no more data than the purpose needs; metrics need none of it",
                remedy="take the label away, or give the route's template, a role, a unidade in its place",
            )
