"""The page of each check: what it finds, an example, what to do."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
FOLDERS = (_PACKAGE / "pages", _PACKAGE.parent / "docs" / "checks")
"""In an installed wheel, and in a checkout."""


def _folder() -> Path | None:
    return next((each for each in FOLDERS if each.is_dir()), None)


def ids() -> list[str]:
    """The ids of the checks that have a page."""
    folder = _folder()
    return sorted(path.stem.replace("-", "/", 1) for path in folder.glob("*.md")) if folder else []


def page(check: str) -> str:
    """The page in Markdown; empty where a check has none."""
    folder = _folder()
    path = folder / f"{check.replace('/', '-')}.md" if folder and check in ids() else None
    return path.read_text("utf-8") if path else ""
