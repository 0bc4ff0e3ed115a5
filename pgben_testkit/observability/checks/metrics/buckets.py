"""Find histogram buckets that disagree: with the catalogue, between series, or with themselves."""

from __future__ import annotations

import math
from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.observability.exposition import Family, Labels
from pgben_testkit.observability.held import Held

RULE = Rule("metrics/buckets", "error", "A histogram's buckets disagree")


def check(held: Held) -> Iterator[Finding]:
    for family in held.now.families.values():
        if family.type != "histogram":
            continue
        metric = held.metrics.get(family.name)
        wanted = metric.buckets if metric else ()
        for said in sorted(set(_wrong(family, wanted))):
            yield finding(
                RULE,
                f"{family.name}: {said}",
                held.place(family),
                f"{family.name}: {said}",
                reason="a quantile over series with different buckets is a number without meaning",
                remedy="one list of buckets for all series, as in the catalogue; let the client library count",
                related=(metric.place,) if metric else (),
            )


def _wrong(family: Family, wanted: tuple[float, ...]) -> Iterator[str]:
    found: dict[Labels, dict[float, float]] = {}
    counts: dict[Labels, float] = {}
    for sample in family.samples:
        if sample.name.endswith("_bucket"):
            try:
                bound = float(sample.label("le"))
            except ValueError:
                yield "a bucket has no number in le"
                continue
            found.setdefault(sample.series, {})[bound] = sample.value
        elif sample.name.endswith("_count"):
            counts[sample.series] = sample.value
    lists = {tuple(sorted(bound for bound in each if not math.isinf(bound))) for each in found.values()}
    if wanted and lists - {wanted}:
        one = min(lists - {wanted})
        yield f"its buckets are {_numbers(one)}, in the catalogue {_numbers(wanted)}"
    elif len(lists) > 1:
        yield f"two of its series have different buckets: {' and '.join(map(_numbers, sorted(lists)[:2]))}"
    for series, buckets in found.items():
        values = [buckets[bound] for bound in sorted(buckets)]
        if math.inf not in buckets:
            yield "a series has no bucket +Inf"
        elif series in counts and buckets[math.inf] != counts[series]:
            yield "the bucket +Inf and _count of a series differ"
        if values != sorted(values):
            yield "a bucket counts less than the one below it"
    if counts.keys() - found.keys():
        yield "a series has a _count and no buckets"


def _numbers(bounds: tuple[float, ...]) -> str:
    return ", ".join(f"{bound:g}" for bound in bounds) or "none"
