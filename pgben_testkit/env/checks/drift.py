"""Find a variable that one environment has and another lacks."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.env import drift
from pgben_testkit.env.ground import Ground

RULE = Rule("env/drift", "warning", "A variable is declared in one source and absent from another")
MOST_NAMED = 4


def check(ground: Ground) -> Iterator[Finding]:
    for row in drift.drifting(ground):
        variable = ground.contract.variables[row.name] if ground.contract else None
        default = variable is not None and variable.default is not None
        absent = [source.title for source in row.lacking]
        more = f" and {len(absent) - MOST_NAMED} more" if len(absent) > MOST_NAMED else ""
        yield finding(
            RULE,
            row.name,
            row.lacking[0].place,
            f"{row.name} is set in {len(row.declared)} of {len(row.declared) + len(absent)} environments",
            reason=f"absent from {', '.join(absent[:MOST_NAMED])}{more}"
            + (", where the default holds" if default else ""),
            remedy="set it there too, or let the contract say `only`, `required_in` or `forbidden_in`",
            severity="note" if default or _may_lack(ground, row.name) else "warning",
            related=tuple(each.place for each in row.lacking[1:]) + tuple(each.place for each in row.declared),
        )


def _may_lack(ground: Ground, name: str) -> bool:
    """Whether the code shows in each place that it works without the variable."""
    reads = [each for each in ground.code.reads if each.name == name and not each.test] if ground.code else []
    return bool(reads) and all(each.optional for each in reads)
