"""The ground below the tests: engine, images, ports, disk, locale, programs, schema, leftovers."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pgben_testkit.findings import Finding, Place, Rule, finding
from pgben_testkit.services.registry import Registry
from pgben_testkit.settings import Settings

Level = Literal["ok", "note", "warning", "error"]
NAMES = ("engine", "backends", "binaries", "ports", "disk", "locale", "timezone", "leftovers", "schema")
"""In the order that they are told; the schema comes last, since it starts a server."""
HERE = "this machine"
Ports = Sequence[tuple[int, Place]]


@dataclass(frozen=True)
class Fact:
    """One thing that was looked at: fine (`ok`), or a finding with its reason and remedy."""

    rule: Rule
    level: Level
    subject: str
    summary: str
    reason: str = ""
    remedy: str = ""
    place: Place = Place(HERE)

    def finding(self) -> Finding | None:
        if self.level == "ok":
            return None
        return finding(
            self.rule,
            self.subject,
            self.place,
            self.summary,
            reason=self.reason,
            remedy=self.remedy,
            severity=self.level,
        )


@dataclass(frozen=True)
class Examined:
    """The facts of the ground, and what looking took."""

    facts: tuple[Fact, ...]
    took_s: float

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(each for each in (fact.finding() for fact in self.facts) if each is not None)


def is_wanted(service: str, settings: Settings) -> bool:
    """Whether the settings say that this project uses a service; where they are silent its lack is only a note."""
    return Registry().get(service).is_wanted(settings)


class Look(Protocol):
    RULE: Rule

    def look(self, settings: Settings, ports: Ports) -> Iterable[Fact]: ...


def load(name: str) -> Look:
    module: Look = importlib.import_module(f"{__name__}.{name}")
    return module


def rules() -> tuple[Rule, ...]:
    return tuple(load(name).RULE for name in NAMES)


def examine(
    settings: Settings, *, ports: Ports = (), skip: Iterable[str] = (), progress: Callable[[str], None] = lambda _: None
) -> Examined:
    """All that can be said of the ground; `skip` names what is left out. Starts a server for the schema alone."""
    began = time.perf_counter()
    left_out = set(skip)
    facts: list[Fact] = []
    for name in NAMES:
        if name not in left_out:
            progress(f"looking at: {name}")
            facts.extend(load(name).look(settings, ports))
    return Examined(tuple(facts), time.perf_counter() - began)
