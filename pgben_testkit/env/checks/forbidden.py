"""Find a variable where the contract forbids it: debugging in production, test settings outside tests."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.env import kinds
from pgben_testkit.env.ground import Ground

RULE = Rule("env/forbidden", "error", "A variable is set where the contract forbids it")


def check(ground: Ground) -> Iterator[Finding]:
    for source in ground.sources:
        stage = ground.stage(source)
        if not stage:
            continue
        for variable, declared in ground.variables(source):
            outside = bool(variable.only) and variable.only != stage
            if stage not in variable.forbidden_in and not outside:
                continue
            if variable.kind == "bool" and declared.value is not None and not _is_on(declared.value, variable):
                continue
            yield finding(
                RULE,
                declared.name,
                declared.place,
                f"{declared.name} is set in {source.title}, which is {stage}",
                reason=f"the contract has it for {variable.only} alone"
                if outside
                else f"the contract forbids it in {stage}",
                remedy="remove it there",
                related=(variable.place,),
            )


def _is_on(value: str, variable: object) -> bool:
    try:
        return bool(kinds.KINDS["bool"].parse(value, variable))  # type: ignore[arg-type]
    except ValueError:
        return True
