"""Say what an alert needs of the laboratory that it lives in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from pgben_testkit.observability.lab.flushes import GroupKey
from pgben_testkit.observability.lab.scrapes import AlertNow
from pgben_testkit.observability.lab.timeline import Timeline
from pgben_testkit.observability.servers.prometheus import Prometheus


class Watched(Protocol):
    """Let time pass, and tell what alerts did in it. Moments are unix seconds of the laboratory's time."""

    timeline: Timeline

    @property
    def prometheus(self) -> Prometheus:
        """Return the running Prometheus."""

    @property
    def longest_flush_s(self) -> float:
        """Return the longest time between an alert and the flush of its group."""

    def interval_s(self, alert: str) -> float:
        """Return the longest interval of the rule groups that have the alert called `alert`."""

    def labels_seen(self, selector: str) -> list[Mapping[str, str]]:
        """Return the labels of each series that `selector` found at any time."""

    def refused_deliveries(self) -> list[tuple[str, str]]:
        """Return (receiver, reason) of each message that Alertmanager gave up, in order."""

    def reached_alertmanager(self, group: GroupKey) -> bool:
        """Return whether Alertmanager ever had an alert in `group`."""

    def start(self) -> None:
        """Start the programs, unless they run."""

    def clock(self) -> float:
        """Return the moment."""

    def run_until(self, end: float, done: Callable[[], bool] = lambda: False) -> bool:
        """Let time pass until `done` or `end`; return whether it was `done`."""

    def driver_alerts(self) -> tuple[AlertNow, ...]:
        """Return the pending and firing alerts of the last evaluation."""

    def groups_of(self, alert: AlertNow) -> set[GroupKey]:
        """Return Alertmanager's groups of `alert`."""

    def flushed_since(self, group: GroupKey, since: float) -> bool:
        """Return whether Alertmanager has flushed `group` since the moment `since`."""
