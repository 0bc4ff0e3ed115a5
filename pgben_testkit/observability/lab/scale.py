"""Laboratory time and the programs' own, where all durations are divided: here each is turned into the other."""

from __future__ import annotations

from dataclasses import dataclass

from pgben_testkit.errors import UsageProblem


class NotScalable(UsageProblem):
    """Divided durations would change what the configuration means."""


@dataclass(frozen=True)
class Scale:
    """`factor` seconds of the laboratory are one of the programs, from the origins on: the same moment on both clocks,
    unix seconds. Before it both clocks go alike, as the programs' start takes seconds that are nobody's minutes."""

    factor: float = 1.0
    program_origin: float = 0.0
    laboratory_origin: float = 0.0

    def laboratory(self, program: float) -> float:
        """The laboratory's unix time of the programs'."""
        since = program - self.program_origin
        return self.laboratory_origin + since * (self.factor if since > 0 else 1.0)

    def program(self, laboratory: float) -> float:
        """The programs' unix time of the laboratory's."""
        since = laboratory - self.laboratory_origin
        return self.program_origin + since / (self.factor if since > 0 else 1.0)

    def longer(self, seconds: float) -> float:
        """Seconds of the programs, in the laboratory's."""
        return seconds * self.factor

    def shorter(self, seconds: float) -> float:
        """Seconds of the laboratory, in the programs'."""
        return seconds / self.factor

    def duration(self, seconds: float) -> str:
        """Seconds of the laboratory as the programs are told them: whole milliseconds, 0 only where they are 0."""
        if not seconds:
            return "0s"
        whole, ms = divmod(max(round(abs(seconds) / self.factor * 1000), 1), 1000)
        return f"{'-' if seconds < 0 else ''}{f'{whole}s' if whole else ''}{f'{ms}ms' if ms else ''}"


UNSCALED = Scale()
