"""Find a variable that is set to an empty value."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.env.ground import Ground

RULE = Rule("env/empty", "error", "A variable is set and empty")


def check(ground: Ground) -> Iterator[Finding]:
    for source in ground.sources:
        if source.example:
            continue
        for variable, declared in ground.variables(source):
            if declared.value is None or declared.refused or declared.value.strip():
                continue
            if variable.kind == "bool" and "" in variable.false:
                continue
            if variable.kind == "string" and declared.value == "" and not variable.required:
                continue
            yield finding(
                RULE,
                declared.name,
                declared.place,
                f"{declared.name} is empty in {source.title}",
                reason="an empty value is set all the same, so no default takes its place"
                if variable.default is not None
                else "an empty value does not fit its kind",
                remedy="give it a value, or remove the line",
                severity="error" if variable.required else "warning",
                related=(variable.place,),
            )
