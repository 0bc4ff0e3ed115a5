"""Prepare data folders: a cluster, with or without the user's schema, made once and copied for each start."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.services.places import cache_dir, private_folder
from pgben_testkit.services.process import Account
from pgben_testkit.settings import Settings

FORMAT = 1
"""Goes up when what we prepare changes, so that older folders are made anew."""
UNUSED_DAYS = 14


@dataclass(frozen=True)
class Facts:
    """What is known of a prepared cluster. `template` is empty where no schema was loaded; `maintenance` is the
    folder's name, below `base/`, of the database that we connect to first."""

    version: str
    password: str = field(repr=False)
    template: str
    maintenance: str


@dataclass(frozen=True)
class Prepared:
    """A prepared folder and what is in it."""

    folder: Path
    facts: Facts

    @property
    def data(self) -> Path:
        return self.folder / "data"


def key_of(*parts: str) -> str:
    """The name of a folder that these parts determine."""
    return hashlib.sha256("\0".join((str(FORMAT), *parts)).encode()).hexdigest()[:20]


def find(key: str, settings: Settings) -> Prepared | None:
    """The finished folder of this key, if there is one."""
    folder = cache_dir(settings) / "postgres" / key
    try:
        known = json.loads((folder / "facts.json").read_text("utf-8"))
        os.utime(folder)
    except (OSError, ValueError):
        return None
    return Prepared(folder, Facts(**known))


@contextmanager
def sole_maker(home: Path, key: str, settings: Settings) -> Iterator[None]:
    """Nobody else on this machine makes `key` meanwhile.

    Raises:
        EnvironmentNotAble: somebody does, for longer than a migration may take.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(str(home / f".{key}.lock"), timeout=settings.postgres_migrate_timeout + 60)
    try:
        lock.acquire()
    except Timeout:
        raise EnvironmentNotAble(
            "another run is still preparing the same database",
            why=f"its lock {lock.lock_file} was held for longer than a migration may take",
            remedy="end that run, or raise --pgben-postgres-migrate-timeout",
        ) from None
    try:
        yield
    finally:
        lock.release()


def make(key: str, settings: Settings, build: Callable[[Path], Facts]) -> Prepared:
    """The folder of this key, built now unless somebody else just did.

    `build(data)` leaves a stopped cluster at `data`. It works in a hidden folder that is renamed when
    done: one that failed or was killed is never found.
    """
    home = private_folder(cache_dir(settings) / "postgres", traversable=True)
    try:
        with sole_maker(home, key, settings):
            found = find(key, settings)
            if found:
                return found
            _prune(home)
            hidden = home / f".{key}.building"
            shutil.rmtree(hidden, ignore_errors=True)
            private_folder(hidden, traversable=True)
            try:
                facts = build(hidden / "data")
                (hidden / "facts.json").touch(0o600)
                (hidden / "facts.json").write_text(json.dumps(asdict(facts)), "utf-8")
                hidden.rename(home / key)
            finally:
                shutil.rmtree(hidden, ignore_errors=True)
            return Prepared(home / key, facts)
    except OSError as error:
        raise _no_room(error) from None


def _no_room(error: OSError) -> EnvironmentNotAble:
    return EnvironmentNotAble(
        "a data folder can't be written",
        why=f"{error.strerror} ({error.filename})" if error.filename else error.strerror or str(error),
        remedy="free some space, or name another place with PGBEN_CACHE_DIR or PGBEN_DATA_DIR",
    )


def _prune(home: Path) -> None:
    oldest = time.time() - UNUSED_DAYS * 86400
    for entry in home.iterdir():
        if not entry.name.startswith(".") and entry.stat().st_mtime < oldest:
            shutil.rmtree(entry, ignore_errors=True)


class Copy:
    """A data folder being copied in two parts: what a start needs, then the rest while the server boots.

    Nothing reads `base/` before the first query but the server's own scans for leftover temporary files; the
    databases that we connect to are in the first part. Never hard links: PostgreSQL writes in place.
    """

    def __init__(self, prepared: Prepared, target: Path, account: Account) -> None:
        self._account = account
        self._first = prepared.facts.maintenance
        self._later: list[tuple[Path, Path]] = []
        try:
            self._folder(prepared.data, target, defer=prepared.data / "base")
        except OSError as error:
            raise _no_room(error) from None

    def _folder(self, source: Path, target: Path, *, defer: Path | None = None) -> None:
        target.mkdir(mode=0o700)
        self._account.own(target)
        with os.scandir(source) as entries:
            for entry in entries:
                out = target / entry.name
                if entry.is_dir(follow_symlinks=False):
                    if defer is not None and entry.path.startswith(f"{defer}/") and entry.name != self._first:
                        self._later.append((Path(entry.path), out))
                    else:
                        self._folder(Path(entry.path), out, defer=defer)
                else:
                    self._file(entry.path, str(out))

    def _file(self, source: str, target: str) -> None:
        reading = os.open(source, os.O_RDONLY)
        try:
            writing = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                size = os.fstat(reading).st_size
                while size > 0:
                    sent = os.sendfile(writing, reading, None, size) if _SENDFILE else _copied(reading, writing)
                    if sent == 0:
                        break
                    size -= sent
                if self._account.uid is not None:
                    os.fchown(writing, self._account.uid, self._account.gid or self._account.uid)
            finally:
                os.close(writing)
        finally:
            os.close(reading)

    def rest(self) -> None:
        """The copy is whole. Before this only the maintenance database may be connected to."""
        try:
            while self._later:
                self._folder(*self._later.pop())
        except OSError as error:
            raise _no_room(error) from None


_SENDFILE = os.uname().sysname == "Linux"
"""Elsewhere sendfile wants a socket."""


def _copied(reading: int, writing: int) -> int:
    chunk = os.read(reading, 1 << 20)
    return os.write(writing, chunk) if chunk else 0
