"""A text file, read with care: size, encoding, NUL bytes; what is wrong with it comes back as findings."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from pathlib import Path

from pgben_testkit.checking.finding import Finding, Place
from pgben_testkit.env.sources.base import unreadable

LARGEST_BYTES = 5_000_000
"""No file of settings is larger: what is, was named so by mistake."""
BINARY_SHARE = 0.05


@dataclass(frozen=True)
class Text:
    """`text` is None where nothing of the file can be used."""

    text: str | None = field(repr=False)
    problems: tuple[Finding, ...] = ()


def read_text(path: Path, shown: str, *, largest_bytes: int = LARGEST_BYTES) -> Text:
    """The text of a regular file. Never raises for what a file holds or is."""
    whole = Place(shown)
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            kind = "a folder" if stat.S_ISDIR(found.st_mode) else "a pipe, socket or device"
            return Text(None, (unreadable(whole, f"it is {kind}", "put a plain file there, or leave it out"),))
        if found.st_size > largest_bytes:
            why = f"it has {found.st_size / 1e6:.1f} MB, and no file of settings has over {largest_bytes / 1e6:g}"
            return Text(None, (unreadable(whole, why, "name the right file, or leave this one out"),))
        data = path.read_bytes()
    except OSError as error:
        return Text(None, (unreadable(whole, error.strerror or type(error).__name__, "make it readable"),))
    return decode(data, shown)


def decode(data: bytes, shown: str) -> Text:
    """The text of `data`; Latin-1 and NUL bytes are reported and read all the same, what is binary is not."""
    problems: list[Finding] = []
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        why = "it is UTF-16, and what reads such files takes UTF-8"
        problems.append(unreadable(Place(shown, 1), why, "save it as UTF-8"))
        return Text(data.decode("utf-16", "replace"), tuple(problems))
    controls = sum(data.count(bytes([code])) for code in (*range(9), *range(14, 27), *range(28, 32)))
    if controls > 8 and controls > len(data) * BINARY_SHARE:
        return Text(None, (unreadable(Place(shown), "it is binary", "put text there, or name the right file"),))
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        why = "it has a NUL byte, and no environment variable can hold one"
        problems.append(unreadable(Place(shown, line), why, "remove the byte", summary=f"a NUL byte in {shown}"))
        data = data.replace(b"\0", b"")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        why = f"byte 0x{data[error.start]:02x} is not UTF-8 (Latin-1, most likely)"
        problems.append(unreadable(Place(shown, line), why, "save it as UTF-8", summary=f"{shown} is not UTF-8"))
        text = data.decode("latin-1")
    return Text(text.replace("\r\n", "\n"), tuple(problems))
