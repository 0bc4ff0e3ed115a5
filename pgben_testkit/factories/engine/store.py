"""Stores records as rows: one INSERT a table in one pipeline, or COPY for many; all of a call or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pgben_testkit.errors import OURS_HIDDEN, TestkitError
from pgben_testkit.factories.engine.copy_text import copy_text, dumps
from pgben_testkit.factories.engine.record import Record
from pgben_testkit.postgres.admin import quoted

if TYPE_CHECKING:
    import psycopg

COPY_FROM_ROWS = 30
"""The number of rows of a table from which COPY is faster than an INSERT with as many parameters."""
PROBED = 20
"""How many rows of each table are searched for the column that does not fit."""


class NotStored(TestkitError):
    """Says that the database refused a row, and that no row of the call is there."""

    exit_code = 2


class Taken(Exception):
    """Says that another row has a value that we made. `columns` are those of the unique constraint."""

    def __init__(self, table: str, columns: tuple[str, ...]) -> None:
        super().__init__(table, columns)
        self.table = table
        self.columns = columns


def unsaved(roots: Iterable[Record], order: Mapping[str, int]) -> dict[str, list[Record]]:
    """Find the records that are in no database yet among `roots` and all that they refer to: table -> records.

    `order`: table -> its place in the order of filling; tables that are not in it come last.
    """
    found: dict[str, list[Record]] = {}
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
    return dict(sorted(found.items(), key=lambda item: order.get(item[0], len(order))))


class Store:
    """Writes rows through one connection. In autocommit each call commits; else it is a savepoint of the caller's work.

    `order`: table -> its place in the order of filling.
    """

    def __init__(self, connection: psycopg.Connection[Any], order: Mapping[str, int]) -> None:
        self.connection = connection
        self._order = order

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Store all that is saved within this context, or nothing of it."""
        self._join()
        with self.connection.transaction():
            yield

    def _join(self) -> None:
        """Begin the caller's transaction if the connection is not in autocommit.

        Otherwise psycopg's `transaction()` would begin one of its own and commit it, although the caller decides.
        """
        from psycopg.pq import TransactionStatus

        if not self.connection.autocommit and self.connection.info.transaction_status == TransactionStatus.IDLE:
            self.connection.execute("SELECT")

    def save(self, roots: Sequence[Record], *, before_commit: Callable[[list[Record]], None]) -> None:
        """Store `roots` and all that they refer to; `before_commit` gets all stored records.

        Raises:
            Taken: another row has a value that must be unique.
            NotStored: the database refused a row, or lacks a table or column.
        """
        __tracebackhide__ = OURS_HIDDEN
        import psycopg

        groups = unsaved(roots, self._order)
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
            raise Taken(error.diag.table_name or "", columns_of(error)) from None
        except psycopg.Error as error:
            raise self._explained(error, groups) from None
        for each in everything:
            each.__dict__["saved"] = True

    def _insert(self, table: str, rows: list[Record]) -> None:
        columns = rows[0].columns
        one = "(" + ", ".join(["%s"] * len(columns)) + ")"
        names = ", ".join(map(quoted, columns))
        values = [_parameter(row.__dict__[name]) for row in rows for name in columns]
        self.connection.execute(f"INSERT INTO {quoted(table)} ({names}) VALUES {', '.join([one] * len(rows))}", values)

    def _copy(self, table: str, rows: list[Record]) -> None:
        columns = rows[0].columns
        names = ", ".join(map(quoted, columns))
        with self.connection.cursor().copy(f"COPY {quoted(table)} ({names}) FROM STDIN") as copy:
            for block in copy_text(rows, columns):
                copy.write(block)

    def find(self, table: str, identifier: Any) -> dict[str, Any] | None:
        """Return the row of `table` with this id as column -> value; None if there is none."""
        import psycopg

        self._join()
        try:
            with self.connection.transaction():
                cursor = self.connection.execute(f"SELECT * FROM {quoted(table)} WHERE id = %s", (identifier,))
                row = cursor.fetchone()
        except (psycopg.DataError, psycopg.errors.UndefinedFunction):
            return None  # an id of another type, which no row can have
        return (
            None
            if row is None or cursor.description is None
            else {column.name: value for column, value in zip(cursor.description, row, strict=True)}
        )

    def lacking(self, wanted: dict[str, Sequence[str]]) -> list[str]:
        """List what the schema lacks of `wanted` (table -> columns): `the table x`, `x.column`."""
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

    def _unfit(self, groups: dict[str, list[Record]]) -> NotStored | None:
        """Find the column that can't hold its value, which the server does not say; None if it was not found."""
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

    def _explained(self, error: psycopg.Error, groups: dict[str, list[Record]]) -> NotStored:
        """Explain the server's `error` in words that name table and column, without any value."""
        import psycopg

        diag = error.diag
        if error.sqlstate is None:
            return NotStored("the rows could not be sent", why=f"{type(error).__name__}: {error}")
        if isinstance(error, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn):
            try:
                lacking = self.lacking({table: rows[0].columns for table, rows in groups.items()})
            except psycopg.Error:  # the caller's transaction is aborted: only the server's own words are left
                lacking = []
            return NotStored(
                "the schema of the database is not the one that the factories write",
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
                f"{table}.{', '.join(columns_of(error))} refers to a row that is not there",
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
            remedy=f"give the factory values that fit the schema; \\d {table} shows the constraint"
            if diag.table_name
            else "see the message",
        )


def without_literal(message: str) -> str:
    """Remove the text quoted at the end of the server's `message`, as in `invalid input syntax for type uuid: "..."`:
    it may be personal data."""
    return re.sub(r': ".*"\Z', "", message, flags=re.DOTALL)


def _alike(rows: list[Record]) -> Iterator[list[Record]]:
    """Group the rows of one table by their columns: the records of a subclass may have more."""
    first = rows[0].columns
    if all(row.columns is first or row.columns == first for row in rows):
        yield rows
        return
    groups: dict[tuple[str, ...], list[Record]] = {}
    for row in rows:
        groups.setdefault(row.columns, []).append(row)
    yield from groups.values()


def columns_of(error: psycopg.Error) -> tuple[str, ...]:
    """Return the columns that the server names as `Key (a, b)=(...)`, in any of its languages."""
    detail = error.diag.message_detail or ""
    names = detail.partition("(")[2].partition(")=(")[0]
    return tuple(name.strip(' "') for name in names.split(",") if name)


def _parameter(value: Any) -> Any:
    if isinstance(value, dict | list):
        from psycopg.types.json import Jsonb

        return Jsonb(value, dumps=dumps)
    return value
