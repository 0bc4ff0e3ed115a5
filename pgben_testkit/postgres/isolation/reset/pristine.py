"""Hold a second, untouched clone of the template beside the test's database: what its rows and files were."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pgben_testkit.postgres.isolation.reset.journal import EXTENSION

if TYPE_CHECKING:
    import psycopg

_RELATIONS = """
SELECT CASE WHEN relfilenode = 0 THEN pg_relation_filenode(oid) ELSE relfilenode END::bigint, oid::bigint, relkind,
       relpersistence, relnamespace = 'pg_catalog'::regnamespace
FROM pg_class WHERE relkind IN ('r', 'S', 'm', 't')
"""
_DETAILS = """
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname),
       (SELECT coalesce(array_agg(quote_ident(a.attname)::text ORDER BY a.attnum), '{}') FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''),
       CASE WHEN c.relkind <> 'S' THEN pg_relation_size(c.oid) ELSE 0 END::bigint,
       CASE WHEN c.relkind = 'm' THEN 'it is a materialised view'
            WHEN c.relkind = 'r' AND (SELECT amname FROM pg_am WHERE oid = c.relam) <> 'heap'
                THEN 'its access method is not heap'
            WHEN EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgenabled IN ('A', 'R'))
                THEN 'it has triggers that fire while rows are put back (ENABLE ALWAYS or REPLICA)'
            WHEN EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_enabled IN ('A', 'R'))
                THEN 'it has rules that act while rows are put back (ENABLE ALWAYS or REPLICA)'
            ELSE '' END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = %s
"""


@dataclass
class Relation:
    """A table, sequence, materialised view or TOAST table of the template.

    `moved` says where rows of the template lie now that were put back: position in the test's database -> position in
    the untouched clone. `scattered`: all its rows lie elsewhere. The rest is known once `Pristine.details` was called.
    """

    oid: int
    kind: str
    persistence: str
    catalogue: bool
    moved: dict[str, str] = field(default_factory=dict)
    scattered: bool = False
    name: str = ""
    columns: tuple[str, ...] = ()
    size_bytes: int = 0
    only_cloned: str = ""
    """Why its rows can't be put back one by one; empty where they can."""
    value: tuple[int, bool] | None = None
    """`last_value` and `is_called` of a sequence, once it was asked for."""


class Pristine:
    """The untouched clone. Its connection is also where the log is read: the extension is installed in it."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        row = connection.execute("SELECT txid_current() & 4294967295").fetchone()
        assert row is not None
        self._before_extension = int(row[0])
        connection.execute(f"CREATE EXTENSION {EXTENSION}")
        connection.execute("SET synchronous_commit = local")  # what is committed here is in the log, and all before it
        self.files: dict[int, Relation] = {}
        self.by_oid: dict[int, Relation] = {}
        for file, oid, kind, persistence, catalogue in connection.execute(_RELATIONS).fetchall():
            self.files[file] = self.by_oid[oid] = Relation(oid, kind, persistence, catalogue)
        self._files = dict(self.files)

    def forget_moves(self) -> None:
        """The test's database is a fresh clone again: all is where it is here."""
        self.files = dict(self._files)
        for each in self.by_oid.values():
            each.moved.clear()
            each.scattered = False

    def details(self, relation: Relation) -> Relation:
        """Return the relation with its name, columns, size and peculiarities."""
        if not relation.name:
            row = self.connection.execute(_DETAILS, (relation.oid,)).fetchone()
            assert row is not None
            relation.name, columns, relation.size_bytes, relation.only_cloned = row
            relation.columns = tuple(columns)
        return relation

    def positions(self, relation: Relation, ranges: list[tuple[str, str]]) -> set[str]:
        """Return where the template's rows lie within ranges of positions."""
        condition = f" AND xmin::text::bigint < {self._before_extension}" if relation.catalogue else ""
        query = f"SELECT ctid::text FROM ONLY {relation.name} WHERE ctid >= %s::tid AND ctid < %s::tid{condition}"
        with self.connection.pipeline():
            asked = [self.connection.execute(query, each) for each in ranges]
        return {position for each in asked for (position,) in each.fetchall()}

    def sequence(self, relation: Relation) -> tuple[int, bool]:
        """Return `last_value` and `is_called` of a sequence."""
        if relation.value is None:
            [(last, called)] = self.connection.execute(f"SELECT last_value, is_called FROM {relation.name}").fetchall()
            relation.value = int(last), bool(called)
        return relation.value

    def rows(self, relation: Relation, positions: list[str]) -> list[tuple[str, str]]:
        """Return rows of a table by their positions: position and row as text."""
        query = (
            f"SELECT pgben_row.ctid::text, pgben_row::text FROM ONLY {relation.name} AS pgben_row"
            " WHERE pgben_row.ctid = ANY(%s::tid[])"
        )
        return self.connection.execute(query, (positions,)).fetchall()

    def all_rows(self, relation: Relation) -> bytes:
        """Return all rows of a table as COPY writes them, without columns that the server computes."""
        columns = f"SELECT {', '.join(relation.columns)} FROM ONLY {relation.name}"
        with self.connection.cursor().copy(f"COPY ({columns}) TO STDOUT (FORMAT binary)") as copy:
            return b"".join(bytes(each) for each in copy)
