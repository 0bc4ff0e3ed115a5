"""Whole suites of committing tests: pytest alone, this kit, pytest-postgresql, in one run on one schema.

    python benchmarks/suites.py [--tests 200]

pytest-postgresql (dependency group `bench`) clones a template for each test.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rows import Row, Rows, main, median_of, project, pytest_seconds
from schema import write_schema

from pgben_testkit import settings
from pgben_testkit.postgres.server import PostgresInfo
from pgben_testkit.services.supply import Supply

TEST = """
import time

import psycopg
import pytest

@pytest.mark.parametrize("n", range({tests}))
def test_commits({fixture}, n):
    with psycopg.connect({dsn}) as connection:
        connection.execute("INSERT INTO cidadao (nome, cpf) VALUES ('Maria Teste', %s)", ({value},))
        connection.execute("INSERT INTO logs_auditoria (entidade) VALUES ('cidadao')")
    time.sleep({busy_s})
"""
NOTHING = """
import pytest

@pytest.mark.parametrize("n", range({tests}))
def test_nothing(n):
    pass
"""
SAME = "'52998224725'"
KIT = ("-p", "pgben_testkit")
WORKERS = ("-p", "xdist", "-n4")
NO_SLOWER = "no slower than -n0 is the goal"
OURS = "[pytest]\npgben_postgres_schema = schema\npgben_backend = embedded\npgben_warm = no\n"
PEER_CONFTEST = """
import pathlib
from pytest_postgresql import factories

postgresql_noproc = factories.postgresql_noproc(
    host={host!r}, port={port}, user={user!r}, password={password!r},
    load=sorted(pathlib.Path(__file__).parent.glob("schema/*.sql")),
)
postgresql = factories.postgresql("postgresql_noproc")
"""


def ours(tests: int, busy_s: float = 0.0) -> dict[str, str]:
    test = TEST.format(tests=tests, fixture="pgben_database", dsn="pgben_database.dsn", value=SAME, busy_s=busy_s)
    return {"pytest.ini": OURS, "test_commits.py": test}


def alone(tests: int) -> dict[str, str]:
    """No isolation at all: one database, values that differ."""
    test = TEST.format(tests=tests, fixture="pgben_shared", dsn="pgben_shared.dsn", value="f'{n:011}'", busy_s=0)
    conftest = (
        "import pytest\n\n@pytest.fixture(scope='session')\ndef pgben_shared(request):\n"
        "    from pgben_testkit.plugin.session import world_of\n"
        "    from pgben_testkit.postgres.service import SERVICE\n"
        "    return world_of(request.config).space(SERVICE).strategy('clone').acquire()\n"
    )
    return {"pytest.ini": OURS, "conftest.py": conftest, "test_commits.py": test}


def peer(tests: int, info: PostgresInfo) -> dict[str, str]:
    """On a server of ours: its own can't run as root, and so both clone on the same one."""
    dsn = repr(f"host={info.host} port={info.port} user={info.user} password={info.password} dbname=")
    dsn += " + postgresql.info.dbname"
    test = TEST.format(tests=tests, fixture="postgresql", dsn=dsn, value=SAME, busy_s=0)
    conftest = PEER_CONFTEST.format(host=info.host, port=info.port, user=info.user, password=info.password)
    return {"conftest.py": conftest, "test_commits.py": test}


@contextmanager
def bare_server() -> Iterator[PostgresInfo]:
    """A server of this kit with nothing on it."""
    supply = Supply(settings.read(root=Path.cwd(), environ={}, command_line={"backend": "embedded", "warm": "no"}))
    try:
        yield PostgresInfo.from_dict(supply.get("postgres").info.as_dict())
    finally:
        supply.close()


def rows(options: argparse.Namespace) -> Rows:
    tests = options.tests

    def seconds(files: dict[str, str], *words: str, times: int = 3) -> float:
        with project(files) as folder:
            write_schema(folder / "schema")
            pytest_seconds(folder, *words)  # the prepared data folder, byte code
            return median_of(times, lambda: pytest_seconds(folder, *words))

    bare = seconds(alone(tests), *KIT)
    yield Row(f"{tests} committing tests, one shared database, no isolation", bare)
    nothing = {"test_nothing.py": NOTHING.format(tests=tests)}
    yield Row(f"{tests} tests that do nothing, no plugin but xdist, -n4", seconds(nothing, *WORKERS), 0, "xdist's own")
    spread = seconds(alone(tests), *KIT, *WORKERS)
    yield Row(f"{tests} committing tests, a database a worker, no isolation, -n4", spread)
    for name in ("reset", "pool", "clone"):
        chosen = f"--pgben-postgres-isolation={name}"
        one = seconds(ours(tests), *KIT, chosen)
        yield Row(f"{tests} committing tests, `{name}`, -n0", one, 3.0 if name == "reset" else 0)
        four = seconds(ours(tests), *KIT, *WORKERS, chosen)
        yield Row(f"{tests} committing tests, `{name}`, -n4", four, one, NO_SLOWER)
        if name == "reset":
            best = one
    one = seconds(ours(tests, busy_s=0.02), *KIT)
    yield Row(f"{tests} committing tests of 20 ms, `auto`, -n0", one)
    four = seconds(ours(tests, busy_s=0.02), *KIT, *WORKERS)
    yield Row(f"{tests} committing tests of 20 ms, `auto`, -n4", four, one, NO_SLOWER)
    try:
        import pytest_postgresql  # noqa: F401
    except ModuleNotFoundError:
        print("pytest-postgresql is not installed: pip install --group bench")
        return
    with bare_server() as info, project(peer(tests, info)) as folder:
        write_schema(folder / "schema")
        theirs = pytest_seconds(folder, "-p", "pytest_postgresql.plugin")
    yield Row(f"{tests} committing tests, pytest-postgresql 10", theirs, 0, f"{theirs / best:.1f} times `reset`")


if __name__ == "__main__":
    main(__doc__ or "", rows)
