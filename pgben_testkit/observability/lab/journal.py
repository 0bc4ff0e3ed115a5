"""Note in a laboratory's timeline which alerts changed their state, and which messages came."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pgben_testkit.observability.lab.scrapes import AlertNow, Key
from pgben_testkit.observability.lab.timeline import Timeline
from pgben_testkit.observability.receivers.delivery import Delivery, about

SHOWN_CHARACTERS = 100
"""Of a message's text: a line of the timeline is read at a glance."""


class Journal:
    """Take all alerts and messages again and again, and note what is new."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self._states: dict[tuple[str, Key], str] = {}
        self._seen: tuple[Delivery, ...] = ()

    def alerts(self, at: float, alerts: Sequence[AlertNow]) -> None:
        """Note what changed among the pending and firing `alerts` of an evaluation at `at`, unix seconds."""
        found = {(each.rule, each.key): each for each in alerts}
        for key, each in found.items():
            if self._states.get(key) != each.state:
                text = f"{each.state}  value {each.value:g}  {_labels(each.labels)}"
                self.timeline.add(at, "state", text, each.rule, each.key)
        for key in set(self._states) - set(found):
            self.timeline.add(at, "state", f"inactive  {_labels(dict(key[1]))}", *key)
        self._states = {key: each.state for key, each in found.items()}

    def deliveries(self, arrived: Sequence[Delivery], names: Collection[str]) -> None:
        """Note what is new among `arrived`, all messages so far; `names` are the alerts that they may be about."""
        seen = {id(each) for each in self._seen}
        for each in [each for each in arrived if id(each) not in seen]:
            for name in [name for name in names if about(each, name)] or [""]:
                self.timeline.add(each.at.timestamp(), "delivery", _message(each), name)
        self._seen = tuple(arrived)


def _message(each: Delivery) -> str:
    said = " ".join(each.text.split())
    to = f" to {each.address}" if each.address else ""
    more = "..." if len(said) > SHOWN_CHARACTERS else ""
    return f"{each.channel}{to} [{each.receiver}] {each.status}: {said[:SHOWN_CHARACTERS]}{more}"


def _labels(labels: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}={value}" for name, value in sorted(labels.items()) if name != "alertname") + "}"
