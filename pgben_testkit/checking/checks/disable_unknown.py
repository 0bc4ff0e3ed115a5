"""Find a comment that switches off a check that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from pgben_testkit.checking.comments import Commented
from pgben_testkit.checking.finding import Finding, Rule, finding

RULE = Rule("checking/disable-unknown", "warning", "A comment disables a check that does not exist")


def check(commented: Commented) -> Iterator[Finding]:
    """Yield a finding for each id in a comment that no check has, and for each comment without an id."""
    for each in commented.comments:
        if not each.checks:
            yield finding(
                RULE,
                "disable",
                each.place,
                "the comment disables no check",
                reason="no id follows disable=",
                remedy="write the id of a check, as # pgben: disable=env/kind and then why",
            )
        for name in each.checks:
            if name not in commented.known:
                meant = difflib.get_close_matches(name, list(commented.known), 1, 0.75)
                yield finding(
                    RULE,
                    name,
                    each.place,
                    f"the comment disables {name}, and there is no such check",
                    remedy=f"write {meant[0]}"
                    if meant
                    else "remove the comment, or name the check that a finding shows",
                )
