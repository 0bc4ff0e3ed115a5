"""The fixtures of PostgreSQL: thin over `postgres/`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from pgben_testkit.pytest_world import note_kept, test_failed, world_of

if TYPE_CHECKING:
    import psycopg

    from pgben_testkit.postgres.database import Database
    from pgben_testkit.postgres.server import PostgresInfo


@pytest.fixture(scope="session")
def pgben_postgres(request: pytest.FixtureRequest) -> PostgresInfo:
    """The PostgreSQL server of this run: `dsn`, `version`, `how` it was provided."""
    return world_of(request.config).postgres


@pytest.fixture(scope="session")
def pgben_session_database(request: pytest.FixtureRequest) -> Database:
    """The one database of this process that `reset` cleans after each test which asks for `pgben_database`.

    For an application that is started once and stays connected: what `pgben_database` gives is then the same.
    """
    world = world_of(request.config)
    world.session_database = True
    return world.databases.reset().database()


@pytest.fixture
def pgben_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database of this test's own with the project's schema: safe for commits, many connections, other processes.

    `@pytest.mark.pgben_isolation("clone")` chooses the strategy for a test, `--pgben-postgres-isolation` for all.
    """
    world = world_of(request.config)
    marker = request.node.get_closest_marker("pgben_isolation")
    wanted = marker.args[0] if marker and marker.args else world.settings.postgres_isolation
    if wanted == "rollback":
        raise pytest.UsageError("the isolation rollback gives connections, not databases: ask for pgben_transaction")
    if world.session_database and wanted == "auto":
        wanted = "reset"
    with world.stats.timed("postgres wait"):
        strategy = world.databases.strategy(wanted)
        database = strategy.acquire()
    yield database
    keep = world.settings.keep_failed and test_failed(request.node)
    kept = strategy.release(database, keep=keep)
    if kept:
        note_kept(request.node, world.postgres, kept)


@pytest.fixture
def pgben_connection(pgben_database: Database) -> Iterator[psycopg.Connection[Any]]:
    """A psycopg connection to this test's own database; `commit()` is as good as in production."""
    with pgben_database.connect() as connection:
        yield connection


@pytest.fixture
def pgben_transaction(request: pytest.FixtureRequest) -> Iterator[psycopg.Connection[Any]]:
    """A connection whose work is rolled back after the test: the fastest, for code that takes a connection."""
    with world_of(request.config).databases.rollback().transaction() as connection:
        yield connection
