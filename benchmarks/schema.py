"""A schema of the size that the benchmarks are about: 80 tables, 200 indexes, 50 enums.

    python -m benchmarks.schema FOLDER

writes ordered migrations, the same each time. They load on PostgreSQL 15 and on 18.
"""

from __future__ import annotations

import sys
from pathlib import Path

LOOKUPS = ("unidade", "categoria", "cargo", "assunto")
"""The tables that the seed fills. They come first, so that every other table can refer to them."""
LOOKUP_COLUMNS = ("codigo text UNIQUE", "nome text NOT NULL DEFAULT ''")
UUID_KEY = "id uuid PRIMARY KEY DEFAULT uuid_generate_v4()"
STATES = ("rascunho", "aberta", "em_analise", "deferida", "indeferida", "encerrada")
WRITTEN = {
    "cidadao": (UUID_KEY, "nome text NOT NULL", "cpf text NOT NULL UNIQUE", "unidade_id uuid REFERENCES unidade (id)"),
    "solicitacao": (
        UUID_KEY,
        "protocolo text NOT NULL UNIQUE",
        "cidadao_id uuid REFERENCES cidadao (id)",
        f"status status_00 NOT NULL DEFAULT '{STATES[0]}'",
    ),
    "logs_auditoria": ("id bigserial PRIMARY KEY", "entidade text", "dados jsonb"),
}
"""Table -> columns, for the tables that benchmarks write: they name these columns and no others."""
WRITTEN_INDEXES = ("cidadao (unidade_id)", "solicitacao (cidadao_id)", "logs_auditoria (created_at)")
STAMPS = ("created_at timestamptz NOT NULL DEFAULT now()", "updated_at timestamptz NOT NULL DEFAULT now()")
FIXED = len(LOOKUPS) + len(WRITTEN)
NUMBERED = 9
"""Tables with a number beside their key, by turns identity and bigserial: ten sequences with that of logs_auditoria."""
UNIQUE_EVERY = 4
"""One table in so many has a unique constraint over two columns: an index that no CREATE INDEX stands for."""
INDEX_KINDS = (
    "({parent}_id)",
    "(created_at)",
    "(status, updated_at DESC)",
    "(valor) WHERE valor > 0",
    "USING gin (dados)",
    "(lower(titulo))",
)
"""In the order in which tables get them: first what a foreign key needs."""


def write_schema(folder: Path, *, tables: int = 80, indexes: int = 200, enums: int = 50, seeds: int = 40) -> Path:
    """The folder with the migrations `001_extensions.sql` to `005_seed.sql`, made if it is not there.

    `indexes` counts all of the tables' indexes, those of primary keys and unique constraints too. `seeds` is the number
    of rows in the lookup tables together; all other tables stay empty.

    Raises:
        ValueError: fewer tables than the benchmarks name, no enum, or a number of indexes that these tables can't have.
    """
    if tables < FIXED or enums < 1:
        raise ValueError(f"{tables} tables and {enums} enums: at least {FIXED} tables and one enum are needed")
    names = [*LOOKUPS, *WRITTEN, *(f"registro_{number:02d}" for number in range(FIXED, tables))]
    migrations = {
        "001_extensions.sql": ['CREATE EXTENSION IF NOT EXISTS "uuid-ossp";'],
        "002_enums.sql": [_enum(number) for number in range(enums)],
        "003_tables.sql": [_table(names, number, enums) for number in range(tables)],
        "004_indexes.sql": _indexes(names, indexes),
        "005_seed.sql": [_seed(row) for row in range(seeds)],
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, statements in migrations.items():
        (folder / name).write_text("\n".join(statements) + "\n", encoding="utf-8")
    return folder


def _enum(number: int) -> str:
    values = ", ".join(f"'{state}'" for state in STATES[: 3 + number % (len(STATES) - 2)])
    return f"CREATE TYPE status_{number:02d} AS ENUM ({values});"


def _parent(number: int) -> int:
    """The table that this one refers to: always an earlier one with a uuid as its key."""
    parent = number * 7 // 10
    return parent - 1 if parent == FIXED - 1 else parent


def _is_unique(number: int) -> bool:
    return number >= FIXED and number % UNIQUE_EVERY == 0


def _columns(names: list[str], number: int, enums: int) -> list[str]:
    if number < len(LOOKUPS):
        return [UUID_KEY, *LOOKUP_COLUMNS]
    if number < FIXED:
        return list(WRITTEN[names[number]])
    parent, lookup = names[_parent(number)], LOOKUPS[number % len(LOOKUPS)]
    columns = [
        UUID_KEY,
        f"{parent}_id uuid NOT NULL REFERENCES {parent} (id) ON DELETE CASCADE",
        "titulo text NOT NULL DEFAULT ''",
        f"status status_{number % enums:02d} NOT NULL DEFAULT '{STATES[0]}'",
        "valor numeric(14, 2) NOT NULL DEFAULT 0 CHECK (valor >= 0)",
        "dados jsonb NOT NULL DEFAULT '{}'",
        f"{lookup}_id uuid REFERENCES {lookup} (id)",
    ]
    if number - FIXED < NUMBERED:
        columns.append(f"numero {'bigserial' if number % 2 else 'bigint GENERATED ALWAYS AS IDENTITY'}")
    return columns


def _table(names: list[str], number: int, enums: int) -> str:
    lines = [*_columns(names, number, enums), *STAMPS]
    if _is_unique(number):
        lines.append(f"UNIQUE ({names[_parent(number)]}_id, titulo)")
    return f"CREATE TABLE {names[number]} (\n    " + ",\n    ".join(lines) + "\n);"


def _indexes(names: list[str], wanted: int) -> list[str]:
    """As many as are still missing, spread evenly: each table gets its first before any gets its second."""
    unique_columns = sum("UNIQUE" in column for columns in WRITTEN.values() for column in columns)
    implied = len(names) + len(LOOKUPS) + unique_columns + sum(_is_unique(number) for number in range(len(names)))
    possible = [f"CREATE INDEX ON {target};" for target in WRITTEN_INDEXES]
    possible += [
        f"CREATE INDEX ON {names[number]} {kind.format(parent=names[_parent(number)])};"
        for kind in INDEX_KINDS
        for number in range(FIXED, len(names))
    ]
    missing = wanted - implied
    if not 0 <= missing <= len(possible):
        raise ValueError(f"{wanted} indexes: {len(names)} tables have {implied} to {implied + len(possible)}")
    return possible[:missing]


def _seed(row: int) -> str:
    table, place = LOOKUPS[row % len(LOOKUPS)], row // len(LOOKUPS) + 1
    return f"INSERT INTO {table} (codigo, nome) VALUES ('{place:03d}', '{table} {place}');"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m benchmarks.schema FOLDER")
    print(write_schema(Path(sys.argv[1])))
