"""Read what code sets for its own process: `process.env.X = ...` in Jest set-up, `os.environ[...]` in conftest.py."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pgben_testkit.checking.finding import Place
from pgben_testkit.env.code.read import CodeWrite
from pgben_testkit.env.contract import stage_of_path
from pgben_testkit.env.sources.base import Declared, Source, last_wins


def read(writes: Iterable[CodeWrite], root: Path) -> list[Source]:
    """Return a source for each file of code that sets variables. Such a file lies over the environment that it gets."""
    by_file: dict[str, list[CodeWrite]] = {}
    for each in writes:
        by_file.setdefault(each.place.path, []).append(each)
    found = []
    for path, own in by_file.items():
        declared, _ = last_wins([Declared(each.name, each.value, each.place) for each in own])
        stage = "test" if own[0].test else stage_of_path(path)
        found.append(Source(path, "setup", Place(path), declared, stage=stage, folder=(root / path).parent))
    return found
