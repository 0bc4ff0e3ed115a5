"""Put the rows of a table back as the template has them, block by block or all at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgben_testkit.postgres.isolation.reset.pristine import Pristine, Relation

if TYPE_CHECKING:
    import psycopg

MOST_BLOCKS = 256
"""From so many written blocks on a table is emptied and filled again."""
MOST_FILL_BYTES = 8 * 1024 * 1024
"""A table that is larger in the template is not filled again: a clone of the database is cheaper."""


@dataclass
class Difference:
    """How a table differs from the template in some blocks.

    `new`: positions of rows that the template lacks. `missing`: position that a row had in the test's database ->
    position that it has in the untouched clone.
    """

    new: list[str]
    missing: dict[str, str]

    def __bool__(self) -> bool:
        return bool(self.new or self.missing)


class TooDifferent(Exception):
    """Raised where a fresh clone is the better way to undo."""


def ranges(blocks: Iterable[int]) -> list[tuple[str, str]]:
    """Return ranges of row positions (first, after the last) that cover the blocks, neighbours as one."""
    found: list[tuple[int, int]] = []
    for block in sorted(blocks):
        if found and found[-1][1] == block:
            found[-1] = (found[-1][0], block + 1)
        else:
            found.append((block, block + 1))
    return [(f"({first},0)", f"({after},0)") for first, after in found]


def compare(
    connection: psycopg.Connection[Any], pristine: Pristine, relation: Relation, blocks: set[int], since_xid: int
) -> Difference:
    """Return how a table differs in these blocks. Rows of transactions from `since_xid` on are the test's."""
    covered = ranges(blocks)
    query = (
        f"SELECT ctid::text, xmin::text::bigint >= %s FROM ONLY {relation.name}"
        " WHERE ctid >= %s::tid AND ctid < %s::tid"
    )
    with connection.pipeline():
        asked = [connection.execute(query, (since_xid, *each)) for each in covered]
    now = {position: new for each in asked for position, new in each.fetchall()}
    moved_from = set(relation.moved.values())
    expected = {each: each for each in pristine.positions(relation, covered) - moved_from}
    expected |= {here: there for here, there in relation.moved.items() if _block(here) in blocks}
    new = [position for position, is_new in now.items() if is_new]
    missing = {here: there for here, there in expected.items() if now.get(here, True)}
    return Difference(new, missing)


def _block(position: str) -> int:
    return int(position[1 : position.index(",")])


def undo(
    connection: psycopg.Connection[Any], pristine: Pristine, relation: Relation, blocks: set[int], since_xid: int
) -> None:
    """Put the rows of a table back that were written in these blocks. Within a transaction of the caller's.

    Raises:
        TooDifferent: a fresh clone is the better way.
    """
    pristine.details(relation)
    if relation.only_cloned:
        raise TooDifferent(f"{relation.name}: {relation.only_cloned}")
    if not relation.size_bytes:
        connection.execute(f"DELETE FROM ONLY {relation.name}")
    elif relation.scattered or len(blocks) > MOST_BLOCKS:
        refill(connection, pristine, relation)
    else:
        difference = compare(connection, pristine, relation, blocks, since_xid)
        if difference.new:
            connection.execute(f"DELETE FROM ONLY {relation.name} WHERE ctid = ANY(%s::tid[])", (difference.new,))
        if difference.missing:
            _put_back(connection, pristine, relation, difference.missing)


def _put_back(
    connection: psycopg.Connection[Any], pristine: Pristine, relation: Relation, missing: dict[str, str]
) -> None:
    rows = pristine.rows(relation, list(missing.values()))
    into = f"({', '.join(relation.columns)}) OVERRIDING SYSTEM VALUE" if relation.columns else ""
    values = ", ".join(f"(pgben_row).{each}" for each in relation.columns)
    placed = connection.execute(
        f"INSERT INTO {relation.name} {into} SELECT {values} FROM (SELECT text::{relation.name} AS pgben_row, number"
        " FROM unnest(%s::text[]) WITH ORDINALITY AS given (text, number) OFFSET 0) AS rows ORDER BY number"
        " RETURNING ctid::text",
        ([text for _, text in rows],),
    ).fetchall()
    for here in missing:
        relation.moved.pop(here, None)
    for (there, _), (here,) in zip(rows, placed, strict=True):
        relation.moved[here] = there


def refill(connection: psycopg.Connection[Any], pristine: Pristine, relation: Relation) -> None:
    """Empty a table and fill it from the untouched clone. Its rows lie elsewhere from now on.

    Raises:
        TooDifferent: it is large, and a fresh clone is the better way.
    """
    pristine.details(relation)
    if relation.only_cloned or relation.size_bytes > MOST_FILL_BYTES:
        raise TooDifferent(f"{relation.name}: {relation.only_cloned or 'all its rows would have to be written'}")
    connection.execute(f"DELETE FROM ONLY {relation.name}")
    if relation.size_bytes and relation.columns:
        columns = ", ".join(relation.columns)
        with connection.cursor().copy(f"COPY {relation.name} ({columns}) FROM STDIN (FORMAT binary)") as copy:
            copy.write(pristine.all_rows(relation))
    elif relation.size_bytes:
        row = pristine.connection.execute(f"SELECT count(*) FROM ONLY {relation.name}").fetchone()
        connection.execute(f"INSERT INTO {relation.name} SELECT FROM generate_series(1, %s)", row)
    relation.scattered = True
    relation.moved.clear()
