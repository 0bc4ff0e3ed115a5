"""Find a ConfigMap or Secret that nothing uses."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.env.ground import Ground

RULE = Rule("env/unused-object", "warning", "A ConfigMap or Secret is used by nothing")


def check(ground: Ground) -> Iterator[Finding]:
    for each in ground.unused:
        yield finding(
            RULE,
            each.name,
            each.place,
            f"nothing uses the {each.object_kind} {each.name}",
            reason="no container, volume or other manifest names it, so what is set there reaches no program",
            remedy="name it in `envFrom` of the container that it is for, or remove it",
        )
