"""Find a label value outside its closed set: whatever is written there becomes a series each."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.lgpd.text import shown
from pgben_testkit.observability.held import Held

RULE = Rule("metrics/label-value", "error", "A label holds a value outside its set")
NAMED = 3
"""Values that a finding names; the others are counted."""


def check(held: Held) -> Iterator[Finding]:
    for family, metric in held.known():
        wrong: dict[str, set[str]] = {}
        for series in family.series:
            for label, value in series:
                if label in metric.labels and not metric.labels[label].allows(value):
                    wrong.setdefault(label, set()).add(value)
        for label, values in sorted(wrong.items()):
            named = ", ".join(sorted({shown(each, label) for each in sorted(values)[:NAMED]}))
            more = f" and {len(values) - NAMED} others" if len(values) > NAMED else ""
            yield finding(
                RULE,
                f"{metric.name}.{label}",
                held.place(family),
                f"{label} of {metric.name} holds {named}{more}",
                reason=f"it may hold {metric.labels[label]}",
                remedy="give one of these where it is set, or add the value to the catalogue",
                related=(metric.place,),
            )
