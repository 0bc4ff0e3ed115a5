"""Hold an exposition against a catalogue: this is what the checks look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pgben_testkit.checking.finding import Place
from pgben_testkit.observability.catalogue import Catalogue, Exporter, Metric
from pgben_testkit.observability.exposition import Exposition, Family


@dataclass(frozen=True)
class Held:
    """Pair an exposition with the part of the catalogue that is about it.

    `before` is an earlier exposition of the same endpoint, or None. `metrics` are those of the exporter, by name.
    """

    now: Exposition
    before: Exposition | None
    catalogue: Catalogue
    exporter: Exporter
    metrics: Mapping[str, Metric]

    def place(self, family: Family) -> Place:
        """Return where `family` stands in the exposition."""
        return Place(self.now.source, family.line)

    def known(self) -> Iterator[tuple[Family, Metric]]:
        """Yield the families that the catalogue has, each with its entry."""
        for name, family in self.now.families.items():
            if name in self.metrics:
                yield family, self.metrics[name]


def hold(now: Exposition, catalogue: Catalogue, *, exporter: str = "", before: Exposition | None = None) -> Held:
    """Hold `now` against the part of `catalogue` for `exporter`, or for the one that most of its metrics are of.

    Raises:
        UsageProblem: no such exporter, or it can't be told.
    """
    named = exporter or catalogue.likely(frozenset(now.families))
    metrics = catalogue.of(named)
    return Held(now, before, catalogue, catalogue.exporters[named], metrics)
