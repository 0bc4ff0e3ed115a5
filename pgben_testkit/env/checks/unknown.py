"""Find a name that the contract does not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.env.contract import is_librarys
from pgben_testkit.env.ground import Ground
from pgben_testkit.env.nearest import nearest
from pgben_testkit.env.secret import safe_name
from pgben_testkit.env.sources.base import Declared, Source
from pgben_testkit.env.spellings import pairs

RULE = Rule("env/unknown", "warning", "A name is not in the contract")
MOST_COMPARED = 500
"""A file with more strangers is not about this contract, and comparing each with every name takes its time."""
LAYERS = ("dockerfile", "pytest-env", "tox", "dotenv", "process")
"""Sources that lay something over an application without being all of its environment."""


def check(ground: Ground) -> Iterator[Finding]:
    if ground.contract is None:
        return
    read_at = {each.name: each.place for each in ground.code.reads} if ground.code else {}
    applications = {id(each) for each in ground.applications}
    paired = {each.set_as for each in pairs(ground)}  # reported as one variable with two names
    for source in ground.sources:
        if id(source) not in applications and not (source.kind in LAYERS and ground.is_ours(source)):
            continue
        unknown = [each for each in source.declared if ground.is_unknown(each.name) and each.name not in paired]
        for declared in unknown:
            meant = nearest(declared.name, ground.contract.variables) if len(unknown) <= MOST_COMPARED else ""
            if not meant and is_librarys(declared.name):
                continue
            if source.kind == "process" and (not meant or ground.has(source, ground.contract.variables[meant])):
                continue  # a shell is full of names that are nobody's mistake
            yield _finding(ground, source, declared, meant, read_at)


def _finding(ground: Ground, source: Source, declared: Declared, meant: str, read_at: Mapping[str, object]) -> Finding:
    assert ground.contract is not None
    name = safe_name(declared.name)
    reason = f"it is set in {source.title} and not in the contract {ground.contract.name}"
    if declared.name in read_at:
        reason += f", though {read_at[declared.name]} reads it"
        return finding(
            RULE,
            name,
            declared.place,
            f"{name} is unknown, and the code reads it",
            reason=reason,
            remedy=f"add [variables.{name}] to the contract",
        )
    if meant:
        lacks = ground.has(source, ground.contract.variables[meant]) is None
        return finding(
            RULE,
            name,
            declared.place,
            f"{name}: did you mean {meant}?",
            reason=reason,
            remedy=f"rename it to {meant}" if lacks else f"remove it: {meant} is set too",
            severity="error" if lacks and ground.contract.variables[meant].required else "warning",
            related=(ground.contract.variables[meant].place,),
        )
    return finding(
        RULE,
        name,
        declared.place,
        f"{name} is unknown",
        reason=reason,
        remedy="remove it, or add it to the contract (or to its `ignore`)",
    )
