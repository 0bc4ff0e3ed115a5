"""Where a setting's value comes from."""

from pathlib import Path

import pytest

from pgben_testkit import settings
from pgben_testkit.errors import UsageProblem

ROOT = Path("/project")


@pytest.mark.parametrize(
    ("line", "environ", "ini", "expected"),
    [
        ("clone", "pool", "reset", "clone"),
        (None, "pool", "reset", "pool"),
        (None, None, "reset", "reset"),
        (None, None, None, "auto"),
    ],
)
def test_precedence_is_command_line_environment_ini_default(line, environ, ini, expected):
    read = settings.read(
        root=ROOT,
        command_line={"postgres_isolation": line},
        environ={} if environ is None else {"PGBEN_POSTGRES_ISOLATION": environ},
        ini={"postgres_isolation": ini},
    )
    assert read.postgres_isolation == expected


def test_a_false_value_wins_over_a_true_one_below_it():
    read = settings.read(root=ROOT, command_line={"warm": "false"}, environ={"PGBEN_WARM": "yes"})
    assert read.warm is False


@pytest.mark.parametrize(
    ("name", "raw", "told"),
    [
        ("backend", "docker", "allowed: auto, container, embedded, external"),
        ("stats", "perhaps", "allowed: 1, true"),
        ("start_timeout", "-1", "a number above 0"),
        ("postgres_pool_size", "0", "1 or more"),
    ],
)
def test_a_wrong_value_names_its_source_and_what_is_allowed(name, raw, told):
    with pytest.raises(UsageProblem) as error:
        settings.read(root=ROOT, environ={"PGBEN_" + name.upper(): raw})
    assert "PGBEN_" + name.upper() in str(error.value)
    assert told in str(error.value)


def test_paths_with_spaces_are_quoted_as_in_a_shell():
    read = settings.read(root=ROOT, environ={}, ini={"postgres_schema": "a.sql 'b c.sql'"})
    assert read.postgres_schema == ("a.sql", "b c.sql")


def test_ini_is_read_outside_pytest_from_the_first_file_with_a_section(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\npgben_postgres_schema = ["a", "b"]\n')
    (tmp_path / "tox.ini").write_text("[pytest]\npgben_backend = external\n")
    assert settings.ini_of(tmp_path) == {"postgres_schema": "a b"}


@pytest.mark.parametrize("name", ["pytest.ini", "tox.ini", "setup.cfg"])
@pytest.mark.parametrize("text", ["JWT_SECRET=S3cret\n[testenv]\n", "[a]\nS3cret'x\"y\n", "[a]\nS3cret=1\nS3cret=2\n"])
def test_a_broken_ini_is_told_with_its_line_and_without_its_text(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(settings.BrokenIni) as error:
        settings.ini_of(tmp_path)
    assert error.value.line == next(n for n, line in reversed([*enumerate(text.splitlines(), 1)]) if "S3cret" in line)
    assert "S3cret" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"a = 1\nJWT_SECRET=S3cret\n", 2),
        (b"a = 1\n'S3cret' = 1\n'S3cret' = 2\n", 3),
        (b"a = 'S3cret", 1),
        (b"a = 1\nb = 'S3cret \xe7'\n", 2),
    ],
)
def test_a_broken_pyproject_is_told_with_its_line_and_without_its_text(tmp_path, text, line):
    (tmp_path / "pyproject.toml").write_bytes(text)
    with pytest.raises(settings.BrokenIni) as error:
        settings.ini_of(tmp_path)
    assert error.value.line == line
    assert "S3cret" not in str(error.value)


def test_values_over_many_lines_and_strange_tables_are_read_as_pytest_does(tmp_path):
    (tmp_path / "pyproject.toml").write_text("tool = 3\n")
    (tmp_path / "tox.ini").write_text("[pytest]\npgben_postgres_schema =\n    a.sql\n    # later\n    b.sql\n")
    assert settings.read(root=tmp_path, environ={}, ini=settings.ini_of(tmp_path)).postgres_schema == ("a.sql", "b.sql")
