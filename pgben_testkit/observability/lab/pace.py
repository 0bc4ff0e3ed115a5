"""How time passes for the programs that we started: jumped, as it really does, or so with all durations divided."""

from __future__ import annotations

import time
from typing import Protocol

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.observability.lab.clock import ProcessClock, refused
from pgben_testkit.observability.lab.scale import UNSCALED, Scale
from pgben_testkit.services.server import Started

LATER_S = 1e6
"""When scaled time begins, as long as that is not known."""


class Pace(Protocol):
    """The time that the programs see. `name` goes into reports; `scale` leads from it to the laboratory's."""

    name: str
    scale: Scale

    def now(self) -> float:
        """Unix time, seconds."""

    def advance(self, seconds: float) -> None:
        """`seconds` later; returns when it is."""

    def lead(self, program: Started) -> None:
        """This program, just started, sees this time from now on."""

    def close(self) -> None:
        """The programs have the real time again, those that still run."""


class JumpedPace:
    """Clocks that jump together: no time passes for us."""

    name = "jumped clock"
    scale = UNSCALED

    def __init__(self, ahead_s: float = 0.0) -> None:
        self._clocks: list[ProcessClock] = []
        self._ahead_s = ahead_s
        self.jumps = 0

    def lead(self, program: Started) -> None:
        """Raises ClockNotAble."""
        try:
            process = program.process
        except EnvironmentNotAble as error:
            raise refused(error.why) from None
        clock = ProcessClock(process)
        clock.jump(self._ahead_s)
        self._clocks.append(clock)

    def now(self) -> float:
        return time.time() + self._ahead_s

    def advance(self, seconds: float) -> None:
        if seconds > 0:
            for each in self._clocks:
                each.jump(seconds)
            self._ahead_s += seconds
            self.jumps += 1

    def close(self) -> None:
        for each in self._clocks:
            each.close()


class RealPace:
    """The machine's own time, where no clock can be jumped: right, and as slow as it is."""

    name = "real time"
    scale = UNSCALED

    def now(self) -> float:
        return time.time()

    def advance(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)

    def lead(self, program: Started) -> None:
        pass

    def close(self) -> None:
        pass


class ScaledPace(RealPace):
    """Real time for programs whose durations are divided."""

    def __init__(self, factor: float) -> None:
        self.factor = factor
        self.name = f"durations divided by {factor:g}"
        self.begins(time.time() + LATER_S)

    def begins(self, program: float, laboratory: float | None = None) -> None:
        """From this moment on time is scaled; it is `laboratory` then, else the same. Unix seconds."""
        at = round(program, 3)
        self.scale = Scale(self.factor, at, at if laboratory is None else round(laboratory, 3))
