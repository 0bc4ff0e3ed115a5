"""Read the comments that switch checks off in a file.

    DB_PORT=abc  # pgben: disable=env/kind the old server takes a name here

The comment begins with `#`, `//`, `--` or `;`. Behind a value it holds for its own line; alone on its line it holds for
the next line that is no comment. `disable-file=` holds for the whole file. Several ids are separated by commas.
Everything after the ids is the reason, and there has to be one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from pgben_testkit.checking.finding import Finding, Place

MARK = b"pgben:"
"""A file without these bytes has no such comment."""
LARGEST_BYTES = 5_000_000
"""A larger file is data, and nobody comments a line of it."""
_COMMENT = re.compile(
    r"(?:^|(?<=\s))(?P<sign>#|//|--|;)+\s*pgben:\s*(?P<word>disable(?:-file)?)\s*=\s*"
    r"(?P<checks>[\w/-]+(?:\s*,\s*[\w/-]+)*)?\s*(?:[:–—]\s*|-+\s+)?(?P<reason>.*?)\s*(?:\*/)?\s*$"
)
_ALONE = re.compile(r"\s*(?:#|//|--|;)")


@dataclass(frozen=True)
class Comment:
    """Describe one comment that switches checks off.

    `line` is the line that it holds for; `whole` tells that it holds for the file. `head` tells that nothing but
    comments stands above it, so that it also holds for findings about the file as a whole.
    """

    place: Place
    checks: tuple[str, ...]
    reason: str
    line: int
    whole: bool = False
    head: bool = False

    def covers(self, found: Finding) -> bool:
        """Return whether the comment switches `found` off: by its place, or by a line that explains it."""
        if found.check not in self.checks or not self.reason:
            return False
        if found.place.path == self.place.path:
            if self.whole or (self.head and not found.place.line):
                return True
            if found.place.line == self.line:
                return True
        return any(each.path == self.place.path and each.line == self.line for each in found.related)


@dataclass(frozen=True)
class Commented:
    """Hold what the checks of the comments themselves look at.

    `known` are the ids of all checks; `ran` those that ran now; `used` pairs of a comment and an id that it switched
    off. `complete` tells that all of the project was looked at, so that a comment without use is without use.
    """

    comments: tuple[Comment, ...]
    known: Collection[str]
    ran: Collection[str]
    used: frozenset[tuple[Comment, str]]
    complete: bool


def read(text: str, shown: str) -> tuple[Comment, ...]:
    """Return the comments of `text`; `shown` is the path of its file as findings show it."""
    if "pgben:" not in text:
        return ()
    lines = text.splitlines()
    found = []
    for number, line in enumerate(lines, 1):
        match = _COMMENT.search(line)
        if match is None or _is_quoted(line, match.start("sign")):
            continue
        alone = _ALONE.match(line) is not None
        found.append(
            Comment(
                Place(shown, number, match.start("sign") + 1),
                tuple(each.strip() for each in (match["checks"] or "").split(",") if each.strip()),
                match["reason"],
                _next_line(lines, number) if alone else number,
                whole=match["word"] == "disable-file",
                head=alone and all(not each.strip() or _ALONE.match(each) for each in lines[: number - 1]),
            )
        )
    return tuple(found)


def _is_quoted(line: str, at: int) -> bool:
    """Return whether the character at index `at` stands within quotes that close again on the line."""
    return any(line.count(quote, 0, at) % 2 and quote in line[at:] for quote in "\"'`")


def _next_line(lines: list[str], number: int) -> int:
    """Return the number of the first line after line `number` that says something."""
    for index in range(number, len(lines)):
        if lines[index].strip() and not _ALONE.match(lines[index]):
            return index + 1
    return number


def of_files(paths: Iterable[Path], root: Path | None = None) -> tuple[Comment, ...]:
    """Return the comments of the files at `paths`; what can't be read has none.

    Places are relative to `root` where the file lies below it, else they have the path as it was given.
    """
    found: list[Comment] = []
    for path in dict.fromkeys(paths):
        try:
            if not path.is_file() or path.stat().st_size > LARGEST_BYTES:
                continue
            data = path.read_bytes()
        except OSError:
            continue
        if MARK in data:
            shown = str(path.relative_to(root)) if root and path.is_relative_to(root) else str(path)
            found += read(data.decode("utf-8", "replace"), shown)
    return tuple(found)
