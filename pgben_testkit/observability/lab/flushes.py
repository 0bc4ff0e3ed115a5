"""When Alertmanager looks at its groups next: what no API of it tells, reckoned from its routes.

Source: Alertmanager's dispatch/dispatch.go. A new group is flushed `group_wait` after its first alert came (at once if
that alert began longer ago), then each `group_interval` until all its alerts are resolved and told; an empty group is
removed within 30 s.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pgben_testkit.observability.lab.routing import Route
from pgben_testkit.observability.lab.scrapes import unix

CLEANUP_S = 30.0
TIE_S = 1.0
"""An evaluation and a flush so near to each other come in any order."""

GroupKey = tuple[str, tuple[tuple[str, str], ...]]
"""Receiver and group labels."""


@dataclass
class Flushes:
    """A group's. `due`: unix times, more than one where it can't be told which counts."""

    route: Route
    due: set[float] = field(default_factory=set)
    suppressed: bool = False
    listed: bool = True
    last: float = 0.0
    left: float = 0.0
    """When its last alert was resolved."""
    ghost_until: float | None = None

    @property
    def may_be_silent(self) -> bool:
        """A flush may ask nobody: its alerts are inhibited or silenced, its route or receiver mute, or it is gone."""
        return self.suppressed or self.route.may_mute or len(self.due) > 1 or self.ghost_until is not None


class Dispatch:
    """All groups of an Alertmanager."""

    def __init__(self, root: Route, mute: Collection[str] = ()) -> None:
        """`mute`: receivers that have no integration."""
        self.root = root
        self.mute = mute
        self.groups: dict[GroupKey, Flushes] = {}

    @property
    def dues(self) -> list[float]:
        """When groups are due, unix times."""
        return [at for each in self.groups.values() for at in each.due]

    def due_at(self, now: float) -> list[Flushes]:
        return [each for each in self.groups.values() if each.due and min(each.due) <= now]

    def arrived(self, api_groups: Sequence[Mapping[str, Any]], now: float) -> list[GroupKey]:
        """Takes what `/api/v2/alerts/groups` says at `now`, after alerts came. Gives the groups that have been filled
        again before Alertmanager may have removed them."""
        listed = set()
        joined = []
        for each in api_groups:
            key: GroupKey = (each["receiver"]["name"], tuple(sorted(each["labels"].items())))
            listed.add(key)
            known = self.groups.get(key)
            if known is None or known.ghost_until is not None:
                route = self._route(key, each["alerts"][0]["labels"])
                made = Flushes(route)
                first = min(each["alerts"], key=lambda alert: unix(alert["updatedAt"]))
                came = min(unix(first["updatedAt"]), now)
                made.due = {came if unix(first["startsAt"]) + route.wait_s < came else came + route.wait_s}
                if known is not None and (known.ghost_until or 0.0) >= now:
                    made.due |= known.due
                    joined.append(key)
                self.groups[key] = known = made
            known.listed = True
            known.suppressed = key[0] in self.mute or all(
                alert["status"]["state"] == "suppressed" for alert in each["alerts"]
            )
        for key, known in self.groups.items():
            if known.listed and key not in listed:
                known.left = now
            known.listed = key in listed
        return joined

    def flushed(self, group: Flushes, at: float) -> None:
        """One of its dues was at `at`."""
        group.last = at
        group.due = {each for each in group.due if each > at}
        if group.ghost_until is None:
            group.due = (
                {at + group.route.interval_s} if len(group.due) == 0 else group.due | {at + group.route.interval_s}
            )
            if not group.listed:
                # Resolved at the moment of the flush: whether that told it, or the next one will, nobody can say.
                tie = at - group.left < TIE_S
                group.ghost_until = at + (group.route.interval_s if tie else CLEANUP_S) + 5.0
        elif at > group.ghost_until:
            group.due = set()

    def keys(self, labels: Mapping[str, str]) -> set[GroupKey]:
        """The groups that an alert with these labels belongs to."""
        return {(each.receiver, each.group(labels)) for each in self.root.matching(labels)}

    def flushed_since(self, key: GroupKey, since: float) -> bool:
        known = self.groups.get(key)
        return known is not None and known.last >= since

    def _route(self, key: GroupKey, labels: Mapping[str, str]) -> Route:
        taken = [each for each in self.root.matching(labels) if each.receiver == key[0]]
        exact = [each for each in taken if each.group(labels) == key[1]]
        return (exact or taken or [self.root])[0]
