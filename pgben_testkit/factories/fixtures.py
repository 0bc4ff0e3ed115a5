"""The fixture of the data factories: thin over `factories/`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from pgben_testkit.pytest_world import SEED, world_of

if TYPE_CHECKING:
    import psycopg

    from pgben_testkit.factories.maker import Maker
    from pgben_testkit.postgres.database import Database


@pytest.fixture
def pgben_factory_connection(pgben_database: Database) -> Iterator[psycopg.Connection[Any]]:
    """The factories' own connection to this test's database, in autocommit: what they create, everybody sees."""
    with pgben_database.connect(autocommit=True) as connection:
        yield connection


@pytest.fixture
def pgben_factory(request: pytest.FixtureRequest) -> Iterator[Maker]:
    """Data factories bound to this test's database and bucket, seeded by the test's id and `--pgben-seed`.

    In a test that uses `pgben_transaction` they write through it, and their rows are rolled back with it.
    """
    from pgben_testkit.factories.maker import Maker

    settings = world_of(request.config).settings
    request.node.stash[SEED] = settings.seed

    def connect() -> psycopg.Connection[Any]:
        used = "pgben_transaction" in request.fixturenames
        found: psycopg.Connection[Any] = request.getfixturevalue(
            "pgben_transaction" if used else "pgben_factory_connection"
        )
        return found

    maker = Maker(
        seed=settings.seed,
        test=request.node.nodeid,
        connect=connect,
        bucket=lambda: request.getfixturevalue("pgben_bucket"),
    )
    with maker.current():
        yield maker
