"""Find a `${NAME}`, or a `$(NAME)` in a container, that nothing fills or that refers to itself."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.env.ground import Ground
from pgben_testkit.env.secret import safe_name

RULE = Rule("env/unfilled", "error", "A reference to another variable in a value is filled by nothing")


def check(ground: Ground) -> Iterator[Finding]:
    process = next((source for source in ground.sources if source.kind == "process"), None)
    examples = {declared.name for source in ground.sources if source.example for declared in source.declared}
    for each in ground.unfilled:
        name, inside = safe_name(each.name), safe_name(each.inside)
        if each.stops:
            filled = bool(process.values().get(each.name)) if process else each.shell
            if not filled and not (each.shell and each.name in examples):
                yield finding(
                    RULE,
                    inside,
                    each.place,
                    f"${{{name}:?}} in {inside} is filled by nothing",
                    reason=f"{name} is set neither in the .env beside it nor in this shell, so compose starts nothing",
                    remedy=f"set {name} in the .env beside it",
                    severity="warning" if each.shell else None,
                )
            continue
        if process and not each.pod and not each.cycle and each.name in process.values():
            continue
        if each.pod:
            yield finding(
                RULE,
                inside,
                each.place,
                f"$({name}) in {inside} is filled by nothing",
                reason=f"the container sets no {name} before it, so the program gets the text $({name}) itself",
                remedy=f"set {name} above {inside}; `$$({name})` if the text is meant",
            )
        elif each.cycle:
            yield finding(
                RULE,
                inside,
                each.place,
                f"{inside} asks for itself through ${{{name}}}",
                reason="the references lead in a circle, so it becomes empty",
                remedy="give one of them a value of its own",
            )
        else:
            yield finding(
                RULE,
                inside,
                each.place,
                f"${{{name}}} in {inside} is filled by nothing",
                reason=f"{name} is not set before it, so it becomes empty",
                remedy=f"set {name}, or give a default: ${{{name}:-...}}",
                severity="warning",
            )
