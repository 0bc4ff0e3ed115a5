"""Find a variable that is declared and that no code reads."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Place, Rule, finding
from pgben_testkit.env.contract import is_librarys
from pgben_testkit.env.ground import Ground
from pgben_testkit.env.secret import safe_name
from pgben_testkit.env.spellings import pairs
from pgben_testkit.env.tree import mentioned

RULE = Rule("env/unread", "warning", "A variable is declared and read by no code")


def check(ground: Ground) -> Iterator[Finding]:
    if ground.code is None or not ground.code.reads:
        return
    if ground.tree is not None and ground.tree.foreign:
        return  # what is not parsed may read anything
    read = {each.name for each in ground.code.reads}
    places: dict[str, Place] = {}
    contract = ground.contract
    for name, variable in contract.variables.items() if contract else ():
        if not is_librarys(name) and not {name, *(alias.name for alias in variable.aliases)} & read:
            places[name] = variable.place
    applications = {id(each) for each in ground.applications}
    for source in ground.sources:
        if contract is None and id(source) in applications and source.kind != "process" and not source.image_only:
            for declared in source.declared:
                name = declared.name
                if name not in read and name not in ground.used_names and not is_librarys(name):
                    places.setdefault(name, declared.place)
    paired = {each.set_as for each in pairs(ground)}
    unread = [name for name in places if not ground.is_images(name) and name not in paired]
    elsewhere = mentioned(ground.tree, unread) if ground.tree is not None and unread else set()
    places = {name: places[name] for name in unread if name not in elsewhere}
    dynamic = ground.code.dynamic
    for name, place in places.items():
        shown = safe_name(name)
        unsure = f"; {dynamic[0]} reads names that only a run knows, so this is not settled" if dynamic else ""
        yield finding(
            RULE,
            shown,
            place,
            f"no code reads {shown}",
            reason=f"none of the files of code ({ground.code.files}) asks for it{unsure}",
            remedy="remove it, or correct the name that the code reads",
            severity="note" if dynamic else None,
        )
