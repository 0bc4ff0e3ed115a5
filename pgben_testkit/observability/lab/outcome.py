"""What came of a file's expectation: the same for unit tests of rules and for scenarios."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["passed", "failed", "not comparable"]
"""`not comparable`: it failed where only promtool's clock, which begins in 1970, can show it right."""
Kind = Literal["alert", "expression", "promtool", "scenario"]


@dataclass(frozen=True)
class Outcome:
    """One expectation. `name`: of its test group or scenario; `eval_time` as the file has it, for unit tests;
    `alertname` or the expression in `about`; `line`: of the file, 0 where not known; `story`: the timeline;
    `took_s`: of the wall's clock."""

    file: str
    name: str
    kind: Kind
    verdict: Verdict
    about: str = ""
    eval_time: str = ""
    expected: str = ""
    found: str = ""
    why: str = ""
    story: str = ""
    line: int = 0
    took_s: float = 0.0

    def __str__(self) -> str:
        at = f" at {self.eval_time}" if self.eval_time else ""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.name}{': ' if self.about else ''}{self.about}{at}"
