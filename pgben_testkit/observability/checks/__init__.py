"""One module a check: what it is called, and what it finds where an exposition is held against a catalogue."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Protocol

from pgben_testkit.findings import Finding, Rule, ordered
from pgben_testkit.observability.held import Held

NAMES = (
    "missing",
    "no_samples",
    "unknown",
    "type",
    "labels",
    "label_value",
    "buckets",
    "counter_down",
    "cardinality",
    "duplicate",
    "personal_data",
)
"""A check's id is `metrics/` and its name with dashes."""


class Check(Protocol):
    RULE: Rule

    def check(self, held: Held) -> Iterable[Finding]: ...


def load(name: str) -> Check:
    module: Check = importlib.import_module(f"{__name__}.{name}")
    return module


def rules() -> tuple[Rule, ...]:
    return tuple(load(name).RULE for name in NAMES)


def run(held: Held) -> tuple[Finding, ...]:
    """The findings of all checks, each once, by place."""
    return ordered([finding for name in NAMES for finding in load(name).check(held)])
