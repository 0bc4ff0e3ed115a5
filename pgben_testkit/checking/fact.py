"""State what was looked at on this machine: fine, or a finding with its reason and remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pgben_testkit.checking.finding import Finding, Place

Level = Literal["ok", "note", "warning", "error"]
HERE = "this machine"
PROGRAMS = "doctor/binaries"
"""The check that facts about the programs of services belong to."""


@dataclass(frozen=True)
class Fact:
    """State one thing that was looked at.

    `check` is the id of the rule that it belongs to. `level` is `ok` where nothing is wrong, else the severity. No
    field may hold a secret: all of them are printed.
    """

    check: str
    level: Level
    subject: str
    summary: str
    reason: str = ""
    remedy: str = ""
    place: Place = Place(HERE)

    def finding(self) -> Finding | None:
        """Return the fact as a finding; None where nothing is wrong."""
        if self.level == "ok":
            return None
        return Finding(self.check, self.level, self.subject, self.place, self.summary, self.reason, self.remedy)
