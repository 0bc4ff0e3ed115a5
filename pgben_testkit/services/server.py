"""What a started server is to everybody else: facts that travel between processes, and a way to stop it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Protocol

Progress = Callable[[str], None]
"""Told in one short line how far a long step is; called often, from any thread."""


Announce = Callable[[str, str], None]
"""The same over all services: told which, and its step; an empty step means that the service is there, or failed."""


def silent(service: str, step: str) -> None:
    """Nobody looks."""


@dataclass(frozen=True, kw_only=True)
class ServerInfo:
    """Facts about a running server. Each service adds its own; all of them survive JSON.

    `how` is what provides it ("PostgreSQL 15.18 of /usr/lib/postgresql/15 on tmpfs"), `why` the reason of the
    choice, `ready_s` the seconds from the decision to the first answered request.
    """

    service: str
    backend: str
    how: str
    why: str
    ready_s: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Server(Protocol):
    """A server of this process's run."""

    @property
    def info(self) -> ServerInfo: ...

    def stop(self) -> None:
        """Stop it if it is ours; nothing to do if it is somebody else's. Twice is fine."""
