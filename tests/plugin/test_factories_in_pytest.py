"""`pgben_factory` as a project meets it."""

from pathlib import Path

import pytest

PGBEN = Path(__file__).parents[2] / "fixtures" / "pgben"

TESTS = """
import pytest

def rows(connection):
    return connection.execute("SELECT count(*) FROM cidadao").fetchone()[0]

@pytest.mark.parametrize("i", range(3))
def test_rows_are_there_for_everybody(pgben_factory, pgben_connection, i):
    pgben_factory.create("cidadao")
    assert rows(pgben_connection) == 1

def test_within_the_transaction(pgben_factory, pgben_transaction):
    pgben_factory.create("cidadao")
    assert rows(pgben_transaction) == 1

def test_the_transaction_was_rolled_back(pgben_transaction):
    assert rows(pgben_transaction) == 0

def test_classes(pgben_factory):
    from pgben_testkit.factories import CidadaoFactory
    assert CidadaoFactory.create().saved

def test_file(pgben_factory):
    made = pgben_factory.create("documento", com_arquivo=True)
    assert pgben_factory.read_documento(made) == made.conteudo

def test_bad_argument(pgben_factory):
    pgben_factory.create("pagamento", pago=True, status="pendente")

def test_shows_its_cpf(pgben_factory):
    print("CPF", pgben_factory.build("cidadao").cpf, pgben_factory.test)
    assert False
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """The schema is loaded once for all projects of this file."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def project(pytester, cache, monkeypatch):
    monkeypatch.setenv("PGBEN_CACHE_DIR", str(cache))
    pytester.makepyfile(TESTS)
    pytester.makeini(f"[pytest]\npgben_postgres_schema = {PGBEN}\npgben_backend = embedded\n")
    return pytester


def run(project, *args):
    return project.runpytest_subprocess(*args)


def cpf_of(result):
    return next(line for line in result.outlines if line.startswith("CPF"))


@pytest.mark.parametrize("args", [(), ("-n2",)], ids=" ".join)
def test_the_fixture_serves_in_any_order_and_by_workers(project, args):
    result = run(project, *args)
    result.assert_outcomes(passed=7, failed=2)
    result.stdout.fnmatch_lines(["*pago=True contradicts status='pendente'*"])
    result.stdout.no_fnmatch_line("*maker.py*")  # the error stands at the test's own line


def test_the_failure_names_the_seed_and_the_seed_replays_and_building_starts_no_server(project):
    first = run(project, "-k", "shows", "-n2")
    [line] = {each for each in first.outlines if "--pgben-seed=" in each}
    seed = line.rpartition("=")[2]
    again = run(project, "-k", "shows", f"--pgben-seed={seed}", "--pgben-stats")
    assert cpf_of(again) == cpf_of(first)
    again.stdout.no_fnmatch_line("*ready after*")


def test_another_seed_from_the_ini_gives_others(project):
    seeds = []
    for seed in ("abc", "abd"):
        project.makeini(f"[pytest]\npgben_seed = {seed}\n")
        seeds.append(cpf_of(run(project, "-k", "shows", "-p", "no:xdist")))
    assert len(set(seeds)) == 2
