"""Read a text file with care: size, encoding, NUL bytes. What is wrong with the file comes back as problems."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from pathlib import Path

from pgben_testkit.checking.finding import Place
from pgben_testkit.files.problem import Problem

LARGEST_BYTES = 5_000_000
"""No file of settings is larger; a larger file has such a name by mistake."""
BINARY_SHARE = 0.05


@dataclass(frozen=True)
class Text:
    """Hold the text of a file and its problems. `text` is None where nothing of the file can be used."""

    text: str | None = field(repr=False)
    problems: tuple[Problem, ...] = ()


def read_text(path: Path, shown: str, *, largest_bytes: int = LARGEST_BYTES) -> Text:
    """Read the regular file at `path`; `shown` is its path in problems. Never raises for what a file holds or is."""
    whole = Place(shown)
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            kind = "a folder" if stat.S_ISDIR(found.st_mode) else "a pipe, socket or device"
            return Text(None, (Problem(whole, f"it is {kind}", "put a plain file there, or leave it out"),))
        if found.st_size > largest_bytes:
            why = f"it has {found.st_size / 1e6:.1f} MB, and no file of settings has over {largest_bytes / 1e6:g}"
            return Text(None, (Problem(whole, why, "name the right file, or leave this one out"),))
        data = path.read_bytes()
    except FileNotFoundError:
        return Text(None, (Problem(whole, "there is no such file", "name a file that exists"),))
    except OSError as error:
        return Text(None, (Problem(whole, error.strerror or type(error).__name__, "make it readable"),))
    return decode(data, shown)


def decode(data: bytes, shown: str) -> Text:
    """Return the text of `data`. Latin-1 and NUL bytes are problems and are read all the same; binary data is not."""
    problems: list[Problem] = []
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        why = "it is UTF-16, and the programs that read such files expect UTF-8"
        problems.append(Problem(Place(shown, 1), why, "save it as UTF-8"))
        return Text(data.decode("utf-16", "replace"), tuple(problems))
    controls = sum(data.count(bytes([code])) for code in (*range(9), *range(14, 27), *range(28, 32)))
    if controls > 8 and controls > len(data) * BINARY_SHARE:
        return Text(None, (Problem(Place(shown), "it is binary", "put text there, or name the right file"),))
    if b"\0" in data:
        why = "it has a NUL byte, and no environment variable can hold one"
        place = _place(data, data.index(b"\0"), shown)
        problems.append(Problem(place, why, "remove the byte", summary=f"a NUL byte in {shown}"))
        data = data.replace(b"\0", b"")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        why = f"byte 0x{data[error.start]:02x} is not UTF-8 (Latin-1, most likely)"
        place = _place(data, error.start, shown)
        problems.append(Problem(place, why, "save it as UTF-8", summary=f"{shown} is not UTF-8"))
        text = data.decode("latin-1")
    return Text(text.replace("\r\n", "\n"), tuple(problems))


def _place(data: bytes, at: int, shown: str) -> Place:
    """Return the line and the column of the byte at index `at`."""
    before = data[:at]
    return Place(shown, before.count(b"\n") + 1, at - (before.rfind(b"\n") + 1) + 1)
