"""The READMEs' own snippets, run as a reader would run them."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pgben_testkit
from pgben_testkit import settings

ROOT = Path(__file__).parents[2]
PACKAGE = Path(pgben_testkit.__file__).parent
READMES = ("README.md", "README.pt-BR.md")


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", READMES)
def test_the_first_project_passes_as_written(page, tmp_path):
    [ini] = [each for each in blocks(page, "ini") if "[pytest]" in each]
    (tmp_path / "pytest.ini").write_text(ini)
    (tmp_path / "migrations").mkdir()
    shutil.copy(ROOT / "fixtures" / "schema" / "002_tables.sql", tmp_path / "migrations")
    shutil.copy(ROOT / "fixtures" / "schema" / "001_extensions.sql", tmp_path / "migrations")
    tests = "\n".join(each for each in blocks(page, "python") if "pgben_connection" in each or "pgben_bucket" in each)
    assert tests
    (tmp_path / "test_readme.py").write_text(tests)
    words = [sys.executable, "-m", "pytest", "--pgben-backend=embedded", "-n2", "--pgben-stats"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", READMES)
def test_every_option_and_variable_that_is_named_exists(page):
    text = (ROOT / page).read_text("utf-8")
    names = {option.name for option in settings.options()}
    for option in re.findall(r"--(?:no-)?pgben-([a-z-]+)", text):
        assert option.replace("-", "_") in names, option
    for key in re.findall(r"\bpgben_((?:postgres|storage|redis)_[a-z_]+)", text):
        assert key in names | {"redis_db"}, key
    for variable in re.findall(r"\bPGBEN_((?:POSTGRES|STORAGE|REDIS)_[A-Z_]+)", text):
        assert variable.lower() in names, variable


@pytest.mark.parametrize("page", READMES)
def test_every_fixture_that_is_named_exists(page, pytestconfig):
    text = (ROOT / page).read_text("utf-8")
    sources = "\n".join(each.read_text("utf-8") for each in (PACKAGE / "plugin/fixtures").glob("*.py"))
    for name in re.findall(r"^\| `(pgben_[a-z_0-9]+)`", text, re.MULTILINE):
        assert f"def {name}(" in sources, name


@pytest.mark.parametrize("page", READMES)
def test_every_command_of_ours_that_is_named_exists(page):
    from pgben_testkit.cli import commands

    for block in blocks(page, "sh"):
        for command in re.findall(r"^pgben-testkit (\w+)", block, re.MULTILINE):
            assert command in commands.commands, command
    for script in re.findall(r"^\./([\w-]+)", "\n".join(blocks(page, "sh")), re.MULTILINE):
        assert (ROOT / script).stat().st_mode & 0o100
