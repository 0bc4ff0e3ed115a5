"""Find a value that the platform refuses or changes: a number where strings are wanted, wrong base64."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.env.ground import Ground
from pgben_testkit.env.secret import safe_name

RULE = Rule("env/refused", "error", "The platform refuses the value")


def check(ground: Ground) -> Iterator[Finding]:
    for source in ground.sources:
        for declared in source.declared:
            if declared.refused:
                name = safe_name(declared.name)
                yield finding(
                    RULE,
                    name,
                    declared.place,
                    f"the value of {name} is refused",
                    reason=declared.refused.partition(": ")[0],
                    remedy=declared.refused.partition(": ")[2] or "write a string",
                    severity="warning" if source.kind == "compose" else None,  # newer versions of compose take it
                )
