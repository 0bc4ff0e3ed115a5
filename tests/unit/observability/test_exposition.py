"""Expositions in both formats, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgben_testkit import errors
from pgben_testkit.observability.exposition import NotAnExposition, parse

TEXT = """# HELP a_total Como se ve.
# TYPE a_total counter
a_total{x="1"} 3
# TYPE h_seconds histogram
h_seconds_bucket{le="1.0"} 1
h_seconds_bucket{le="+Inf"} 2
h_seconds_count 2
h_seconds_sum 3
# TYPE empty gauge
"""
OPEN = TEXT.replace("HELP a_total", "HELP a").replace("TYPE a_total", "TYPE a") + "# EOF\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# TYPE a counter\na 1\n# EOF\n", 3),
        ("# TYPE a gauge\na 1\n\na 2\n# EOF\n", 3),
        ("# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\na 2\n# EOF\n", 6),
        ("# TYPE a counter\na_total -1\n# EOF\n", 2),
        ('# TYPE h histogram\nh_bucket{le="1"} 1\nh_count 1\nh_sum 1\n# EOF\n', 5),
    ],
)
def test_a_fault_between_lines_of_openmetrics_is_told_by_its_line(text, line):
    with pytest.raises(NotAnExposition, match=rf"do not go together: at line {line}, or in the metric before it"):
        parse(text, openmetrics=True)


def test_both_formats_give_the_same_families():
    text, opened = parse(TEXT), parse(OPEN, openmetrics=True)
    assert text.families.keys() == opened.families.keys() == {"a_total", "h_seconds", "empty"}
    for name, family in text.families.items():
        other = opened.families[name]
        assert (family.type, family.line, family.samples) == (other.type, other.line, other.samples)


def test_a_counter_without_total_keeps_the_name_that_it_is_queried_by():
    found = parse("# TYPE minio_errors counter\nminio_errors 4\n")
    assert [each.name for each in found.families["minio_errors"].samples] == ["minio_errors"]
    assert found.value("minio_errors") == 4


def test_created_samples_are_not_counted_as_metrics():
    found = parse("# TYPE a_total counter\na_total 1\n# TYPE a_created gauge\na_created 1.7e9\n")
    assert found.values() == {("a_total", ()): 1.0}


def test_a_registered_metric_has_a_family_without_samples():
    family = parse(TEXT).families["empty"]
    assert family.declared and not family.samples


def test_values_are_added_over_the_labels_that_are_not_named():
    found = parse('a{x="1",y="1"} 3\na{x="1",y="2"} 4\na{x="2",y="1"} 8\n')
    assert (found.value("a", x="1"), found.value("a"), found.value("a", x="3")) == (7, 15, None)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<html>segredo</html>", "it begins like HTML"),
        ('{"a": "segredo"}', "it begins like JSON"),
        ('a 1\nb{c="segredo" 3\n', "line 2 is no sample"),
        ("a segredo\n", "line 1 is no sample"),
    ],
)
def test_what_is_no_exposition_is_told_by_its_line_and_never_quoted(text, why):
    with pytest.raises(NotAnExposition) as error:
        parse(text, source="x")
    assert why in str(error.value) and "segredo" not in str(error.value)


def test_openmetrics_that_was_cut_off_says_so():
    with pytest.raises(NotAnExposition, match="cut off"):
        parse(OPEN.removesuffix("# EOF\n"), openmetrics=True)


@given(st.text(max_size=200) | st.text('abc_{}="\\ 0123456789#TYPEcounterhistogram\n', max_size=200), st.booleans())
def test_any_text_is_an_exposition_or_a_usage_problem(text, openmetrics):
    try:
        parse(text, openmetrics=openmetrics)
    except errors.TestkitError:
        pass
