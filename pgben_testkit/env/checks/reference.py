"""Find a reference to a Secret or ConfigMap, or to a key of one, that no manifest defines."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.env.ground import Ground
from pgben_testkit.env.nearest import nearest

RULE = Rule("env/reference", "error", "A workload refers to a Secret, ConfigMap or key that nothing defines")


def check(ground: Ground) -> Iterator[Finding]:
    for each in ground.references:
        what = f"{each.object_kind} {each.name}"
        if each.key:
            meant = nearest(each.key, each.known_keys)
            yield finding(
                RULE,
                f"{each.name}.{each.key}",
                each.place,
                f"{what} has no key {each.key}",
                reason=f"{each.by} asks for it, and the pod does not start without it",
                remedy=f"did you mean {meant}?" if meant else f"add {each.key} to {what}, or mark it `optional: true`",
            )
        else:
            meant = nearest(each.name, each.known_names)
            if not meant and each.object_kind == "Secret":
                continue  # secrets are made on the cluster, and a repository without them is as it should be
            yield finding(
                RULE,
                each.name,
                each.place,
                f"no manifest defines the {what}",
                reason=f"{each.by} asks for it, and the pod does not start without it",
                remedy=f"did you mean {meant}?" if meant else "add its manifest, or mark it `optional: true`",
                severity=None if meant else "warning",
            )
