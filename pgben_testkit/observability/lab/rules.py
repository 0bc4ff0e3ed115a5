"""The alerts that rule files define, read before they run: expression, duration, labels, file."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability import durations
from pgben_testkit.observability.servers.configured import read_yaml


@dataclass(frozen=True)
class AlertRule:
    """An alerting rule as written. `for_s` in seconds."""

    name: str
    expression: str
    for_s: float
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    file: str


def files(patterns: Iterable[str], *, may_be_none: bool = False) -> list[Path]:
    """The files that globs match, each once. `may_be_none`: a glob may match nothing, as Prometheus has it.

    Raises:
        UsageProblem: a glob that matches none.
    """
    found: dict[Path, None] = {}
    for pattern in patterns:
        matched = sorted(glob.glob(pattern, recursive=True))
        if not matched and not may_be_none:
            raise UsageProblem(f"no rule file is {pattern}", why="nothing matches it", remedy="mend the path or glob")
        found.update(dict.fromkeys(Path(each) for each in matched))
    return list(found)


def alerts(paths: Iterable[Path]) -> dict[str, list[AlertRule]]:
    """alert name -> its rules, more than one where a name is used twice.

    Raises:
        UsageProblem: a file that is no rule file.
    """
    found: dict[str, list[AlertRule]] = {}
    for path in paths:
        for group in read_yaml(path).get("groups") or []:
            for rule in group.get("rules") or []:
                if "alert" in rule:
                    made = AlertRule(
                        str(rule["alert"]),
                        str(rule.get("expr", "")).strip(),
                        durations.seconds(rule.get("for") or 0),
                        rule.get("labels") or {},
                        rule.get("annotations") or {},
                        str(path),
                    )
                    found.setdefault(made.name, []).append(made)
    return found
