"""Find two different defaults for one variable: in two places of the code, or in the code and the contract."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.env.code.read import CodeRead
from pgben_testkit.env.contract import is_librarys
from pgben_testkit.env.ground import Ground

RULE = Rule("env/code-default", "warning", "A variable has two different defaults")


def check(ground: Ground) -> Iterator[Finding]:
    if ground.code is None:
        return
    by_name: dict[tuple[str, str], list[CodeRead]] = {}
    for each in ground.code.reads:
        if each.default and not each.test and not is_librarys(each.name):  # an empty one stands for none
            package = ground.tree.package_of(each.place.path) if ground.tree else ""
            by_name.setdefault((each.name, package), []).append(each)
    for (name, _), reads in by_name.items():
        variable = ground.contract.variable(name) if ground.contract else None
        expected, where, place = reads[0].default or "", str(reads[0].place), reads[0].place
        if variable is not None and variable.default is not None:
            expected, where, place = variable.default, "the contract", variable.place
        secret = ground.is_secret(name)
        for each in reads:
            if _same(each.default or "") != _same(expected):
                here, there = (ground.shown.value(text, secret=secret) for text in (each.default or "", expected))
                yield finding(
                    RULE,
                    name,
                    each.place,
                    f"{name} defaults to {here} here and to {there} in {where}",
                    reason="what the program does without it depends on which line asks first",
                    remedy="read it in one place, with one default",
                    related=(place,),
                )


def _same(text: str) -> str:
    return text.casefold() if text.casefold() in ("true", "false") else text
