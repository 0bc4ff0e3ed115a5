"""Where the programs are: Prometheus, Alertmanager and their tools; and how one is started."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.services.process import Account, ServerProcess
from pgben_testkit.services.run import Run
from pgben_testkit.services.server import Started

NAMES = {
    "prometheus": ("prometheus",),
    "alertmanager": ("alertmanager", "prometheus-alertmanager"),
    "promtool": ("promtool",),
    "amtool": ("amtool",),
}
"""Program -> the names that distributions give it, in the order in which they are looked for."""
PACKAGES = {
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "alertmanager": "prometheus-alertmanager",
    "amtool": "prometheus-alertmanager",
}
"""Program -> Debian's package."""
OLDEST = {"prometheus": (2, 42), "alertmanager": (0, 25)}
"""What the kit was written for and is tested on (Debian 12's)."""
OURSELVES = Account(None, None)
"""Not another user: only our own child's clock can be jumped without privileges."""
PROCESS_ENV = {"TZ": "UTC", "GOMAXPROCS": "2"}
"""UTC, so that times in answers end in Z. Two processors: what a small CI machine has."""


class Startable(Protocol):
    """What a server is started from: an executable of this machine, or an image."""

    def start(self, name: str, words: Sequence[str], *, run: Run, folder: Path, reads: Sequence[Path]) -> Started:
        """With these words on its command line, its configuration in `folder` and its data in `folder/data`; it reads
        files in `reads` besides. `name` is unique in the run.

        Raises:
            EnvironmentNotAble: it can't be started.
        """


@dataclass(frozen=True)
class Program:
    """An executable: its place, and its version as numbers, (2, 42, 0)."""

    name: str
    path: str
    version: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.name} {'.'.join(map(str, self.version))} ({self.path})"

    def start(self, name: str, words: Sequence[str], *, run: Run, folder: Path, reads: Sequence[Path]) -> Started:
        """A child of this process, as this user, who reads what it can."""
        return ServerProcess.start(
            name, [self.path, *words], run=run, log=folder / "log", account=OURSELVES, env=PROCESS_ENV, cwd=folder
        )


@functools.cache
def find(name: str, given: str = "") -> Program:
    """The program called `name`; `given` is the user's own path, where there is one.

    Raises:
        EnvironmentNotAble: not installed, no such program, or older than what we know.
    """
    path = given or next(filter(None, map(shutil.which, NAMES[name])), None)
    option = f"--pgben-{name}-bin"
    if not path:
        raise EnvironmentNotAble(
            f"no {name} on this machine",
            why=f"none of {', '.join(NAMES[name])} is on the PATH",
            remedy=f"install it (Debian: apt-get install {PACKAGES[name]}), or name it"
            + (f" with {option}" if name in OLDEST else ""),
        )
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired) as error:
        why = error.strerror if isinstance(error, OSError) else "it does not end"
        raise EnvironmentNotAble(f"{path} can't be run", why=why or "", remedy="name another program") from None
    found = re.search(r"version (\d+)\.(\d+)\.(\d+)", said.stdout + said.stderr)
    if not found or not re.search(rf"\b{name}\b", said.stdout + said.stderr):
        raise EnvironmentNotAble(
            f"{path} is not {name}", why="`--version` does not say so", remedy="name the right program"
        )
    version = tuple(map(int, found.groups()))
    if version < OLDEST.get(name, ()):
        oldest = ".".join(map(str, OLDEST[name]))
        raise EnvironmentNotAble(
            f"{path} is too old",
            why=f"version {'.'.join(map(str, version))}; the oldest known is {oldest}",
            remedy="install a newer one",
        )
    return Program(name, path, version)
