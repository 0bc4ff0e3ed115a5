"""Find a variable that code reads and that nothing declares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.env.code.read import CodeRead
from pgben_testkit.env.contract import Contract, is_librarys, is_runtime
from pgben_testkit.env.ground import Ground
from pgben_testkit.env.nearest import nearest
from pgben_testkit.env.spellings import pairs

RULE = Rule("env/undeclared", "error", "The code reads a variable that is declared nowhere")
MOST_NAMED = 6


def check(ground: Ground) -> Iterator[Finding]:
    if ground.code is None:
        return
    declared = {each.name for source in ground.sources if source.kind != "process" for each in source.declared}
    if ground.contract is not None:
        yield from _not_in_contract(ground, ground.contract, ground.code.reads, declared)
    elif declared:
        yield from _needed(ground, ground.code.reads, declared)
    else:
        yield from _nothing_declared(ground, ground.code.reads)


def _not_in_contract(
    ground: Ground, contract: Contract, reads: Sequence[CodeRead], declared: set[str]
) -> Iterator[Finding]:
    """Yield each name that neither the contract nor a source has. An error: the program can't do without it."""
    reported = {each.read_as for each in pairs(ground)}  # reported as one variable with two names
    for each in _worst_first(reads):
        known = is_runtime(each.name) or each.name in declared or each.name in reported
        if known or contract.variable(each.name) or contract.ignores(each.name):
            continue
        reported.add(each.name)
        meant = nearest(each.name, contract.variables)
        here = "this default is" if each.default is not None else "what the code does without it is"
        yield finding(
            RULE,
            each.name,
            each.place,
            f"the code reads {each.name}, which is declared nowhere",
            reason="the contract and every source lack it" + (f", so {here} all it ever does" if each.optional else ""),
            remedy=f"did you mean {meant}?" if meant else "declare it in the contract and set it, or stop reading it",
            severity=None if each.required and not each.test else "warning",
        )


def _worst_first(reads: Sequence[CodeRead]) -> list[CodeRead]:
    """Put the reads of each name that the program can't do without first, in the order of the names' first reads."""
    first: dict[str, int] = {}
    for number, each in enumerate(reads):
        first.setdefault(each.name, number)
    return sorted(reads, key=lambda each: (first[each.name], each.test, not each.required, each.optional))


def _needed(ground: Ground, reads: Sequence[CodeRead], declared: set[str]) -> Iterator[Finding]:
    """Yield one finding for all names that the program fails without and that no file declares.

    There is no contract, so that a name with a default, or one that the code tests for, is nobody's mistake.
    """
    process = {each.name for source in ground.sources if source.kind == "process" for each in source.declared}
    needed: dict[str, CodeRead] = {}
    for each in reads:
        if each.required and not each.test and each.name not in declared | process and not is_librarys(each.name):
            needed.setdefault(each.name, each)
    elsewhere = {each.read_as for each in pairs(ground)}  # reported as one variable with two names
    for name in elsewhere | {each.name for each in reads if each.optional}:
        needed.pop(name, None)
    if not needed:
        return
    names = list(needed)
    first = needed[names[0]]
    meant = nearest(names[0], declared)
    yield finding(
        RULE,
        names[0],
        first.place,
        f"the program fails without {_listed(names)}, which no file declares",
        reason=f"{first.place} reads {names[0]} and has nothing in its place",
        remedy=f"did you mean {meant}?" if meant and len(names) == 1 else "set it in .env, and name it in .env.example",
        severity="warning",
        related=tuple(needed[name].place for name in names[1:]),
    )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _nothing_declared(ground: Ground, reads: Sequence[CodeRead]) -> Iterator[Finding]:
    """One finding for all of them, where there is neither a contract nor a source: the beginning of a project."""
    here = {each.name for source in ground.sources for each in source.declared}
    first = {each.name: each for each in reversed(reads) if not is_librarys(each.name) and each.name not in here}
    needed = {each.name for each in reads if each.default is None and not each.test and not each.optional} & set(first)
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
