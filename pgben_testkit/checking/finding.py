"""Say what a check found: which rule, how bad, where, why, and what to do. `report/` draws it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""From bad to harmless. Errors and warnings make the exit code 1; notes do not."""


@dataclass(frozen=True, order=True)
class Place:
    """Name the spot where something is written.

    `path` is relative to the project's root where that is possible. `line` and `column` count from 1; line 0 means the
    whole file.
    """

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path

    def quoted(self, text: str) -> str:
        """Return the line of `text` that this place names, without its line break; empty where there is none."""
        lines = text.splitlines()
        return lines[self.line - 1] if 0 < self.line <= len(lines) else ""


@dataclass(frozen=True)
class Rule:
    """Identify a check.

    `id` is `group/name`; `severity` is that of its findings, unless a finding says otherwise; `summary` is one line.
    """

    id: str
    severity: Severity
    summary: str

    @property
    def group(self) -> str:
        """Return the part of the id before the slash."""
        return self.id.partition("/")[0]


@dataclass(frozen=True)
class Finding:
    """Describe one thing that is wrong. No field may hold a secret: all of them are printed.

    `subject` is the variable or object that the finding is about; `related` are other places that explain it.
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
        """Return what two findings share when they are the same thing found twice."""
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
    """Make a finding of `rule`, with the rule's severity unless `severity` is given."""
    return Finding(rule.id, severity or rule.severity, subject, place, summary, reason, remedy, related)


def ordered(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort `found` by place, then by severity; keep once what was found twice."""
    once = {each.key(): each for each in reversed(list(found))}
    return tuple(sorted(once.values(), key=_order))


def worst(findings: Sequence[Finding]) -> Severity | None:
    """Return the worst severity of `findings`; None where there is no finding."""
    return min((each.severity for each in findings), key=SEVERITIES.index, default=None)


def _order(each: Finding) -> tuple[object, ...]:
    return (each.place, SEVERITIES.index(each.severity), each.check, each.subject, each.summary)
