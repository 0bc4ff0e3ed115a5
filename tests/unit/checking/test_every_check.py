"""Every check of every group has its module, its test and its page, and nothing has one of them alone."""

from pathlib import Path

import pytest

import pgben_testkit
from pgben_testkit.checking import pages, registry

PACKAGE = Path(pgben_testkit.__file__).parent
ROOT = Path(__file__).parents[3]
PAGES = ROOT / "docs" / "checks"
MODULES = [(group, module) for group in registry.groups() for module in group.modules()]
each_check = pytest.mark.parametrize(
    ("group", "module"), MODULES, ids=[group.id_of(module) for group, module in MODULES]
)


def folder_of(group):
    """The folder with the tests of a group: it mirrors the package."""
    return ROOT.joinpath("tests", "unit", *group.package.split(".")[1:])


@each_check
def test_a_check_is_a_rule_and_a_function(group, module):
    loaded = group.load(module)
    assert loaded.RULE.id == group.id_of(module)
    assert callable(getattr(loaded, "check", None) or getattr(loaded, "look", None))
    assert loaded.__doc__ and loaded.RULE.summary


@each_check
def test_a_check_has_a_test_of_its_own(group, module):
    path = folder_of(group) / f"test_{module}.py"
    assert path.is_file(), f"write {path.relative_to(ROOT)}"
    assert "\ndef test_" in path.read_text("utf-8")


@each_check
def test_a_check_has_a_page_that_says_what_it_does(group, module):
    rule = group.load(module).RULE
    path = PAGES / pages.file_name(rule.id)
    assert path.is_file(), f"write {path.relative_to(ROOT)}"
    page = path.read_text("utf-8")
    assert page.startswith(f"# {rule.id}\n")
    assert rule.summary in page
    assert f"Severity: {rule.severity}" in page
    assert "## What to do" in page
    assert registry.page(rule.id) == page


def test_no_page_without_a_check():
    assert {path.name for path in PAGES.glob("*.md")} == set(map(pages.file_name, registry.ids()))


def test_no_test_of_a_check_that_does_not_exist():
    for group in registry.groups():
        tested = {path.stem.removeprefix("test_") for path in folder_of(group).glob("test_*.py")}
        assert tested - {"pages", "sound"} <= set(group.modules()), group.name
