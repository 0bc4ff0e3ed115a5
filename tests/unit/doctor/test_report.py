"""The report opens with five things, each with what it breaks and what to do; the rest is behind --all."""

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from pgben_testkit.cli import commands

TREES = Path(__file__).parents[3] / "fixtures" / "env"


@pytest.fixture
def broken(tmp_path):
    return Path(shutil.copytree(TREES / "broken", tmp_path / "broken"))


def doctor(*words):
    return CliRunner().invoke(commands, ["doctor", *map(str, words), "--no-ground", "--no-process"])


def numbers(text):
    return re.findall(r"^(\d+\.) ", text, re.M)


def test_the_report_opens_with_five_roots(broken):
    text = doctor(broken).stdout
    assert numbers(text) == ["1.", "2.", "3.", "4.", "5."]
    assert text.count("what to do: ") == 5
    assert "more findings: --all shows everything" in text


def test_all_shows_every_finding(broken):
    found = json.loads(doctor(broken, "--json").stdout)
    text = " ".join(doctor(broken, "--all").stdout.split())
    assert "--all shows" not in text and len(found["findings"]) > 50
    for each in found["findings"]:
        assert each["subject"].partition(".")[0] in text


def test_every_finding_is_in_a_root_of_the_json(broken):
    found = json.loads(doctor(broken, "--json").stdout)
    assert sorted(n for root in found["roots"] for n in root["findings"]) == list(range(len(found["findings"])))
    assert all(root["title"] and root["breaks"] for root in found["roots"])


def test_two_spellings_of_a_name_are_one_root(broken):
    found = json.loads(doctor(broken, "--json").stdout)
    [linked] = [root for root in found["roots"] if "DATABASE_USER" in root["title"]]
    assert [found["findings"][n]["subject"] for n in linked["findings"]] == ["DB_USER", "DATABASE_USER"]


def test_a_pgben_is_recognised_and_its_contract_offered(tmp_path):
    root = Path(shutil.copytree(TREES / "sound", tmp_path / "sound"))
    (root / "pgben.env.toml").unlink()
    assert "no contract, and it looks like pgben: try --contract pgben" in " ".join(doctor(root).stdout.split())
    assert json.loads(doctor(root, "--json").stdout)["fits"] == "pgben"
    assert "fits" not in json.loads(doctor(root, "--json", "--contract", "pgben").stdout)


def test_another_project_is_not_taken_for_a_pgben(tmp_path):
    (tmp_path / ".env").write_text("NODE_ENV=test\nPORT=1\nDB_HOST=a\nDB_PORT=1\nDB_USER=a\nDB_NAME=a\nREDIS_HOST=a\n")
    assert "fits" not in json.loads(doctor(tmp_path, "--json").stdout)


def test_a_sound_project_says_so_in_two_lines(tmp_path):
    root = Path(shutil.copytree(TREES / "sound", tmp_path / "sound"))
    done = doctor(root)
    assert done.exit_code == 0 and "nothing wrong" in done.stdout and numbers(done.stdout) == []
