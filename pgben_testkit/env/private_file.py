"""Write files that hold secrets: readable by their owner alone, and kept out of git."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from pgben_testkit.env.tree import GIT_TIMEOUT_S, tracked_files
from pgben_testkit.errors import UsageProblem


def write(path: Path, text: str) -> None:
    """Write `text` to the file at `path`, which only its owner may read. Folders above it are made.

    Raises:
        UsageProblem: the file can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise UsageProblem(f"{path} can't be written", why=why, remedy="name another file") from None


def is_committed(path: Path, root: Path) -> bool:
    """Return whether git has the file at `path`, which lies below `root`, in its index."""
    tracked = tracked_files(root)
    return tracked is not None and path.is_relative_to(root) and path.relative_to(root).as_posix() in tracked


def keep_out_of_git(paths: list[Path], root: Path) -> str:
    """Make git ignore what lies at `paths`, by the file `info/exclude` of the repository around `root`.

    The project's own `.gitignore` stays as it is. Returns how they are ignored, in words; empty outside a repository.
    """
    where = _git(root, "rev-parse", "--git-path", "info/exclude")
    top = _git(root, "rev-parse", "--show-toplevel")
    if not where or not top:
        return ""
    left = [path for path in paths if _git(root, "check-ignore", "-q", "--", str(path)) is None]
    if not left:
        return "ignored by git already"
    exclude = Path(where) if Path(where).is_absolute() else root / where
    exclude.parent.mkdir(parents=True, exist_ok=True)
    before = exclude.read_text("utf-8", "replace") if exclude.exists() else ""
    lines = [f"/{path.resolve().relative_to(Path(top).resolve()).as_posix()}" for path in left]
    ending = "" if not before or before.endswith("\n") else "\n"
    exclude.write_text(before + ending + "".join(f"{line}\n" for line in lines), "utf-8")
    return f"kept out of git by {exclude.relative_to(root) if exclude.is_relative_to(root) else exclude}"


def _git(root: Path, *words: str) -> str | None:
    """What git prints; None where it fails or is not there."""
    try:
        asked = subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, timeout=GIT_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return asked.stdout.strip() if asked.returncode == 0 else None
