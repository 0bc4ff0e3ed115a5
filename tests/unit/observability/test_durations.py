import pytest
from hypothesis import given
from hypothesis import strategies as some

from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability.durations import seconds, text


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("0", 0),
        ("1s", 1),
        ("5m", 300),
        ("1h30m", 5400),
        ("2d", 172800),
        ("1w", 604800),
        ("250ms", 0.25),
        ("1y", 31536000),
        ("1m30s500ms", 90.5),
        (15, 15),
        (0.5, 0.5),
    ],
)
def test_durations_of_prometheus(written, meant):
    assert seconds(written) == meant


@pytest.mark.parametrize("written", ["", "5", "m", "5 m", "1s1m", "5m5m", "1.5h", "-1m", "5min", True, None])
def test_what_is_none_is_refused(written):
    with pytest.raises(UsageProblem, match="no duration"):
        seconds(written)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0s"),
        (300, "5m"),
        (5400, "1h30m"),
        (3.5, "3.5s"),
        (86461, "1d1m1s"),
        (-60, "-1m"),
        (0.0004, "0s"),
    ],
)
def test_seconds_as_people_write_them(number, shown):
    assert text(number) == shown


@given(some.integers(0, 10**7))
def test_whole_seconds_survive(number):
    assert seconds(text(number)) == number
