"""How long a test waits for its database, and what 200 committing tests take: each strategy in one run.

Run: python benchmarks/isolation.py [TESTS]. Prints medians in milliseconds; compare within one run only.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from schema import write_schema

from pgben_testkit import settings
from pgben_testkit.postgres.databases import Databases
from pgben_testkit.services.supply import Supply

WORK = (
    "INSERT INTO cidadao (nome, cpf) VALUES ('Maria Teste', '52998224725')",
    "INSERT INTO logs_auditoria (entidade) VALUES ('cidadao')",
)


def started(root: Path) -> tuple[Supply, float]:
    """A supply whose PostgreSQL runs, and the seconds to its first cloned database."""
    given = {"backend": "embedded", "warm": "no", "postgres_schema": "schema"}
    supply = Supply(settings.read(root=root, environ={}, command_line=given))
    began = time.perf_counter()
    databases = Databases(supply.get("postgres").info, run_id=supply.run.id, worker="first")
    databases.strategy("clone").acquire()
    return supply, time.perf_counter() - began


def measure(databases: Databases, name: str, tests: int) -> tuple[float, float]:
    """Median wait, and total of `tests` tests that commit."""
    strategy = databases.strategy(name)
    waits = []
    began = time.perf_counter()
    for _ in range(tests):
        asked = time.perf_counter()
        database = strategy.acquire()
        waits.append(time.perf_counter() - asked)
        with database.connect(autocommit=True) as connection:
            for each in WORK:
                connection.execute(each)
        strategy.release(database)
    return median(waits), time.perf_counter() - began


def main() -> None:
    tests = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    import psycopg  # noqa: F401  (its import is measured by `first database` of the first round alone)

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_schema(root / "schema")
        firsts = []
        for _ in range(6):
            supply, first = started(root)
            firsts.append(first)
            supply.close()
        print(f"first migrated database: {firsts[0] * 1000:.0f} ms preparing, then {median(firsts[1:]) * 1000:.0f} ms")
        supply, _ = started(root)
        try:
            databases = Databases(supply.get("postgres").info, run_id=supply.run.id, worker="bench")
            for name in ("clone", "pool", "reset"):
                wait, total = measure(databases, name, tests)
                print(f"{name:>6}: wait {wait * 1000:6.2f} ms median, {tests} committing tests {total:6.2f} s")
            databases.close()
        finally:
            supply.close()


if __name__ == "__main__":
    main()
