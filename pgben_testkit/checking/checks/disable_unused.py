"""Find a comment that switches off a check that finds nothing there."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.comments import Commented
from pgben_testkit.checking.finding import Finding, Rule, finding

RULE = Rule("checking/disable-unused", "note", "A comment disables a check that finds nothing there")


def check(commented: Commented) -> Iterator[Finding]:
    """Yield a note for each id in a comment whose check ran over the whole project and found nothing there."""
    if not commented.complete:
        return
    for each in commented.comments:
        for name in each.checks if each.reason else ():
            if name in commented.ran and (each, name) not in commented.used:
                yield finding(
                    RULE,
                    name,
                    each.place,
                    f"the comment disables {name}, which finds nothing here",
                    reason=f"the comment says: {each.reason}",
                    remedy="remove the comment; if it is meant for another line, move it there",
                )
