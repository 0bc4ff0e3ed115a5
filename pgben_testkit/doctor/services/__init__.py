"""Examine each service: one module a service, which knows its programs and the settings that ask for it."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from typing import Protocol

from pgben_testkit.checking.fact import Fact, Level
from pgben_testkit.services.supply import STARTERS, USUAL
from pgben_testkit.settings import Settings

PROGRAMS = "doctor/binaries"
"""The check that facts about programs belong to."""


class Service(Protocol):
    """A module that knows how to examine one service.

    `ASKED_BY` are the settings that say that a project uses the service; `ADDRESS` is the one with its address.
    """

    ASKED_BY: tuple[str, ...]
    ADDRESS: str

    def examine(self, settings: Settings) -> Iterable[Fact]:
        """Yield what is so with the programs of the service. Starts no server."""


def named(service: str) -> Service:
    """Return the module that examines `service`."""
    module: Service = importlib.import_module(f"{__name__}.{service}")
    return module


def every() -> Iterator[tuple[str, Service]]:
    """Yield the name and the module of every service that the kit can start."""
    for service in STARTERS:
        yield service, named(service)


def is_wanted(service: str, settings: Settings) -> bool:
    """Return whether `settings` say that the project uses `service`. Where they don't, its lack is only a note."""
    own = getattr(settings, f"{service}_backend")
    if own not in ("", "auto") or (settings.backend != "auto" and service in USUAL):
        return True
    return any(getattr(settings, name) for name in named(service).ASKED_BY)


def lacking(service: str, settings: Settings) -> Level:
    """Return how bad it is that the programs of `service` are missing: not at all where another server is used."""
    if getattr(settings, named(service).ADDRESS):
        return "ok"
    return "warning" if is_wanted(service, settings) else "note"
