"""Holds the maker that the running code uses, so that factory classes find it without knowing its class."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from contextvars import ContextVar
from datetime import date, datetime
from typing import Any, Protocol


class Session(Protocol):
    """Makes and counts the objects of one test: what declarations and factory classes ask of the maker."""

    today: date
    """The day on which all stories end."""
    ordinal: int
    """`today` as a proleptic Gregorian ordinal."""
    midnight: datetime
    """The beginning of `today` in UTC."""

    def build(self, what: Any, **given: Any) -> Any:
        """Build an object of the factory `what`; `given` are its fields, traits and parameters."""

    def build_batch(self, what: Any, size: int, **given: Any) -> list[Any]:
        """Build `size` objects of the factory `what`."""

    def create(self, what: Any, **given: Any) -> Any:
        """Build an object of the factory `what` and store its row."""

    def create_batch(self, what: Any, size: int, **given: Any) -> list[Any]:
        """Build `size` objects of the factory `what` and store their rows."""

    def dict(self, what: Any, **given: Any) -> builtins.dict[str, Any]:
        """Return what a client sends to make an object of the factory `what`."""

    def count(self, what: str, owner: Any = None) -> int:
        """Return how many of `what` were made so far, this one included; those of `owner` if it is given."""

    def related(self, name: str, given: builtins.dict[str, Any], *, shared: bool) -> Any:
        """Return an object of the factory `name` for another object to refer to."""

    def existing(self, name: str, identifier: Any) -> Any:
        """Return the object of the factory `name` that has this id already."""


CURRENT: ContextVar[Session | None] = ContextVar("pgben_factory", default=None)
_defaults: list[Callable[[], Session]] = []


def set_default(make: Callable[[], Session]) -> None:
    """Let `make` give the session of code that runs outside a test."""
    _defaults[:] = [make]


def current() -> Session:
    """Return the session of the running test; outside a test, one without a database."""
    found = CURRENT.get()
    if found is None:
        found = _defaults[0]()
        CURRENT.set(found)
    return found
