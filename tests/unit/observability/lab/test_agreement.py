"""What counts as what a unit test expects, where values come from real scrapes."""

import math

import pytest

from pgben_testkit.observability.lab.agreement import alerts_agree, near, samples_agree, texts_agree


@pytest.mark.parametrize(
    ("expected", "found", "agree"),
    [
        ("2 por segundo", "2 por segundo", True),
        ("2 por segundo", "1.98 por segundo", True),
        ("20 por segundo", "23 por segundo", False),
        ("8 contas", "8.4 contas", True),
        ("8 contas", "9.4 contas", False),
        ("0.004 s", "0.005 s", True),
        ("0.004 s", "0.009 s", False),
        ("2 por segundo", "2 por minuto", False),
        ("em api-1", "em api-2", True),
        ("sem números", "sem números", True),
        ("sem números", "com números", False),
        ("5 de 10", "5 de", False),
    ],
)
def test_words_are_the_same_and_numbers_near(expected, found, agree):
    assert texts_agree(expected, found) is agree


def test_numbers():
    assert near(math.nan, math.nan)
    assert near(math.inf, math.inf)
    assert not near(math.inf, 1e300)
    assert not near(1.0, math.nan)
    assert near(100, 109)
    assert not near(100, 111)
    assert not near(0, 0.1)


ALERT = ({"alertname": "Erros", "job": "api"}, {"summary": "3 erros"})


def test_labels_are_exact_and_as_many_alerts_as_expected():
    assert alerts_agree([ALERT], [(dict(ALERT[0]), {"summary": "3.1 erros"})])
    assert not alerts_agree([ALERT], [({**ALERT[0], "more": "x"}, ALERT[1])])
    assert not alerts_agree([ALERT], [])
    assert not alerts_agree([], [ALERT])
    assert not alerts_agree([ALERT], [ALERT, ALERT])
    assert not alerts_agree([ALERT, ALERT], [ALERT])
    assert not alerts_agree([ALERT], [(ALERT[0], {"summary": "3 erros", "more": "x"})])


def test_samples_have_the_same_labels_and_values_near():
    assert samples_agree([({"a": "1"}, 100.0)], [({"a": "1"}, 98.0)])
    assert not samples_agree([({"a": "1"}, 100.0)], [({"a": "2"}, 100.0)])
    assert not samples_agree([({"a": "1"}, 100.0)], [])
    assert not samples_agree([], [({}, 0.0)])
    assert samples_agree([], [])
