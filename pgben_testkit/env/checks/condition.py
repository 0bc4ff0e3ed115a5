"""Find a condition between variables that the environment of an application does not meet."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.env.ground import Ground

RULE = Rule("env/condition", "error", "A condition between variables does not hold")


def check(ground: Ground) -> Iterator[Finding]:
    if ground.contract is None:
        return
    for source in ground.applications:
        if source.open:
            continue
        values = {variable.name: declared.value for variable, declared in ground.variables(source)}
        if source.example:  # what is empty there is to be filled in
            values = {name: value or None for name, value in values.items()}
        with_defaults = {
            name: variable.default
            for name, variable in ground.contract.variables.items()
            if variable.default is not None
        } | values
        for condition in ground.contract.conditions:
            broken = condition.broken(with_defaults)
            if broken:
                subject, words = broken
                yield finding(
                    RULE,
                    subject,
                    source.place,
                    f"{words}, in {source.title}",
                    reason=condition.reason or "the contract has it as a condition",
                    remedy="set what is missing there",
                    related=(condition.place,),
                )
