"""Rules about dates that factories of requests, payments and courts share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from pgben_testkit.factories.engine.data_factory import Rule


def after(o: Any, before: datetime, name: str, least: int, most: int) -> datetime:
    """Return a moment in office hours, `least` to `most` days after the moment `before`, and later than it."""
    later = before.date() + timedelta(days=o.s.between(name, least, most))
    moment: datetime = o.s.moment(name + " hora", later)
    return max(moment, before + timedelta(minutes=20))


def belongs(statuses: Sequence[str], field: str) -> Rule:
    """Make a rule: objects in these states have the date `field`, and no others have it."""

    def rule(o: Any) -> str | None:
        there = getattr(o, field) is not None
        if there == (o.status in statuses):
            return None
        need = "needs" if o.status in statuses else "has no"
        return f"the status {o.status} {need} {field}; states with {field}: {', '.join(statuses)}"

    return rule


def needs(statuses: Sequence[str], *fields: str) -> Rule:
    """Make a rule: objects in these states have all of `fields`."""

    def rule(o: Any) -> str | None:
        lacking = [name for name in fields if getattr(o, name) is None]
        return f"the status {o.status} needs {', '.join(lacking)}" if lacking and o.status in statuses else None

    return rule


def forbids(statuses: Sequence[str], *fields: str) -> Rule:
    """Make a rule: objects in these states have none of `fields`."""

    def rule(o: Any) -> str | None:
        extra = [name for name in fields if getattr(o, name) is not None]
        return f"the status {o.status} has no {', '.join(extra)}" if extra and o.status in statuses else None

    return rule


def ordered(*fields: str) -> Rule:
    """Make a rule: the dates `fields`, as far as an object has them, are in this order."""

    def rule(o: Any) -> str | None:
        there = [(name, getattr(o, name)) for name in fields if getattr(o, name, None) is not None]
        for (first, early), (second, late) in pairwise(there):
            try:
                if late < early:
                    return f"{second} ({late:%Y-%m-%d}) is before {first} ({early:%Y-%m-%d})"
            except TypeError:
                return (
                    f"{first} and {second} can't be compared: give both as datetime with a time zone, or both as date"
                )
        return None

    return rule
