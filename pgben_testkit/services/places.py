"""Say where things lie on this machine: records of runs, data of servers, the cache that outlives runs."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.settings import Settings

MEMORY_DISK = Path("/dev/shm")
ROOM_BYTES = 512 * 1024 * 1024
"""Free space that a data folder should find on tmpfs: 200 clones of a 2 MiB database, and as much again."""


def private_folder(path: Path, *, traversable: bool = False) -> Path:
    """`path`, made if need be, ours alone. `traversable` lets another uid pass through (not list) it.

    Raises:
        EnvironmentNotAble: it can't be made, or somebody else owns it: a name in a shared temporary folder
            must not be trusted before that is known.
    """
    mode = 0o711 if traversable else 0o700
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=mode, exist_ok=True)
        found = path.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) != mode:
            path.chmod(mode)
    except OSError as error:
        raise EnvironmentNotAble(
            f"the folder {path} can't be made ours",
            why=f"{error.strerror} ({error.filename})",
            remedy="free some space, or name another place with TMPDIR, PGBEN_DATA_DIR or PGBEN_CACHE_DIR",
        ) from None
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise EnvironmentNotAble(
            f"the folder {path} is not ours",
            why=f"it belongs to uid {found.st_uid}, we are uid {os.geteuid()}",
            remedy="remove it, or set TMPDIR to a folder of your own",
        )
    return path


def state_dir() -> Path:
    """The folder of records: which runs there are and what they own. One a user and machine."""
    return private_folder(Path(tempfile.gettempdir()) / f"pgben-testkit-{os.geteuid()}", traversable=True)


def default_data_dirs() -> list[Path]:
    """Where data lies unless the settings name a folder: not made here."""
    return [MEMORY_DISK / f"pgben-testkit-{os.geteuid()}", state_dir() / "data"]


def data_dir(settings: Settings) -> Path:
    """The folder under which servers keep their data: named by the settings, else tmpfs with room, else temporary."""
    if settings.data_dir:
        return private_folder(Path(settings.data_dir).expanduser().resolve(), traversable=True)
    memory, disk = default_data_dirs()
    return private_folder(memory if in_memory(MEMORY_DISK) else disk, traversable=True)


def in_memory(folder: Path) -> bool:
    """Whether `folder` is a place to write with room for a server's data."""
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        return False
    return shutil.disk_usage(folder).free >= ROOM_BYTES


def cache_dir(settings: Settings) -> Path:
    """The folder that outlives runs. As root it is one that an unprivileged server can reach.

    A home that can't be written falls back to the state folder: slower after a reboot, never an error.
    """
    if settings.cache_dir:
        return private_folder(Path(settings.cache_dir).expanduser().resolve(), traversable=True)
    if os.geteuid() == 0:
        candidates = [Path("/var/cache/pgben-testkit")]
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        candidates = [Path(base).expanduser() / "pgben-testkit"]
    for candidate in candidates:
        try:
            folder = private_folder(candidate, traversable=True)
        except EnvironmentNotAble:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return private_folder(state_dir() / "cache", traversable=True)
