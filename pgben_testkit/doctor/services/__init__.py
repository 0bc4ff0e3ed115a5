"""Examine each service: one module for each of the kit's own, which knows its programs.

A service that another package adds examines itself, by a method `examine(settings)`.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable, Iterator
from typing import Protocol

from pgben_testkit.checking.fact import Fact, Level
from pgben_testkit.services.registry import AnyService, Registry
from pgben_testkit.settings import Settings

PROGRAMS = "doctor/binaries"
"""The check that facts about programs belong to."""


class Examiner(Protocol):
    """What can examine a service."""

    def examine(self, settings: Settings) -> Iterable[Fact]:
        """Yield what is so with the programs of the service. Starts no server."""


def every() -> Iterator[tuple[AnyService, Examiner | None]]:
    """Yield every service, and what examines it; None where nothing does."""
    for service in Registry.installed():
        name = f"{__name__}.{service.name}"
        if importlib.util.find_spec(name):
            own: Examiner = importlib.import_module(name)
            yield service, own
        else:
            yield service, service if hasattr(service, "examine") else None


def lacking(name: str, settings: Settings) -> Level:
    """Return how bad it is that the programs of the service `name` are missing: fine where another server is used."""
    service = Registry().get(name)
    if service.setting(settings, "url"):
        return "ok"
    return "warning" if service.is_wanted(settings) else "note"
