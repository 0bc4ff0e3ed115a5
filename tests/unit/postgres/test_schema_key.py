"""When a prepared schema is used again, and when it is made anew."""

import pytest

from pgben_testkit import settings
from pgben_testkit.errors import UsageProblem
from pgben_testkit.postgres import schema


@pytest.fixture
def key(tmp_path):
    def key_of(**given):
        return schema.of(settings.read(root=tmp_path, environ={}, command_line=given)).key()

    (tmp_path / "tabelas.sql").write_text("CREATE TABLE a (x int);")
    (tmp_path / "migra.py").write_text("import passos\n\ndef migrate(database): ...\n")
    (tmp_path / "passos.py").write_text("PASSOS = 1\n")
    return key_of


def test_files_are_known_by_their_content(key, tmp_path):
    before = key(postgres_schema="tabelas.sql")
    assert before == key(postgres_schema="tabelas.sql")
    (tmp_path / "tabelas.sql").write_text("CREATE TABLE b (x int);")
    assert key(postgres_schema="tabelas.sql") != before


@pytest.mark.parametrize("migrate", ["alembic upgrade head", "python:migra:migrate"])
def test_a_command_and_a_callable_without_inputs_run_in_every_run(key, migrate):
    assert key(postgres_migrate=migrate) is None


def test_a_callable_with_inputs_is_known_by_them_and_by_its_own_file(key, tmp_path):
    given = {"postgres_migrate": "python:migra:migrate", "postgres_migrate_inputs": "passos.py"}
    before = key(**given)
    assert before is not None
    (tmp_path / "passos.py").write_text("PASSOS = 2\n")
    other = key(**given)
    assert other != before
    (tmp_path / "migra.py").write_text("import passos\n\ndef migrate(database):\n    return 1\n")
    assert key(**given) not in (before, other)


def test_a_callable_of_no_module_is_refused_at_once(key):
    with pytest.raises(UsageProblem, match="there is no module nada"):
        key(postgres_migrate="python:nada:migrate")
