"""Find a value that has a space at its end, or quotes that became part of it."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.env.ground import Ground

RULE = Rule("env/whitespace", "error", "Spaces or quotes belong to a value by mistake")


def check(ground: Ground) -> Iterator[Finding]:
    for source in ground.sources:
        for variable, declared in ground.variables(source):
            value = declared.value
            if value is None or variable.kind == "pem" or not value.strip() or stripped(value) == value:
                continue
            quotes = value.strip() != stripped(value)
            yield finding(
                RULE,
                declared.name,
                declared.place,
                f"{declared.name} has {'quotes' if quotes else 'a space or line break'} that belong{'s' * (not quotes)}"
                " to its value",
                reason=f"in {source.title} the program gets "
                + ("the quotes too" if quotes else "them too, and compares, connects and signs with them"),
                remedy="remove the quotes" if quotes else "remove what stands before or after the value",
            )


def stripped(value: str) -> str:
    """Return `value` without outer spaces and without one pair of outer quotes."""
    bare = value.strip()
    if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'":
        bare = bare[1:-1].strip()
    return bare
