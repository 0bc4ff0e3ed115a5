"""The snippets of docs/env.md, run as they stand."""

import re
import sys
from pathlib import Path

import pytest

from pgben_testkit.env import contract_file

PAGE = (Path(__file__).parents[2] / "docs" / "env.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_contract_is_one(tmp_path):
    [text] = blocks("toml")
    (tmp_path / "c.toml").write_text(text)
    contract = contract_file.load("c.toml", tmp_path)
    assert contract.variables["SEED_CIDADAOS"].only == "test"
    assert contract.variables["ENCRYPTION_KEY"].bytes == 32


def test_the_class_is_one(tmp_path):
    [text] = [each for each in blocks("python") if "BaseSettings" in each]
    (tmp_path / "ambiente.py").write_text(text)
    try:
        contract = contract_file.load("python:ambiente:Ambiente", tmp_path)
    finally:
        sys.modules.pop("ambiente", None)
    assert {name: row.kind for name, row in contract.variables.items()} == {
        "DB_HOST": "host",
        "DB_PORT": "port",
        "ENCRYPTION_KEY": "secret",
        "SMTP_HOST": "string",
    }
    assert contract.variables["ENCRYPTION_KEY"].bytes == 32 and len(contract.conditions) == 1


def test_the_fixture_does_what_the_page_says(pytester, monkeypatch):
    [text] = [each for each in blocks("python") if "def test_port" in each]
    pytester.makepyfile(text + '    assert pgben_env["DB_LOGGING"] is True and pgben_env.raw("DB_PORT") == "6000"\n')
    pytester.makeini("[pytest]\npgben_env_contract = pgben\npgben_env = warn\n")
    monkeypatch.setenv("JWT_SECRET", "um-segredo-longo")
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_ten_lines_lead_from_a_failing_suite_to_a_green_doctor(pytester, monkeypatch):
    for name in ("DB_HOST", "DB_PASS", "PGBEN_ENV"):
        monkeypatch.delenv(name, raising=False)
    [commands] = [each for each in blocks("sh") if "EDITOR" in each]
    lines = [line.partition("#")[0].strip() for line in commands.splitlines()]
    assert len([line for line in lines if line]) <= 10
    (pytester.path / "app.py").write_text("import os\nHOST = os.environ['DB_HOST']\nPASS = os.environ['DB_PASS']\n")
    (pytester.path / ".env").write_text("DATABASE_HOST=localhost\nDB_PASS=hK3v9Qm2Lw7x\n")
    pytester.makepyfile(test_it="def test_it(pgben_env):\n    import app\n    assert app.HOST == 'localhost'\n")
    edits = iter(
        [
            lambda: (pytester.path / "pgben.env.toml").write_text(
                "[variables.DB_HOST]\nkind = 'host'\nrequired = true\n"
                "[variables.DB_PASS]\nkind = 'secret'\nrequired = true\n"
            ),
            lambda: (pytester.path / ".env").write_text("DB_HOST=localhost\nDB_PASS=hK3v9Qm2Lw7x\n"),
        ]
    )
    codes = []
    for line in filter(None, lines):
        if line.startswith("pip"):
            continue
        if line.startswith("$EDITOR"):
            next(edits)()
            continue
        line = line.replace(
            "pgben-testkit doctor", f"{sys.executable} -m pgben_testkit doctor --no-ground --no-process"
        )
        line = re.sub(r"^pytest$", f"{sys.executable} -m pytest", line)
        result = pytester.run("sh", "-c", line)
        codes.append(result.ret)
        if "green" in line:
            assert "green" in result.outlines
    assert codes[2] == 1 and codes[3] == 0, codes
    assert codes[-1] == 0, result.stdout.str()


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", PAGE))
def test_links_lead_somewhere(link):
    assert (Path(__file__).parents[2] / "docs" / link).is_file()
