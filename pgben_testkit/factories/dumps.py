"""Finds people in a database dump who are not marked as synthetic: production data where only made-up data may be.

Read line by line, so that a dump of any size fits: pg_dump's plain SQL (COPY blocks and INSERTs), gzipped or not;
custom and tar archives by way of `pg_restore`. What is reported is where, never what: no value of a row leaves here.

A row is fine when it carries the mark of the factories (`people.MARK` in a text, an address in `people.DOMAIN`,
`"sintetico": true` in JSON), or when it is no person itself and all that it holds of people is theirs: it refers to a
marked row, or repeats a marked person's document.
"""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from pgben_testkit.errors import EnvironmentNotAble, UsageProblem
from pgben_testkit.factories.people import DOMAIN, MARK, MARK_KEY

DOCUMENT = re.compile(r"(^|_)(cpf|nis|pis|pasep|nit|rg)($|_)", re.IGNORECASE)
"""Columns that hold a person's document."""
NAMED = frozenset({"nome", "nome_completo", "name", "full_name", "nome_social"})
ABOUT = frozenset({"data_nascimento", "nome_mae", "nome_pai", "rg", "birth_date", "naturalidade", "parentesco"})
"""With a name in the same table, these make its rows people."""
FORMATTED_CPF = re.compile(r"(?<!\d)\d{3}\.\d{3}\.\d{3}-\d{2}(?!\d)")
JSON_CPF = re.compile(r'"[^"]*(?:cpf|nis)[^"]*"\s*:\s*"?(\d{11})(?!\d)', re.IGNORECASE)
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\Z")
MARKED_JSON = re.compile(rf'"{MARK_KEY}"\s*:\s*true')
COPY = re.compile(r"COPY\s+(\S+)\s*(?:\((.*)\))?\s+FROM\s+stdin", re.IGNORECASE)
INSERT = re.compile(r"INSERT\s+INTO\s+(\S+)\s*(?:\((.*?)\))?\s+(?:OVERRIDING\s+\w+\s+VALUE\s+)?VALUES\s*", re.I | re.S)
MOST_SHOWN = 50


@dataclass(frozen=True)
class Finding:
    """A row with somebody's data and no mark. `line` counts from 1; `columns` hold it; `reason` says what it is."""

    table: str
    line: int
    columns: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Audit:
    """What was found. `findings` are the first `MOST_SHOWN` of each table, `unmarked` counts all, by table."""

    path: str
    rows: int
    people: int
    marked: int
    unmarked: Mapping[str, int]
    findings: tuple[Finding, ...]
    tables: int

    @property
    def clean(self) -> bool:
        return not self.unmarked

    def as_dict(self) -> dict[str, Any]:
        return {
            "path": self.path, "clean": self.clean, "rows": self.rows, "tables": self.tables, "people": self.people,
            "marked": self.marked, "unmarked": dict(self.unmarked),
            "findings": [
                {"table": each.table, "line": each.line, "columns": list(each.columns), "reason": each.reason}
                for each in self.findings
            ],
        }  # fmt: skip


@dataclass
class _Pending:
    """Rows that are fine if what they hold belongs to a marked person, who may come later in the dump."""

    finding: Finding
    documents: frozenset[str]
    refers: frozenset[str]


@dataclass
class _State:
    rows: int = 0
    people: int = 0
    marked: int = 0
    tables: set[str] = field(default_factory=set)
    marked_documents: set[str] = field(default_factory=set)
    marked_ids: set[str] = field(default_factory=set)
    unmarked: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    pending: list[_Pending] = field(default_factory=list)

    def report(self, finding: Finding) -> None:
        self.unmarked[finding.table] += 1
        if self.unmarked[finding.table] <= MOST_SHOWN:
            self.findings.append(finding)


def audit(path: Path) -> Audit:
    """The people in a dump who are not marked.

    Raises:
        UsageProblem: there is no such file, or it holds no dump.
        EnvironmentNotAble: an archive, and no `pg_restore` to read it.
    """
    state = _State()
    seen_sql = False
    with _opened(path) as lines:
        for table, columns, values, line in rows_of(lines):
            seen_sql = True
            _look(state, table, columns, values, line)
    if not seen_sql and not _is_sql(path):
        raise UsageProblem(
            f"{path} holds no dump that can be read",
            why="no COPY block and no INSERT was found in it",
            remedy="give what pg_dump writes: plain SQL, gzipped or not, or an archive of -Fc or -Ft",
        )
    for each in state.pending:
        if not (each.documents and each.documents <= state.marked_documents) and not (
            each.refers & state.marked_ids and not each.documents - state.marked_documents
        ):
            state.report(each.finding)
    state.findings.sort(key=lambda finding: finding.line)
    return Audit(
        str(path), state.rows, state.people, state.marked, dict(state.unmarked), tuple(state.findings),
        len(state.tables),
    )  # fmt: skip


def _look(state: _State, table: str, columns: Sequence[str], values: Sequence[str | None], line: int) -> None:
    state.rows += 1
    state.tables.add(table)
    names = [name.lower() for name in columns]
    held = {name: value for name, value in zip(names, values, strict=False) if value not in (None, "")}
    documents: dict[str, str] = {}
    for name, value in held.items():
        assert value is not None
        digits = re.sub(r"\D", "", value)
        if DOCUMENT.search(name) and len(digits) >= 7:
            documents[name] = digits
    person = bool(documents) or bool(NAMED & held.keys() and ABOUT & held.keys())
    hints: dict[str, tuple[str, str]] = {}
    ours = False
    for name, value in held.items():
        assert value is not None
        if MARK in value or MARKED_JSON.search(value):
            ours = True
        if "@" in value:
            for address in EMAIL.findall(value):
                if address.lower().endswith("@" + DOMAIN):
                    ours = True
                else:
                    hints.setdefault(name, ("an e-mail address outside of " + DOMAIN, ""))
        if name not in documents:
            for found in (*FORMATTED_CPF.findall(value), *JSON_CPF.findall(value)):
                digits = re.sub(r"\D", "", found)
                if _is_cpf(digits):
                    hints[name] = ("a CPF in a text", digits)
        if name not in documents and re.search(r"pix|documento_numero|num_documento", name):
            digits = re.sub(r"\D", "", value)
            if len(digits) == 11 and len(value) <= 14 and _is_cpf(digits):
                hints[name] = ("a CPF as a key", digits)
    if person:
        state.people += 1
    foreign = [name for name, (what, _) in hints.items() if what.startswith("an e-mail")]
    if ours and not foreign:
        state.marked += person
        state.marked_documents.update(documents.values())
        identifier = held.get("id")
        if identifier:
            state.marked_ids.add(identifier)
        return
    if person or foreign:
        shown = tuple(sorted({*documents, *foreign, *((NAMED | ABOUT) & held.keys() if person else ())}))
        reason = "a person without the mark" if person else hints[foreign[0]][0]
        finding = Finding(table, line, shown, reason)
        if person and not NAMED & held.keys() and not foreign:
            refers = frozenset(value for value in held.values() if value and UUID.match(value))
            state.pending.append(_Pending(finding, frozenset(documents.values()), refers))
        else:
            state.report(finding)
    elif hints:
        finding = Finding(table, line, tuple(sorted(hints)), "; ".join(sorted({what for what, _ in hints.values()})))
        state.pending.append(
            _Pending(finding, frozenset(digits for _, digits in hints.values() if digits), frozenset())
        )


def _is_cpf(digits: str) -> bool:
    from pgben_testkit.factories.documents import cpf

    return len(digits) == 11 and len(set(digits)) > 1 and cpf(digits[:9]) == digits


# -- reading dumps


def rows_of(lines: Iterable[str]) -> Iterator[tuple[str, list[str], list[str | None], int]]:
    """`(table, columns, values, line)` of each row in plain SQL; null is None. Columns may be unnamed: then `?1`."""
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
    """Column names of CREATE TABLE: for INSERTs that don't name them, as older dumps have."""
    match = re.match(r"CREATE\s+(?:UNLOGGED\s+)?TABLE\s+(\S+)\s*\(", line, re.IGNORECASE)
    if match:
        created[_name(match[1])] = []
        return _name(match[1])
    if creating and re.match(r"\)", line):
        return ""
    if creating and (column := re.match(r'\s+"?(\w+)"?\s', line)) and column[1].upper() not in (
        "CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "EXCLUDE"
    ):  # fmt: skip
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
    """Whether no string is open: a text may hold a semicolon at the end of a line."""
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


def _is_sql(path: Path) -> bool:
    """Whether it is a dump of a schema alone: SQL without rows is a dump without people."""
    with _opened(path) as lines:
        for number, line in enumerate(lines):
            if re.match(r"\s*(--|SET |CREATE |ALTER |SELECT pg_catalog|BEGIN|/\*)", line, re.IGNORECASE):
                return True
            if number > 200:
                break
    return False


class _opened:
    """The lines of a dump, whatever it is packed in."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[Any] | None = None
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
        if head.startswith(b"\x1f\x8b"):
            self._file = gzip.open(self._path, "rt", encoding="utf-8", errors="replace", newline="\n")
        else:
            self._file = self._path.open(encoding="utf-8", errors="replace", newline="\n")
        return self._guarded(self._file)

    def _guarded(self, lines: Iterable[str]) -> Iterator[str]:
        try:
            yield from lines
        except (EOFError, gzip.BadGzipFile, OSError) as error:
            raise UsageProblem(f"the dump {self._path} is damaged", why=str(error), remedy="dump anew") from None

    def _restored(self) -> Iterator[str]:
        program = _pg_restore()
        self._process = subprocess.Popen(
            [program, "-f", "-", str(self._path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            encoding="utf-8", errors="replace",
        )  # fmt: skip
        assert self._process.stdout is not None and self._process.stderr is not None
        yield from self._process.stdout
        tail = self._process.stderr.read()[-400:]
        if self._process.wait():
            raise UsageProblem(
                f"the archive {self._path} can't be read", why=f"pg_restore says: {tail.strip()}",
                remedy="use the pg_restore of the version that dumped, or dump plain SQL",
            )  # fmt: skip

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
        "the archive can't be read", why="there is no pg_restore on the PATH",
        remedy="install PostgreSQL's client programs, or dump plain SQL: pg_dump -Fp",
    )  # fmt: skip
