"""A variable that code reads and nobody declares."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.env.contract import is_runtime
from pgben_testkit.env.ground import Ground
from pgben_testkit.env.nearest import nearest
from pgben_testkit.findings import Finding, Rule, finding

RULE = Rule("env/undeclared", "error", "The code reads a variable that is declared nowhere")


def check(ground: Ground) -> Iterator[Finding]:
    if ground.code is None:
        return
    declared = {each.name for source in ground.sources if source.kind != "process" for each in source.declared}
    contract = ground.contract
    if contract is None and not declared:
        return
    told = set()
    for each in ground.code.reads:
        known = is_runtime(each.name) or each.name in declared or each.name in told
        if known or (contract and (contract.variable(each.name) or contract.ignores(each.name))):
            continue
        told.add(each.name)
        meant = nearest(each.name, contract.variables if contract else declared)
        where = "the contract and every source lack it" if contract else "every source lacks it"
        yield finding(
            RULE, each.name, each.place, f"the code reads {each.name}, which is declared nowhere",
            reason=where + (", so this default is all it ever is" if each.default is not None else ""),
            remedy=f"did you mean {meant}?" if meant else "declare it in the contract and set it, or stop reading it",
            severity="warning" if each.default is not None or each.test else None,
        )  # fmt: skip
