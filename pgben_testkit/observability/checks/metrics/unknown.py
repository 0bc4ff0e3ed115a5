"""Find a metric that the catalogue does not have."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.observability.held import Held

RULE = Rule("metrics/unknown", "warning", "A metric is exported that the catalogue does not have")


def check(held: Held) -> Iterator[Finding]:
    for name, family in held.now.families.items():
        if name in held.metrics or held.exporter.tolerates(name):
            continue
        absent = [each for each in held.metrics if each not in held.now.families]
        meant = difflib.get_close_matches(name, absent, 1, 0.8)
        other = held.catalogue.metrics.get(name)
        reason = f"the catalogue has it for {other.exporter}" if other else ""
        yield finding(
            RULE,
            name,
            held.place(family),
            f"{name} is not in the catalogue",
            reason=reason,
            remedy=f"call it {meant[0]}" if meant else "add it to the catalogue with its reason, or stop exporting it",
        )
