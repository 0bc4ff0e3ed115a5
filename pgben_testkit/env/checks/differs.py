"""A variable that two environments of the same stage set to different values."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.env.ground import Ground
from pgben_testkit.env.sources.base import Declared, Source
from pgben_testkit.findings import Finding, Rule, finding

RULE = Rule("env/differs", "warning", "Two sources of one stage give different values")


def check(ground: Ground) -> Iterator[Finding]:
    if ground.contract is None:
        return
    layers = [each for each in ground.sources if each.kind in ("dockerfile", "pytest-env", "tox")]
    compared = [*(each for each in ground.applications if not each.example), *layers]
    for variable in ground.contract.variables.values():
        if variable.may_differ or variable.is_secret:
            continue
        by_stage: dict[str, list[tuple[Source, Declared]]] = {}
        for source in compared:
            declared = ground.has(source, variable)
            if declared is not None and declared.value is not None and not declared.refused:
                by_stage.setdefault(ground.stage(source), []).append((source, declared))
        for found in by_stage.values():
            source, first = found[0]
            for other_source, other in found[1:]:
                if _same(first.value) != _same(other.value) and first.place != other.place:
                    yield finding(
                        RULE, variable.name, other.place,
                        f"{variable.name} is {ground.show(other)} here and {ground.show(first)} in {source.title}",
                        reason=f"{other_source.title} and {source.title} are of one stage, so one of them is wrong",
                        remedy="give both the same value, or say `varies = true` in the contract",
                        related=(first.place,),
                    )  # fmt: skip


def _same(value: str | None) -> str:
    return (value or "").strip().strip("\"'")
