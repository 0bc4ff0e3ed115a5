"""Finds rows that satisfy the checks of a table by asking the server.

Candidates are drawn, the server evaluates every check over them, and what fails is drawn again. No check is parsed; the
literals in a check only make good candidates more likely (`values.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgben_testkit.errors import UsageProblem
from pgben_testkit.factories.engine.identity import Draw
from pgben_testkit.factories.tables.introspect import Check, Column, Table
from pgben_testkit.postgres.admin import quoted

if TYPE_CHECKING:
    import psycopg

ROUNDS = 60
"""How often what fails is drawn again. A table of the reference schema needs up to twelve rounds."""
_EQUATION = re.compile(r'\((?:(?P<left>"[^"]+"|\w+) = (?P<is>.+)|(?P<was>.+) = (?P<right>"[^"]+"|\w+))\)')
"""Matches a check that says what a column is, as the server writes it: `(dias = (fim - inicio))`."""
VARIANTS = 48
"""How many candidates a failing row gets in one round; the rows of a round are sent together."""


@dataclass
class Row:
    """Holds a row while it is made, with its values as JSON holds them. `free`: columns whose values may change.

    `pools`: column -> candidates that were made so far.
    """

    values: dict[str, Any]
    draw: Draw
    free: frozenset[str]
    pools: dict[str, list[Any]]
    given: frozenset[str] = frozenset()
    """The columns that the caller gave."""


def checks_of(table: Table, columns: Sequence[Column]) -> tuple[Check, ...]:
    """Return the checks of `table` and those of the domains of `columns`, as conditions on columns."""
    found = list(table.checks)
    for column in columns:
        for place, expression in enumerate(column.domain_checks):
            condition = re.sub(r"\bVALUE\b", quoted(column.name).replace("\\", r"\\"), expression)
            found.append(Check(f"domain of {column.name} {place + 1}", (column.name,), condition))
    return tuple(found)


def recordset(columns: Sequence[Column]) -> str:
    """Write the FROM item that makes rows of a JSON array. Types have no lengths, so that nothing is cut silently."""
    spelled = {"character": "bpchar", "bit": "varbit", "character[]": "bpchar[]", "bit[]": "varbit[]"}
    types = ", ".join(f"{quoted(each.name)} {spelled.get(each.type_name, each.type_name)}" for each in columns)
    return f"jsonb_to_recordset(%s::jsonb) AS r({types})"


def solve(
    connection: psycopg.Connection[Any], table: Table, rows: Sequence[Row], pool: Callable[[Row, str], list[Any]]
) -> None:
    """Change the free columns of `rows` until each satisfies every check; `pool` gives the candidates of a column.

    Raises:
        UsageProblem: no such row was found; the message names the check that no candidate satisfied.
    """
    checks = checks_of(table, table.columns)
    if not checks:
        return
    failing = failed_checks(connection, table, checks, [row.values for row in rows])
    left = [(row, fails) for row, fails in zip(rows, failing, strict=True) if fails]
    for attempt in range(ROUNDS):
        if not left:
            return
        stuck = next(((row, check) for row, fails in left for check in fails if not _movable(row, check)), None)
        if stuck is not None:
            raise _unsolved(table, *stuck, "every column in it was given, or is made by the server")
        left = _by_equations(connection, table, checks, left)
        candidates: list[dict[str, Any]] = []
        for row, fails in left:
            candidates += [_changed(row, fails, attempt, variant, pool) for variant in range(VARIANTS)]
        failing = failed_checks(connection, table, checks, candidates)
        still = []
        for place, (row, before) in enumerate(left):
            mine = range(place * VARIANTS, (place + 1) * VARIANTS)
            best = min(mine, key=lambda index: (len(failing[index]), index))
            # An equal number is taken too, and sometimes a worse one: otherwise a local minimum would be kept for ever.
            if len(failing[best]) <= len(before) or attempt % 5 == 4:
                row.values, after = candidates[best], failing[best]
            else:
                after = before
            if after:
                still.append((row, after))
        left = still
    if left:
        row, fails = left[0]
        why = f"no candidate of {ROUNDS * VARIANTS} satisfied it with all the others"
        raise _unsolved(table, row, fails[0], why)


def _by_equations(
    connection: psycopg.Connection[Any], table: Table, checks: Sequence[Check], left: list[tuple[Row, list[Check]]]
) -> list[tuple[Row, list[Check]]]:
    """Give rows that fail `a = b - c` the `a` that the server computes, if no more checks fail then than before."""
    import psycopg

    for check in checks:
        match = _EQUATION.fullmatch(check.expression)
        if match is None:
            continue
        name = (match["left"] or match["right"]).strip('"')
        rows = [row for row, fails in left if check in fails and name in row.free]
        columns = [table.column(each) for each in check.columns if each != name]
        if not rows or not columns or name not in check.columns:
            continue
        sent = json.dumps([{each.name: row.values.get(each.name) for each in columns} for row in rows])
        words = (match["is"] or match["was"]).replace("%", "%%")
        try:
            with connection.transaction():
                made = connection.execute(f"SELECT to_jsonb({words}) FROM {recordset(columns)}", (sent,)).fetchall()
        except (psycopg.DataError, psycopg.ProgrammingError):
            continue  # a cast that fails, or the column is on both sides
        changed = [{**row.values, name: value} for row, (value,) in zip(rows, made, strict=True)]
        after = {
            id(row): (values, fails)
            for row, values, fails in zip(rows, changed, failed_checks(connection, table, checks, changed), strict=True)
        }
        for place, (row, before) in enumerate(left):
            values, fails = after.get(id(row), (row.values, before))
            if len(fails) <= len(before):
                row.values, left[place] = values, (row, fails)
    return [(row, fails) for row, fails in left if fails]


def _movable(row: Row, check: Check) -> bool:
    return any(name in row.free for name in check.columns)


def _changed(
    row: Row, fails: Sequence[Check], attempt: int, variant: int, pool: Callable[[Row, str], list[Any]]
) -> dict[str, Any]:
    """Return the values of `row` with some columns of one failing check drawn again."""
    draw = row.draw
    check = draw.pick(f"check {attempt} {variant}", [each for each in fails if _movable(row, each)])
    movable = [name for name in check.columns if name in row.free]
    some = [name for name in movable if draw.chance(f"some {attempt} {variant} {name}", 50)] or [
        draw.pick(f"one {attempt} {variant}", movable)
    ]
    values = dict(row.values)
    for name in some:
        options = pool(row, name)
        if options:
            values[name] = draw.pick(f"value {attempt} {variant} {name}", options)
    return values


def failed_checks(
    connection: psycopg.Connection[Any], table: Table, checks: Sequence[Check], rows: Sequence[Mapping[str, Any]]
) -> list[list[Check]]:
    """Return for each row the checks that it fails.

    A check that raises (a cast that fails) counts as failed: then each check is evaluated alone, and the rows of a
    check that raises are halved.
    """
    import psycopg

    needed = {name for check in checks for name in check.columns}
    columns = [each for each in table.columns if each.name in needed]
    if not columns:
        return [[] for _ in rows]
    conditions = ", ".join(f"({check.expression}) IS NOT FALSE" for check in checks).replace("%", "%%")
    query = f"SELECT ARRAY[{conditions}] FROM {recordset(columns)}"

    def ask(some: Sequence[Mapping[str, Any]]) -> list[list[Check]]:
        sent = json.dumps([{name: row.get(name) for name in needed} for row in some])
        with connection.transaction():
            answers = connection.execute(query, (sent,)).fetchall()
        return [[check for check, fine in zip(checks, row[0], strict=True) if not fine] for row in answers]

    try:
        return ask(rows)
    except psycopg.DataError:
        if len(checks) > 1:
            answers = [failed_checks(connection, table, [check], rows) for check in checks]
            return [[each for fails in of_row for each in fails] for of_row in zip(*answers, strict=True)]
        if len(rows) == 1:
            return [list(checks)]
        half = len(rows) // 2
        return [each for some in (rows[:half], rows[half:]) for each in failed_checks(connection, table, checks, some)]


def _unsolved(table: Table, row: Row, check: Check, why: str) -> UsageProblem:
    given = [name for name in check.columns if name in row.given]
    others = [name for name in check.columns if name not in row.given]
    ways = [f"other values for {', '.join(given)}"] if given else []
    ways += [f"values for {', '.join(others)}"] if others else []
    return UsageProblem(
        f"no row of {table.name} was found that satisfies {check.name}",
        why=f"{why}: CHECK ({check.expression})",
        remedy=f"give {' or '.join(ways)}",
    )
