"""The plugin as a project meets it."""

import re
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from pgben_testkit.report.header import corrections
from pgben_testkit.services.server import ServerInfo

TESTS = """
import pytest

@pytest.mark.parametrize("i", range(6))
def test_database(pgben_connection, i):
    assert pgben_connection.execute("SELECT count(*) FROM cidadao").fetchone() == (0,)
    pgben_connection.execute("INSERT INTO cidadao VALUES (1)")
    pgben_connection.commit()

def test_transaction(pgben_transaction):
    pgben_transaction.execute("INSERT INTO cidadao VALUES (1)")

@pytest.mark.pgben_isolation("clone")
def test_marked(pgben_database):
    assert pgben_database.isolation == "clone"
    assert pgben_database.env()["DB_NAME"] == pgben_database.name

def test_session(pgben_session_database, pgben_database):
    assert pgben_database == pgben_session_database

def test_bucket(pgben_bucket):
    pgben_bucket.boto3().put_object(Bucket=pgben_bucket.name, Key="a", Body=b"1")
"""


@pytest.fixture
def project(pytester):
    pytester.makepyfile(TESTS)
    (pytester.path / "schema.sql").write_text("CREATE TABLE cidadao (id int);")
    pytester.makeini("[pytest]\npgben_postgres_schema = schema.sql\npgben_backend = embedded\n")
    return pytester


def run(project, *args):
    return project.runpytest_subprocess("-p", "no:randomly", *args)


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("-n2",),
        *(pytest.param(each, marks=pytest.mark.full) for each in (("-p", "no:xdist"), ("-p", "no:terminal"))),
    ],
)
def test_every_fixture_serves(project, args):
    result = run(project, *args)
    assert result.ret == 0
    if "no:terminal" not in args:
        result.assert_outcomes(passed=10)


def test_autoloading_off_and_named_on_the_command_line(project, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    result = project.runpytest_subprocess("-p", "pgben_testkit", "-k", "database")
    result.assert_outcomes(passed=6, deselected=4)


def test_header_says_what_and_why_and_stats_what_it_cost(project):
    result = run(project, "--pgben-stats", "-n2")
    result.stdout.fnmatch_lines(["pgben: postgres embedded (*), storage embedded (*)"])
    result.stdout.fnmatch_lines(["postgres: ready after * ms, PostgreSQL *", "postgres wait: * times, median * ms*"])


def test_a_wrong_option_is_one_clear_error(project):
    result = run(project, "--pgben-postgres-isolation=magic")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*--pgben-postgres-isolation has the value 'magic'*", "*auto, clone, pool*"])
    result.stderr.no_fnmatch_line("*INTERNALERROR*")


def test_a_broken_schema_shows_the_statement_once_for_each_test_without_a_secret(project):
    (project.path / "schema.sql").write_text(
        "CREATE TABLE cidadao (id int);\nINSERT INTO cidadao VALUES ('segredo');\n"
    )
    result = run(project, "-k", "transaction")
    result.stdout.fnmatch_lines(["*schema.sql:2: the schema doesn't load: INSERT INTO cidadao*"])
    result.assert_outcomes(errors=1, deselected=9)


@pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed")
def test_an_error_of_the_environment_is_told_whole_once_and_without_frames(project):
    (project.path / "schema.sql").write_text("CREATE TABEL cidadao (id int);")
    text = run(project, "-k", "test_database").stdout.str()
    told = text.partition("= ERRORS =")[2].partition("short test summary")[0]
    assert told.count("  why: ") == 1 and told.count("as told at ") == 5
    assert ".py:" not in told.replace(".py::", "")


def test_an_error_within_a_test_shows_the_tests_own_line(project):
    project.makepyfile("""
        def calls(factory):
            factory.create("nada")

        def test_wrong(pgben_factory):
            calls(pgben_factory)
    """)
    result = run(project)
    result.stdout.fnmatch_lines(
        ["*:5: in test_wrong", "*:2: in calls", '    factory.create("nada")', "*UsageProblem: *"]
    )
    assert "maker.py" not in result.stdout.str()


def test_what_came_otherwise_than_the_header_said_is_told_at_the_end():
    server = SimpleNamespace(info=ServerInfo(service="postgres", backend="embedded", how="", why="no image"))
    assert corrections({"postgres": "container"}, [server]) == [
        "pgben: postgres came embedded, not container (no image)"
    ]
    assert corrections({"postgres": "embedded"}, [server]) == corrections({}, [server]) == []


def test_a_failing_tests_database_is_kept_and_its_psql_line_shown(project):
    project.makepyfile(
        "def test_fails(pgben_connection):\n"
        "    pgben_connection.execute('INSERT INTO cidadao VALUES (1)')\n"
        "    pgben_connection.commit()\n"
        "    assert False\n"
    )
    try:
        result = run(project, "--pgben-keep-failed")
        [line] = [each for each in result.outlines if "PGPASSFILE=" in each and "psql" in each]
        command = line.partition(": ")[2].replace("psql", "psql -Atc 'select count(*) from cidadao'")
        assert project.run("sh", "-c", command).outlines == ["1"]
    finally:
        assert project.run(sys.executable, "-c", "from pgben_testkit.cli import main; main()", "down").ret == 0
    assert not Path(re.search("PGPASSFILE=([^ ]+)", line)[1]).exists()


def test_collecting_starts_nothing(project):
    result = run(project, "--collect-only", "-q", "--pgben-stats")
    assert result.ret == 0
    result.stdout.no_fnmatch_line("*ready after*")


def test_async_tests_are_served(project):
    project.makepyfile("""
        import psycopg
        import pytest

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        @pytest.mark.anyio
        @pytest.mark.parametrize("i", range(3))
        async def test_async(pgben_database, pgben_bucket, i):
            async with await psycopg.AsyncConnection.connect(pgben_database.dsn) as connection:
                cursor = await connection.execute("SELECT count(*) FROM cidadao")
                assert await cursor.fetchone() == (0,)
                await connection.execute("INSERT INTO cidadao VALUES (1)")
            assert "Contents" not in pgben_bucket.boto3().list_objects_v2(Bucket=pgben_bucket.name)
            pgben_bucket.boto3().put_object(Bucket=pgben_bucket.name, Key="a", Body=b"1")
    """)
    run(project).assert_outcomes(passed=3)
