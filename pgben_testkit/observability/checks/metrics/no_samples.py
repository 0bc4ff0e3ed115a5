"""Find a metric that is registered and has no sample: a rule on it sees nothing."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.observability.held import Held

RULE = Rule("metrics/no-samples", "error", "A metric is registered and has no samples")


def check(held: Held) -> Iterator[Finding]:
    for family, metric in held.known():
        if not metric.optional and not family.samples:
            yield finding(
                RULE,
                metric.name,
                held.place(family),
                f"{metric.name} has no samples",
                reason="it is named and was never set; what an alert reads is nothing, not zero",
                remedy="set it where its event happens, or start its label combinations at zero",
                related=(metric.place,),
            )
