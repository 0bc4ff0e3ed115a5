"""Every check has its module, its test and its page; every page says what the check really does."""

import re
from pathlib import Path

import pytest

from pgben_testkit.env import assess, checks, contract_file, doctor

ROOT = Path(__file__).parents[3]
PAGES = ROOT / "docs" / "checks"
RULES = [*checks.rules(), *doctor.rules()]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_check_has_a_test_and_a_page(rule):
    group, name = rule.id.split("/")
    module = name.replace("-", "_")
    folder = {"env": "checks", "doctor": "doctor"}[group]
    assert (ROOT / "pgben_testkit" / "env" / folder / f"{module}.py").is_file()
    test = (ROOT / "tests" / "unit" / "env" / folder / f"test_{module}.py").read_text("utf-8")
    assert "def test_" in test
    page = (PAGES / f"{group}-{name}.md").read_text("utf-8")
    assert page.startswith(f"# {rule.id}\n")
    assert rule.summary in page
    assert f"Severity: {rule.severity}" in page
    assert "## What to do" in page


def test_no_page_and_no_module_without_a_check():
    ids = {rule.id for rule in RULES}
    assert {path.stem for path in PAGES.glob("env-*.md")} == {i.replace("/", "-") for i in ids if i.startswith("env/")}
    assert {path.stem for path in PAGES.glob("doctor-*.md")} == {
        i.replace("/", "-") for i in ids if i.startswith("doctor/")
    }
    for folder, names in (("checks", checks.NAMES), ("doctor", doctor.NAMES)):
        modules = {path.stem for path in (ROOT / "pgben_testkit" / "env" / folder).glob("*.py")} - {"__init__"}
        assert modules == set(names)


def examples(page, heading):
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)[1]
    return dict(re.findall(r"`([^`\n]+)`:\n\n```\w+\n(.*?)```", section, re.DOTALL))


@pytest.mark.parametrize("rule", checks.rules(), ids=lambda rule: rule.id)
def test_the_examples_of_a_page_are_true(rule, tmp_path):
    page = (PAGES / f"{rule.id.replace('/', '-')}.md").read_text("utf-8")
    contract = re.search(r"^## Contract\n\n```toml\n(.*?)```", page, re.MULTILINE | re.DOTALL)[1]
    for heading, wanted in (("Broken", True), ("Sound", False)):
        root = tmp_path / heading
        files = examples(page, heading) | {"pgben.env.toml": contract}
        assert len(files) > 1
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, "utf-8")
        found = assess.of_project(root, contract_file.load("pgben.env.toml", root)).findings
        assert (rule.id in {each.check for each in found}) is wanted
        assert wanted or not found
