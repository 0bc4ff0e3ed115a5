"""Every page of the checks of the environment says what the check really does."""

import re
from pathlib import Path

import pytest

from pgben_testkit.env import assess, checks, contract_file

ROOT = Path(__file__).parents[3]
PAGES = ROOT / "docs" / "checks"


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
