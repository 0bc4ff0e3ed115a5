"""The isolation conformance suite: what one test does, the next must not see, whatever the strategy."""

import subprocess
import sys

import psycopg
import pytest

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.postgres.databases import Databases

STRATEGIES = ["clone", "pool", "reset"]
BACKENDS = [
    "embedded",
    pytest.param("external", marks=pytest.mark.full),
    pytest.param("container", marks=pytest.mark.full),
]
pytestmark = pytest.mark.parametrize("supply", BACKENDS, indirect=True, scope="module")


@pytest.fixture(scope="module")
def databases(postgres, supply):
    made = Databases(postgres, run_id=supply.run.id, worker="iso", pool_size=1)
    yield made
    made.close()


@pytest.fixture(params=STRATEGIES)
def strategy(request, databases):
    return databases.strategy(request.param)


def state(database):
    """All that a later test could notice, as plain data."""
    with database.connect(autocommit=True) as connection:

        def rows(query):
            return connection.execute(query).fetchall()

        return {
            "unidade": rows("SELECT nome, codigo FROM unidade ORDER BY codigo"),
            "rows": rows(
                "SELECT (SELECT count(*) FROM cidadao), (SELECT count(*) FROM solicitacao),"
                " (SELECT count(*) FROM logs_auditoria)"
            ),
            "fila": rows("SELECT count(*) FROM fila"),
            "objects": rows(
                "SELECT nspname, relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
                " WHERE nspname NOT LIKE 'pg_%' AND nspname NOT IN ('information_schema', 'pgben_testkit')"
                " ORDER BY 1, 2"
            ),
            "enum": rows("SELECT enumlabel FROM pg_enum ORDER BY enumsortorder"),
            "triggers": rows("SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal"),
            "large objects": rows("SELECT count(*) FROM pg_largeobject_metadata"),
            "prepared": rows("SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()"),
            "advisory": rows(
                "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
                " WHERE locktype = 'advisory' AND datname = current_database()"
            ),
            "settings": rows(
                "SELECT setconfig FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase"
                " WHERE datname = current_database()"
            ),
            "sequences": rows(
                "SELECT last_value, is_called FROM logs_auditoria_id_seq UNION ALL"
                " SELECT last_value, is_called FROM protocolo"
            ),
            "no columns": rows("SELECT count(*) FROM instalada"),
        }


def commits(database, *statements):
    with database.connect(autocommit=True) as connection:
        for each in statements:
            connection.execute(each)


CIDADAO = "INSERT INTO cidadao (nome, cpf) VALUES ('Maria Teste', '52998224725')"
ACTIONS = {
    "insert": [CIDADAO],
    "insert with trigger and sequence": [CIDADAO, "INSERT INTO logs_auditoria (entidade) VALUES ('x')"],
    "update of a seed row": ["UPDATE unidade SET nome = 'outra'"],
    "delete of a seed row": ["DELETE FROM unidade WHERE codigo = 'cras-1'"],
    "update that changes nothing": ["UPDATE unidade SET nome = nome"],
    "truncate": ["TRUNCATE unidade, cidadao, solicitacao"],
    "sequence": ["SELECT nextval('logs_auditoria_id_seq')", "SELECT setval('logs_auditoria_id_seq', 500)"],
    "sequence set and not called": ["SELECT setval('logs_auditoria_id_seq', 500, false)"],
    "sequence of the template, set and not called": ["SELECT nextval('protocolo')"],
    "row of a table without columns": ["DELETE FROM instalada"],
    "settings of the database": [
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = %L', current_database(), 'Asia/Tokyo'); END $$"
    ],
    "new table": ["CREATE TABLE outra (a int)"],
    "dropped table": ["DROP TABLE solicitacao CASCADE"],
    "dropped schema": ["DROP SCHEMA public CASCADE", "CREATE SCHEMA public"],
    "new column": ["ALTER TABLE cidadao ADD COLUMN apelido text"],
    "enum member": ["ALTER TYPE status_solicitacao ADD VALUE 'arquivada'"],
    "disabled trigger": ["ALTER TABLE cidadao DISABLE TRIGGER audita"],
    "materialised view": [
        CIDADAO,
        "INSERT INTO solicitacao (protocolo, cidadao_id) SELECT 'P1', id FROM cidadao",
        "REFRESH MATERIALIZED VIEW fila",
    ],
    "large object": ["SELECT lo_create(0)"],
    "prepared transaction": ["BEGIN", CIDADAO, "PREPARE TRANSACTION 'esquecida'"],
    "our own notes removed": ["DROP SCHEMA IF EXISTS pgben_testkit CASCADE", CIDADAO],
    "replica role": ["SET session_replication_role = replica", CIDADAO, "CREATE TABLE escondida (a int)"],
}


@pytest.mark.parametrize("action", ACTIONS)
def test_what_a_test_commits_is_gone_for_the_next(strategy, action):
    database = strategy.acquire()
    before = state(database)
    commits(database, *ACTIONS[action])
    strategy.release(database)
    database = strategy.acquire()
    assert state(database) == before
    strategy.release(database)


@pytest.mark.parametrize("left", ["open transaction", "advisory lock", "temporary table"])
def test_connections_that_a_test_leaves_open_hold_nothing_against_the_next(strategy, left):
    database = strategy.acquire()
    before = state(database)
    forgotten = database.connect(autocommit=left != "open transaction")
    forgotten.execute(
        {
            "open transaction": CIDADAO,
            "advisory lock": "SELECT pg_advisory_lock(7)",
            "temporary table": "CREATE TEMP TABLE unidade (a int)",
        }[left]
    )
    strategy.release(database)
    database = strategy.acquire()
    assert state(database) == before
    strategy.release(database)
    forgotten.close()


def test_another_process_writes_into_the_same_database_and_the_next_test_does_not_see_it(strategy):
    database = strategy.acquire()
    before = state(database)
    code = f"import psycopg, sys; psycopg.connect(sys.argv[1], autocommit=True).execute({CIDADAO!r})"
    subprocess.run([sys.executable, "-c", code, database.dsn], check=True)
    with database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM cidadao").fetchone() == (1,)
    strategy.release(database)
    database = strategy.acquire()
    assert state(database) == before
    strategy.release(database)


def test_notify_reaches_only_the_own_database(databases):
    first, second = (databases.strategy("clone").acquire() for _ in range(2))
    with first.connect(autocommit=True) as listening, second.connect(autocommit=True) as other:
        listening.execute("LISTEN canal")
        other.execute("NOTIFY canal")
        assert list(listening.notifies(timeout=0.2)) == []
        commits(first, "NOTIFY canal")
        assert len(list(listening.notifies(timeout=2, stop_after=1))) == 1
    for each in (first, second):
        databases.strategy("clone").release(each)


def test_deferred_constraints_fire_at_commit(strategy):
    database = strategy.acquire()
    with database.connect() as connection:
        connection.execute("SET CONSTRAINTS ALL DEFERRED")
        connection.execute("INSERT INTO solicitacao (protocolo, cidadao_id) VALUES ('P1', uuid_nil())")
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            connection.commit()
    strategy.release(database)


def test_reset_keeps_the_name_and_an_applications_idle_connections(databases):
    reset = databases.reset()
    database = reset.acquire()
    application = database.connect(autocommit=True)
    for _ in range(3):
        application.execute(CIDADAO)
        reset.release(database)
        assert reset.acquire() == database
        assert application.execute("SELECT count(*) FROM cidadao").fetchone() == (0,)
    application.close()
    reset.release(database)


def test_rollback_undoes_all_but_what_its_documentation_excepts(databases):
    rollback = databases.rollback()
    with rollback.transaction() as connection:
        connection.execute(CIDADAO)
        connection.execute("CREATE TEMP TABLE t (a int)")
        with pytest.raises(psycopg.ProgrammingError):
            connection.commit()
    with rollback.transaction() as connection:
        assert connection.execute("SELECT count(*) FROM cidadao").fetchone() == (0,)
        assert connection.execute("SELECT to_regclass('t')").fetchone() == (None,)


def test_a_kept_database_holds_what_the_test_wrote(strategy):
    database = strategy.acquire()
    commits(database, CIDADAO)
    kept = strategy.release(database, keep=True)
    following = strategy.acquire()
    assert state(following)["rows"] == [(0, 0, 0)]
    strategy.release(following)
    with psycopg.connect(database.dsn, dbname=kept) as connection:
        assert connection.execute("SELECT count(*) FROM cidadao").fetchone() == (1,)


def test_reset_says_why_it_needs_a_superuser(postgres, supply):
    from dataclasses import replace

    weak = Databases(replace(postgres, superuser=False), run_id=supply.run.id, worker="weak")
    with pytest.raises(EnvironmentNotAble, match="superuser"):
        weak.strategy("reset")
    assert weak.strategy("auto").name == "pool"
    weak.close()
