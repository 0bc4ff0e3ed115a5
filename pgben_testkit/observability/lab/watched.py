"""Say what an alert needs of the laboratory that it lives in."""

from __future__ import annotations

from collections.abc import Callable
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

    @property
    def longest_evaluation_s(self) -> float:
        """Return the longest interval of a rule group."""

    def start(self) -> None:
        """Start the programs, unless they run."""

    def clock(self) -> float:
        """Return the moment."""

    def run_until(self, end: float, done: Callable[[], bool] = lambda: False) -> bool:
        """Let time pass until `done` or `end`; return whether it was `done`."""

    def driver_alerts(self) -> tuple[AlertNow, ...]:
        """Return the pending and firing alerts of the last evaluation."""

    def state_changes(self, alert: str) -> list[tuple[float, str]]:
        """Return (moment, state) of each change of the alert called `alert`."""

    def groups_of(self, alert: AlertNow) -> set[GroupKey]:
        """Return Alertmanager's groups of `alert`."""

    def flushed_since(self, group: GroupKey, since: float) -> bool:
        """Return whether Alertmanager has flushed `group` since the moment `since`."""
