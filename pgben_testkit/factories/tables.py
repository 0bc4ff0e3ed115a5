"""Rows for any table, without a factory written by hand."""

from __future__ import annotations

import difflib
import itertools
import json
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pgben_testkit.errors import OURS_HIDDEN, UsageProblem
from pgben_testkit.factories.introspect import Column, ForeignKey, Table, table_of
from pgben_testkit.factories.record import Registro, plain
from pgben_testkit.factories.solve import Row, recordset, solve
from pgben_testkit.factories.store import NotStored, Taken, _columns_of, without_literal
from pgben_testkit.factories.uniques import NoRoom, Uniques, doubled_in
from pgben_testkit.factories.values import TEXTS, marks, pool, unique
from pgben_testkit.postgres.admin import quoted

if TYPE_CHECKING:
    import psycopg

    from pgben_testkit.factories.maker import Fabrica

CHUNK = 500
DEEPEST = 12
"""Parents of parents of ...: more than this is taken for a cycle."""
_RANDOM = re.compile(r"\b(?:gen_random_uuid|uuid_generate_v4|uuidv4)\(")
DISTINCT = 40
"""Times that rows with the value of another are drawn anew."""


class TableFactory:
    """Makes rows of one table. What must have a value gets one; what may be null stays null, or keeps its default,
    unless a check wants otherwise. Rows that must refer to others get new ones."""

    def __init__(self, maker: Fabrica, name: str, *, depth: int = 0, known: dict[str, Table] | None = None) -> None:
        self.maker = maker
        self._connection = maker.store.connection
        self._depth = depth
        self._known: dict[str, Table] = {} if known is None else known
        if name not in self._known:
            self._known[name] = table_of(self._connection, name)
        self.table = self._known[name]
        self._uniques = Uniques(maker, self._connection, self.table)

    def create(self, **given: Any) -> Registro:
        """A row; `given` are columns. A value may be an object: its `id` is taken."""
        __tracebackhide__ = OURS_HIDDEN
        return self.create_batch(1, **given)[0]

    def create_batch(self, size: int, **given: Any) -> list[Registro]:
        """That many rows, all or none.

        Raises:
            UsageProblem: no such column, or no row satisfies the checks with what was given.
            NotStored: the server refused the rows for another reason.
        """
        __tracebackhide__ = OURS_HIDDEN
        from pgben_testkit.factories.maker import TRIES, _check_size

        _check_size(size)
        self._check_names(given)
        ready = {name: _json(value) for name, value in given.items()}
        self._check_values(ready)
        taken: Taken | None = None
        for _ in range(TRIES if self._depth == 0 else 1):
            counts = dict(self.maker._tables())
            self.maker._journal = []
            try:
                with self.maker.store.transaction():
                    made: list[Registro] = []
                    for start in range(0, size, CHUNK):
                        made += self._rows(min(CHUNK, size - start), ready)
                    return made
            except Taken as error:
                taken = error
                if self._depth:
                    raise
                if taken.table == self.table.name.rpartition(".")[2] and set(taken.columns) <= set(given):
                    raise self.maker._clash(taken, "the call gave it") from None
                self.maker._forget(counts)
        assert taken is not None or size == 0
        if taken is None:
            return []
        raise self.maker._clash(taken)

    def _check_names(self, given: dict[str, Any]) -> None:
        __tracebackhide__ = OURS_HIDDEN
        known = {column.name: column for column in self.table.columns}
        for name in given:
            if name not in known:
                close = difflib.get_close_matches(name, known, 1)
                raise UsageProblem(
                    f"the table {self.table.name} has no column {name!r}"
                    + (f"; did you mean {close[0]!r}?" if close else ""),
                    why=f"its columns: {', '.join(known)}",
                )
            members = known[name].members
            if members and isinstance(given[name], str) and known[name].category != "A" and given[name] not in members:
                raise UsageProblem(
                    f"{self.table.name}.{name} can't be {given[name]!r}", why=f"its members: {', '.join(members)}"
                )

    def _check_values(self, given: dict[str, Any]) -> None:
        """Raises UsageProblem: a value that its column can't hold."""
        __tracebackhide__ = OURS_HIDDEN
        import psycopg

        for name, value in given.items():
            column = self.table.column(name)
            if column.kind in TEXTS and column.length is not None and len(str(value)) > column.length:
                raise self._unfit(column, f"the value has {len(str(value))} characters")
        columns = [self.table.column(name) for name in given]
        if not columns:
            return
        try:
            self._cast(columns, given)
        except psycopg.DataError:
            for column in columns:
                try:
                    self._cast([column], given)
                except psycopg.DataError as error:
                    said = without_literal(error.diag.message_primary or type(error).__name__)
                    raise self._unfit(column, said) from None

    def _cast(self, columns: Sequence[Column], given: dict[str, Any]) -> None:
        casts = [f"::numeric{each.precision}" if each.precision else "" for each in columns]
        listed = ", ".join(f"r.{quoted(each.name)}{cast}" for each, cast in zip(columns, casts, strict=True))
        with self._connection.transaction():
            self._connection.execute(f"SELECT {listed} FROM {recordset(columns)}", (json.dumps([given]),))

    def _unfit(self, column: Column, why: str) -> UsageProblem:
        size = column.length or (column.precision and ", ".join(map(str, column.precision)))
        return UsageProblem(
            f"{self.table.name}.{column.name} can't hold the value that it was given",
            why=f"its type is {column.type_name}{f'({size})' if size else ''}: {why}",
            remedy=f"give {column.name} a value that fits",
        )

    # -- one chunk

    def _rows(self, size: int, given: dict[str, Any]) -> list[Registro]:
        __tracebackhide__ = OURS_HIDDEN
        table, maker = self.table, self.maker
        marked = marks(table, list(given))
        spoken = {name for check in table.checks for name in check.columns}
        must = [
            column
            for column in table.columns
            if column.name not in given
            and not column.automatic
            and (
                ((column.required or column.name in table.distinct_nulls) and not column.has_default)
                or column.name in marked
                or (column.has_default and (column.name in spoken or column.domain_checks))
                or _is_random(column)
            )
        ]
        defaults = self._defaults([column for column in must if column.has_default and not _is_random(column)], size)
        keys = [key for key in table.foreign_keys if not set(key.columns) & set(given)]
        bare = {column.name for column in must if not column.has_default}
        needed = [
            key for key in keys if (bare >= set(key.columns) if key.parent == table.shown else bare & set(key.columns))
        ]
        included = {column.name for column in must} | set(given)
        in_keys = {name for key in keys for name in key.columns}
        each_row, carriers, combined = self._uniques.carriers(size, given, included, in_keys, needed)
        mine = [key for key in needed if key.parent == table.shown]
        needed = [key for key in needed if key not in mine]
        own = self._own_keys(mine, given, size)
        referred = {name for key in mine for name in key.parent_columns}
        referring = {name for key in mine for name in key.columns}
        parents = {key.columns: self._parents(key, size if key.columns in each_row else 1) for key in needed}
        rows = []
        for place in range(size):
            draw = maker._draw("#" + table.name)
            values: dict[str, Any] = {**defaults[place], **own[place], **given, **marked}
            pools: dict[str, list[Any]] = {}
            fixed = set(given) | set(marked)
            for key in needed:
                found = parents[key.columns]
                values |= found[place % len(found)]
                fixed |= set(key.columns)
            if combined is not None:
                values |= dict(zip(combined[0], combined[1][place], strict=True))
                fixed |= set(combined[0])
            for column in must:
                if column.name in values or (column.name in referring and column.name not in referred):
                    continue
                value = unique(column, draw, place) if column.name in carriers else None
                if value is None:
                    options = pools[column.name] = pool(column, table.checks, draw, place)
                    if not options:
                        raise UsageProblem(
                            f"no value is known for {table.name}.{column.name}",
                            why=f"its type is {column.type_name}",
                            remedy=f"give {column.name}",
                        )
                    value = options[0]
                values[column.name] = value
            for key in mine:
                values |= {name: values[theirs] for name, theirs in zip(key.columns, key.parent_columns, strict=True)}
            free = {column.name for column in table.columns if not column.automatic} - fixed - referring - referred
            rows.append(Row(values, draw, frozenset(free), pools, frozenset(given)))
        self._solve(rows, in_keys, carriers)
        self._late_parents(rows, [key for key in keys if key not in needed])
        return self._insert([row.values for row in rows])

    def _solve(self, rows: Sequence[Row], in_keys: set[str], carriers: dict[str, list[tuple[str, ...]]]) -> None:
        """Every row satisfies the checks, and no two of them are the same to a unique that a column carries."""
        left = list(rows)
        for turn in range(DISTINCT):
            solve(self._connection, self.table, left, lambda row, name: self._options(row, name, in_keys))
            doubled = doubled_in(rows, carriers) or self._uniques.there(rows, carriers)
            if not doubled:
                return
            for row, name in doubled:
                row.values[name] = row.draw.pick(f"another {name} {turn}", self._options(row, name, in_keys))
            left = [row for row, _ in doubled]
        solve(self._connection, self.table, left, lambda row, name: self._options(row, name, in_keys))

    def _own_keys(self, keys: Sequence[ForeignKey], given: dict[str, Any], size: int) -> list[dict[str, Any]]:
        """For each row what the server would make of the columns that it refers to itself by: rows of a table that
        must refer to a row of the same table refer to themselves."""
        names = {name for key in keys for name in key.parent_columns} - set(given)
        made = [column for column in map(self.table.column, sorted(names)) if column.automatic or column.has_default]
        if not made:
            return [{}] * size
        listed = ", ".join(
            f"to_jsonb({column.default})".replace("%", "%%")
            if column.default
            else f"to_jsonb(nextval(pg_get_serial_sequence('{self.table.shown}', '{column.name}')))"
            for column in made
        )
        rows = self._connection.execute(f"SELECT {listed} FROM generate_series(1, %s)", (size,)).fetchall()
        return [{column.name: value for column, value in zip(made, row, strict=True)} for row in rows]

    def _options(self, row: Row, name: str, in_keys: set[str]) -> list[Any]:
        """What the solver may put into a column."""
        column = self.table.column(name)
        if name not in row.pools:
            row.pools[name] = pool(column, self.table.checks, row.draw, row.draw.number)
        options = row.pools[name][:1] if name in in_keys else row.pools[name]
        return options if column.required else [None, *options]

    def _defaults(self, columns: Sequence[Column], size: int) -> list[dict[str, Any]]:
        """For each row the values of defaults that checks speak of: the server would fill them in after we looked."""
        steady = [column for column in columns if "nextval(" not in column.default]
        if not steady:
            return [{}] * size
        listed = ", ".join(f"to_jsonb({column.default})" for column in steady).replace("%", "%%")
        rows = self._connection.execute(f"SELECT {listed} FROM generate_series(1, %s)", (size,)).fetchall()
        return [{column.name: value for column, value in zip(steady, row, strict=True)} for row in rows]

    # -- rows that others refer to

    def _parents(self, key: ForeignKey, size: int) -> list[dict[str, Any]]:
        """For each of `size` rows the values of the key's columns: those of new rows of the parent table."""
        if self._depth >= DEEPEST:
            raise UsageProblem(
                f"rows of {self.table.name} need each other in a circle",
                why=f"each must refer to a row of {key.parent}, which must refer on, {DEEPEST} deep",
                remedy=f"give {', '.join(key.columns)}",
            )
        try:
            factory = TableFactory(self.maker, key.parent, depth=self._depth + 1, known=self._known)
            made = factory.create_batch(size, **self._wanted_of_parents(key))
        except NoRoom:  # all that there can be are there: they will do
            listed = ", ".join(map(quoted, key.parent_columns))
            cursor = self._connection.execute(f"SELECT {listed} FROM {key.parent} LIMIT %s", (size,))
            made = [_record(key.parent, cursor, row) for row in cursor.fetchall()]
            if len(made) < size:
                raise
        return [
            {mine: _json(row.__dict__[theirs]) for mine, theirs in zip(key.columns, key.parent_columns, strict=True)}
            for row in made
        ]

    def _wanted_of_parents(self, key: ForeignKey) -> dict[str, Any]:
        """Values for columns of a parent: where a check here wants one of its kind (`tipo = 'pago'`) in a composite
        key. One column at least is left for the parents to differ in."""
        wanted: dict[str, Any] = {}
        for mine, theirs in zip(key.columns, key.parent_columns, strict=True):
            if not any(check.columns == (mine,) for check in self.table.checks):
                continue
            draw = self.maker._source.draw("#" + self.table.name, 0)
            draw.maker = self.maker
            options = pool(self.table.column(mine), self.table.checks, draw, 0)
            allowed = self._uniques.allowed([{mine: each} for each in options], [mine])
            value = next((each for each, fine in zip(options, allowed, strict=True) if fine), None)
            if value is not None and len(wanted) < len(key.columns) - 1:
                wanted[theirs] = value
        return wanted

    def _late_parents(self, rows: Sequence[Row], keys: Sequence[ForeignKey]) -> None:
        """Where a check wanted a reference that may be null, the row that it refers to is made."""
        for key in keys:
            for row in rows:
                have = [row.values.get(name) is not None for name in key.columns]
                if (any(have) if key.full else all(have)) and row.free.issuperset(key.columns):
                    row.values |= self._parents(key, 1)[0]

    # -- storing

    def _insert(self, rows: list[dict[str, Any]]) -> list[Registro]:
        import psycopg

        made: list[Registro] = []
        for names, same in _by_columns(rows):
            columns = [self.table.column(name) for name in names]
            listed = ", ".join(map(quoted, names))
            query = (
                f"INSERT INTO {self.table.name} ({listed}) OVERRIDING SYSTEM VALUE SELECT {_cast(columns)}"
                f" FROM {recordset(columns)} RETURNING *"
                if names
                else f"INSERT INTO {self.table.name} SELECT FROM generate_series(1, {len(same)}) RETURNING *"
            )
            try:
                with self._connection.transaction():
                    cursor = self._connection.execute(query, (json.dumps(same),) if names else None)
                    found = cursor.fetchall()
            except psycopg.errors.UniqueViolation as error:
                raise Taken(error.diag.table_name or "", _columns_of(error)) from None
            except psycopg.errors.ExclusionViolation as error:
                raise Taken(error.diag.table_name or "", (error.diag.constraint_name or "",)) from None
            except psycopg.Error as error:
                raise self._refused(error) from None
            made += [_record(self.table.name, cursor, row) for row in found]
        return made

    def _refused(self, error: psycopg.Error) -> NotStored:
        diag = error.diag
        said = without_literal(diag.message_primary or str(error))
        what = f"the constraint {diag.constraint_name}" if diag.constraint_name else said
        column = f"; column {diag.column_name}" if diag.column_name else ""
        return NotStored(
            f"the database refuses a row of {self.table.name}",
            why=f"{what} ({type(error).__name__}){column}",
            remedy="give values that it takes; triggers and rules of the table count too",
        )


def _is_random(column: Column) -> bool:
    """Whether the server draws it: then we do, so that a seed brings it back."""
    return column.kind == "uuid" and _RANDOM.search(column.default) is not None


def _cast(columns: Sequence[Column]) -> str:
    return ", ".join(f"r.{quoted(column.name)}" for column in columns)


def _record(table: str, cursor: psycopg.Cursor[Any], row: tuple[Any, ...]) -> Registro:
    names = tuple(column.name for column in cursor.description or ())
    kind: type[Registro] = type("Linha", (Registro,), {"table": table, "columns": names, "saved": True})
    return kind(**dict(zip(names, row, strict=True)))


def _by_columns(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[tuple[str, ...], list[dict[str, Any]]]]:
    """Neighbours that have values for the same columns: the others keep their defaults."""
    for names, group in itertools.groupby(rows, key=lambda row: tuple(sorted(row))):
        yield names, list(group)


def _json(value: Any) -> Any:
    """As `jsonb_to_recordset` reads it into any type."""
    if isinstance(value, Registro):
        return _json(value.__dict__["id"])
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_json(each) for each in value]
    return plain(value)
