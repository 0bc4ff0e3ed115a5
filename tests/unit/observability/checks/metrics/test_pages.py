"""The examples of every page of the checks of metrics are true."""

import re
from pathlib import Path

import pytest

from pgben_testkit.observability.catalogue import parse as catalogue_of
from pgben_testkit.observability.checks import metrics as checks
from pgben_testkit.observability.exposition import parse
from pgben_testkit.observability.held import hold

ROOT = Path(__file__).parents[5]
PAGES = ROOT / "docs" / "checks"
RULES = checks.rules()


def blocks(page):
    return dict(re.findall(r"^## (\w+)\n\n```\w+\n(.*?)```", page, re.MULTILINE | re.DOTALL))


def page_of(rule):
    return (PAGES / f"{rule.id.replace('/', '-')}.md").read_text("utf-8")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_examples_of_a_page_are_true(rule):
    found = blocks(page_of(rule))
    catalogue = catalogue_of(found["Catalogue"])
    before = parse(found["Before"]) if "Before" in found else None
    broken = checks.run(hold(parse(found["Broken"]), catalogue, before=before))
    assert {each.check for each in broken} >= {rule.id}
    assert all(each.place.path == "text" for each in broken)
    assert checks.run(hold(parse(found["Sound"]), catalogue, before=before)) == ()
