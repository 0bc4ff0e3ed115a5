"""Configurations of Prometheus and Alertmanager whose durations are divided, rule files included.

What a default gives is written out, as the defaults are not divided. Sources: Prometheus' config/config.go,
model/rulefmt; Alertmanager's config/config.go, dispatch/route.go.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pgben_testkit.observability import durations
from pgben_testkit.observability.lab.scale import NotScalable, Scale
from pgben_testkit.observability.lab.scaled_expression import from_then_on, scaled
from pgben_testkit.observability.servers.configured import as_yaml, diff, read_yaml

MOST = 100
SHORTEST_S = 0.1
"""No interval becomes shorter: beneath it, scrapes and evaluations come too late on a busy machine."""
LEAST = 2
"""A smaller factor is not worth another configuration."""
DEFAULTS = {"scrape_interval": 60.0, "evaluation_interval": 60.0, "scrape_timeout": 10.0}
ROUTE_DEFAULTS = {"group_wait": "30s", "group_interval": "5m", "repeat_interval": "4h"}
RESOLVE_TIMEOUT = "5m"
RULE_TIMES = ("for", "keep_firing_for")
GROUP_TIMES = ("interval", "query_offset")
_QUERY = re.compile(r"\{\{[^}]*\bquery\b")
_SCRAPE_LABEL = re.compile(r"__scrape_(interval|timeout)__")


def prometheus_flags(scale: Scale) -> list[str]:
    """What Prometheus' own defaults are in the programs' time."""
    return [f"--query.lookback-delta={scale.duration(300)}", f"--rules.alert.resend-delay={scale.duration(60)}"]


def alertmanager_flags(scale: Scale) -> list[str]:
    return [f"--data.retention={scale.duration(120 * 3600)}", f"--alerts.gc-interval={scale.duration(1800)}"]


def factor(prometheus: Mapping[str, Any], rule_files: Sequence[Path], alerting: Mapping[str, Any]) -> int:
    """By how much the durations can be divided.

    Raises:
        NotScalable: an interval is too short for any.
    """
    shortest, what = min(_intervals(prometheus, rule_files, alerting))
    found = min(MOST, math.floor(shortest / SHORTEST_S + 1e-6))
    if found < LEAST:
        raise NotScalable(
            f"{what} of {durations.text(shortest)} can't be divided",
            why=f"scrapes and evaluations bear no intervals below {durations.text(SHORTEST_S)}",
            remedy="use jumped clocks or real time (pgben_alerts_pace)",
        )
    return found


def first_work_s(prometheus: Mapping[str, Any], rule_files: Sequence[Path]) -> tuple[float, float]:
    """What a first scrape, once the targets are known, and a first evaluation may take: the longest intervals."""
    scrapes = (at for at, what in _intervals(prometheus, (), {}) if "scrape" in what)
    evaluations = (at for at, what in _intervals(prometheus, rule_files, {}) if "scrape" not in what)
    return max(scrapes), max(evaluations)


def _intervals(
    prometheus: Mapping[str, Any], rule_files: Sequence[Path], alerting: Mapping[str, Any]
) -> Iterator[tuple[float, str]]:
    top = prometheus.get("global") or {}
    for name in ("scrape_interval", "evaluation_interval"):
        yield durations.seconds(top.get(name) or DEFAULTS[name]), f"the {name}"
    for job in prometheus.get("scrape_configs") or []:
        if job.get("scrape_interval"):
            yield durations.seconds(job["scrape_interval"]), f"the scrape_interval of the job {job.get('job_name')}"
    for path in rule_files:
        for group in read_yaml(path).get("groups") or []:
            if group.get("interval"):
                yield durations.seconds(group["interval"]), f"the interval of the rule group {group.get('name')}"
    for route in _routes(alerting.get("route") or {}):
        if route.get("group_interval"):
            yield (
                durations.seconds(route["group_interval"]),
                f"a group_interval of {route.get('receiver')}",
            )


def _routes(route: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield route
    for each in route.get("routes") or []:
        yield from _routes(each)


def scaled_prometheus(config: Mapping[str, Any], scale: Scale) -> dict[str, Any]:
    """Raises NotScalable."""
    top = dict(config.get("global") or {})
    interval = durations.seconds(top.get("scrape_interval") or DEFAULTS["scrape_interval"])
    top["scrape_interval"] = interval
    top["scrape_timeout"] = top.get("scrape_timeout") or min(DEFAULTS["scrape_timeout"], interval)
    top["evaluation_interval"] = top.get("evaluation_interval") or DEFAULTS["evaluation_interval"]
    names = ("scrape_interval", "scrape_timeout", "evaluation_interval", "rule_query_offset")
    made = {**config, "global": _divided(top, names, scale)}
    made["scrape_configs"] = [_job(each, interval, scale) for each in config.get("scrape_configs") or []]
    return made


def _job(job: Mapping[str, Any], above_s: float, scale: Scale) -> dict[str, Any]:
    if _SCRAPE_LABEL.search(str({**job, "metric_relabel_configs": None})):
        raise NotScalable(
            f"the job {job.get('job_name')} can't be scaled",
            why="a label says how often its targets are scraped",
            remedy="use jumped clocks or real time (pgben_alerts_pace)",
        )
    return _divided(job, ("scrape_interval", "scrape_timeout"), scale)


def scaled_alertmanager(config: Mapping[str, Any], scale: Scale) -> dict[str, Any]:
    top = dict(config.get("global") or {})
    top["resolve_timeout"] = top.get("resolve_timeout") or RESOLVE_TIMEOUT
    route = config.get("route") or {}
    missing = {name: value for name, value in ROUTE_DEFAULTS.items() if route.get(name) is None}
    top = _divided(top, ("resolve_timeout",), scale)
    return {**config, "global": top, "route": _route({**route, **missing}, scale)}


def _route(route: Mapping[str, Any], scale: Scale) -> dict[str, Any]:
    made = _divided(route, tuple(ROUTE_DEFAULTS), scale)
    if route.get("routes"):
        made["routes"] = [_route(each, scale) for each in route["routes"]]
    return made


def scaled_rules(path: Path, scale: Scale) -> dict[str, Any]:
    """A rule file. Its alerts are on from the scale's origin on: before, targets are not known yet, which takes
    Prometheus seconds that would be minutes here.

    Raises:
        NotScalable: a rule of it can't be; with its name and file.
    """
    data = read_yaml(path)
    groups = []
    for group in data.get("groups") or []:
        rules = [_rule(each, path, scale) for each in group.get("rules") or []]
        groups.append({**_divided(group, GROUP_TIMES, scale), "rules": rules})
    return {**data, "groups": groups}


def _rule(rule: Mapping[str, Any], path: Path, scale: Scale) -> dict[str, Any]:
    name = rule.get("alert") or rule.get("record")
    for each in [*(rule.get("annotations") or {}).values(), *(rule.get("labels") or {}).values()]:
        if _QUERY.search(str(each)):
            raise NotScalable(
                f"the rule {name} ({path}) can't be scaled",
                why=f"a template of it asks a query: {each}",
                remedy="use jumped clocks or real time (pgben_alerts_pace)",
            )
    written = str(rule.get("expr", ""))
    try:
        expression = scaled(written, scale)
    except NotScalable as error:
        raise NotScalable(
            f"the rule {name} ({path}) can't be scaled",
            why=f"{error.why}, in {' '.join(written.split())}",
            remedy=error.remedy,
        ) from None
    if "alert" in rule:
        expression = from_then_on(expression, scale.program_origin)
    return {**_divided(rule, RULE_TIMES, scale), "expr": expression}


def _divided(data: Mapping[str, Any], names: Sequence[str], scale: Scale) -> dict[str, Any]:
    return {
        key: scale.duration(durations.seconds(value)) if key in names and value is not None else value
        for key, value in data.items()
    }


class Scaled:
    """A laboratory's configurations, divided; copies of the rule files lie in `folder`. `changes`: what was replaced in
    those."""

    def __init__(self, folder: Path, rule_files: Sequence[Path]) -> None:
        self._folder = folder
        self._rule_files = rule_files
        self._copies: list[str] = []
        self.changes = ""

    def check(self, prometheus: Mapping[str, Any], scale: Scale) -> None:
        """Raises NotScalable: something in them can't be."""
        scaled_prometheus(prometheus, scale)
        for each in self._rule_files:
            scaled_rules(each, scale)

    def prometheus(self, config: Mapping[str, Any], scale: Scale) -> dict[str, Any]:
        """`config` is one that was made to run here."""
        if not self._copies:
            self._write(scale)
        return {**scaled_prometheus(config, scale), "rule_files": list(self._copies)}

    def _write(self, scale: Scale) -> None:
        told = []
        for number, path in enumerate(self._rule_files):
            made = scaled_rules(path, scale)
            copy = self._folder / str(number) / path.name
            copy.parent.mkdir(parents=True)
            copy.write_text(as_yaml(made), "utf-8")
            self._copies.append(str(copy))
            told.append(diff(read_yaml(path), made, str(path)))
        self.changes = "\n".join(filter(None, told))
