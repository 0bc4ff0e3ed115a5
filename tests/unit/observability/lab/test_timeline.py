import pytest

from pgben_testkit.observability.lab.expression import without_condition
from pgben_testkit.observability.lab.timeline import Timeline, bars, sampled, states


def test_values_as_bars():
    assert bars([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█"
    assert bars([None, 5.0, float("nan")]) == " ▁ "
    assert bars([]) == ""


def test_samples_fall_into_places_and_the_largest_counts():
    assert sampled([(0.0, 1.0), (1.0, 5.0), (1.5, 2.0), (9.9, 3.0)], 0.0, 10.0, 5) == [5.0, None, None, None, 3.0]


def test_states_are_drawn_by_time():
    assert states([(2.0, "pending"), (6.0, "firing"), (8.0, "inactive")], 0.0, 10.0, 5) == "ppFFF"[:1] + "pF.."


def test_events_of_an_alert_and_what_was_done_by_time():
    timeline = Timeline(100.0)
    timeline.add(130.0, "state", "firing", "X")
    timeline.add(90.0, "feed", "x = 1")
    timeline.add(120.0, "state", "firing", "Y")
    assert timeline.lines(timeline.of("X")) == ["       +0s  feed      x = 1", "      +30s  state     firing"]


@pytest.mark.parametrize(
    ("expression", "compared"),
    [
        ("rate(x[5m]) > 2", "rate(x[5m])"),
        ("2 < x", "x"),
        ("(sum(x) / sum(y) > 0.1) and on() z == 1", "sum(x) / sum(y)"),
        ("x > 1 unless y", "x"),
        ('absent(up{job="a"})', 'absent(up{job="a"})'),
        ("vector(1)", "vector(1)"),
        ("x >", "x >"),
    ],
)
def test_what_an_alert_compares(expression, compared):
    assert " ".join(without_condition(expression).split()) == compared
