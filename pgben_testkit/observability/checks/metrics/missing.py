"""Find a metric of the catalogue that the endpoint does not export."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Place, Rule, finding
from pgben_testkit.observability.held import Held

RULE = Rule("metrics/missing", "error", "A metric of the catalogue is not exported")


def check(held: Held) -> Iterator[Finding]:
    for metric in held.metrics.values():
        if not metric.optional and metric.name not in held.now.families:
            yield finding(
                RULE,
                metric.name,
                Place(held.now.source),
                f"{metric.name} is not exported",
                reason=f"{held.exporter.name} exports it: {metric.why}",
                remedy="export it, or mark it optional in the catalogue",
                related=(metric.place,),
            )
