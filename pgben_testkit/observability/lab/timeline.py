"""What happened in a laboratory, in order, and as text that somebody can read after a failure."""

from __future__ import annotations

import threading
from collections.abc import Sequence
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
    """`at`: unix seconds of the laboratory's time. `alert`: the rule's name, where it is about one."""

    at: float
    kind: Kind
    text: str
    alert: str = ""


@dataclass
class Timeline:
    """Events as they come. Safe from several threads."""

    began: float
    events: list[Event] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, at: float, kind: Kind, text: str, alert: str = "") -> None:
        with self._lock:
            self.events.append(Event(at, kind, text, alert))

    def of(self, alert: str) -> list[Event]:
        """What concerns one alert: its own events, and what was done to the targets; by time."""
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
    """Values as a row of bars, a blank where there is none."""
    known = [each for each in values if each is not None and each == each]
    low, high = min(known, default=0.0), max(known, default=0.0)
    span = (high - low) or 1.0

    def bar(value: float | None) -> str:
        if value is None or value != value:
            return " "
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
