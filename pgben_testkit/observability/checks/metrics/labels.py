"""Find other labels than the catalogue says: a rule that groups by one of them gets one group, or none."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.observability.held import Held

RULE = Rule("metrics/labels", "error", "A metric carries other labels than in the catalogue")


def check(held: Held) -> Iterator[Finding]:
    for family, metric in held.known():
        wrong: dict[tuple[str, ...], int] = {}
        for series in family.series:
            names = tuple(sorted(name for name, _ in series))
            if set(names) != set(metric.labels):
                wrong[names] = wrong.get(names, 0) + 1
        for names, count in wrong.items():
            lacks = sorted(set(metric.labels) - set(names))
            extra = sorted(set(names) - set(metric.labels))
            said = [f"lacks {', '.join(lacks)}"] * bool(lacks) + [f"has {', '.join(extra)} besides"] * bool(extra)
            yield finding(
                RULE,
                f"{metric.name}{{{','.join(names)}}}",
                held.place(family),
                f"{metric.name} {' and '.join(said)} ({count} series)",
                reason=f"the catalogue gives it {', '.join(metric.labels) or 'no labels'}",
                remedy="correct the labels where it is set, or the catalogue",
                related=(metric.place,),
            )
