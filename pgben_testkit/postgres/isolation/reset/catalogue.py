"""Tell whether what was written into the system catalogue changed the schema, or only made temporary tables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pgben_testkit.postgres.isolation.reset.journal import Touched
from pgben_testkit.postgres.isolation.reset.pristine import Pristine, Relation
from pgben_testkit.postgres.isolation.reset.rows import MOST_BLOCKS, Difference, TooDifferent, compare

if TYPE_CHECKING:
    import psycopg

OF_NO_MEANING = frozenset({"pg_statistic", "pg_statistic_ext_data"})
"""What ANALYZE writes. It guides the planner and changes no answer."""
_TEMPORARY_CLASS = "SELECT oid FROM pg_class WHERE relpersistence = 't'"
TEMPORARY = {
    "pg_class": "relpersistence = 't'",
    "pg_namespace": "nspname ~ '^pg_(toast_)?temp_'",
    "pg_type": "typnamespace IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_(toast_)?temp_')",
    "pg_attribute": f"attrelid IN ({_TEMPORARY_CLASS})",
    "pg_index": f"indexrelid IN ({_TEMPORARY_CLASS})",
    "pg_attrdef": f"adrelid IN ({_TEMPORARY_CLASS})",
    "pg_sequence": f"seqrelid IN ({_TEMPORARY_CLASS})",
    "pg_constraint": f"conrelid IN ({_TEMPORARY_CLASS})",
    "pg_trigger": f"tgrelid IN ({_TEMPORARY_CLASS})",
    "pg_rewrite": f"ev_class IN ({_TEMPORARY_CLASS})",
    "pg_inherits": f"inhrelid IN ({_TEMPORARY_CLASS})",
    "pg_depend": f"""CASE classid
        WHEN 'pg_class'::regclass THEN objid IN ({_TEMPORARY_CLASS})
        WHEN 'pg_type'::regclass THEN objid IN (SELECT oid FROM pg_type WHERE typnamespace IN
            (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_(toast_)?temp_'))
        WHEN 'pg_attrdef'::regclass THEN objid IN (SELECT oid FROM pg_attrdef WHERE adrelid IN ({_TEMPORARY_CLASS}))
        WHEN 'pg_constraint'::regclass THEN
            objid IN (SELECT oid FROM pg_constraint WHERE conrelid IN ({_TEMPORARY_CLASS}))
        WHEN 'pg_trigger'::regclass THEN objid IN (SELECT oid FROM pg_trigger WHERE tgrelid IN ({_TEMPORARY_CLASS}))
        WHEN 'pg_rewrite'::regclass THEN objid IN (SELECT oid FROM pg_rewrite WHERE ev_class IN ({_TEMPORARY_CLASS}))
        ELSE false END""",
}
"""Catalogue that a temporary table writes -> what tells a row of it. Any other catalogue is the schema's."""
STORAGE = (
    "ctid",
    "relfilenode",
    "relpages",
    "reltuples",
    "relallvisible",
    "relallfrozen",
    "relfrozenxid",
    "relminmxid",
)
"""Columns of pg_class that TRUNCATE, VACUUM FULL and CLUSTER change: where the rows lie, and not what the table is."""


def rewritten(
    connection: psycopg.Connection[Any], pristine: Pristine, touched: Touched, since_xid: int
) -> list[Relation]:
    """Return the tables and sequences whose files were replaced, as TRUNCATE does; their new files are noted.

    Raises:
        TooDifferent: the schema is another one.
    """
    found: list[Relation] = []
    for file, blocks in touched.blocks.items():
        catalogue = pristine.files.get(file)
        if catalogue is None or not catalogue.catalogue or catalogue.kind != "r":
            continue
        name = pristine.details(catalogue).name.partition(".")[2]
        if name in OF_NO_MEANING:
            continue
        if name not in TEMPORARY or len(blocks) > MOST_BLOCKS:
            raise TooDifferent(f"{name} was written")
        difference = compare(connection, pristine, catalogue, blocks, since_xid)
        strange = _not_temporary(connection, catalogue, name, difference)
        if name == "pg_class" and (strange or difference.missing):
            found += _other_files(connection, pristine, catalogue, strange, difference)
        elif strange or difference.missing:
            raise TooDifferent(f"{name} was written")
    return found


def _not_temporary(
    connection: psycopg.Connection[Any], catalogue: Relation, name: str, difference: Difference
) -> list[str]:
    """Return the positions of new rows that are of no temporary table."""
    if not difference.new:
        return []
    query = f"SELECT ctid::text FROM {catalogue.name} WHERE ctid = ANY(%s::tid[]) AND NOT ({TEMPORARY[name]})"
    return [position for (position,) in connection.execute(query, (difference.new,)).fetchall()]


def _other_files(
    connection: psycopg.Connection[Any],
    pristine: Pristine,
    catalogue: Relation,
    strange: list[str],
    difference: Difference,
) -> list[Relation]:
    """Return the relations whose row of pg_class differs in where the relation is stored, and in nothing else.

    Raises:
        TooDifferent: a row differs in more, came, or is gone.
    """
    before = _classes(pristine.connection, list(difference.missing.values()))
    now = _classes(connection, strange)
    if before.keys() != now.keys():
        raise TooDifferent("pg_class was written")
    found = []
    for oid, (there, was, _) in before.items():
        here, is_now, file = now[oid]
        if was != is_now:
            raise TooDifferent("pg_class was written")
        for lost in [lost for lost, place in difference.missing.items() if place == there]:
            catalogue.moved.pop(lost, None)
        catalogue.moved[here] = there
        relation = pristine.by_oid.get(oid)
        if relation is not None:  # else an index: it follows its table
            pristine.files[file] = relation
            found.append(relation)
    return found


def _classes(connection: psycopg.Connection[Any], positions: list[str]) -> dict[int, tuple[str, str, int]]:
    """Return rows of pg_class: oid -> position, what the relation is, its file."""
    rows = connection.execute(
        "SELECT oid::bigint, ctid::text, to_jsonb(c), relfilenode::bigint FROM pg_class c WHERE ctid = ANY(%s::tid[])",
        (positions,),
    ).fetchall()
    return {
        oid: (position, json.dumps({k: v for k, v in facts.items() if k not in STORAGE}, sort_keys=True), file)
        for oid, position, facts, file in rows
    }
