"""Find a variable that is set under an old name."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.env.ground import Ground

RULE = Rule("env/alias", "warning", "A variable is set under an old name")


def check(ground: Ground) -> Iterator[Finding]:
    for source in ground.sources:
        named = source.named()
        for variable, declared in ground.variables(source):
            if declared.name == variable.name or variable.name in named:
                continue
            note = next((alias.note for alias in variable.aliases if alias.name == declared.name), "")
            yield finding(
                RULE,
                declared.name,
                declared.place,
                f"{declared.name} is an old name of {variable.name}",
                reason=note or f"the contract keeps it as an alias; {source.title} still sets it",
                remedy=f"rename it to {variable.name}",
                related=(variable.place,),
            )
