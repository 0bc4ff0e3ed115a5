"""Find a counter that went down while its process went on: every rate over it is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.observability.exposition import Family
from pgben_testkit.observability.held import Held

RULE = Rule("metrics/counter-down", "error", "A counter went down between two scrapes")
STARTED = "process_start_time_seconds"


def check(held: Held) -> Iterator[Finding]:
    """Yield each metric that fell; nothing where the process restarted in between, since then it should fall."""
    if held.before is None or held.before.value(STARTED) != held.now.value(STARTED):
        return
    before = held.before.values()
    for family in held.now.families.values():
        down = sum(value < before.get((name, labels), value) for name, labels, value in _rising(family, held))
        if down:
            yield finding(
                RULE,
                family.name,
                held.place(family),
                f"{family.name} went down ({down} series)",
                reason="Prometheus takes a fall for a restart, and adds the whole value to the rate",
                remedy="never set a counter, only add to it; what falls is a gauge",
            )


def _rising(family: Family, held: Held) -> Iterator[tuple[str, tuple[tuple[str, str], ...], float]]:
    """The samples that may only rise."""
    metric = held.metrics.get(family.name)
    counts = "counter" in (family.type, metric.type if metric else "")
    for sample in family.samples:
        ending = family.type in ("histogram", "summary") and sample.name.endswith(("_bucket", "_count"))
        if counts or ending:
            yield sample.name, sample.labels, sample.value
