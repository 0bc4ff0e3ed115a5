"""Makes rows differ where they must: by columns with values of their own, or by combinations that no row has."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pgben_testkit.errors import UsageProblem
from pgben_testkit.factories.tables.introspect import Column, ForeignKey, Table
from pgben_testkit.factories.tables.solve import Row, checks_of, failed_checks, recordset
from pgben_testkit.factories.tables.values import pool, unique
from pgben_testkit.postgres.admin import quoted

if TYPE_CHECKING:
    import psycopg

    from pgben_testkit.factories.engine.identity import Draw
    from pgben_testkit.factories.engine.maker import ObjectMaker

COMBINATIONS = 100_000
"""How many combinations of values are looked at."""
DRAWN = 400
"""How often values are drawn for columns that have few values and must differ."""


class NoRoom(UsageProblem):
    """Says that the table has every combination of the few values of a unique already."""


class Uniques:
    """Keeps the uniques of one table, within a batch and against the rows that are there."""

    def __init__(self, maker: ObjectMaker, connection: psycopg.Connection[Any], table: Table) -> None:
        self._maker = maker
        self._connection = connection
        self._table = table

    def carriers(
        self, size: int, given: dict[str, Any], included: set[str], in_keys: set[str], needed: Sequence[ForeignKey]
    ) -> tuple[
        set[tuple[str, ...]], dict[str, list[tuple[str, ...]]], tuple[tuple[str, ...], list[tuple[Any, ...]]] | None
    ]:
        """Choose what makes `size` rows differ where they must.

        Returns the keys that need a parent for each row; column -> uniques, for columns with a value of their own; and
        columns of few values with a free combination for each row, or None.
        """
        each_row: set[tuple[str, ...]] = set()
        carriers: dict[str, list[tuple[str, ...]]] = {}
        combined: tuple[tuple[str, ...], list[tuple[Any, ...]]] | None = None
        probe = self._maker.draw_at("#" + self._table.name, 0)
        spoken = {name for check in self._table.checks for name in check.columns}
        for columns in self._table.uniques:
            parts = [self._table.column(name) for name in columns]
            if set(columns) <= set(given) or any(_null_or_made(column, included) for column in parts):
                continue
            own = [name for name in columns if name not in in_keys and name not in given]
            fit = [name for name in own if name in included and self._differs(name, probe)]
            keys = [key for key in needed if set(key.columns) & set(columns)]
            free = [name for name in fit if name not in spoken]
            if free or (fit and not keys):
                carriers.setdefault((free or fit)[0], []).append(columns)
            elif keys:
                each_row.add(keys[0].columns)
            elif own and combined is None:
                combined = (tuple(own), self._free_combinations(columns, own, given, size))
        return each_row, carriers, combined

    def _differs(self, name: str, probe: Draw) -> bool:
        return unique(self._table.column(name), probe, 0) is not None

    def _free_combinations(
        self, columns: Sequence[str], own: Sequence[str], given: dict[str, Any], size: int
    ) -> list[tuple[Any, ...]]:
        """Find `size` combinations of the few values of the columns `own` that no row has yet."""
        parts = [self._table.column(name) for name in own]
        listed = ", ".join(f"{quoted(name)}::text" for name in columns)
        there = set(self._connection.execute(f"SELECT DISTINCT {listed} FROM {self._table.name}").fetchall())
        pools: list[dict[str, Any]] = [{} for _ in own]
        seen: set[str] = set()
        found: list[tuple[Any, ...]] = []
        for turn in range(DRAWN):
            draw = self._maker.draw_at("#" + self._table.name, turn)
            for known, column in zip(pools, parts, strict=True):
                known.update({json.dumps(value): value for value in pool(column, self._table.checks, draw, turn)})
            product = itertools.islice(itertools.product(*(each.values() for each in pools)), COMBINATIONS)
            fresh = []
            for values in product:
                row = {**given, **dict(zip(own, values, strict=True))}
                key = json.dumps(values)
                if key not in seen and tuple(_as_text(row[name]) for name in columns) not in there:
                    fresh.append((values, row))
                seen.add(key)
            found += [
                each for (each, _), fine in zip(fresh, self.allowed([r for _, r in fresh], own), strict=True) if fine
            ]
            if len(found) >= size:
                return found[:size]
            if all(_is_closed(column) for column in parts) or len(seen) >= COMBINATIONS:
                break
        every = all(_is_closed(column) for column in parts)
        raise NoRoom(
            f"{self._table.name} has no room for {size} more row{'s' * (size != 1)}"
            if every
            else f"no {size} different values were found for ({', '.join(own)}) of {self._table.name}",
            why=f"({', '.join(columns)}) is unique, and "
            + (
                f"{len(found)} combinations of its values are free"
                if every
                else f"of {len(seen)} that were drawn {len(found)} are free and satisfy its checks"
            ),
            remedy="remove rows, or make fewer" if every else f"make fewer, or give {', '.join(own)}",
        )

    def allowed(self, rows: Sequence[dict[str, Any]], own: Sequence[str]) -> list[bool]:
        """Tell for each row whether it satisfies the checks that speak only of the columns `own`."""
        checks = [check for check in checks_of(self._table, self._table.columns) if set(check.columns) <= set(own)]
        if not checks or not rows:
            return [True] * len(rows)
        return [not fails for fails in failed_checks(self._connection, self._table, checks, rows)]

    def there(self, rows: Sequence[Row], carriers: dict[str, list[tuple[str, ...]]]) -> list[tuple[Row, str]]:
        """Find the rows that equal a row of the table, each with the column that carries the unique.

        Only columns that checks speak of are compared: all others have values that no row has.
        """
        found = []
        for name, columns in ((name, each) for name, uniques in carriers.items() for each in uniques):
            if not self._table.column(name).domain_checks and all(
                name not in each.columns for each in self._table.checks
            ):
                continue
            same = " AND ".join(f"t.{quoted(each)} = r.{quoted(each)}" for each in columns)
            query = (
                f"SELECT EXISTS (SELECT FROM {self._table.name} t WHERE {same})"
                f" FROM {recordset([self._table.column(each) for each in columns])}"
            )
            sent = json.dumps([{each: row.values.get(each) for each in columns} for row in rows])
            there = self._connection.execute(query, (sent,)).fetchall()
            found += [(row, name) for row, (yes,) in zip(rows, there, strict=True) if yes and name in row.free]
        return found


def doubled_in(rows: Sequence[Row], carriers: Mapping[str, list[tuple[str, ...]]]) -> list[tuple[Row, str]]:
    """Find the rows that equal an earlier one in a unique, each with the column that carries the unique."""
    found = []
    for name, columns in ((name, each) for name, uniques in carriers.items() for each in uniques):
        seen: set[str] = set()
        for row in rows:
            key = json.dumps([row.values.get(each) for each in columns])
            if key in seen and name in row.free:
                found.append((row, name))
            seen.add(key)
    return found


def _null_or_made(column: Column, included: set[str]) -> bool:
    """Tell whether the server makes rows differ in the column: nulls are distinct, and so are the values it makes."""
    if column.automatic:
        return True
    if column.name in included:
        return False
    return not column.has_default or "(" in column.default


def _is_closed(column: Column) -> bool:
    """Tell whether every value that the column can have is drawn at once."""
    return bool(column.members) or column.kind == "bool"


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
