"""Define how processes of a run ask its owner: the asker's side, the owner's, and what an asker holds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from pgben_testkit.services.server import ServerInfo


class Asks(Protocol):
    """Whoever can be asked: the owner's desk itself, or a client of it in another process."""

    def ask(self, what: str, **request: Any) -> dict[str, Any]:
        """Ask for `what` and return the answer.

        Raises:
            TestkitError: what the owner said, or that the owner has ended.
        """


class Client:
    """One asker, with what it holds: name -> the function that takes it back."""

    def __init__(self) -> None:
        self.holds: dict[str, Callable[[], None]] = {}

    def close(self) -> None:
        """Take back all that this asker holds."""
        while self.holds:
            _, take_back = self.holds.popitem()
            take_back()


class Owner(Protocol):
    """The process that owns the run's servers, as a service's answers see it.

    `state` is where answers keep what they share: name -> anything; what has a `close()` is closed at the end.
    `lock` guards it.
    """

    state: dict[str, Any]
    lock: threading.Lock

    @property
    def run_id(self) -> str: ...

    def info(self, service: str) -> ServerInfo:
        """Return the facts of a server, started now if it does not run yet."""


Answer = Callable[[Owner, Client, Mapping[str, Any]], dict[str, Any]]
"""Answers one request: `(owner, client, request) -> answer`, both JSON objects."""
