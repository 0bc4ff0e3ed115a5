"""Find a variable that two environments of the same stage set to different values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.env import kinds
from pgben_testkit.env.checks.boolean import reads_otherwise
from pgben_testkit.env.checks.kind import wrong
from pgben_testkit.env.checks.whitespace import stripped
from pgben_testkit.env.ground import Ground
from pgben_testkit.env.sources.base import Declared, Source
from pgben_testkit.env.variable import Variable

RULE = Rule("env/differs", "warning", "Two sources of one stage give different values")

ON_A_DESK = ("dotenv", "compose")
"""Kinds that are started on a developer's machine where they name no other stage."""


def check(ground: Ground) -> Iterator[Finding]:
    if ground.contract is None:
        return
    layers = [each for each in ground.sources if each.kind in ("dockerfile", "pytest-env", "tox")]
    compared = [*(each for each in ground.applications if not each.example), *layers]
    for variable in ground.contract.variables.values():
        if variable.may_differ or variable.is_secret:
            continue
        unstaged: list[tuple[Source, Declared]] = []
        by_stage: dict[str, list[tuple[Source, Declared]]] = {}
        for source in compared:
            declared = ground.has(source, variable)
            if declared is not None and _is_good(ground, source, variable, declared):
                by_stage.setdefault(ground.stage(source), []).append((source, declared))
                if not ground.stage(source) and source.kind in ON_A_DESK:
                    unstaged.append((source, declared))
        if "development" in by_stage:
            by_stage["development"] += unstaged
        for found in by_stage.values():
            lines = {declared.place: _typed(declared, variable) for _, declared in found}  # one says it once
            usual = Counter(lines.values()).most_common(1)
            source, first = next(each for each in found if _typed(each[1], variable) == usual[0][0])
            for other_source, other in found:
                if _typed(first, variable) != _typed(other, variable) and first.place != other.place:
                    yield finding(
                        RULE,
                        variable.name,
                        other.place,
                        f"{variable.name} is {ground.show(other)} here and {ground.show(first)} in {source.title}",
                        reason=f"{other_source.title} and {source.title} are of one stage, so one of them is wrong",
                        remedy="give both the same value, or say `varies = true` in the contract",
                        related=(first.place,),
                    )


def _is_good(ground: Ground, source: Source, variable: Variable, declared: Declared) -> bool:
    """Whether a value can be compared: what is wrong with it in itself is told by other checks."""
    if not declared.value or declared.refused or wrong(ground, source, variable, declared):
        return False
    return variable.kind != "bool" or reads_otherwise(declared.value, variable) is None


def _typed(declared: Declared, variable: Variable) -> Hashable:
    found: Hashable = kinds.parse(stripped(declared.value or ""), variable)
    return found
