"""Examine this machine for a project: run every look, collect the facts."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pgben_testkit.checking.fact import Fact
from pgben_testkit.checking.finding import Finding
from pgben_testkit.doctor.checks import CHECKS
from pgben_testkit.doctor.look import Look, Ports
from pgben_testkit.settings import Settings


@dataclass(frozen=True)
class Examined:
    """Hold the facts of the machine, and the seconds that looking took."""

    facts: tuple[Fact, ...]
    took_s: float

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return the facts that are not fine, as findings."""
        return tuple(each for each in (fact.finding() for fact in self.facts) if each is not None)


def names() -> tuple[str, ...]:
    """Return the names of all looks in the order of their run: what starts a server comes last."""
    return tuple(sorted(CHECKS.modules(), key=lambda each: (getattr(_load(each), "STARTS_A_SERVER", False), each)))


def _load(name: str) -> Look:
    module: Look = importlib.import_module(f"{CHECKS.package}.{name}")
    return module


def examine(
    settings: Settings, *, ports: Ports = (), skip: Iterable[str] = (), progress: Callable[[str], None] = lambda _: None
) -> Examined:
    """Examine this machine for the project with `settings`.

    `skip` names looks that are left out, as `engine`. Only the look at the schema starts a server, and stops it again.
    """
    began = time.perf_counter()
    left_out = set(skip)
    facts: list[Fact] = []
    for name in names():
        if name not in left_out:
            progress(f"looking at: {name}")
            facts.extend(_load(name).look(settings, ports))
    return Examined(tuple(facts), time.perf_counter() - began)
