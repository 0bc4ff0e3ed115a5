"""Apply the comments that switch checks off to a list of findings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from pgben_testkit.checking import registry
from pgben_testkit.checking.checks import CHECKS
from pgben_testkit.checking.comments import Comment, Commented
from pgben_testkit.checking.finding import Finding, ordered


@dataclass(frozen=True)
class Disabled:
    """Pair a finding with the comment that switches it off."""

    finding: Finding
    comment: Comment


def settle(
    found: Sequence[Finding],
    comments: Sequence[Comment],
    *,
    ran: Collection[str],
    complete: bool = True,
    known: Callable[[], Collection[str]] = registry.ids,
) -> tuple[tuple[Finding, ...], tuple[Disabled, ...]]:
    """Split `found` into what stays and what `comments` switch off; findings about the comments are among the first.

    `ran` are the ids of the checks that ran. `complete` tells that they looked at all of the project: only then is a
    comment that switches nothing off reported. `known` gives the ids of all checks, and is called only where there is
    a comment.
    """
    if not comments:
        return tuple(found), ()
    used: set[tuple[Comment, str]] = set()
    kept: list[Finding] = []
    disabled: list[Disabled] = []
    for each in found:
        covering = [comment for comment in comments if comment.covers(each)]
        used.update((comment, each.check) for comment in covering)
        if covering:
            disabled.append(Disabled(each, covering[0]))
        else:
            kept.append(each)
    commented = Commented(tuple(comments), frozenset(known()), frozenset(ran), frozenset(used), complete)
    return ordered([*kept, *CHECKS.run(commented)]), tuple(disabled)
