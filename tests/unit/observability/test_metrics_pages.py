"""Every check of metrics has its module and its page, and the examples of the page are true."""

import re
from pathlib import Path

import pytest

from pgben_testkit.observability import checks
from pgben_testkit.observability.catalogue import parse as catalogue_of
from pgben_testkit.observability.exposition import parse
from pgben_testkit.observability.held import hold

ROOT = Path(__file__).parents[3]
PAGES = ROOT / "docs" / "checks"
RULES = checks.rules()


def blocks(page):
    return dict(re.findall(r"^## (\w+)\n\n```\w+\n(.*?)```", page, re.MULTILINE | re.DOTALL))


def page_of(rule):
    return (PAGES / f"{rule.id.replace('/', '-')}.md").read_text("utf-8")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_check_has_a_page_that_says_what_it_does(rule):
    page = page_of(rule)
    assert page.startswith(f"# {rule.id}\n")
    assert rule.summary in page
    assert f"Severity: {rule.severity}" in page
    assert "## What to do" in page


def test_no_page_and_no_module_without_a_check():
    assert {path.stem for path in PAGES.glob("metrics-*.md")} == {rule.id.replace("/", "-") for rule in RULES}
    modules = {path.stem for path in Path(checks.__file__).parent.glob("*.py")} - {"__init__"}
    assert modules == set(checks.NAMES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_examples_of_a_page_are_true(rule):
    found = blocks(page_of(rule))
    catalogue = catalogue_of(found["Catalogue"])
    before = parse(found["Before"]) if "Before" in found else None
    broken = checks.run(hold(parse(found["Broken"]), catalogue, before=before))
    assert {each.check for each in broken} >= {rule.id}
    assert all(each.place.path == "text" for each in broken)
    assert checks.run(hold(parse(found["Sound"]), catalogue, before=before)) == ()
