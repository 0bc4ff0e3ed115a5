"""Reads from the server's catalogue what a table requires of its rows: columns, enums, checks, keys, uniques."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgben_testkit.errors import UsageProblem

if TYPE_CHECKING:
    import psycopg

TEXTS = ("text", "varchar", "bpchar", "name", "citext", "char")
"""The kinds of columns that hold text."""
WHOLE = {"int2": 32_767, "int4": 2_147_483_647, "int8": 9_223_372_036_854_775_807, "oid": 2_147_483_647}
"""whole-number type -> its largest value"""


@dataclass(frozen=True)
class Column:
    """Describes a column.

    `kind` is the name of the base type without its length (domains resolved; `int4`, `varchar`, `_text` for an array).
    `category` is pg_type.typcategory. `length`: characters at most, None for no limit.
    """

    name: str
    kind: str
    category: str
    required: bool
    has_default: bool
    automatic: bool
    """The server makes the value: an identity, or a generated column."""
    default: str = ""
    members: tuple[str, ...] = ()
    length: int | None = None
    precision: tuple[int, int] | None = None
    domain_checks: tuple[str, ...] = ()
    type_name: str = ""
    """The base type as SQL writes it."""
    fields: tuple[Column, ...] = ()
    """The fields of a composite type."""


@dataclass(frozen=True)
class Check:
    """A CHECK constraint, with the columns that it speaks of."""

    name: str
    columns: tuple[str, ...]
    expression: str


@dataclass(frozen=True)
class ForeignKey:
    """A foreign key. `parent` is quoted, and has its schema where the search path needs it."""

    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]
    full: bool = False
    """MATCH FULL: all columns are null, or none."""


@dataclass(frozen=True)
class Table:
    """Describes a table.

    `uniques`: sets of columns of which one must differ between any two rows, exclusion constraints included.
    `distinct_nulls`: columns in which two nulls count as equal to one of the uniques.
    """

    name: str
    shown: str
    columns: tuple[Column, ...]
    checks: tuple[Check, ...]
    foreign_keys: tuple[ForeignKey, ...]
    uniques: tuple[tuple[str, ...], ...]
    distinct_nulls: frozenset[str] = frozenset()

    def column(self, name: str) -> Column:
        """Return the column `name`."""
        return next(each for each in self.columns if each.name == name)


_COLUMNS = """
SELECT a.attname, b.typname, b.typcategory,
       a.attnotnull OR EXISTS (SELECT FROM pg_type WHERE oid = ANY (b.domains) AND typnotnull),
       a.atthasdef AND a.attgenerated = '' OR t.typdefault IS NOT NULL,
       a.attidentity <> '' OR a.attgenerated <> '',
       coalesce(pg_get_expr(d.adbin, d.adrelid), t.typdefault, ''),
       ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid IN (b.oid, b.typelem) ORDER BY e.enumsortorder),
       CASE WHEN t.typtype = 'd' THEN (SELECT max(typtypmod) FROM pg_type WHERE oid = ANY (b.domains))
            ELSE a.atttypmod END,
       ARRAY(SELECT pg_get_expr(c.conbin, 0) FROM pg_constraint c
             WHERE c.contypid = ANY (b.domains) AND c.conbin IS NOT NULL),
       format_type(b.oid, NULL), b.typrelid
FROM pg_attribute a
JOIN pg_type t ON t.oid = a.atttypid
JOIN LATERAL (
    WITH RECURSIVE base AS (
        SELECT t.oid, t.typtype, t.typbasetype
        UNION ALL
        SELECT n.oid, n.typtype, n.typbasetype FROM base JOIN pg_type n ON n.oid = base.typbasetype
        WHERE base.typtype = 'd'
    )
    SELECT p.*, ARRAY(SELECT oid FROM base WHERE typtype = 'd') AS domains
    FROM base JOIN pg_type p ON p.oid = base.oid WHERE base.typtype <> 'd'
) b ON true
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""

_CONSTRAINTS = """
SELECT c.contype::text, c.conname, ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k (num, place)
           JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num ORDER BY k.place),
       pg_get_expr(c.conbin, c.conrelid), c.confrelid::regclass::text,
       ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY k (num, place)
           JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.num ORDER BY k.place),
       c.confmatchtype = 'f'
FROM pg_constraint c
WHERE c.conrelid = %s AND c.contype IN ('c', 'f', 'x')
ORDER BY c.conname
"""

_UNIQUES = """
SELECT ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum > 0
             AND (a.attnum = ANY (i.indkey::int2[]) OR (i.indexprs IS NOT NULL AND pg_get_expr(i.indexprs, i.indrelid)
                  ~ ('\\m' || regexp_replace(a.attname, '\\W', '.', 'g') || '\\M')))),
       coalesce((to_jsonb(i)->>'indnullsnotdistinct')::bool, false)
FROM pg_index i WHERE i.indrelid = %s AND i.indisunique
"""


_PARTITIONS = """
SELECT pg_get_partition_constraintdef(part.oid)
FROM pg_class c
CROSS JOIN LATERAL (
    SELECT c.oid WHERE c.relispartition AND c.relkind = 'r'
    UNION ALL
    SELECT tree.relid FROM pg_partition_tree(c.oid) tree WHERE c.relkind = 'p' AND tree.isleaf AND tree.level > 0
) part
WHERE c.oid = %s
"""


DEEPEST_TYPE = 5
"""How deep composite types within composite types are read."""
_QUALIFIED = re.compile(r'(?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))?')
"""Matches a name as SQL writes it, with its schema or without."""


def table_of(connection: psycopg.Connection[Any], name: str) -> Table:
    """Read the table `name` with its constraints.

    Raises:
        UsageProblem: there is no such table; the message lists those that there are.
    """
    found = connection.execute(
        "SELECT c.oid, c.oid::regclass::text FROM pg_class c"
        " WHERE c.oid = coalesce(to_regclass(quote_ident(%s)), to_regclass(%s)) AND c.relkind IN ('r', 'p')"
        " AND c.relnamespace <> ALL ('{pg_catalog,information_schema}'::regnamespace[])",
        (name, name if _QUALIFIED.fullmatch(name) else '""""'),
    ).fetchone()
    if found is None:
        names = [
            row[0]
            for row in connection.execute(
                "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                " WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN"
                " ('pg_catalog', 'information_schema', 'pgben_testkit') AND n.nspname NOT LIKE 'pg\\_%%' ORDER BY 1"
            ).fetchall()
        ]
        close = difflib.get_close_matches(name, names, 1)
        raise UsageProblem(
            f"the database has no table {name!r}" + (f"; did you mean {close[0]!r}?" if close else ""),
            why=f"its tables: {', '.join(names)}" if names else "it has no tables",
            remedy="" if names else "give the schema: pgben_postgres_schema or pgben_postgres_migrate",
        )
    oid, shown = found
    columns = _columns(connection, oid)
    checks, keys = [], []
    found_uniques = connection.execute(_UNIQUES, (oid,)).fetchall()
    uniques = [tuple(names) for names, _ in found_uniques]
    distinct_nulls = frozenset(name for names, same_nulls in found_uniques if same_nulls for name in names)
    for kind, constraint, names, expression, parent, parent_columns, full in connection.execute(
        _CONSTRAINTS, (oid,)
    ).fetchall():
        if kind == "c":
            checks.append(Check(constraint, tuple(names), expression))
        elif kind == "f":
            keys.append(ForeignKey(tuple(names), parent, tuple(parent_columns), full))
        else:
            uniques.append(tuple(names))
    bounds = [row[0] for row in connection.execute(_PARTITIONS, (oid,)).fetchall()]
    if bounds and all(bounds):
        within = " OR ".join(f"({each})" for each in bounds)
        spoken = [each.name for each in columns if re.search(rf"(?<!\w){re.escape(each.name)}(?!\w)", within)]
        checks.append(Check("the bounds of a partition", tuple(spoken), within))
    return Table(shown, shown, columns, tuple(checks), tuple(keys), tuple(dict.fromkeys(uniques)), distinct_nulls)


def _columns(connection: psycopg.Connection[Any], oid: int, depth: int = 0) -> tuple[Column, ...]:
    found = []
    for row in connection.execute(_COLUMNS, (oid,)).fetchall():
        composite = row[-1] if row[2] == "C" and depth < DEEPEST_TYPE else 0
        found.append(_column(row, _columns(connection, composite, depth + 1) if composite else ()))
    return tuple(found)


def _column(row: tuple[Any, ...], inner: tuple[Column, ...]) -> Column:
    name, kind, category, required, has_default, automatic, default, members, modifier, domain_checks, type_name, _ = (
        row
    )
    length = modifier - 4 if kind in ("varchar", "bpchar") and modifier > 4 else None
    if kind in ("bit", "varbit") and modifier > 0:
        length = modifier
    precision = None
    if kind == "numeric" and modifier > 4:  # the scale has 11 bits and a sign
        precision = ((modifier - 4) >> 16, ((modifier - 4) & 0x7FF ^ 0x400) - 0x400)
    return Column(
        name,
        kind,
        category,
        required,
        has_default,
        automatic,
        default,
        tuple(members),
        length,
        precision,
        tuple(domain_checks),
        type_name,
        inner,
    )
