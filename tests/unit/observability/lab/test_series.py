"""Series of synthetic targets: what comes out of them at which time."""

import math

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability.lab.series import Counter, Gauge, Histogram, Scripted, exposition


class Time:
    def __init__(self):
        self.at = 1000.0

    def __call__(self):
        return self.at


@pytest.fixture
def now():
    return Time()


def value(series, now):
    [(_, _, value)] = series.values(now())
    return value


def test_a_counter_grows_at_its_rate_and_in_whole_numbers(now):
    counter = Counter("x_total", {}, now).rate(2, per="s")
    now.at += 1.75
    assert value(counter, now) == 3
    counter.rate(6, per="min")
    now.at += 60
    assert value(counter, now) == 9
    counter.stop()
    now.at += 1000
    assert value(counter, now) == 9
    assert value(counter.inc(5), now) == 14


def test_a_restarted_counter_begins_at_zero_and_keeps_its_rate(now):
    counter = Counter("x_total", {}, now).rate(1)
    now.at += 10
    counter.restarted()
    assert value(counter, now) == 0
    now.at += 3
    assert value(counter, now) == 3


@pytest.mark.parametrize("wrong", [-1, math.inf, math.nan])
def test_a_counter_never_falls(now, wrong):
    with pytest.raises(UsageProblem, match="counter"):
        Counter("x_total", {}, now).rate(wrong)


def test_an_unknown_unit_is_told_with_those_there_are(now):
    with pytest.raises(UsageProblem, match=r"no rate per 'fortnight'.*\n.*hour"):
        Counter("x_total", {}, now).rate(1, per="fortnight")


def test_a_gauge_is_set_and_moves_in_a_line(now):
    gauge = Gauge("x", {}, now).set(10)
    assert value(gauge, now) == 10
    gauge.ramp(to=30, over="10m")
    now.at += 150
    assert value(gauge, now) == 15
    gauge.ramp(to=15, over="1m")
    now.at += 3600
    assert value(gauge, now) == 15


def test_a_time_stamp_grows_old(now):
    stamp = Gauge("backup_timestamp_seconds", {}, now).age()
    now.at += 500
    assert now() - value(stamp, now) == 500


def test_a_histogram_spreads_its_observations(now):
    histogram = Histogram("x_seconds", {}, now, buckets=(0.1, 1, math.inf)).rate(10, of={0.05: 0.9, 3.0: 0.1})
    now.at += 100
    found = {(suffix, labels.get("le")): number for suffix, labels, number in histogram.values(now())}
    assert found == {
        ("_bucket", "0.1"): 900,
        ("_bucket", "1.0"): 900,
        ("_bucket", "+Inf"): 1000,
        ("_sum", None): pytest.approx(345),
        ("_count", None): 1000,
    }
    histogram.stop().observe(0.5, 2)
    found = {(suffix, labels.get("le")): number for suffix, labels, number in histogram.values(now())}
    assert (found["_bucket", "0.1"], found["_bucket", "1.0"], found["_count", None]) == (900, 902, 1002)


def test_shares_of_a_histogram_are_one_together(now):
    with pytest.raises(UsageProblem, match=r"shares of 0\.9"):
        Histogram("x_seconds", {}, now).rate(1, of={0.1: 0.5, 1: 0.4})


def test_a_script_may_have_no_sample(now):
    scripted = Scripted("x", {}, now, lambda at: None if at < 1001 else at)
    assert scripted.values(1000.0) == []
    assert scripted.values(1001.0) == [("", {}, 1001.0)]


def test_the_exposition_is_read_by_prometheus_own_parser(now):
    labels = {"path": 'a"b\\c\nd', "acento": "ção"}
    series = [
        Counter("x_total", labels, now).inc(3),
        Gauge("y", {"a": "1"}, now).set(math.nan),
        Gauge("y", {"a": "2"}, now).set(-math.inf),
        Histogram("z_seconds", {}, now).observe(0.3),
        Gauge("gone", {}, now).vanish(),
    ]
    families = {each.name: each for each in text_string_to_metric_families(exposition(series, now()))}
    assert {name: each.type for name, each in families.items()} == {
        "x": "counter",
        "y": "gauge",
        "z_seconds": "histogram",
    }
    [sample] = families["x"].samples
    assert (sample.labels, sample.value) == (labels, 3)
    assert math.isnan(families["y"].samples[0].value) and families["y"].samples[1].value == -math.inf
    counts = {each.labels["le"]: each.value for each in families["z_seconds"].samples if each.name.endswith("_bucket")}
    assert (counts["0.25"], counts["0.5"], counts["+Inf"]) == (0, 1, 1)


def test_what_vanished_appears_again(now):
    gauge = Gauge("x", {}, now).set(4).vanish()
    assert exposition([gauge], now()) == "\n"
    assert "x 4.0" in exposition([gauge.appear()], now())


def test_changes_are_told_in_words(now):
    said = []
    Counter("x_total", {"a": "b"}, now, said.append).rate(2).stop()
    Gauge("y", {}, now, said.append).set(1).ramp(5, over="1m").vanish()
    Histogram("z", {}, now, said.append).rate(2, per="min", of=0.5)
    assert said == [
        'x_total{a="b"} grows by 2 per s',
        'x_total{a="b"} stops',
        "y = 1",
        "y goes to 5 over 1m",
        "y vanishes",
        "z grows by 2 per min: 100% of 0.5",
    ]
