"""Hold bodies that are too large for memory."""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterator
from typing import cast

from pgben_testkit.storage.http1 import PIECE_BYTES


class InFile:
    """Collect pieces of a body in a file without a name, which reads as bytes do."""

    def __init__(self, folder: str) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by joined(), or with the request

    def append(self, piece: bytes) -> None:
        """Add `piece` at the end."""
        self._file.write(piece)

    def joined(self) -> bytes:
        """Return all pieces as one; nothing can be added after it."""
        with self._file as file:
            if not file.tell():
                return b""
            file.flush()
            return cast(bytes, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def pieces_of(body: bytes) -> Iterator[bytes | memoryview]:
    """Yield `body` in pieces, those of a file without a copy."""
    if isinstance(body, bytes):
        if body:
            yield body
        return
    view = memoryview(body)
    for start in range(0, len(view), PIECE_BYTES):
        yield view[start : start + PIECE_BYTES]
