"""One module a check: what it is called, and what it finds in a ground."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Protocol

from pgben_testkit.env.ground import Ground
from pgben_testkit.findings import Finding, Rule, ordered

NAMES = (
    "missing",
    "empty",
    "kind",
    "boolean",
    "whitespace",
    "unknown",
    "alias",
    "two_names",
    "duplicate",
    "drift",
    "differs",
    "condition",
    "forbidden",
    "weak_secret",
    "reference",
    "unused_object",
    "refused",
    "unfilled",
    "input",
    "undeclared",
    "unread",
    "code_default",
)
"""In the order that they run; a check's id is `env/` and its name with dashes."""


class Check(Protocol):
    RULE: Rule

    def check(self, ground: Ground) -> Iterable[Finding]: ...


def load(name: str) -> Check:
    module: Check = importlib.import_module(f"{__name__}.{name}")
    return module


def rules() -> tuple[Rule, ...]:
    return tuple(load(name).RULE for name in NAMES)


def run(ground: Ground) -> tuple[Finding, ...]:
    """The findings of all checks, each once, by place."""
    found = [finding for name in NAMES for finding in load(name).check(ground)]
    return ordered(found)
