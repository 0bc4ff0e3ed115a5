"""The scrapes and evaluations of a running Prometheus: when each is due, and whether it has been made."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from pgben_testkit.observability.durations import seconds, text
from pgben_testkit.observability.servers.prometheus import Prometheus

LATE_S = 5
"""Seconds of the programs by which we may come late to look where time runs on."""
UNSEEN = 2.5
"""Intervals between two evaluations that were looked at: one may lie between. More, and what is told of an alert's
times would be later than the two evaluations that `after=` allows."""
_LEFT_OUT = re.compile(rb"\nprometheus_rule_group_iterations_missed_total\{[^}]*\} (\S+)")

Key = frozenset[tuple[str, str]]
"""Labels, as what tells a target from others."""


def unix(stamp: str) -> float:
    """The unix time of an RFC 3339 stamp; 0 for Go's zero time."""
    return 0.0 if stamp.startswith("0001-") else datetime.fromisoformat(stamp).timestamp()


@dataclass
class Scrape:
    """A target's. `last` is the time of its last sample of `up`, 0 before the first; `up` that sample; `failed_at` the
    time of the last one that was 0."""

    job: str
    instance: str
    interval_s: float
    timeout_s: float
    last: float = 0.0
    up: bool = False
    missed: bool = False
    failed_at: float = 0.0

    @property
    def due(self) -> float:
        return self.last + self.interval_s

    def __str__(self) -> str:
        return f"the scrape of {self.instance} (job {self.job})"


@dataclass
class Group:
    """Describe a rule group. `last` is when its last evaluation began, 0 before the first; `rules` are their names."""

    file: str
    name: str
    interval_s: float
    last: float = 0.0
    missed: bool = False
    rules: frozenset[str] = frozenset()

    @property
    def due(self) -> float:
        return self.last + self.interval_s

    def __str__(self) -> str:
        return f"the evaluation of the rule group {self.name}"


@dataclass(frozen=True)
class AlertNow:
    """An alert of a rule that is pending or firing. `since`: when its expression became true, unix seconds."""

    rule: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    state: str
    since: float
    value: float

    @property
    def key(self) -> Key:
        return frozenset(self.labels.items())


class Watch:
    """What a Prometheus has scraped and evaluated so far, read from its API.

    `runs_on`: time does not stand still while we look, so that evaluations may be made between two looks. What they
    found is then read from the series that they left.
    """

    def __init__(self, server: Prometheus, *, runs_on: bool = False) -> None:
        self.server = server
        self._runs_on = runs_on
        self.scrapes: dict[Key, Scrape] = {}
        self.groups: dict[tuple[str, str], Group] = {}
        self.alerts: tuple[AlertNow, ...] = ()
        self.failed_rules: tuple[tuple[str, str], ...] = ()
        self._window = "1m"

    @property
    def things(self) -> list[Scrape | Group]:
        """All that becomes due."""
        return [*self.scrapes.values(), *self.groups.values()]

    def read_targets(self) -> None:
        """Which targets there are, and how often each is scraped; what is known of their scrapes is kept."""
        before, self.scrapes = self.scrapes, {}
        for each in self.server.targets():
            labels = each["labels"]
            key = frozenset(labels.items())
            made = Scrape(
                labels.get("job", ""),
                labels.get("instance", ""),
                seconds(each["scrapeInterval"]),
                seconds(each["scrapeTimeout"]),
            )
            if key in before:
                made.last, made.up = before[key].last, before[key].up
            self.scrapes[key] = made
        longest = max((each.interval_s for each in self.scrapes.values()), default=15.0)
        self._window = text(int(longest * 2.5) + (LATE_S if self._runs_on else 1))
        self._query = f"/api/v1/query?query={quote(f'up[{self._window}]')}"

    def read_scrapes(self) -> None:
        """The newest sample of `up` of each target: it becomes visible together with all that the scrape brought."""
        if not self.scrapes:
            return
        for series in self.server.http.json(self._query)["data"]["result"]:
            labels: dict[str, str] = series["metric"]
            labels.pop("__name__", None)
            found = self.scrapes.get(frozenset(labels.items()))
            if found is None:
                continue  # of a target that is gone
            new = [(float(stamp), value == "1") for stamp, value in series["values"] if float(stamp) > found.last]
            if new and not found.last:
                new = new[-1:]
            for at, up in new:
                found.missed |= bool(found.last) and at - found.last > 1.5 * found.interval_s
                found.last = at
                found.failed_at = found.failed_at if up else at
            if new:
                found.up = all(up for _, up in new)

    def read_rules(self) -> None:
        """When each group was last evaluated, and the alerts that came of it."""
        before, self.groups = self.groups, {}
        alerts: list[AlertNow] = []
        failed: list[tuple[str, str]] = []
        unseen: list[tuple[Group, float, set[str]]] = []
        for data in self.server.http.json("/api/v1/rules")["data"]["groups"]:
            key = (data["file"], data["name"])
            group = before.get(key) or Group(data["file"], data["name"], float(data["interval"]))
            last = unix(data["lastEvaluation"])
            if group.last and last - group.last > 1.5 * group.interval_s:
                if self._runs_on and last - group.last < UNSEEN * group.interval_s:
                    unseen.append((group, group.last, {each["name"] for each in data["rules"]}))
                else:
                    group.missed = True
            group.last = last
            group.rules = frozenset(each["name"] for each in data["rules"])
            self.groups[key] = group
            for rule in data["rules"]:
                if rule["health"] == "err":
                    failed.append((rule["name"], rule.get("lastError", "")))
                if rule["type"] == "alerting":
                    alerts += (_alert(rule["name"], each) for each in rule["alerts"])
        for group, since, rules in unseen:
            group.missed |= not self._was_seen(since - group.interval_s, group.last, rules, [*self.alerts, *alerts])
        self.alerts = tuple(alerts)
        self.failed_rules = tuple(failed)

    def _was_seen(self, since: float, until: float, rules: set[str], seen: Sequence[AlertNow]) -> bool:
        """No evaluation between `since` and `until` was left out, and none found an alert in a state that is not among
        those seen before and after, of the same beginning.

        They are told by their due moments, and one may begin up to an interval after its own: `since` is an interval
        before the begin of the one seen before.
        """
        left_out = _LEFT_OUT.findall(self.server.http.get("/metrics"))
        if any(float(each) for each in left_out):
            return False
        began: dict[tuple[str, Key], float] = {}
        if any(began.setdefault((each.rule, each.key), each.since) != each.since for each in seen):
            return False
        states = {(each.rule, each.state, each.key) for each in seen}
        window = quote(f"ALERTS[{int((until - since) * 1000) + 1000}ms]")
        for series in self.server.http.json(f"/api/v1/query?query={window}")["data"]["result"]:
            labels = dict(series["metric"])
            state, name = labels.pop("alertstate"), labels["alertname"]
            del labels["__name__"]
            if name not in rules or (name, state, frozenset(labels.items())) in states:
                continue
            if any(since < float(stamp) < until for stamp, _ in series["values"]):
                return False
        return True


def _alert(rule: str, data: Mapping[str, Any]) -> AlertNow:
    return AlertNow(
        rule, data["labels"], data["annotations"], data["state"], unix(data["activeAt"]), float(data["value"])
    )
