"""Find a required variable that an application does not get."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.env.contract import Contract
from pgben_testkit.env.ground import Ground
from pgben_testkit.env.nearest import nearest
from pgben_testkit.env.sources.base import Declared
from pgben_testkit.env.variable import Variable

RULE = Rule("env/missing", "error", "A required variable is not set")


def check(ground: Ground) -> Iterator[Finding]:
    if ground.contract is None:
        return
    for source in ground.applications:
        if source.open:
            continue
        stage = ground.stage(source)
        for variable in _required(ground.contract, stage):
            asked = variable.concerns(source.name) and ground.needs(source, variable.name)
            if asked and not ground.has(source, variable):
                meant = _meant(ground, variable, source.declared)
                yield finding(
                    RULE,
                    variable.name,
                    source.place,
                    f"{variable.name} is missing in {source.title}",
                    reason=_reason(variable, stage),
                    remedy=f"rename {meant}" if meant else f"set {variable.name} there",
                    related=(variable.place,),
                )
    if not ground.part and all(each.example for each in ground.applications):
        yield from _of_nothing(ground, ground.contract)


def _of_nothing(ground: Ground, contract: Contract) -> Iterator[Finding]:
    """Where no application has an environment: what nothing at all sets, this process included. A test run would stop
    at it."""
    given = [each for each in ground.sources if not each.example]
    process = next((each for each in given if each.kind == "process"), None)
    stage = contract.stage({name: value for each in given for name, value in each.values().items()})
    for variable in _required(contract, stage):
        if any(ground.has(each, variable) for each in given):
            continue
        meant = _meant(ground, variable, (each for source in given for each in source.declared))
        example = next((each for each in ground.applications if ground.has(each, variable)), None)
        copy = f"copy {example.title} to .env and fill it in" if example else f"set {variable.name} in .env"
        yield finding(
            RULE,
            variable.name,
            process.place if process else variable.place,
            f"nothing sets {variable.name}",
            reason=_reason(variable, stage) + ("" if variable.description else ", and there is no .env"),
            remedy=f"rename {meant}" if meant else f"{copy}, or set it in the environment",
            related=(variable.place,),
        )


def _required(contract: Contract, stage: str) -> Iterator[Variable]:
    return (each for each in contract.variables.values() if each.is_required(stage) and each.default is None)


def _meant(ground: Ground, variable: Variable, declared: Iterable[Declared]) -> str:
    strangers = (each.name for each in declared if ground.is_unknown(each.name))
    return next((name for name in strangers if nearest(name, [variable.name])), "")


def _reason(variable: Variable, stage: str) -> str:
    at = f" at the stage {stage}" if stage and variable.required_in else ""
    return f"the contract requires it{at}" + (f": {variable.description}" if variable.description else "")
