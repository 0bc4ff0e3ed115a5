"""What a synthetic target exports: series that move with the laboratory's time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Self

from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability import durations

Now = Callable[[], float]
Tell = Callable[[str], None]
"""Told in a few words of each change that a test makes: they go into the timeline."""


def nobody(change: str) -> None:
    """No one listens."""


PER = {"s": 1.0, "second": 1.0, "min": 60.0, "minute": 60.0, "m": 60.0, "h": 3600.0, "hour": 3600.0, "day": 86400.0}
DEFAULT_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""prometheus-client's own."""


def per_second(rate: float, per: str) -> float:
    """Raises UsageProblem: a unit that is none, a rate below zero."""
    if per not in PER:
        raise UsageProblem(f"no rate per {per!r}", why=f"there are {', '.join(PER)}")
    if rate < 0 or not math.isfinite(rate):
        raise UsageProblem(
            f"a counter can't grow by {rate}", why="counters never fall", remedy="use restart() or a gauge"
        )
    return rate / PER[per]


class Series:
    """Common to all: labels, being there or not."""

    kind = ""

    def __init__(self, name: str, labels: Mapping[str, str], now: Now, tell: Tell = nobody) -> None:
        self.name = name
        self.labels = dict(labels)
        self._now = now
        self._tell = tell
        self.gone = False

    def __str__(self) -> str:
        return self.name + _labels(self.labels)

    def vanish(self) -> Self:
        """Not exported any more, from the next scrape on; Prometheus marks it stale."""
        self.gone = True
        self._tell(f"{self} vanishes")
        return self

    def appear(self) -> Self:
        """Exported again, as it was."""
        self.gone = False
        self._tell(f"{self} appears")
        return self

    def restarted(self) -> None:
        """The process behind it began anew."""

    def values(self, now: float) -> list[tuple[str, Mapping[str, str], float]]:
        """(name's suffix, labels besides its own, value) of each of its samples."""
        raise NotImplementedError


class Counter(Series):
    """A count that grows: at once by `inc`, steadily by `rate`. Whole numbers come out, as real events make them."""

    kind = "counter"

    def __init__(self, name: str, labels: Mapping[str, str], now: Now, tell: Tell = nobody) -> None:
        super().__init__(name, labels, now, tell)
        self._base = 0.0
        self._rate = 0.0
        self._since = now()

    def rate(self, value: float, per: str = "s") -> Self:
        """`value` events per `s`, `min`, `h` or `day` from now on."""
        self._settle()
        self._rate = per_second(value, per)
        self._tell(f"{self} grows by {value:g} per {per}" if value else f"{self} stops")
        return self

    def stop(self) -> Self:
        """No more events; the count stays."""
        return self.rate(0.0)

    def inc(self, by: float = 1.0) -> Self:
        """`by` events at once.

        Raises:
            UsageProblem: below zero.
        """
        self._settle()
        self._base += per_second(by, "s")
        self._tell(f"{self} grows by {by:g} at once")
        return self

    def restarted(self) -> None:
        """From zero, at the same rate."""
        self._settle()
        self._base = 0.0

    def total(self, now: float) -> float:
        return self._base + self._rate * max(now - self._since, 0.0)

    def values(self, now: float) -> list[tuple[str, Mapping[str, str], float]]:
        return [("", {}, math.floor(self.total(now) + 1e-9))]

    def _settle(self) -> None:
        now = self._now()
        self._base, self._since = self.total(now), now


class Gauge(Series):
    """A value that is set, or moves in a straight line."""

    kind = "gauge"

    def __init__(self, name: str, labels: Mapping[str, str], now: Now, tell: Tell = nobody) -> None:
        super().__init__(name, labels, now, tell)
        self._from = self._to = 0.0
        self._began = self._takes = 0.0

    def set(self, value: float) -> Self:
        self._from = self._to = float(value)
        self._takes = 0.0
        self._tell(f"{self} = {value:g}")
        return self

    def ramp(self, to: float, over: str) -> Self:
        """From its value now to `to`, over a duration as `10m`; it stays there."""
        now = self._now()
        self._from, self._to, self._began, self._takes = self.value(now), float(to), now, durations.seconds(over)
        self._tell(f"{self} goes to {to:g} over {over}")
        return self

    def age(self) -> Self:
        """Set to the present unix time, and left there: a time stamp that grows old."""
        return self.set(self._now())

    def value(self, now: float) -> float:
        if not self._takes:
            return self._to
        share = min(max((now - self._began) / self._takes, 0.0), 1.0)
        return self._from + (self._to - self._from) * share

    def values(self, now: float) -> list[tuple[str, Mapping[str, str], float]]:
        return [("", {}, self.value(now))]


class Histogram(Series):
    """Observations in buckets, at a rate, spread over given values."""

    kind = "histogram"

    def __init__(
        self,
        name: str,
        labels: Mapping[str, str],
        now: Now,
        tell: Tell = nobody,
        buckets: Sequence[float] = DEFAULT_BUCKETS,
    ) -> None:
        super().__init__(name, labels, now, tell)
        self.buckets = tuple(sorted(float(each) for each in buckets if each != math.inf))
        self._flows: list[tuple[float, Counter]] = []

    def rate(self, value: float, per: str = "s", *, of: float | Mapping[float, float]) -> Self:
        """`value` observations per unit of time from now on: all of them `of` one size, or shares by size, as
        `{0.05: 0.9, 3.0: 0.1}` for nine in ten of 50 ms and one of 3 s. What was observed before stays.

        Raises:
            UsageProblem: shares that are not 1 together.
        """
        shares = {float(of): 1.0} if isinstance(of, int | float) else dict(of)
        if abs(sum(shares.values()) - 1.0) > 1e-6:
            raise UsageProblem(f"shares of {sum(shares.values()):g}", why="the shares of all sizes are 1 together")
        for _, flow in self._flows:
            flow.stop()
        for size, share in shares.items():
            self._flow(size).rate(value * share, per)
        sizes = ", ".join(f"{share:.0%} of {size:g}" for size, share in shares.items())
        self._tell(f"{self} grows by {value:g} per {per}: {sizes}")
        return self

    def observe(self, size: float, count: int = 1) -> Self:
        """`count` observations at once."""
        self._flow(size).inc(count)
        self._tell(f"{self} gets {count} of {size:g}")
        return self

    def stop(self) -> Self:
        """No more observations; the counts stay."""
        for _, flow in self._flows:
            flow.stop()
        self._tell(f"{self} stops")
        return self

    def restarted(self) -> None:
        for _, flow in self._flows:
            flow.restarted()

    def values(self, now: float) -> list[tuple[str, Mapping[str, str], float]]:
        counts = [(size, math.floor(flow.total(now) + 1e-9)) for size, flow in self._flows]
        made: list[tuple[str, Mapping[str, str], float]] = [
            ("_bucket", {"le": _number(edge)}, sum(count for size, count in counts if size <= edge))
            for edge in (*self.buckets, math.inf)
        ]
        made.append(("_sum", {}, sum(size * count for size, count in counts)))
        made.append(("_count", {}, sum(count for _, count in counts)))
        return made

    def _flow(self, size: float) -> Counter:
        for known, flow in self._flows:
            if known == size:
                return flow
        flow = Counter("", {}, self._now)
        self._flows.append((size, flow))
        return flow


class Scripted(Series):
    """Values by time: what a promtool unit test's `input_series` says. None is no sample."""

    kind = "unknown"

    def __init__(self, name: str, labels: Mapping[str, str], now: Now, at: Callable[[float], float | None]) -> None:
        super().__init__(name, labels, now)
        self._at = at

    def values(self, now: float) -> list[tuple[str, Mapping[str, str], float]]:
        value = self._at(now)
        return [] if value is None else [("", {}, value)]


def _number(value: float) -> str:
    return "+Inf" if value == math.inf else f"{value:g}" if value != int(value) else f"{value:.1f}"


def exposition(series: Sequence[Series], now: float) -> str:
    """The text format of all that are there. Source: Prometheus' "Exposition formats"."""
    families: dict[str, list[Series]] = {}
    for each in series:
        if not each.gone:
            families.setdefault(each.name, []).append(each)
    lines = []
    for name, members in families.items():
        if members[0].kind != "unknown":
            lines.append(f"# TYPE {name} {members[0].kind}")
        for each in members:
            for suffix, more, value in each.values(now):
                lines.append(f"{name}{suffix}{_labels({**each.labels, **more})} {_value(value)}")
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _value(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(float(value))
