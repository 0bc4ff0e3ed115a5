"""Group findings by what they have in common, worst first: five things to look at instead of fifty."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from pgben_testkit.checking.finding import SEVERITIES, Finding, Severity

FIRST = 5
"""Roots that a report opens with."""
MOST_NAMED = 4


@dataclass(frozen=True)
class Root:
    """Hold findings that have one cause. `title` says what it is, `breaks` what follows of it, `remedy` what to do."""

    severity: Severity
    title: str
    breaks: str
    remedy: str
    findings: tuple[Finding, ...]


def roots(findings: Sequence[Finding], same: Callable[[str], Hashable] = str) -> tuple[Root, ...]:
    """Return the roots of `findings`, the worst first, then those with the most findings.

    Findings about one subject have one root; `same` gives what two names of one subject share. Of the others those of
    one check in one file have one root.
    """
    by_subject: dict[Hashable, list[Finding]] = {}
    for each in findings:
        by_subject.setdefault(same(each.subject), []).append(each)
    groups: list[list[Finding]] = []
    by_check: dict[tuple[str, str], list[Finding]] = {}
    for group in by_subject.values():
        kinds = {(each.check, each.place.path) for each in group}
        if len(kinds) > 1:
            groups.append(group)
        else:
            by_check.setdefault(kinds.pop(), []).extend(group)
    groups += by_check.values()
    return tuple(sorted(map(_root, groups), key=_order))


def _root(group: Iterable[Finding]) -> Root:
    found = tuple(sorted(group, key=lambda each: (SEVERITIES.index(each.severity), each.place)))
    worst = found[0]
    many = len({each.subject for each in found}) > 1 and len({each.check for each in found}) == 1
    breaks = f"{worst.summary}: {worst.reason}" if many and worst.reason else worst.reason or worst.summary
    return Root(worst.severity, _title(found), breaks, worst.remedy, found)


def _title(found: Sequence[Finding]) -> str:
    worst = found[0]
    if len(found) == 1:
        return worst.summary
    names = list(dict.fromkeys(each.subject for each in found))
    if len({(each.check, each.place.path) for each in found}) > 1:
        known_as = f", also written {', '.join(names[1:MOST_NAMED])}" if len(names) > 1 else ""
        return f"{worst.summary} ({len(found)} findings about {names[0]}{known_as})"
    if len(names) == 1:
        return f"{worst.summary} ({len(found)} places)"
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{len(found)} findings of {worst.check} in {worst.place.path}: {', '.join(names[:MOST_NAMED])}{more}"


def _order(root: Root) -> tuple[object, ...]:
    worst = root.findings[0]
    return (SEVERITIES.index(root.severity), -len(root.findings), worst.place, worst.check)
