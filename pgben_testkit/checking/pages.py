"""Read the page of a check: what the check finds, an example, what to do."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
FOLDERS = (_PACKAGE / "pages", _PACKAGE.parent / "docs" / "checks")
"""The kit's pages in an installed wheel, and in a checkout."""


def own_folder() -> Path | None:
    """Return the folder of the kit's own pages; None where they were not installed."""
    return next((each for each in FOLDERS if each.is_dir()), None)


def file_name(check: str) -> str:
    """Return the name of the file that holds the page of `check`."""
    return f"{check.replace('/', '-', 1)}.md"


def read(check: str, folder: Path | None) -> str:
    """Return the page of `check` from `folder`, in Markdown; empty where there is none."""
    path = folder / file_name(check) if folder is not None else None
    return path.read_text("utf-8") if path is not None and path.is_file() else ""
