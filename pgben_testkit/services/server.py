"""Describe a started server to everybody else: facts that travel between processes, and a way to stop it."""

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

    def address(self, *, with_password: bool = False) -> str:
        """Return where a program, or a person's graphical one, finds the server; without the password unless asked."""
        return ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Runs(Protocol):
    """What a clock needs of a process; `subprocess.Popen` has it."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None:
        """The exit code, negative for a signal's; None while it runs."""

    def send_signal(self, sig: int, /) -> None: ...


class Started(Protocol):
    """A server that we started, as a process or in a container: whoever uses it need not know which."""

    @property
    def name(self) -> str: ...

    @property
    def process(self) -> Runs:
        """As this machine's kernel knows it. Raises EnvironmentNotAble: in a container, and out of our reach."""

    def poll(self) -> int | None:
        """The exit code; None while it runs."""

    def log_tail(self, lines: int = ...) -> str:
        """The last lines that it printed, or nothing."""

    def wait_ready(
        self,
        probe: Callable[[], object],
        *,
        retry: tuple[type[Exception], ...],
        timeout_s: float,
        interval_s: float = ...,
    ) -> None:
        """Call `probe` until it returns; see `services.ready`."""

    def stop(self) -> None:
        """Ended and gone. Twice is fine."""


class Server(Protocol):
    """A server of this process's run."""

    @property
    def info(self) -> ServerInfo: ...

    def stop(self) -> None:
        """Stop it if it is ours; nothing to do if it is somebody else's. Twice is fine."""
