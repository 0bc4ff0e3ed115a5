"""The command: what it finds by itself, its formats, its exit codes."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from pgben_testkit.cli import commands
from pgben_testkit.errors import UsageProblem


@pytest.fixture
def root(tmp_path):
    (tmp_path / "pgben.env.toml").write_text("[variables.DB_PORT]\nkind = 'port'\n[variables.X]\n")
    (tmp_path / ".env").write_text("DB_PORT=abc\nX=1\n")
    return tmp_path


def doctor(*args):
    return CliRunner().invoke(commands, ["doctor", *map(str, args)])


def test_findings_make_the_exit_code_and_may_be_left_out(root):
    assert doctor(root, "--no-ground").exit_code == 1
    assert doctor(root, "--no-ground", "--fail-on", "never").exit_code == 0
    assert doctor(root, "--no-ground", "--ignore", "env/kind").exit_code == 0
    with pytest.raises(UsageProblem, match="did you mean env/kind"):
        CliRunner().invoke(commands, ["doctor", str(root), "--ignore", "env/kinds"], catch_exceptions=False)


def test_the_contract_is_found_by_name_by_ini_and_by_option(root):
    (root / "pytest.ini").write_text("[pytest]\npgben_env_contract = other.toml\n")
    (root / "other.toml").write_text("[variables.DB_PORT]\n[variables.X]\n")
    assert doctor(root, "--no-ground").exit_code == 0
    assert doctor(root, "--no-ground", "--contract", "pgben.env.toml").exit_code == 1


def test_json_has_everything_and_no_value_of_a_secret(root):
    done = doctor(root, "--json")
    found = json.loads(done.stdout)
    assert found["contract"] == {"name": "pgben.env.toml", "path": "pgben.env.toml", "variables": 2}
    assert found["findings"][0]["place"] == {"path": ".env", "line": 1, "column": 0}
    assert found["matrix"] == {"environments": [".env"], "variables": {"DB_PORT": ["set"], "X": ["set"]}}
    assert {each["check"] for each in found["ground"]} >= {"doctor/disk", "doctor/ports", "doctor/leftovers"}
    assert found["took_s"] > 0


def test_sources_that_are_named_are_the_only_ones(root):
    (root / "a.txt").write_text("DB_PORT=1\n")
    done = doctor(root, "--source", root / "a.txt", "--json")
    found = json.loads(done.stdout)
    assert [each["title"] for each in found["sources"]] == ["a.txt"]
    assert "ground" not in found and done.exit_code == 0
    gone = doctor(root, "--source", root / "gone.env", "--json")
    assert [each["check"] for each in json.loads(gone.stdout)["findings"]] == ["env/input"]


def test_output_goes_to_a_file_and_the_terminal_stays_still(root, tmp_path):
    done = doctor(root, "--sarif", "--no-ground", "-o", tmp_path / "out.sarif")
    assert done.stdout == ""
    assert json.loads((tmp_path / "out.sarif").read_text())["runs"][0]["results"]
    doctor(root, "--no-ground", "-o", tmp_path / "out.txt")
    assert "DB_PORT is not a port" in (tmp_path / "out.txt").read_text()


def test_a_draft_is_not_written_over_a_contract(root):
    with pytest.raises(UsageProblem, match="is there already"):
        CliRunner().invoke(commands, ["doctor", str(root), "--init"], catch_exceptions=False)
    assert doctor(root, "--init", "--force").exit_code == 0


def test_without_a_contract_what_needs_none_is_checked(tmp_path):
    (tmp_path / ".env").write_text("A=1\nA=2\nnonsense\n")
    done = doctor(tmp_path, "--no-ground", "--json")
    assert [each["check"] for each in json.loads(done.stdout)["findings"]] == ["env/duplicate", "env/input"]


@pytest.mark.parametrize("missing", ["yaml", "tree_sitter", "dotenv"])
def test_a_missing_extra_is_one_clear_error_with_exit_code_3(root, missing):
    (root / "k.yaml").write_text("apiVersion: v1\nkind: Pod\n")
    (root / "a.ts").write_text("process.env.X")
    code = f"import sys; sys.modules[{missing!r}] = None; from pgben_testkit.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code, "doctor", str(root)], capture_output=True, text=True)
    assert done.returncode == 3
    assert "pip install 'pgben-testkit[env]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_excluded_is_not_read(root):
    (root / "legacy").mkdir()
    (root / "legacy" / ".env").write_text("DB_PORT=def\nX=1\n")
    done = doctor(root, "--no-ground", "--json", "--exclude", "legacy", "--exclude", ".env")
    assert json.loads(done.stdout)["sources"][0]["title"] == "process environment"


def test_another_programs_file_in_a_folder_is_left_alone(root):
    (root / "frontend").mkdir()
    (root / "frontend" / ".env").write_text("VITE_COLOUR=red\n")
    (root / ".env").write_text("DB_PORT=1\nX=1\n")
    assert doctor(root, "--no-ground").exit_code == 0


def test_a_compose_file_of_any_name_may_be_named(root):
    (root / "stack.yml").write_text("services:\n  api:\n    image: x\n    environment: {DB_PORT: abc, X: '1'}\n")
    done = doctor(root, "--source", root / "stack.yml", "--json")
    [found] = json.loads(done.stdout)["findings"]
    assert (found["check"], found["place"]["line"]) == ("env/kind", 4)


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("pytest.ini", "[pytest]\nnonsense\n", 2),
        ("tox.ini", "a=1\n[testenv]\n", 1),
        ("setup.cfg", "[a]\n[a]\n", 2),
        ("pyproject.toml", "[a\n", 1),
    ],
)
def test_a_broken_settings_file_is_one_finding_among_the_others(root, name, text, line):
    (root / name).write_text(text)
    for form in ((), ("--no-variables",)):
        done = doctor(root, "--json", "--no-ground", *form)
        found = {each["check"]: each["place"] for each in json.loads(done.stdout)["findings"]}
        assert found["env/input"] == {"path": name, "line": line, "column": 0}
        assert ("env/kind" in found) is not bool(form)
        assert done.exit_code == 1
    (root / name).write_text("")
    assert "env/input" not in doctor(root, "--no-ground").stdout


def test_an_empty_folder_breaks_the_built_in_contract_as_it_does_in_pytest(tmp_path):
    done = doctor(tmp_path, "--contract", "pgben", "--no-ground", "--json")
    found = json.loads(done.stdout)["findings"]
    assert done.exit_code == 1
    assert {"DB_HOST", "JWT_SECRET"} & {each["subject"] for each in found if each["check"] == "env/missing"}


@pytest.mark.parametrize(
    "options", [["-o", "gone/x.json"], ["-o", "shut/x.json"], ["--init", "--contract", "gone/c.toml"]]
)
def test_a_result_that_can_not_be_written_is_one_clear_error(root, options):
    (root / "shut").mkdir()
    (root / "shut" / "x.json").symlink_to(root / "nowhere" / "x.json")
    command = [sys.executable, "-m", "pgben_testkit", "doctor", ".", "--no-ground", *options]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 2
    assert "can't be written" in done.stderr and "Traceback" not in done.stderr


def test_a_page_is_printed_and_nothing_else_done():
    done = doctor("--explain", "env/missing")
    assert done.exit_code == 0
    assert done.stdout.startswith("# env/missing\n") and "## What to do" in done.stdout
    with pytest.raises(UsageProblem, match="did you mean env/missing"):
        CliRunner().invoke(commands, ["doctor", "--explain", "env/mising"], catch_exceptions=False)
    with pytest.raises(UsageProblem, match="there is no such check"):
        CliRunner().invoke(commands, ["doctor", "--explain", "../README"], catch_exceptions=False)


def test_sarif_has_what_its_schema_requires_and_the_pages(root):
    log = json.loads(doctor(root, "--sarif", "--no-ground").stdout)
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"]
    assert len({each["id"] for each in rules}) == len(rules)
    for each in rules:
        assert each["help"]["markdown"].startswith(f"# {each['id']}\n") and each["help"]["text"]
        assert each["shortDescription"]["text"]
        assert each["defaultConfiguration"]["level"] in ("none", "note", "warning", "error")
    for each in run["results"]:
        assert each["message"]["text"]
        assert rules[each["ruleIndex"]]["id"] == each["ruleId"]
        for location in each["locations"]:
            assert location["physicalLocation"]["artifactLocation"]["uri"]
            assert location["physicalLocation"].get("region", {"startLine": 1})["startLine"] >= 1
