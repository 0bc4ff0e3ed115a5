"""The scrapes and evaluations of a running Prometheus: when each is due, and whether it has been made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from pgben_testkit.observability.durations import seconds, text
from pgben_testkit.observability.servers.prometheus import Prometheus

Key = frozenset[tuple[str, str]]
"""Labels, as what tells a target from others."""


def unix(stamp: str) -> float:
    """The unix time of an RFC 3339 stamp; 0 for Go's zero time."""
    return 0.0 if stamp.startswith("0001-") else datetime.fromisoformat(stamp).timestamp()


@dataclass
class Scrape:
    """A target's. `last` is the time of its last sample of `up`, 0 before the first; `up` that sample."""

    job: str
    instance: str
    interval_s: float
    timeout_s: float
    last: float = 0.0
    up: bool = False
    missed: bool = False

    @property
    def due(self) -> float:
        return self.last + self.interval_s

    def __str__(self) -> str:
        return f"the scrape of {self.instance} (job {self.job})"


@dataclass
class Group:
    """A rule group. `last` is when its last evaluation began, 0 before the first."""

    file: str
    name: str
    interval_s: float
    last: float = 0.0
    missed: bool = False

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
    """What a Prometheus has scraped and evaluated so far, read from its API."""

    def __init__(self, server: Prometheus) -> None:
        self.server = server
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
            made = Scrape(labels.get("job", ""), labels.get("instance", ""), seconds(each["scrapeInterval"]),
                          seconds(each["scrapeTimeout"]))  # fmt: skip
            if key in before:
                made.last, made.up = before[key].last, before[key].up
            self.scrapes[key] = made
        longest = max((each.interval_s for each in self.scrapes.values()), default=15.0)
        self._window = text(int(longest * 2.5) + 1)
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
            stamp, value = series["values"][-1]
            at = float(stamp)
            if at > found.last:
                found.missed |= bool(found.last) and at - found.last > 1.5 * found.interval_s
                found.last, found.up = at, value == "1"

    def read_rules(self) -> None:
        """When each group was last evaluated, and the alerts that came of it."""
        before, self.groups = self.groups, {}
        alerts: list[AlertNow] = []
        failed: list[tuple[str, str]] = []
        for data in self.server.http.json("/api/v1/rules")["data"]["groups"]:
            key = (data["file"], data["name"])
            group = before.get(key) or Group(data["file"], data["name"], float(data["interval"]))
            last = unix(data["lastEvaluation"])
            group.missed |= bool(group.last) and last - group.last > 1.5 * group.interval_s
            group.last = last
            self.groups[key] = group
            for rule in data["rules"]:
                if rule["health"] == "err":
                    failed.append((rule["name"], rule.get("lastError", "")))
                if rule["type"] == "alerting":
                    alerts += (_alert(rule["name"], each) for each in rule["alerts"])
        self.alerts = tuple(alerts)
        self.failed_rules = tuple(failed)


def _alert(rule: str, data: Mapping[str, Any]) -> AlertNow:
    return AlertNow(
        rule, data["labels"], data["annotations"], data["state"], unix(data["activeAt"]), float(data["value"])
    )
