"""Find private keys: in files that hold a key by their name, and in values, as PEM or as base64 of it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from pathlib import Path

from pgben_testkit.checking.finding import Place

LARGEST_BYTES = 100_000
_PEM = re.compile(r"-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----(.*?)-----END \1-----", re.DOTALL)
_PUTTY = re.compile(r"PuTTY-User-Key-File-\d")
LEAST_KEY_BYTES = 30
"""An Ed25519 key in DER has 48; a placeholder between the lines has less."""


def is_private(text: str) -> bool:
    """Return whether `text` holds a private key in PEM, line breaks written as `\\n` too, or as base64 of one."""
    if "PRIVATE KEY-----" in text:
        return any(_decodes(match[2]) for match in _PEM.finditer(text.replace("\\n", "\n")))
    joined = "".join(text.split())
    if not joined.startswith("LS0tLS1CRUdJTi"):  # base64 of -----BEGIN
        return False
    try:
        inner = base64.b64decode(joined, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return False
    return "PRIVATE KEY-----" in inner and is_private(inner)


def _decodes(body: str) -> bool:
    lines = [line for line in body.split() if ":" not in line and not line.startswith(("DEK-", "AES-", "4,"))]
    try:
        return len(base64.b64decode("".join(lines), validate=True)) >= LEAST_KEY_BYTES
    except (binascii.Error, ValueError):
        return False


def find(paths: Iterable[Path], root: Path) -> tuple[Place, ...]:
    """Return the places of the private keys in the files at `paths`, relative to `root`."""
    found = []
    for path in paths:
        try:
            if not path.is_file() or path.stat().st_size > LARGEST_BYTES:
                continue
            text = path.read_bytes().decode("utf-8", "replace")
        except OSError:
            continue
        if is_private(text) or _PUTTY.match(text):
            shown = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
            found.append(Place(shown, 1))
    return tuple(found)
