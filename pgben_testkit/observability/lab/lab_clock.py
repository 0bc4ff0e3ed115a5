"""Convert between the three times of a laboratory: its own, that of its programs, and the wall's.

Before the programs start all three are the same. A jumped clock moves the laboratory's and the programs' time ahead of
the wall's; divided durations make the programs' time slower than the laboratory's.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

from pgben_testkit.observability.lab.pace import Pace
from pgben_testkit.observability.lab.scale import UNSCALED, Scale


class LabClock:
    """Read the laboratory's time and convert moments and durations. Moments are unix seconds, durations seconds."""

    def __init__(self) -> None:
        self._pace: Pace | None = None

    def follow(self, pace: Pace) -> None:
        """Read the programs' time from `pace` from now on."""
        self._pace = pace

    @property
    def scale(self) -> Scale:
        """Return how the programs' time becomes the laboratory's."""
        return self._pace.scale if self._pace else UNSCALED

    @property
    def is_scaled(self) -> bool:
        """Return whether the programs' durations are divided."""
        return self.scale is not UNSCALED

    def program_now(self) -> float:
        """Return the moment that the programs see now."""
        return self._pace.now() if self._pace else time.time()

    def now(self) -> float:
        """Return the laboratory's moment."""
        return self.laboratory(self.program_now())

    def utc(self) -> datetime:
        """Return the laboratory's moment as a datetime in UTC."""
        return datetime.fromtimestamp(self.now(), UTC)

    def program_utc(self) -> datetime:
        """Return the programs' moment as a datetime in UTC."""
        return datetime.fromtimestamp(self.program_now(), UTC)

    def laboratory(self, program: float) -> float:
        """Convert the programs' moment `program` to the laboratory's."""
        return self.scale.laboratory(program)

    def program(self, laboratory: float) -> float:
        """Convert the laboratory's moment `laboratory` to the programs'."""
        return self.scale.program(laboratory)

    def longer(self, seconds: float) -> float:
        """Convert `seconds` of the programs' time to the laboratory's."""
        return self.scale.longer(seconds)

    def shorter(self, seconds: float) -> float:
        """Convert `seconds` of the laboratory's time to the programs'."""
        return self.scale.shorter(seconds)
