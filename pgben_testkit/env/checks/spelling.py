"""Find a variable that the code reads under one name and a file sets under another: DB_USER and DATABASE_USER."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.env.ground import Ground
from pgben_testkit.env.spellings import pairs

RULE = Rule("env/spelling", "warning", "A variable is set under one name and read under another")


def check(ground: Ground) -> Iterator[Finding]:
    """Yield one finding for each pair of names that the contract does not know."""
    for each in pairs(ground):
        yield finding(
            RULE,
            each.set_as,
            each.declared.place,
            f"{each.set_as} is set and never read, and the code reads {each.read_as}, which nothing sets",
            reason=f"both names say the same; {each.read.place} reads {each.read_as}",
            remedy=f"use one name in both places: rename {each.set_as} to {each.read_as}, or the reverse",
            severity="error" if each.read.required else None,
            related=(each.read.place,),
        )
