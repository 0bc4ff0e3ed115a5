"""Find a variable that code reads and that nothing declares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.env.code.read import CodeRead
from pgben_testkit.env.contract import is_runtime
from pgben_testkit.env.ground import Ground
from pgben_testkit.env.nearest import nearest

RULE = Rule("env/undeclared", "error", "The code reads a variable that is declared nowhere")
MOST_NAMED = 6


def check(ground: Ground) -> Iterator[Finding]:
    if ground.code is None:
        return
    declared = {each.name for source in ground.sources if source.kind != "process" for each in source.declared}
    contract = ground.contract
    if contract is None and not declared:
        yield from _nothing_declared(ground, ground.code.reads)
        return
    reported = set()
    for each in ground.code.reads:
        known = is_runtime(each.name) or each.name in declared or each.name in reported
        if known or (contract and (contract.variable(each.name) or contract.ignores(each.name))):
            continue
        reported.add(each.name)
        meant = nearest(each.name, contract.variables if contract else declared)
        where = "the contract and every source lack it" if contract else "every source lacks it"
        yield finding(
            RULE,
            each.name,
            each.place,
            f"the code reads {each.name}, which is declared nowhere",
            reason=where + (", so this default is all it ever is" if each.default is not None else ""),
            remedy=f"did you mean {meant}?" if meant else "declare it in the contract and set it, or stop reading it",
            severity="warning" if each.default is not None or each.test else None,
        )


def _nothing_declared(ground: Ground, reads: Sequence[CodeRead]) -> Iterator[Finding]:
    """One finding for all of them, where there is neither a contract nor a source: the beginning of a project."""
    here = {each.name for source in ground.sources for each in source.declared}
    first = {each.name: each for each in reversed(reads) if not is_runtime(each.name) and each.name not in here}
    needed = {each.name for each in reads if each.default is None and not each.test} & set(first)
    if not first:
        return
    names = [*sorted(needed), *sorted(set(first) - needed)]
    place = first[names[0]].place
    count = f"{len(names)} variables" if len(names) > 1 else names[0]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    yield finding(
        RULE,
        names[0],
        place,
        f"the code reads {count}, and nothing declares any",
        reason=f"there is no .env, no other source and no contract: {', '.join(names[:MOST_NAMED])}{more}",
        remedy="draft a contract (`pgben-testkit doctor --init`), and set in .env what it requires",
        severity="warning" if needed else "note",
    )
