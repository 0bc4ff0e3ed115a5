"""What `reset` takes to undo one committed row: by the tables of the schema, and by the rows that one table seeds.

    python benchmarks/undo.py [--tables 50,200,800,3200] [--rows 100000] [--tests 40]

Medians of one run, so that they can be compared with each other: undoing must cost what the test touched, and not what
the schema holds.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

from pgben_testkit import settings
from pgben_testkit.postgres.database import Database
from pgben_testkit.postgres.databases import Databases
from pgben_testkit.postgres.service import SERVICE
from pgben_testkit.services.supply import Supply

TABLE = """
CREATE TABLE t{n} (id bigserial PRIMARY KEY, a text, b int, c timestamptz DEFAULT now());
CREATE INDEX t{n}_b ON t{n} (b);
"""


def undo_ms(schema: str, statement: str, tests: int) -> tuple[float, float]:
    """Return the median milliseconds of the undo, and of what a test waits for its database."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "schema.sql").write_text(schema, "utf-8")
        read = settings.read(
            root=Path(folder),
            environ={},
            command_line={"backend": "embedded", "postgres_schema": "schema.sql", "warm": "no"},
        )
        supply = Supply(read)
        try:
            info = SERVICE.info(supply.get("postgres").info.as_dict())
            databases = Databases(info, run_id=supply.run.id)
            try:
                return _measured(databases, statement, tests)
            finally:
                databases.close()
        finally:
            supply.close()


def _measured(databases: Databases, statement: str, tests: int) -> tuple[float, float]:
    reset = databases.reset()
    waits = []
    for number in range(tests):
        began = time.perf_counter()
        database: Database = reset.acquire()
        waits.append(time.perf_counter() - began)
        with database.connect(autocommit=True) as connection:
            connection.execute(statement.format(number=number))
        reset.release(database)
        time.sleep(0.01)  # the undo runs while pytest goes on
    reset.release(reset.acquire())
    return median(databases.stats.spent["postgres reset"][5:]) * 1000, median(waits[5:]) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--tables", default="50,200,800,3200")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--tests", type=int, default=40)
    given = parser.parse_args()
    print(f"{'schema':<40} {'undo, ms':>9} {'wait, ms':>9}")
    for count in map(int, given.tables.split(",")):
        schema = "".join(TABLE.format(n=n) for n in range(count))
        undo, wait = undo_ms(schema, "INSERT INTO t1 (a) VALUES ('x')", given.tests)
        print(f"{f'{count} tables, a row inserted':<40} {undo:>9.2f} {wait:>9.2f}")
    seeded = TABLE.format(n=1) + f"INSERT INTO t1 (a, b) SELECT 'x' || i, i FROM generate_series(1, {given.rows}) i;"
    for what, statement in {
        "a row inserted": "INSERT INTO t1 (a) VALUES ('y')",
        "a row updated": "UPDATE t1 SET a = 'y' WHERE id = {number} + 1000",
        "a row deleted": "DELETE FROM t1 WHERE id = {number} + 2000",
        "ten rows far apart updated": "UPDATE t1 SET a = 'y' WHERE id % 10000 = {number}",
    }.items():
        undo, wait = undo_ms(seeded, statement, given.tests)
        print(f"{f'a seed of {given.rows:,} rows, {what}':<40} {undo:>9.2f} {wait:>9.2f}")


if __name__ == "__main__":
    main()
