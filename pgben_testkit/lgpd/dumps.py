"""Finds people in a database dump who are not marked as synthetic: production data where only made-up data may be.

The dump is read line by line, so its size does not matter. The result says where such rows are, never what they hold.

A row is fine if it carries a mark of the factories (`marks.MARK` in a text, an address in `marks.DOMAIN`,
`"sintetico": true` in JSON). A row that is not a person itself is also fine if all personal data in it belongs to
marked people: it refers to a marked row, or repeats the document of a marked person.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pgben_testkit.errors import UsageProblem
from pgben_testkit.lgpd.bare_cpfs import BareCpfs, Group, words_of
from pgben_testkit.lgpd.documents import is_cpf
from pgben_testkit.lgpd.dump_file import is_sql, opened, rows_of
from pgben_testkit.lgpd.marks import DOMAIN, MARK, MARK_KEY

DOCUMENT = re.compile(r"cpf|(^|_)(nis|pis|pasep|nit|rg)\d*($|_)")
"""The names, as `words_of` returns them, of columns that hold the document of a person."""
NAMED = frozenset({"nome", "nome_completo", "name", "full_name", "nome_social"})
ABOUT = frozenset(
    {
        "data_nascimento",
        "nome_mae",
        "nome_pai",
        "rg",
        "birth_date",
        "date_of_birth",
        "mother_name",
        "naturalidade",
        "parentesco",
    }
)
"""Columns that, together with a name in the same table, say that its rows are people."""
FORMATTED_CPF = re.compile(r"(?<!\d)\d{3}\.\d{3}\.\d{3}-\d{2}(?!\d)")
JSON_CPF = re.compile(r'"[^"]*(?:cpf|nis)[^"]*"\s*:\s*"?(\d{11})(?!\d)', re.IGNORECASE)
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\Z")
MARKED_JSON = re.compile(rf'"{MARK_KEY}"\s*:\s*true')
BARE = "eleven digits that are a CPF, in a column or text with more CPFs than chance explains"
MOST_SHOWN = 50
"""How many findings of each table are kept."""


@dataclass(frozen=True)
class Finding:
    """Says where a row holds personal data without a mark. `line` counts from 1; `columns` are those that hold it."""

    table: str
    line: int
    columns: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Audit:
    """Holds the result of an audit. `unmarked`: table -> rows; `findings` are the first `MOST_SHOWN` of each table."""

    path: str
    rows: int
    people: int
    marked: int
    unmarked: Mapping[str, int]
    findings: tuple[Finding, ...]
    tables: int

    @property
    def clean(self) -> bool:
        """Tell whether every person in the dump is marked."""
        return not self.unmarked

    def as_dict(self) -> dict[str, Any]:
        """Return the result as a dictionary that JSON can hold."""
        return {
            "path": self.path,
            "clean": self.clean,
            "rows": self.rows,
            "tables": self.tables,
            "people": self.people,
            "marked": self.marked,
            "unmarked": dict(self.unmarked),
            "findings": [
                {"table": each.table, "line": each.line, "columns": list(each.columns), "reason": each.reason}
                for each in self.findings
            ],
        }


@dataclass
class _Pending:
    """A row that is fine if its data belongs to a marked person, who may come later in the dump."""

    finding: Finding
    documents: frozenset[str]
    refers: frozenset[str]


@dataclass
class _Guess:
    """A row whose numbers are CPFs only if the other numbers of their columns are CPFs too."""

    table: str
    line: int
    numbers: list[tuple[str, str, Group]]
    """`(column, digits, group)` of each number."""


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
    guesses: list[_Guess] = field(default_factory=list)
    bare: BareCpfs = field(default_factory=BareCpfs)

    def report(self, finding: Finding) -> None:
        self.unmarked[finding.table] += 1
        if self.unmarked[finding.table] <= MOST_SHOWN:
            self.findings.append(finding)


def audit(path: Path) -> Audit:
    """Find the people in the dump at `path` who are not marked as synthetic.

    Raises:
        UsageProblem: there is no such file, or the file holds no dump.
        EnvironmentNotAble: the dump is an archive, and no `pg_restore` was found to read it.
    """
    state = _State()
    seen_sql = False
    with opened(path) as lines:
        for table, columns, values, line in rows_of(lines):
            seen_sql = True
            _look(state, table, columns, values, line)
    if not seen_sql and not is_sql(path):
        raise UsageProblem(
            f"{path} holds no dump that can be read",
            why="no COPY block and no INSERT was found in it",
            remedy="give a file of pg_dump: plain SQL, gzipped or not, or an archive made by -Fc or -Ft",
        )
    for each in state.pending:
        if not (each.documents and each.documents <= state.marked_documents) and not (
            each.refers & state.marked_ids and not each.documents - state.marked_documents
        ):
            state.report(each.finding)
    for guess in state.guesses:
        held = {
            column
            for column, digits, group in guess.numbers
            if digits not in state.marked_documents and state.bare.are_cpfs(group)
        }
        if held:
            state.report(Finding(guess.table, guess.line, tuple(sorted(held)), BARE))
    state.findings.sort(key=lambda finding: finding.line)
    return Audit(
        str(path),
        state.rows,
        state.people,
        state.marked,
        dict(state.unmarked),
        tuple(state.findings),
        len(state.tables),
    )


def _look(state: _State, table: str, columns: Sequence[str], values: Sequence[str | None], line: int) -> None:
    state.rows += 1
    state.tables.add(table)
    names = [words_of(name) for name in columns]
    written = dict(zip(names, columns, strict=False))
    held = {name: value for name, value in zip(names, values, strict=False) if value not in (None, "")}
    documents: dict[str, str] = {}
    for name, value in held.items():
        assert value is not None
        digits = re.sub(r"\D", "", value)
        if DOCUMENT.search(name) and len(digits) >= 7:
            documents[name] = digits
    person = bool(documents) or bool(NAMED & held.keys() and ABOUT & held.keys())
    hints: dict[str, tuple[str, str]] = {}
    guesses: list[tuple[str, str, Group]] = []
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
                    hints.setdefault(name, ("an e-mail address outside " + DOMAIN, ""))
        if name not in documents:
            for found in (*FORMATTED_CPF.findall(value), *JSON_CPF.findall(value)):
                digits = re.sub(r"\D", "", found)
                if is_cpf(digits):
                    hints[name] = ("a CPF in a text", digits)
            for digits, group in state.bare.look(table, name, value):
                if group is None:
                    hints[name] = ("a CPF in a text", digits)
                else:
                    guesses.append((written[name], digits, group))
        if name not in documents and re.search(r"pix|documento_numero|num_documento", name):
            digits = re.sub(r"\D", "", value)
            if len(digits) == 11 and len(value) <= 14 and is_cpf(digits):
                hints[name] = ("a CPF as a key", digits)
    if person:
        state.people += 1
    foreign = [name for name, (what, _) in hints.items() if what.startswith("an e-mail")]
    if ours and not foreign:
        state.marked += person
        state.marked_documents.update(documents.values(), (digits for _, digits, _ in guesses))
        identifier = held.get("id")
        if identifier:
            state.marked_ids.add(identifier)
        return
    if person or foreign:
        named = {*documents, *foreign, *((NAMED | ABOUT) & held.keys() if person else ())}
        shown = tuple(sorted(written[name] for name in named))
        reason = "a person without the mark" if person else hints[foreign[0]][0]
        finding = Finding(table, line, shown, reason)
        if person and not NAMED & held.keys() and not foreign:
            refers = frozenset(value for value in held.values() if value and UUID.match(value))
            state.pending.append(_Pending(finding, frozenset(documents.values()), refers))
        else:
            state.report(finding)
    elif hints:
        shown = tuple(sorted(written[name] for name in hints))
        finding = Finding(table, line, shown, "; ".join(sorted({what for what, _ in hints.values()})))
        state.pending.append(
            _Pending(finding, frozenset(digits for _, digits in hints.values() if digits), frozenset())
        )
    elif guesses:
        state.guesses.append(_Guess(table, line, guesses))
