"""Whatever a test does to its database, the next one finds it as the template is: attack, then look."""

import random
from pathlib import Path

import pytest
from attacks import ATTACKS, ROWS, carry_out
from attacks import SCHEMA as SCHEMA_ATTACKS
from fingerprint import differences, fingerprint
from real import provided, started

from pgben_testkit.postgres.databases import Databases
from pgben_testkit.postgres.isolation.reset.strategy import LeftRunning

SCHEMA = Path(__file__).with_name("schema.sql")
STRATEGIES = [
    "reset",
    pytest.param("pool", marks=pytest.mark.full),
    pytest.param("clone", marks=pytest.mark.full),
]


@pytest.fixture(scope="module")
def databases():
    from contextlib import ExitStack

    with ExitStack() as stack:
        supply = started(stack, backend="embedded", postgres_schema=str(SCHEMA))
        made = Databases(provided(supply, "postgres").info, run_id=supply.run.id, worker="attacks", pool_size=1)
        stack.callback(made.close)
        yield made


@pytest.fixture(scope="module")
def pristine(databases):
    strategy = databases.strategy("clone")
    database = strategy.acquire()
    found = fingerprint(database)
    strategy.release(database)
    return found


@pytest.fixture(params=STRATEGIES)
def strategy(request, databases):
    return databases.strategy(request.param)


@pytest.fixture
def left():
    connections = []
    yield connections
    for each in connections:
        each.close()


SOME = {
    "create table",
    "drop schema",
    "enum added",
    "event trigger",
    "reassign owned",
    "settings of the database",
    "reindex",
}
"""Of the attacks on the schema, those that are tried in a quick run."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.full] * (name in SCHEMA_ATTACKS.keys() - SOME)) for name in ATTACKS]
)
def test_the_next_test_finds_nothing_of_it(strategy, pristine, left, name):
    database = strategy.acquire()
    carry_out(ATTACKS[name], database, left)
    strategy.release(database)
    database = strategy.acquire()
    found = fingerprint(database)
    strategy.release(database)
    assert differences(pristine, found) == []


@pytest.mark.full
def test_the_fingerprint_sees_every_attack_that_changes_something(databases, pristine, left):
    """Else the test above would pass whatever happened."""
    unseen = []
    strategy = databases.strategy("clone")
    for name, attack in ATTACKS.items():
        database = strategy.acquire()
        carry_out(attack, database, left)
        if not differences(pristine, fingerprint(database)):
            unseen.append(name)
        while left:
            left.pop().close()
        strategy.release(database)
    assert set(unseen) == WITHOUT_A_TRACE


WITHOUT_A_TRACE = {
    "nothing",
    "update and back",
    "locked rows",
    "shared locks",
    "create and drop",
    "reindex",
    "rename and back",
    "trigger disabled and enabled",
    "truncate an empty one",
    "truncate in a transaction undone",
    "setval to the same",
    "analyze",
    "temporary table",
    "notify",
    "left: a listener with a temporary table",
    "a killed connection",
}


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.full) for seed in range(2, 12))])
def test_rows_are_put_back_after_many_attacks_in_any_order(databases, pristine, left, seed):
    """What is put back lies elsewhere than before: the second undo of a table is not like the first."""
    order = random.Random(seed).choices([name for name in ROWS if "two-phase" not in name], k=40)
    strategy = databases.reset()
    for name in order:
        database = strategy.acquire()
        carry_out(ROWS[name], database, left)
        strategy.release(database)
    database = strategy.acquire()
    found = fingerprint(database)
    strategy.release(database)
    assert differences(pristine, found) == [], order


def test_a_writer_that_outlives_its_test_is_named(databases):
    """The test that opened its connection, and not the one that ended last."""
    strategy = databases.reset()
    database = strategy.acquire("test_guilty")
    with database.connect(autocommit=True, application_name="leftover") as connection:
        strategy.release(database)
        strategy.release(strategy.acquire("test_between"))
        strategy._undoing.result()
        connection.execute("INSERT INTO vazia (x) VALUES ('late')")
        with pytest.warns(LeftRunning, match=r"test_guilty \(connection leftover\) .*public\.vazia"):
            database = strategy.acquire("test_innocent")
        assert connection.execute("SELECT count(*) FROM vazia").fetchone() == (0,)
    strategy.release(database)


def test_nothing_of_ours_is_in_the_database(databases):
    strategy = databases.reset()
    database = strategy.acquire()
    with database.connect() as connection:
        assert connection.execute("SELECT evtname FROM pg_event_trigger").fetchall() == [("do_projeto",)]
        assert connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE '%pgben%'").fetchall() == []
        assert connection.execute("SELECT extname FROM pg_extension WHERE extname LIKE '%wal%'").fetchall() == []
    strategy.release(database)
