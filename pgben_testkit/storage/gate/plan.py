"""Tell the process of the gate what it is to do, by a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Plan:
    """Hold what the process of the gate must know.

    `port` is the gate's, `upstream` the server's. `identities`: (access key, secret key, name), the administrator
    first, then those that reach the bucket of their name alone; `users` are of other accounts. `pid` is the server's:
    the gate ends when that process has ended.
    """

    port: int
    upstream: int
    region: str
    folder: str
    pid: int
    identities: Sequence[tuple[str, str, str]]
    users: Sequence[tuple[str, str, str]] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """Write the plan to `path`, which only this user can read."""
        path.touch(0o600)
        path.write_text(json.dumps(self.__dict__), "utf-8")

    @classmethod
    def read(cls, path: Path) -> Plan:
        """Return the plan that `write` has written to `path`."""
        return cls(**json.loads(path.read_text("utf-8")))
