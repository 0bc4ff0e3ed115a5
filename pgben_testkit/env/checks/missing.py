"""A required variable that an application does not get."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.env.ground import Ground
from pgben_testkit.env.nearest import nearest
from pgben_testkit.findings import Finding, Rule, finding

RULE = Rule("env/missing", "error", "A required variable is not set")


def check(ground: Ground) -> Iterator[Finding]:
    if ground.contract is None:
        return
    for source in ground.applications:
        if source.open:
            continue
        stage = ground.stage(source)
        for variable in ground.contract.variables.values():
            if not variable.is_required(stage) or variable.default is not None or ground.has(source, variable):
                continue
            strangers = [each.name for each in source.declared if ground.is_unknown(each.name)]
            meant = next((name for name in strangers if nearest(name, [variable.name])), "")
            at = f" at the stage {stage}" if stage and variable.required_in else ""
            yield finding(
                RULE, variable.name, source.place, f"{variable.name} is missing in {source.title}",
                reason=f"the contract requires it{at}" + (f": {variable.description}" if variable.description else ""),
                remedy=f"rename {meant}" if meant else f"set {variable.name} there",
                related=(variable.place,),
            )  # fmt: skip
