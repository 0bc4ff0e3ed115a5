"""Makes rows for any table, without a factory written by hand."""

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
from pgben_testkit.factories.engine.maker import ObjectMaker, check_size
from pgben_testkit.factories.engine.record import Record, plain
from pgben_testkit.factories.engine.store import NotStored, Taken, columns_of, without_literal
from pgben_testkit.factories.tables.introspect import TEXTS, Column, ForeignKey, Table, table_of
from pgben_testkit.factories.tables.solve import Row, recordset, solve
from pgben_testkit.factories.tables.uniques import NoRoom, Uniques, doubled_in
from pgben_testkit.factories.tables.values import marks_of, pool, unique
from pgben_testkit.postgres.admin import quoted

if TYPE_CHECKING:
    import psycopg

CHUNK = 500
"""How many rows are made and stored at once."""
DEEPEST = 12
"""How many parents of parents are made; more of them are taken for a cycle."""
_RANDOM = re.compile(r"\b(?:gen_random_uuid|uuid_generate_v4|uuidv4)\(")
DISTINCT = 40
"""How often rows with the value of another row are drawn again."""


class TableFactory:
    """Makes rows of one table.

    A column that must have a value gets one. A column that may be null stays null, or keeps its default, unless a check
    requires a value. Rows that must refer to others get new ones.
    """

    def __init__(self, maker: ObjectMaker, name: str, *, depth: int = 0, known: dict[str, Table] | None = None) -> None:
        self.maker = maker
        self._connection = maker.store.connection
        self._depth = depth
        self._known: dict[str, Table] = {} if known is None else known
        if name not in self._known:
            self._known[name] = table_of(self._connection, name)
        self.table = self._known[name]
        self._uniques = Uniques(maker, self._connection, self.table)

    def create(self, **given: Any) -> Record:
        """Make and store a row; `given` are columns. If a value is an object, its `id` is taken."""
        __tracebackhide__ = OURS_HIDDEN
        return self.create_batch(1, **given)[0]

    def create_batch(self, size: int, **given: Any) -> list[Record]:
        """Make and store `size` rows, all or none; `given` are columns.

        Raises:
            UsageProblem: there is no such column, or no row with the given values satisfies the checks.
            NotStored: the server refused the rows for another reason.
        """
        __tracebackhide__ = OURS_HIDDEN
        check_size(size)
        self._check_names(given)
        ready = {name: _json(value) for name, value in given.items()}
        self._check_values(ready)

        def attempt() -> list[Record]:
            __tracebackhide__ = OURS_HIDDEN
            with self.maker.store.transaction():
                made: list[Record] = []
                for start in range(0, size, CHUNK):
                    made += self._rows(min(CHUNK, size - start), ready)
                return made

        if self._depth:
            return attempt()
        table = self.table.name.rpartition(".")[2]
        return self.maker.retried(attempt, lambda taken: taken.table == table and set(taken.columns) <= set(given))

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
        """Raise UsageProblem if a column can't hold its value."""
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

    def _rows(self, size: int, given: dict[str, Any]) -> list[Record]:
        __tracebackhide__ = OURS_HIDDEN
        table, maker = self.table, self.maker
        marked = marks_of(table, list(given))
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
            draw = maker.next_draw("#" + table.name)
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
        """Change the rows until they satisfy the checks, and no two are equal in a unique that a column carries."""
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
        """Let the server make, for each row, the columns by which the row refers to itself.

        Rows that must refer to a row of the same table refer to themselves.
        """
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
        """Return what the solver may put into the column `name` of `row`."""
        column = self.table.column(name)
        if name not in row.pools:
            row.pools[name] = pool(column, self.table.checks, row.draw, row.draw.number)
        options = row.pools[name][:1] if name in in_keys else row.pools[name]
        return options if column.required else [None, *options]

    def _defaults(self, columns: Sequence[Column], size: int) -> list[dict[str, Any]]:
        """Let the server make, for each row, the defaults that checks speak of: the checks need them."""
        steady = [column for column in columns if "nextval(" not in column.default]
        if not steady:
            return [{}] * size
        listed = ", ".join(f"to_jsonb({column.default})" for column in steady).replace("%", "%%")
        rows = self._connection.execute(f"SELECT {listed} FROM generate_series(1, %s)", (size,)).fetchall()
        return [{column.name: value for column, value in zip(steady, row, strict=True)} for row in rows]

    # -- rows that others refer to

    def _parents(self, key: ForeignKey, size: int) -> list[dict[str, Any]]:
        """Make `size` rows of the parent table, and return the values of the key's columns for each."""
        if self._depth >= DEEPEST:
            raise UsageProblem(
                f"rows of {self.table.name} need each other in a circle",
                why=f"each row must refer to a row of {key.parent}, and that one to another, and so on, {DEEPEST} deep",
                remedy=f"give {', '.join(key.columns)}",
            )
        try:
            factory = TableFactory(self.maker, key.parent, depth=self._depth + 1, known=self._known)
            made = factory.create_batch(size, **self._wanted_of_parents(key))
        except NoRoom:  # all possible parents are there: take those
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
        """Find values that a parent must have, because a check of this table requires them in a composite key, as
        `tipo = 'pago'` does. At least one column is left free, so that parents can differ."""
        wanted: dict[str, Any] = {}
        for mine, theirs in zip(key.columns, key.parent_columns, strict=True):
            if not any(check.columns == (mine,) for check in self.table.checks):
                continue
            draw = self.maker.draw_at("#" + self.table.name, 0)
            options = pool(self.table.column(mine), self.table.checks, draw, 0)
            allowed = self._uniques.allowed([{mine: each} for each in options], [mine])
            value = next((each for each, fine in zip(options, allowed, strict=True) if fine), None)
            if value is not None and len(wanted) < len(key.columns) - 1:
                wanted[theirs] = value
        return wanted

    def _late_parents(self, rows: Sequence[Row], keys: Sequence[ForeignKey]) -> None:
        """Make the parents of the references that may be null, where a check required a value."""
        for key in keys:
            for row in rows:
                have = [row.values.get(name) is not None for name in key.columns]
                if (any(have) if key.full else all(have)) and row.free.issuperset(key.columns):
                    row.values |= self._parents(key, 1)[0]

    # -- storing

    def _insert(self, rows: list[dict[str, Any]]) -> list[Record]:
        import psycopg

        made: list[Record] = []
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
                raise Taken(error.diag.table_name or "", columns_of(error)) from None
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
            remedy="give values that the table accepts; its triggers and rules count too",
        )


def _is_random(column: Column) -> bool:
    """Tell whether the server draws the column at random: then we draw it, so that the same seed gives it again."""
    return column.kind == "uuid" and _RANDOM.search(column.default) is not None


def _cast(columns: Sequence[Column]) -> str:
    return ", ".join(f"r.{quoted(column.name)}" for column in columns)


def _record(table: str, cursor: psycopg.Cursor[Any], row: tuple[Any, ...]) -> Record:
    names = tuple(column.name for column in cursor.description or ())
    kind: type[Record] = type("Row", (Record,), {"table": table, "columns": names, "saved": True})
    return kind(**dict(zip(names, row, strict=True)))


def _by_columns(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[tuple[str, ...], list[dict[str, Any]]]]:
    """Group neighbouring rows that have values for the same columns; all other columns keep their defaults."""
    for names, group in itertools.groupby(rows, key=lambda row: tuple(sorted(row))):
        yield names, list(group)


def _json(value: Any) -> Any:
    """Return `value` in the form that `jsonb_to_recordset` reads into any type."""
    if isinstance(value, Record):
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
