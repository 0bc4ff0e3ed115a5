"""Where the programs are: Prometheus, Alertmanager and their tools."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
from dataclasses import dataclass

from pgben_testkit.errors import EnvironmentNotAble

NAMES = {
    "prometheus": ("prometheus",),
    "alertmanager": ("alertmanager", "prometheus-alertmanager"),
    "promtool": ("promtool",),
    "amtool": ("amtool",),
}
"""Program -> the names that distributions give it, in the order in which they are looked for."""
PACKAGES = {
    "prometheus": "prometheus", "promtool": "prometheus",
    "alertmanager": "prometheus-alertmanager", "amtool": "prometheus-alertmanager",
}  # fmt: skip
"""Program -> Debian's package."""
OLDEST = {"prometheus": (2, 42), "alertmanager": (0, 25)}
"""What the kit was written for and is tested on (Debian 12's)."""


@dataclass(frozen=True)
class Program:
    """An executable: its place, and its version as numbers, (2, 42, 0)."""

    name: str
    path: str
    version: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.name} {'.'.join(map(str, self.version))} ({self.path})"


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
            f"{path} is too old", why=f"version {'.'.join(map(str, version))}; the oldest known is {oldest}",
            remedy="install a newer one",
        )  # fmt: skip
    return Program(name, path, version)
