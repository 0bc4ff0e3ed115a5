"""Find a series that is exported twice: Prometheus keeps one of the values and drops the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.observability.held import Held

RULE = Rule("metrics/duplicate", "error", "A series is exported twice")


def check(held: Held) -> Iterator[Finding]:
    for family in held.now.families.values():
        counts = Counter((sample.name, sample.labels) for sample in family.samples)
        twice = sum(count > 1 for count in counts.values())
        if twice:
            yield finding(
                RULE,
                family.name,
                held.place(family),
                f"{family.name} has {twice} series more than once",
                reason="Prometheus keeps one value of each and says so only in its own log",
                remedy="register the metric once; with several processes give each a label of its own",
            )
