"""A Prometheus whose durations are divided, asked and answering in the laboratory's time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pgben_testkit.observability.lab.scale import UNSCALED, Scale
from pgben_testkit.observability.lab.scaled_expression import scaled
from pgben_testkit.observability.servers.prometheus import Prometheus, Sample


class ScaledPrometheus(Prometheus):
    """`query` and `query_range` take expressions, durations and moments as a user writes them."""

    scale: Scale = UNSCALED

    def query(self, expression: str, at: float | None = None) -> list[Sample]:
        """Raises NotScalable too."""
        moment = None if at is None else self.scale.program(at)
        found = super().query(scaled(expression, self.scale), moment)
        return [replace(each, at=self.scale.laboratory(each.at)) for each in found]

    def query_range(
        self, expression: str, begin: float, end: float, step_s: float
    ) -> list[tuple[Mapping[str, str], list[tuple[float, float]]]]:
        """Raises NotScalable too."""
        scale = self.scale
        found = super().query_range(
            scaled(expression, scale), scale.program(begin), scale.program(end), scale.shorter(step_s)
        )
        return [(labels, [(scale.laboratory(at), value) for at, value in points]) for labels, points in found]
