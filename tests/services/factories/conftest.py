"""A real PostgreSQL whose template is the reference schema, and factories on it."""

import pytest
from reference import PGBEN

from pgben_testkit import settings
from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.factories import Maker
from pgben_testkit.postgres.databases import Databases
from pgben_testkit.services.supply import Supply


@pytest.fixture(scope="module")
def pgben():
    """The server whose template is the reference schema."""
    made = Supply(
        settings.read(
            root=PGBEN.parent,
            environ={},
            command_line={"backend": "embedded", "warm": "no", "postgres_schema": str(PGBEN)},
        )
    )
    try:
        yield made.get("postgres").info, made
    except EnvironmentNotAble as error:
        pytest.skip(str(error))
    finally:
        made.close()


@pytest.fixture(scope="module")
def databases(pgben):
    info, supply = pgben
    made = Databases(info, run_id=supply.run.id, worker="factories")
    yield made
    made.close()


@pytest.fixture
def database(databases):
    strategy = databases.strategy("reset")
    taken = strategy.acquire()
    yield taken
    strategy.release(taken)


@pytest.fixture
def connection(database):
    with database.connect(autocommit=True) as made:
        yield made


@pytest.fixture
def make(connection, request):
    return Maker(seed="1", test=request.node.nodeid, connect=lambda: connection)
