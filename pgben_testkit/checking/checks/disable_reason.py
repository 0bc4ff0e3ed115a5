"""Find a comment that switches a check off and does not say why."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.comments import Commented
from pgben_testkit.checking.finding import Finding, Rule, finding

RULE = Rule("checking/disable-reason", "warning", "A comment disables a check without a reason")


def check(commented: Commented) -> Iterator[Finding]:
    """Yield a finding for each comment without a reason; such a comment switches nothing off."""
    for each in commented.comments:
        if each.checks and not each.reason:
            yield finding(
                RULE,
                ", ".join(each.checks),
                each.place,
                f"the comment disables {', '.join(each.checks)} without a reason",
                reason="it has no effect: without a reason nobody can tell later whether it still holds",
                remedy=f"write # pgben: disable={','.join(each.checks)} and then why",
            )
