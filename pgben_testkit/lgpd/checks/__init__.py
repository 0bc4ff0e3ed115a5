"""Look at personal data: each module is one check of a database dump."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pgben_testkit.checking.group import Group


@dataclass(frozen=True)
class Dump:
    """Name a file with a database dump, and the `root` that places are relative to. Both are absolute."""

    path: Path
    root: Path


CHECKS: Group[Dump] = Group("lgpd", __name__)
