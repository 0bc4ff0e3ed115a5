"""Look for bytes on a server's disk, in every file below its folder."""

from __future__ import annotations

import mmap
from pathlib import Path


def holds(folder: str, fragment: bytes) -> bool:
    """Return whether a file below `folder` holds `fragment` as it is. Files that vanish meanwhile are passed over."""
    for path in Path(folder).rglob("*"):
        try:
            if not path.is_file() or path.stat().st_size < len(fragment):
                continue
            with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                if content.find(fragment) >= 0:
                    return True
        except (FileNotFoundError, ValueError):
            continue  # removed, or emptied, since it was listed
    return False
