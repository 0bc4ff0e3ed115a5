"""Find a name that is set twice in one file: only the second one counts."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.env.ground import Ground
from pgben_testkit.env.secret import safe_name

RULE = Rule("env/duplicate", "warning", "A name is set twice in one place")


def check(ground: Ground) -> Iterator[Finding]:
    for source in ground.sources:
        for useless, counts in source.again:
            name = safe_name(counts.name)
            yield finding(
                RULE,
                name,
                useless.place,
                f"{name} is set twice in {source.title}",
                reason=f"the later one ({counts.place}) counts, this one does nothing",
                remedy="remove one of the two",
                related=(counts.place,),
            )
