"""Find one variable that is set under two names."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.env.ground import Ground

RULE = Rule("env/two-names", "warning", "One variable is set under two names")


def check(ground: Ground) -> Iterator[Finding]:
    if ground.contract is None:
        return
    for source in ground.sources:
        named = source.named()
        for variable in ground.contract.variables.values():
            names = [name for name in (variable.name, *(alias.name for alias in variable.aliases)) if name in named]
            if len(names) < 2:
                continue
            kept, extra = named[names[0]], named[names[1]]
            same = kept.value == extra.value and kept.value is not None
            yield finding(
                RULE,
                extra.name,
                extra.place,
                f"{kept.name} and {extra.name} are the same variable",
                reason=f"{source.title} sets both, " + ("to the same value" if same else "and not to the same value"),
                remedy=f"keep {variable.name} alone",
                severity="warning" if same else "error",
                related=(kept.place, variable.place),
            )
