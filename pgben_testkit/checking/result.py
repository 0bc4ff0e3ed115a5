"""Hold what a run of checks came to: what counts, what comments switch off, what the baseline accepts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pgben_testkit.checking import baseline as baselines
from pgben_testkit.checking.disable import Disabled
from pgben_testkit.checking.finding import Finding


@dataclass(frozen=True)
class Result:
    """Hold the findings that count, and those that don't with the reason.

    `gone` are entries of the baseline that no finding matches any more, with their count.
    """

    findings: tuple[Finding, ...]
    disabled: tuple[Disabled, ...] = ()
    accepted: tuple[Finding, ...] = ()
    gone: tuple[tuple[baselines.Entry, int], ...] = ()


def judge(
    found: Sequence[Finding],
    disabled: Sequence[Disabled] = (),
    *,
    ignore: Collection[str] = (),
    baseline: baselines.Baseline | None = None,
    ran: Collection[str] = (),
) -> Result:
    """Leave out of `found` the checks in `ignore`, and what `baseline` accepts. `ran` are the ids that ran."""
    kept = tuple(each for each in found if each.check not in ignore)
    off = tuple(each for each in disabled if each.finding.check not in ignore)
    if baseline is None:
        return Result(kept, off)
    compared = baselines.compare(kept, baseline, ran=frozenset(ran) - frozenset(ignore))
    return Result(compared.new, off, compared.accepted, compared.gone)
