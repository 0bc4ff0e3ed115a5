"""Objects into rows: one INSERT a table in one pipeline, or COPY for many; all or nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pgben_testkit.errors import OURS_HIDDEN, TestkitError
from pgben_testkit.factories.catalog import ORDER
from pgben_testkit.factories.record import Registro, plain
from pgben_testkit.postgres.admin import quoted

if TYPE_CHECKING:
    import psycopg

COPY_FROM_ROWS = 30
"""From so many rows of a table on, COPY is faster than an INSERT with as many parameters."""


PROBED = 20
"""Rows of each table that are looked at for the column that does not fit."""


class NotStored(TestkitError):
    """The database refused a row; nothing of the call is there."""

    exit_code = 2


class Taken(Exception):
    """A value that we made is already there. `columns`: of the unique constraint."""

    def __init__(self, table: str, columns: tuple[str, ...]) -> None:
        super().__init__(table, columns)
        self.table = table
        self.columns = columns


def unsaved(roots: Iterable[Registro]) -> dict[str, list[Registro]]:
    """table -> the objects that are in no database yet and hang together with `roots`; tables in filling order."""
    found: dict[str, list[Registro]] = {}
    seen: set[int] = set()
    stack = list(roots)
    while stack:
        each = stack.pop()
        if each.saved or id(each) in seen:
            continue
        seen.add(id(each))
        found.setdefault(each.table, []).append(each)
        stack.extend(each.related())
    for rows in found.values():
        rows.reverse()
    return dict(sorted(found.items(), key=lambda item: ORDER.get(item[0], len(ORDER))))


class Store:
    """Rows through one connection. In autocommit each call commits; else it is a savepoint of the caller's work."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is saved within is there, or nothing."""
        self._join()
        with self.connection.transaction():
            yield

    def _join(self) -> None:
        """A connection that is not in autocommit is in a transaction: psycopg's `transaction()` would otherwise begin
        one of its own, and commit it, where the caller's commit or rollback is to decide."""
        from psycopg.pq import TransactionStatus

        if not self.connection.autocommit and self.connection.info.transaction_status == TransactionStatus.IDLE:
            self.connection.execute("SELECT")

    def save(self, roots: Sequence[Registro], *, before_commit: Callable[[list[Registro]], None]) -> None:
        """The objects, and all that they refer to, are rows.

        Raises:
            Taken: a unique value is there already.
            NotStored: the database refused a row, or lacks a table or column.
        """
        __tracebackhide__ = OURS_HIDDEN
        import psycopg

        groups = unsaved(roots)
        if not groups:
            return
        self._join()
        everything = [each for rows in groups.values() for each in rows]
        try:
            if max(map(len, groups.values())) < COPY_FROM_ROWS:
                with self.connection.pipeline(), self.connection.transaction():
                    for table, rows in groups.items():
                        for same in _alike(rows):
                            self._insert(table, same)
                    before_commit(everything)
            else:
                with self.connection.transaction():
                    for table, rows in groups.items():
                        for same in _alike(rows):
                            self._copy(table, same)
                    before_commit(everything)
        except psycopg.errors.UniqueViolation as error:
            raise Taken(error.diag.table_name or "", _columns_of(error)) from None
        except psycopg.Error as error:
            raise self._explained(error, groups) from None
        for each in everything:
            each.__dict__["saved"] = True

    def _insert(self, table: str, rows: list[Registro]) -> None:
        columns = rows[0].columns
        one = "(" + ", ".join(["%s"] * len(columns)) + ")"
        names = ", ".join(map(quoted, columns))
        values = [_parameter(row.__dict__[name]) for row in rows for name in columns]
        self.connection.execute(f"INSERT INTO {quoted(table)} ({names}) VALUES {', '.join([one] * len(rows))}", values)

    def _copy(self, table: str, rows: list[Registro]) -> None:
        columns = rows[0].columns
        names = ", ".join(map(quoted, columns))
        with self.connection.cursor().copy(f"COPY {quoted(table)} ({names}) FROM STDIN") as copy:
            for block in copy_text(rows, columns):
                copy.write(block)

    def find(self, table: str, identifier: Any) -> dict[str, Any] | None:
        """The row with this id, column -> value; None where there is none."""
        import psycopg

        self._join()
        try:
            with self.connection.transaction():
                cursor = self.connection.execute(f"SELECT * FROM {quoted(table)} WHERE id = %s", (identifier,))
                row = cursor.fetchone()
        except (psycopg.DataError, psycopg.errors.UndefinedFunction):
            return None  # an id of another type: no row can have it
        return (
            None
            if row is None or cursor.description is None
            else {column.name: value for column, value in zip(cursor.description, row, strict=True)}
        )

    def lacking(self, wanted: dict[str, Sequence[str]]) -> list[str]:
        """What a schema lacks of these tables and columns: `the table x`, `x.column`."""
        rows = self.connection.execute(
            "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.oid = ANY (SELECT to_regclass(quote_ident(t)) FROM unnest(%s::text[]) t)"
            " AND a.attnum > 0 AND NOT a.attisdropped",
            (list(wanted),),
        ).fetchall()
        there: dict[str, set[str]] = {}
        for table, column in rows:
            there.setdefault(table, set()).add(column)
        out = []
        for table, columns in wanted.items():
            if table not in there:
                out.append(f"the table {table}")
            else:
                out += [f"{table}.{column}" for column in columns if column not in there[table]]
        return out

    def _unfit(self, groups: dict[str, list[Registro]]) -> NotStored | None:
        """Which column can't hold its value: the server does not say it. None where it is not found."""
        import psycopg

        for table, rows in groups.items():
            types = dict(
                self.connection.execute(
                    "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
                    " WHERE attrelid = to_regclass(quote_ident(%s)) AND attnum > 0",
                    (table,),
                ).fetchall()
            )
            for row in rows[:PROBED]:
                for name in row.columns:
                    value, kind = row.__dict__[name], types.get(name)
                    if value is None or kind is None:
                        continue
                    why = ""
                    length = re.fullmatch(r"character(?: varying)?\((\d+)\)", kind)
                    if length and isinstance(value, str) and len(value) > int(length[1]):
                        why = f"the value has {len(value)} characters"
                    elif not length:
                        try:
                            with self.connection.transaction():
                                self.connection.execute(f"SELECT %s::{kind}", (_parameter(value),))
                        except psycopg.DataError as error:
                            why = without_literal(error.diag.message_primary or type(error).__name__)
                    if why:
                        return NotStored(
                            f"{table}.{name} can't hold the value that it was given",
                            why=f"its type is {kind}: {why}",
                            remedy=f"give {name} a value that fits",
                        )
        return None

    def _explained(self, error: psycopg.Error, groups: dict[str, list[Registro]]) -> NotStored:
        import psycopg

        diag = error.diag
        if error.sqlstate is None:
            return NotStored("the rows could not be sent", why=f"{type(error).__name__}: {error}")
        if isinstance(error, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn):
            try:
                lacking = self.lacking({table: rows[0].columns for table, rows in groups.items()})
            except psycopg.Error:  # the caller's transaction is aborted: the server's own words must do
                lacking = []
            return NotStored(
                "the database's schema is not the one that the factories write",
                why="it lacks " + ", ".join(lacking) if lacking else f"the server says: {diag.message_primary}",
                remedy="load PGBen's schema (pgben_postgres_schema), or subclass the factory with"
                " `class Meta: exclude = (columns)` and give it to pgben_factory.with_classes, or use for_table,"
                " which reads the schema",
            )
        table, column = diag.table_name or "?", diag.column_name
        if isinstance(error, psycopg.errors.NotNullViolation) and column:
            known = groups.get(table)
            unknown = known is not None and column not in known[0].columns
            return NotStored(
                f"{table}.{column} must have a value",
                why="the schema says NOT NULL, and the factory "
                + ("does not know the column" if unknown else "got None"),
                remedy=f"subclass the factory and declare {column} in it, or use pgben_factory.for_table({table!r})"
                if unknown
                else f"give {column} a value",
            )
        if isinstance(error, psycopg.errors.ForeignKeyViolation):
            return NotStored(
                f"{table}.{', '.join(_columns_of(error))} refers to a row that is not there",
                why=f"the constraint {diag.constraint_name}",
                remedy="create that row first, or leave it out and let the factory make one",
            )
        if isinstance(error, psycopg.DataError) and (unfit := self._unfit(groups)):
            return unfit
        said = without_literal(diag.message_primary or "an error")
        what = f"the constraint {diag.constraint_name}" if diag.constraint_name else said
        return NotStored(
            f"the database refuses a row of {table}" if diag.table_name else "the database refuses the rows",
            why=f"{what} ({type(error).__name__})",
            remedy="the values given to the factory don't fit the schema; see the constraint with \\d " + table
            if diag.table_name
            else "see the message",
        )


def without_literal(message: str) -> str:
    """`invalid input syntax for type uuid: "..."`, which may be somebody's data, without what is quoted at its end."""
    return re.sub(r': ".*"\Z', "", message, flags=re.DOTALL)


def _alike(rows: list[Registro]) -> Iterator[list[Registro]]:
    """Rows of one table in groups with the same columns: a subclass may have more."""
    first = rows[0].columns
    if all(row.columns is first or row.columns == first for row in rows):
        yield rows
        return
    groups: dict[tuple[str, ...], list[Registro]] = {}
    for row in rows:
        groups.setdefault(row.columns, []).append(row)
    yield from groups.values()


def _columns_of(error: psycopg.Error) -> tuple[str, ...]:
    """`Key (a, b)=(...)` in any of the server's languages."""
    detail = error.diag.message_detail or ""
    names = detail.partition("(")[2].partition(")=(")[0]
    return tuple(name.strip(' "') for name in names.split(",") if name)


def _parameter(value: Any) -> Any:
    if isinstance(value, dict | list):
        from psycopg.types.json import Jsonb

        return Jsonb(value, dumps=_dumps)
    return value


_dumps = json.JSONEncoder(ensure_ascii=False, default=plain).encode


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
COPY_ROWS = 500


def copy_text(rows: Sequence[Registro], columns: Sequence[str]) -> Iterator[bytes]:
    """The rows in COPY's text format (PostgreSQL manual, COPY, File Formats), in blocks; by columns, which have mostly
    values of one type."""
    for start in range(0, len(rows), COPY_ROWS):
        dicts = [row.__dict__ for row in rows[start : start + COPY_ROWS]]
        texts = [_column_text([each[name] for each in dicts]) for name in columns]
        yield ("\n".join(map("\t".join, zip(*texts, strict=True))) + "\n").encode()


def _column_text(values: list[Any]) -> list[str]:
    kinds = set(map(type, values))
    if len(kinds) == 1:
        kind = kinds.pop()
        if kind is str:
            whole = "".join(values)
            plain_text = not any(char in whole for char in "\\\t\n\r")
            return values if plain_text else [value.translate(_ESCAPES) for value in values]
        if kind is type(None):
            return ["\\N"] * len(values)
        if kind is datetime or kind is date:
            return [value.isoformat() for value in values]
        if kind is UUID:
            return [f"{value.int:032x}" for value in values]  # a third of the time of str(), and PostgreSQL reads it
        if kind is int or kind is Decimal:
            return list(map(str, values))
        if kind is dict and values.count(values[0]) == len(values):
            return [_text(values[0])] * len(values)
    return [_text(value) for value in values]


def _text(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, dict | list):
        return _dumps(value).translate(_ESCAPES)
    return (value.isoformat() if isinstance(value, date | datetime) else str(value)).translate(_ESCAPES)
