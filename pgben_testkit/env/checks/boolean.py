"""Find a word that a person reads as true and the program as false, or the reverse."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.env import kinds
from pgben_testkit.env.ground import Ground
from pgben_testkit.env.variable import Variable

RULE = Rule("env/boolean", "error", "A word that reads as true counts as false, or the reverse")


def check(ground: Ground) -> Iterator[Finding]:
    for source in ground.sources:
        for variable, declared in ground.variables(source):
            if variable.kind != "bool" or declared.value is None or declared.refused:
                continue
            counts = reads_otherwise(declared.value, variable)
            if counts is None:
                continue
            word = variable.false[0] if counts else variable.true[0]
            instead = f"write {word!r}" if (variable.false if counts else variable.true) else "leave it out"
            yield finding(
                RULE,
                declared.name,
                declared.place,
                f"{declared.name} looks {_word(not counts)} and counts as {_word(counts)}",
                reason=f"in {source.title} it is {ground.show(declared)}, and the program takes "
                f"{kinds.KINDS['bool'].expects(variable)}",
                remedy=f"{instead} if {_word(not counts)} is meant",
                related=(variable.place,),
            )


def reads_otherwise(value: str, variable: Variable) -> bool | None:
    """Return what the program makes of `value` where a person reads the reverse; None where both agree."""
    looks = kinds.looks_like(value)
    if looks is None:
        return None
    try:
        counts = kinds.KINDS["bool"].parse(value, variable)
    except ValueError:
        return None
    return counts if counts != looks else None


def _word(value: object) -> str:
    return "true" if value else "false"
