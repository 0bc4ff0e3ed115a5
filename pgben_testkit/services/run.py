"""Record a run and what it owns, so that anybody can tell at any time a killed run from a living one."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.services.places import data_dir, private_folder, state_dir
from pgben_testkit.settings import Settings

RUN_VARIABLE = "PGBEN_TESTKIT_RUN"
"""Marks every process that we start, so that one whose record was not yet written is found as well."""
RUN_LABEL = "pgben-testkit.run"
"""Marks every container that we start."""
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


def _word(data: bytes, length: int) -> str:
    number = int.from_bytes(data, "big")
    letters = []
    for _ in range(length):
        number, index = divmod(number, 32)
        letters.append(_ALPHABET[index])
    return "".join(letters)


def owner_prefix() -> str:
    """Six letters for this machine, user and state folder: whose leftovers on a shared server are ours to judge."""
    machine = Path("/etc/machine-id")
    name = machine.read_text("ascii").strip() if machine.is_file() else os.uname().nodename
    digest = hashlib.sha256(f"{name}:{os.geteuid()}:{state_dir()}".encode()).digest()
    return _word(digest, 6)


def runs_dir() -> Path:
    return private_folder(state_dir() / "runs", traversable=True)


@dataclass
class Run:
    """What we start in one session, under one id: twelve lower-case letters and digits, safe in any name.

    The lock on `record/lock` is the sign of life. It is a POSIX lock: a forked child doesn't inherit it, and
    the kernel takes it back however this process ends.
    """

    id: str
    record: Path
    data: Path
    _lock: int

    @classmethod
    def begin(cls, settings: Settings) -> Run:
        """A new run, alive until `end` or the end of this process.

        The folder is made and locked under a hidden name and then renamed, so that nobody sees it unlocked.
        """
        run_id = owner_prefix() + _word(secrets.token_bytes(8), 6)
        hidden = private_folder(runs_dir() / f".{run_id}")
        record = hidden.with_name(run_id)
        data = data_dir(settings) / run_id
        try:
            lock = os.open(hidden / "lock", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            owner = {"pid": os.getpid(), "root": str(settings.root), "data": str(data), "began": time.time()}
            (hidden / "owner.json").write_text(json.dumps(owner), "utf-8")
            hidden.rename(record)
            private_folder(data, traversable=True)
        except OSError as error:
            raise EnvironmentNotAble(
                "a run's record can't be written",
                why=f"{error.strerror} ({error.filename})",
                remedy="free some space in the temporary folder, or set TMPDIR to another",
            ) from None
        return cls(run_id, record, data, lock)

    def note(self, kind: str, name: str, **facts: Any) -> None:
        """Write down that we own something, best before it exists: the next start removes it if we can't."""
        folder = self.record / "owned"
        folder.mkdir(mode=0o700, exist_ok=True)
        temporary = folder / f".{kind}-{name}"
        temporary.write_text(json.dumps({"kind": kind, "name": name, **facts}), "utf-8")
        temporary.rename(folder / f"{kind}-{name}.json")

    def forget(self, kind: str, name: str) -> None:
        (self.record / "owned" / f"{kind}-{name}.json").unlink(missing_ok=True)

    def end(self) -> None:
        """Everything has been stopped: remove the record and the data."""
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.rmtree(self.record, ignore_errors=True)
        self.release()

    def release(self) -> None:
        """Let go of the lock and leave the record: for servers that outlive this process."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def stay_warm(self, facts: dict[str, Any]) -> None:
        """Turn this run into one that lives as long as its servers do: `down` ends it."""
        temporary = self.record / ".warm"
        temporary.touch(0o600)
        temporary.write_text(json.dumps(facts), "utf-8")
        temporary.rename(self.record / "warm.json")
        self.release()


@dataclass(frozen=True)
class Trace:
    """Another run, seen from outside."""

    id: str
    record: Path
    owner: dict[str, Any]
    warm: dict[str, Any] | None

    def owned(self) -> list[dict[str, Any]]:
        folder = self.record / "owned"
        return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("[!.]*.json"))]


def traces() -> Iterator[Trace]:
    """All runs on record of this user and machine, alive or dead, ours included."""
    for record in sorted(runs_dir().iterdir()):
        if record.name.startswith("."):
            try:
                if time.time() - record.lstat().st_mtime > 3600:
                    shutil.rmtree(record, ignore_errors=True)
            except FileNotFoundError:
                pass  # a run that was just beginning has begun, under its own name
            continue
        owner, warm = _read(record / "owner.json"), _read(record / "warm.json")
        yield Trace(record.name, record, owner or {}, warm)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def claim(trace: Trace) -> int | None:
    """The lock of a dead run, as a file descriptor to close when done with it; None while the run lives.

    Never call it for a run of this process: closing the descriptor would drop our own lock.
    """
    if trace.owner.get("pid") == os.getpid():
        return None
    try:
        lock = os.open(trace.record / "lock", os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def is_alive(run_id: str) -> bool:
    """Whether a run of this owner lives. Warm runs live until they are taken down."""
    for trace in traces():
        if trace.id == run_id:
            lock = claim(trace)
            if lock is None:
                return True
            os.close(lock)
            return trace.warm is not None
    return False
