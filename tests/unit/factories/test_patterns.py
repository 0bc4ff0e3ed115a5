"""Texts that the patterns of checks match."""

import re
from random import Random

import pytest

from pgben_testkit.factories.tables import patterns


@pytest.mark.parametrize(
    ("pattern", "python"),
    [
        (r"^[a-z0-9]+(-[a-z0-9]+)*$", None),
        (r"^\d{11}$", None),
        (r"^\+55\d{10,}$", None),
        (r"^[^]a]+$", None),
        (r"^[[:upper:]][[:alpha:]_]*$", r"^[A-Z][A-Za-z_]*$"),
        (r"^\mx+\M$", r"^x+$"),
        (r"^[+*]+$", None),
        (r"^a\*\+b{2,}$", None),
    ],
)
def test_texts_match_and_are_short(pattern, python):
    made = patterns.matching(pattern, Random(1))
    assert made
    assert all(re.fullmatch(python or pattern, each) and len(each) <= 160 for each in made)


def test_some_are_as_long_as_a_column_that_is_filled_with_blanks():
    assert any(len(each) == 4 for each in patterns.matching(r"^\d+$", Random(1), 4))


def test_what_python_does_not_understand_gives_none():
    assert patterns.matching("^(unclosed", Random(1)) == []


@pytest.mark.parametrize(("pattern", "text"), [("[0-9]{5}-[0-9]{3}", "59000-123"), ("a.b_%", "a.bcd"), ("x|y", "y")])
def test_similar_to(pattern, text):
    assert re.fullmatch(patterns.from_similar(pattern), text)
    assert not re.fullmatch(patterns.from_similar(pattern), "!" + text)
