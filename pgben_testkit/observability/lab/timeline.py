"""Record what happens in a laboratory, in order, and write it as text for the reader of a failure."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from pgben_testkit.observability.durations import text as duration

Kind = Literal["feed", "state", "delivery", "note"]
BARS = "▁▂▃▄▅▆▇█"
LETTERS = {"inactive": ".", "pending": "p", "firing": "F"}
WIDTH = 72


@dataclass(frozen=True)
class Event:
    """Hold one thing that happened. `at` is in unix seconds of the laboratory's time.

    `alert` is the rule's name and `labels` are the instance's, where the event is about one.
    """

    at: float
    kind: Kind
    text: str
    alert: str = ""
    labels: frozenset[tuple[str, str]] = frozenset()


@dataclass
class Timeline:
    """Record events as they come. Safe from several threads."""

    began: float
    events: list[Event] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(
        self, at: float, kind: Kind, text: str, alert: str = "", labels: frozenset[tuple[str, str]] = frozenset()
    ) -> None:
        """Append an event."""
        with self._lock:
            self.events.append(Event(at, kind, text, alert, labels))

    def state_changes(self, alert: str, labels: Mapping[str, str] | None = None) -> list[tuple[float, str]]:
        """Return (unix time, state) of each change of the instances of `alert` that have `labels`.

        The state is the worst that any of these instances is in then: `firing`, `pending` or `inactive`.
        """
        wanted = (labels or {}).items()
        now: dict[frozenset[tuple[str, str]], str] = {}
        found: list[tuple[float, str]] = []
        for each in list(self.events):
            if each.kind == "state" and each.alert == alert and wanted <= each.labels:
                now[each.labels] = each.text.split()[0]
                worst = max(now.values(), key=list(LETTERS).index)
                if not found or found[-1][1] != worst:
                    found.append((each.at, worst))
        return found

    def fired(self) -> list[Event]:
        """Return the events in which an instance of an alert began to fire."""
        return [each for each in list(self.events) if each.kind == "state" and each.text.startswith("firing")]

    def of(self, alert: str) -> list[Event]:
        """Return the events of `alert` and what was done to the targets, by time."""
        return sorted((each for each in list(self.events) if each.alert in ("", alert)), key=lambda each: each.at)

    def lines(self, events: Sequence[Event]) -> list[str]:
        return [
            f"{'+' + duration(round(max(each.at - self.began, 0.0), 1)):>10}  {each.kind:<8}  {each.text}"
            for each in events
        ]


def clock(at: float) -> str:
    """A unix time as people write it, UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def bars(values: Sequence[float | None]) -> str:
    """Return `values` as a row of bars: blank for none or NaN, the highest for +Inf, the lowest for -Inf."""
    known = [each for each in values if each is not None and math.isfinite(each)]
    low, high = min(known, default=0.0), max(known, default=0.0)
    span = (high - low) or 1.0

    def bar(value: float | None) -> str:
        if value is None or value != value:
            return " "
        if math.isinf(value):
            return BARS[-1] if value > 0 else BARS[0]
        return BARS[min(int((value - low) / span * len(BARS)), len(BARS) - 1)]

    return "".join(map(bar, values))


def sampled(points: Sequence[tuple[float, float]], begin: float, end: float, width: int = WIDTH) -> list[float | None]:
    """`width` values over a span of time, the largest where several fall into one place."""
    found: list[float | None] = [None] * width
    for at, value in points:
        place = min(int((at - begin) / max(end - begin, 1e-9) * width), width - 1)
        if place >= 0:
            known = found[place]
            found[place] = value if known is None else max(known, value)
    return found


def states(changes: Sequence[tuple[float, str]], begin: float, end: float, width: int = WIDTH) -> str:
    """A letter a place: `.` inactive, `p` pending, `F` firing."""
    row = []
    for place in range(width):
        at = begin + (end - begin) * (place + 1) / width
        now = "inactive"
        for when, state in changes:
            if when <= at:
                now = state
        row.append(LETTERS[now])
    return "".join(row)
