"""Reads the rows of a database dump line by line: plain SQL of pg_dump (COPY blocks and INSERTs), gzipped or not, and
custom and tar archives through `pg_restore`."""

from __future__ import annotations

import gzip
import io
import re
import shutil
import subprocess
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from pgben_testkit.errors import EnvironmentNotAble, UsageProblem

COPY = re.compile(r"COPY\s+(\S+)\s*(?:\((.*)\))?\s+FROM\s+stdin", re.IGNORECASE)
INSERT = re.compile(r"INSERT\s+INTO\s+(\S+)\s*(?:\((.*?)\))?\s+(?:OVERRIDING\s+\w+\s+VALUE\s+)?VALUES\s*", re.I | re.S)
HEAD_BYTES = 1 << 16
"""How much of a file is read to distinguish text from binary. No text that pg_dump writes has a zero byte."""


def rows_of(lines: Iterable[str]) -> Iterator[tuple[str, list[str], list[str | None], int]]:
    """Yield `(table, columns, values, line)` of each row in SQL; null is None, columns without names are `?1`, `?2`."""
    table = ""
    columns: list[str] = []
    copying = False
    statement: list[str] = []
    start = 0
    created: dict[str, list[str]] = {}
    creating = ""
    for number, line in enumerate(lines, 1):
        if copying:
            if line.rstrip("\r\n") == "\\.":
                copying = False
                continue
            values = [_copy_value(each) for each in line.rstrip("\r\n").split("\t")]
            yield table, columns or created.get(table) or _unnamed(values), values, number
            continue
        if statement:
            statement.append(line)
        elif line[:4].upper() == "COPY" and (match := COPY.match(line)):
            table, columns, copying = _name(match[1]), _names(match[2]), True
            continue
        elif line[:6].upper() == "INSERT":
            statement, start = [line], number
        else:
            creating = _created(line, creating, created)
            continue
        text = "".join(statement)
        if text.rstrip().endswith(";") and _is_whole(text):
            yield from _inserted(text, start, created)
            statement = []
    if statement:
        yield from _inserted("".join(statement), start, created)


def _created(line: str, creating: str, created: dict[str, list[str]]) -> str:
    """Collect the column names of CREATE TABLE, for INSERTs that don't name them (older dumps have such).

    Returns the table whose CREATE TABLE is not finished yet, or an empty text.
    """
    match = re.match(r"CREATE\s+(?:UNLOGGED\s+)?TABLE\s+(\S+)\s*\(", line, re.IGNORECASE)
    if match:
        created[_name(match[1])] = []
        return _name(match[1])
    if creating and re.match(r"\)", line):
        return ""
    if (
        creating
        and (column := re.match(r'\s+"?(\w+)"?\s', line))
        and column[1].upper() not in ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "EXCLUDE")
    ):
        created[creating].append(column[1])
    return creating


def _inserted(
    text: str, line: int, created: Mapping[str, list[str]]
) -> Iterator[tuple[str, list[str], list[str | None], int]]:
    match = INSERT.match(text)
    if match is None:
        return
    table = _name(match[1])
    columns = _names(match[2]) or list(created.get(table, ()))
    for values, place in _tuples(text, match.end()):
        yield table, columns or _unnamed(values), values, line + text.count("\n", 0, place)


_VALUE = re.compile(r"\s*(?:[eE]?'((?:[^']|'')*)'(?:::[\w\s\".\[\]]+)?|([^,()']+(?:\([^()]*\))?[^,()']*))\s*([,)])")


def _tuples(text: str, place: int) -> Iterator[tuple[list[str | None], int]]:
    while place < len(text):
        begin = text.find("(", place)
        if begin < 0:
            return
        values: list[str | None] = []
        place = begin + 1
        while match := _VALUE.match(text, place):
            place = match.end()
            if match[1] is not None:
                values.append(match[1].replace("''", "'"))
            else:
                bare = match[2].strip()
                values.append(None if bare.upper() == "NULL" else bare)
            if match[3] == ")":
                break
        else:
            return
        yield values, begin


def _is_whole(text: str) -> bool:
    """Tell whether no string is open in `text`: a string may hold a semicolon at the end of a line."""
    return text.count("'") % 2 == 0


def _unnamed(values: Sequence[object]) -> list[str]:
    return [f"?{place + 1}" for place in range(len(values))]


def _name(text: str) -> str:
    return text.replace('"', "").removeprefix("public.")


def _names(text: str | None) -> list[str]:
    return [each.strip().strip('"') for each in text.split(",")] if text else []


_UNESCAPES = {"\\t": "\t", "\\n": "\n", "\\r": "\r", "\\b": "\b", "\\f": "\f", "\\v": "\v", "\\\\": "\\"}


def _copy_value(text: str) -> str | None:
    if text == "\\N":
        return None
    if "\\" not in text:
        return text
    return re.sub(r"\\.", lambda match: _UNESCAPES.get(match[0], match[0][1:]), text)


def is_sql(path: Path) -> bool:
    """Tell whether the file at `path` is SQL: the dump of a schema has no rows, and so no people."""
    with opened(path) as lines:
        for number, line in enumerate(lines):
            if re.match(r"\s*(--|SET |CREATE |ALTER |SELECT pg_catalog|BEGIN|/\*)", line, re.IGNORECASE):
                return True
            if number > 200:
                break
    return False


class opened:
    """Opens the dump at `path` as lines, however it is packed. A context manager, which stops what it started."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | gzip.GzipFile | None = None
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Iterable[str]:
        try:
            with self._path.open("rb") as file:
                head = file.read(262)
        except OSError as error:
            raise UsageProblem(
                f"the dump {self._path} can't be read", why=error.strerror or str(error), remedy="give a file"
            ) from None
        if head.startswith(b"PGDMP") or head[257:262] == b"ustar":
            return self._restored()
        packed = head.startswith(b"\x1f\x8b")
        return self._guarded(self._text(gzip.open(self._path, "rb") if packed else self._path.open("rb")))

    def _text(self, file: IO[bytes] | gzip.GzipFile) -> Iterator[str]:
        self._file = file
        head = file.read(HEAD_BYTES)
        file.seek(0)
        encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
        if encoding != "utf-16" and b"\x00" in head:
            raise UsageProblem(
                f"{self._path} holds no dump that can be read",
                why="it is a binary file, and not an archive of pg_dump",
                remedy="give plain SQL: `pg_dump -Fp`, or for an archive `pg_restore -f - ARCHIVE > dump.sql`",
            )
        yield from io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="\n")

    def _guarded(self, lines: Iterable[str]) -> Iterator[str]:
        try:
            yield from lines
        except (EOFError, gzip.BadGzipFile, zlib.error, OSError) as error:
            raise UsageProblem(
                f"the dump {self._path} is damaged", why=str(error), remedy="make the dump again"
            ) from None

    def _restored(self) -> Iterator[str]:
        program = _pg_restore()
        self._process = subprocess.Popen(
            [program, "-f", "-", str(self._path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        assert self._process.stdout is not None and self._process.stderr is not None
        yield from self._process.stdout
        tail = self._process.stderr.read()[-400:]
        if self._process.wait():
            raise UsageProblem(
                f"the archive {self._path} can't be read",
                why=f"pg_restore says: {tail.strip()}",
                remedy="use the pg_restore of the version that dumped, or dump plain SQL",
            )

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
        if self._process is not None:
            if self._process.poll() is None:
                self._process.kill()
            self._process.communicate()


def _pg_restore() -> str:
    found = shutil.which("pg_restore")
    if found:
        return found
    from pgben_testkit.postgres import binaries
    from pgben_testkit.settings import read

    programs = binaries.find(read(root=Path.cwd()))
    beside = Path(str(getattr(programs, "folder", ""))) / "pg_restore" if programs else None
    if beside is not None and beside.is_file():
        return str(beside)
    raise EnvironmentNotAble(
        "the archive can't be read",
        why="no pg_restore was found on the PATH",
        remedy="install PostgreSQL's client programs, or give plain SQL: pg_dump -Fp, or where there is a pg_restore: "
        "pg_restore -f - ARCHIVE > dump.sql",
    )
