"""promtool's notation of series. `tests/services/lab/test_promtool_notation.py` holds the same against promtool."""

import math

import pytest

from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability.lab import notation


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("1 2 3", [1, 2, 3]),
        ("", []),
        ("0+10x3", [0, 10, 20, 30]),
        ("10-2x2", [10, 8, 6]),
        ("7x2", [7, 7, 7]),
        ("1+1x0", [1]),
        ("-1-1x1", [-1, -2]),
        ("_ 1 _x2 stale", [None, 1, None, None, "stale"]),
        ("_x0", []),
        ("1e2x1", [100, 100]),
        ("010 08", [8, 8]),
    ],
)
def test_values(text, made):
    assert notation.values(text) == made


def test_what_is_no_number_and_yet_a_value():
    nan, inf, minus = notation.values("NaN +Inf -inf")
    assert isinstance(nan, float) and math.isnan(nan)
    assert (inf, minus) == (math.inf, -math.inf)


@pytest.mark.parametrize("text", ["1+1", "1x", "1 + 1x2", "1,2", "stalex2", "infx3", "__", "1+-1x2", "1X3", "0x1F"])
def test_what_is_no_value_is_told_with_the_word(text):
    with pytest.raises(UsageProblem) as refused:
        notation.values(text)
    assert "is no value of a series" in refused.value.what
    assert "0+10x5" in refused.value.why


def test_native_histograms_are_refused_in_words():
    with pytest.raises(UsageProblem, match="native histograms"):
        notation.values("{{schema:1 sum:-0.3 count:3.1}}x3")


def test_a_slip_does_not_fill_the_memory():
    with pytest.raises(UsageProblem, match="too long"):
        notation.values("1x99999999999")


def test_a_series_is_read_with_its_labels():
    made = notation.series('errs{job="api",instance="a:1",code="500",empty=""}', "1")
    assert (made.name, made.labels) == ("errs", {"job": "api", "instance": "a:1", "code": "500"})
    assert made.labels_exported == {"code": "500"}
    assert (made.at(-1), made.at(0), made.at(1)) == (None, 1, None)
    assert notation.series('{__name__="errs"}', "1").name == "errs"


@pytest.mark.parametrize("text", ["rate(errs[5m])", 'errs{job=~"a"}', "errs offset 5m", "errs{", '{job="a"}'])
def test_what_is_no_series_is_refused(text):
    with pytest.raises(UsageProblem):
        notation.series(text, "1")
