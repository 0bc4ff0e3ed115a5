"""Finds personal data in delivered messages: where it stands, and of what kind it is, never the value."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pgben_testkit.checking.finding import Finding, Place, Rule, finding, ordered
from pgben_testkit.lgpd.text import kind_of
from pgben_testkit.observability.receivers.delivery import Delivery, Email

RULE = Rule("receivers/personal-data", "error", "A message holds personal data")
_LABEL = re.compile(r"\.(?:labels|annotations)\.(\w+)$")


def find(deliveries: Sequence[Delivery], allow: Sequence[str] = ()) -> tuple[Finding, ...]:
    """Find personal data in `deliveries`; `allow` are texts that may occur.

    The line of a finding is the number of the delivery in the inbox, from 1.
    """
    found: list[Finding] = []
    for number, each in enumerate(deliveries, 1):
        own = [*each.addresses, *_own(each), *allow]
        for where, text in each.readable():
            label = _LABEL.search(where)
            kind = kind_of(_without(text, own), label[1] if label else "")
            if kind:
                to = f" to receiver {each.receiver}" if each.receiver else ""
                found.append(
                    finding(
                        RULE,
                        f"{each.channel} {number}, {where}",
                        Place("inbox", number),
                        f"{each.channel}{to} at {each.at:%H:%M:%S} UTC: {where} holds personal data: {kind}",
                        reason="LGPD, art. 6, III: no more data than the purpose needs; an alert needs none",
                        remedy="take it out of the template, the annotation or the label that brings it",
                    )
                )
    return ordered(found)


def _own(delivery: Delivery) -> list[str]:
    return [delivery.sender] if isinstance(delivery, Email) else []


def _without(text: str, own: Sequence[str]) -> str:
    for each in own:
        if each:
            text = re.sub(re.escape(each), " ", text, flags=re.IGNORECASE)
    return text
