"""Read the environment of this process."""

from __future__ import annotations

from collections.abc import Mapping

from pgben_testkit.checking.finding import Place
from pgben_testkit.env.sources.base import Declared, Source

TITLE = "process environment"


def read(environ: Mapping[str, str], *, complete: bool = False, stage: str = "") -> Source:
    """Return what this process was started with as a source."""
    declared = tuple(Declared(name, value, Place(TITLE)) for name, value in environ.items())
    return Source(TITLE, "process", Place(TITLE), declared, complete=complete, stage=stage)
