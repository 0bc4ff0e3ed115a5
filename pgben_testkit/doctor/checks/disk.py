"""Look whether there is room where servers and caches write."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from pgben_testkit.checking.fact import Fact
from pgben_testkit.checking.finding import Rule
from pgben_testkit.doctor.look import Ports
from pgben_testkit.errors import TestkitError
from pgben_testkit.services.places import ROOM_BYTES, cache_dir, data_dir, state_dir
from pgben_testkit.settings import Settings

RULE = Rule("doctor/disk", "warning", "There is little room where servers write")
LEAST_BYTES = 64 * 1024 * 1024
"""What a PostgreSQL of our own with a small schema needs; with less no server starts."""
LEAST_FILES = 5_000
"""A cluster has about a thousand files, each cloned database some three hundred to eight hundred."""


def look(settings: Settings, ports: Ports) -> Iterator[Fact]:
    """Yield for each folder that a run writes to whether its disk has room."""
    places = {"data": lambda: data_dir(settings), "cache": lambda: cache_dir(settings), "records": state_dir}
    for name, place in places.items():
        try:
            folder = place()
        except TestkitError as error:
            yield Fact(RULE.id, "error", name, error.what, error.why, error.remedy)
            continue
        yield room(name, folder)


def room(name: str, folder: Path) -> Fact:
    """Return whether the disk of `folder`, which holds `name`, has room for a run."""
    free = shutil.disk_usage(folder).free
    found = os.statvfs(folder)
    said = f"{free / 1e9:.1f} GB free for {name} in {folder}"
    variable = {"data": "PGBEN_DATA_DIR", "cache": "PGBEN_CACHE_DIR"}.get(name, "TMPDIR")
    remedy = f"free some, or name another place with {variable}"
    if found.f_files and found.f_favail < LEAST_FILES:
        left = f"{folder} has {found.f_favail} inodes left"
        return Fact(RULE.id, "warning", name, f"few files can be made for {name}", left, remedy)
    if free < LEAST_BYTES:
        return Fact(RULE.id, "error", name, f"no room for {name}", f"{free / 1e6:.0f} MB free in {folder}", remedy)
    if name != "records" and free < ROOM_BYTES:
        return Fact(
            RULE.id, "warning", name, f"little room for {name}", f"{free / 1e6:.0f} MB free in {folder}", remedy
        )
    return Fact(RULE.id, "ok", name, said)
