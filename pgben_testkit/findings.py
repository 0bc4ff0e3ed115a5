"""What a check says: which rule, how bad, where, why, and what to do. Shared by every area; drawn by `report/`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""From bad to harmless. Errors and warnings are findings in the sense of the exit code; notes are not."""


@dataclass(frozen=True, order=True)
class Place:
    """Where something is written. `path` is relative to the project where it can be; line 0: the whole file."""

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True)
class Rule:
    """A check's identity: `id` as `group/name`, the severity of its findings unless one says otherwise."""

    id: str
    severity: Severity
    summary: str


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. No field may hold a secret: all of them are printed.

    `subject` is the variable or object that it is about; `related` are other places that explain it.
    """

    check: str
    severity: Severity
    subject: str
    place: Place
    summary: str
    reason: str = ""
    remedy: str = ""
    related: tuple[Place, ...] = ()

    def key(self) -> tuple[object, ...]:
        """Two findings with the same key are the same thing found twice."""
        return (self.check, self.subject, self.place, self.summary)


def finding(
    rule: Rule,
    subject: str,
    place: Place,
    summary: str,
    *,
    reason: str = "",
    remedy: str = "",
    severity: Severity | None = None,
    related: tuple[Place, ...] = (),
) -> Finding:
    """A finding of `rule`, with its severity unless another is given."""
    return Finding(rule.id, severity or rule.severity, subject, place, summary, reason, remedy, related)


def ordered(found: list[Finding]) -> tuple[Finding, ...]:
    """By place, then by severity; what was found twice is there once."""
    once = {each.key(): each for each in reversed(found)}
    return tuple(sorted(once.values(), key=_order))


def _order(each: Finding) -> tuple[object, ...]:
    return (each.place, SEVERITIES.index(each.severity), each.check, each.subject, each.summary)
