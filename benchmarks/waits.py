"""How long a test waits for its database and for its bucket, by each strategy.

python benchmarks/waits.py [--tests 200] [--rounds 5]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from statistics import median

from rows import Row, Rows, main, project
from schema import write_schema

from pgben_testkit import settings
from pgben_testkit.postgres.databases import Databases
from pgben_testkit.postgres.service import SERVICE as POSTGRES
from pgben_testkit.services.desk import Desk
from pgben_testkit.services.stats import Stats
from pgben_testkit.services.supply import Supply
from pgben_testkit.storage.bucket import Buckets
from pgben_testkit.storage.service import SERVICE as STORAGE

WORK = (
    "INSERT INTO cidadao (nome, cpf) VALUES ('Maria Teste', '52998224725')",
    "INSERT INTO logs_auditoria (entidade) VALUES ('cidadao')",
)
LONGER_TEST_S = 0.030


def started(root: Path) -> tuple[Supply, float]:
    """A supply whose PostgreSQL runs, and the seconds to its first cloned database."""
    given = {"backend": "embedded", "warm": "no", "postgres_schema": "schema"}
    supply = Supply(settings.read(root=root, environ={}, command_line=given))
    began = time.perf_counter()
    databases = Databases(POSTGRES.info(supply.get("postgres").info.as_dict()), run_id=supply.run.id, worker="first")
    databases.strategy("clone").acquire()
    return supply, time.perf_counter() - began


def wait(databases: Databases, name: str, tests: int, *, longer_s: float = 0.0) -> float:
    """Median seconds until a test has its database; each test commits, and takes `longer_s` besides."""
    strategy = databases.strategy(name)
    waits = []
    for _ in range(tests):
        asked = time.perf_counter()
        database = strategy.acquire()
        waits.append(time.perf_counter() - asked)
        with database.connect(autocommit=True) as connection:
            for each in WORK:
                connection.execute(each)
        time.sleep(longer_s)
        strategy.release(database)
    return median(waits)


def rows(options: argparse.Namespace) -> Rows:
    import psycopg  # noqa: F401  (its import belongs to the program, not to the first database)

    with project({}) as root:
        write_schema(root / "schema")
        firsts = []
        for _ in range(options.rounds + 1):
            supply, first = started(root)
            firsts.append(first)
            supply.close()
        yield Row("first migrated database of a run, nothing cached", firsts[0])
        yield Row("first migrated database of a run, warm cache", median(firsts[1:]), 0.150)
        supply, _ = started(root)
        try:
            databases = Databases(
                POSTGRES.info(supply.get("postgres").info.as_dict()), run_id=supply.run.id, worker="bench"
            )
            yield Row("wait for a database, `reset`", wait(databases, "reset", options.tests), 0.003)
            long = wait(databases, "pool", options.tests, longer_s=LONGER_TEST_S)
            yield Row("wait for a database, `pool`, tests of 30 ms", long, 0.008)
            yield Row("wait for a database, `pool`, tests of no length", wait(databases, "pool", options.tests))
            yield Row("wait for a database, `clone`", wait(databases, "clone", options.tests))
            databases.close()
        finally:
            supply.close()
        yield from storage(root, options)


def storage(root: Path, options: argparse.Namespace) -> Rows:
    readies, waits = [], []
    for _ in range(options.rounds):
        supply = Supply(settings.read(root=root, environ={}, command_line={"backend": "embedded", "warm": "no"}))
        desk = Desk(supply)
        try:
            readies.append(supply.get("storage").info.ready_s)
            stats = Stats()
            buckets = Buckets(STORAGE.info(supply.get("storage").info.as_dict()), desk, stats)
            for _ in range(40):
                bucket = buckets.acquire()
                bucket.boto3().put_object(Bucket=bucket.name, Key="rg.pdf", Body=b"%PDF")
                buckets.release(bucket)
            waits += stats.spent["bucket wait"]
            buckets.close()
        finally:
            desk.close()
            supply.close()
    yield Row("storage ready", median(readies), 1.2)
    yield Row("wait for a bucket, tests of one PUT", median(waits), 0.005)


if __name__ == "__main__":
    main(__doc__ or "", rows)
