"""lgpd/unmarked-person: a dump in the doctor's findings, without a value of it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from pgben_testkit.cli import commands
from pgben_testkit.lgpd.checks import unmarked_person as dump_check

REAL = "INSERT INTO cidadao (nome, cpf, data_nascimento) VALUES ('Joana Real', '52998224725', '1980-01-01');\n"
MADE = REAL.replace("Joana Real", "Pessoa Sintetica Joana")


@pytest.fixture
def doctor(tmp_path):
    def run(sql, *words):
        (tmp_path / "dump.sql").write_text(sql)
        argv = ["doctor", str(tmp_path), "--no-variables", "--no-ground", "--dump", str(tmp_path / "dump.sql"), *words]
        return CliRunner().invoke(commands, argv)

    return run


def test_a_person_without_the_mark_is_found_and_not_named(doctor):
    found = doctor(REAL, "--json")
    assert found.exit_code == 1
    [finding] = json.loads(found.output)["findings"]
    assert (finding["check"], finding["place"]["line"]) == ("lgpd/unmarked-person", 1)
    for form in ([], ["--json"], ["--sarif"]):
        shown = doctor(REAL, *form).output
        assert "lgpd/unmarked-person" in shown
        assert "Joana" not in shown and "52998224725" not in shown


def test_people_with_the_mark_are_none(doctor):
    assert doctor(MADE).exit_code == 0


def test_it_can_be_left_out(doctor):
    assert doctor(REAL, "--ignore", "lgpd/unmarked-person").exit_code == 0


def test_it_has_a_page():
    page = (Path(__file__).parents[4] / "docs" / "checks" / "lgpd-unmarked-person.md").read_text("utf-8")
    assert page.startswith(f"# {dump_check.RULE.id}\n") and dump_check.RULE.summary in page
    assert f"Severity: {dump_check.RULE.severity}" in page and "## What to do" in page
