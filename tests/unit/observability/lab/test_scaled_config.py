"""Configurations whose durations are divided."""

import pytest
import yaml

from pgben_testkit.observability.lab.scale import NotScalable, Scale
from pgben_testkit.observability.lab.scaled_config import (
    factor,
    first_work_s,
    scaled_alertmanager,
    scaled_prometheus,
    scaled_rules,
)

SCALE = Scale(100, 1000.0, 1000.0)


def rules(folder, **group):
    path = folder / "r.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "g", **group}]}))
    return path


def test_both_clocks_go_alike_until_time_is_scaled():
    scale = Scale(100, 1000.0, 5000.0)
    assert (scale.laboratory(999.0), scale.laboratory(1000.0), scale.laboratory(1001.0)) == (4999.0, 5000.0, 5100.0)
    for moment in (990.0, 1000.0, 1017.25):
        assert scale.program(scale.laboratory(moment)) == pytest.approx(moment)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0s"),
        (0.001, "1ms"),
        (1, "10ms"),
        (15, "150ms"),
        (300, "3s"),
        (330, "3s300ms"),
        (-60, "-600ms"),
    ],
)
def test_durations_in_whole_milliseconds_and_never_none(seconds, told):
    assert SCALE.duration(seconds) == told


def test_prometheus_defaults_are_written_out():
    made = scaled_prometheus({"scrape_configs": [{"job_name": "a"}]}, SCALE)
    assert made["global"] == {"scrape_interval": "600ms", "scrape_timeout": "100ms", "evaluation_interval": "600ms"}
    short = scaled_prometheus({"global": {"scrape_interval": "5s"}}, SCALE)["global"]
    assert (short["scrape_interval"], short["scrape_timeout"]) == ("50ms", "50ms")


def test_a_job_s_own_times_and_nothing_else():
    job = {"job_name": "a", "scrape_interval": "30s", "scrape_timeout": "20s", "sample_limit": 5}
    [made] = scaled_prometheus({"scrape_configs": [job]}, SCALE)["scrape_configs"]
    assert made == {**job, "scrape_interval": "300ms", "scrape_timeout": "200ms"}


def test_a_label_that_says_how_often_is_refused():
    job = {"job_name": "a", "relabel_configs": [{"target_label": "__scrape_interval__", "replacement": "5s"}]}
    with pytest.raises(NotScalable, match="the job a can't be scaled"):
        scaled_prometheus({"scrape_configs": [job]}, SCALE)


def test_alertmanager_s_routes_with_their_defaults():
    config = {
        "route": {"receiver": "r", "group_wait": "10s", "routes": [{"repeat_interval": "1h"}, {"group_wait": "0s"}]}
    }
    made = scaled_alertmanager(config, SCALE)
    assert made["global"] == {"resolve_timeout": "3s"}
    assert made["route"] == {
        "receiver": "r",
        "group_wait": "100ms",
        "group_interval": "3s",
        "repeat_interval": "144s",
        "routes": [{"repeat_interval": "36s"}, {"group_wait": "0s"}],
    }


def test_a_rule_s_times_and_its_group_s(tmp_path):
    path = rules(
        tmp_path,
        interval="1m",
        query_offset="10s",
        limit=7,
        rules=[
            {"alert": "A", "expr": "rate(x[1m]) > 2", "for": "5m", "keep_firing_for": "10m", "labels": {"a": "b"}},
            {"record": "a:b", "expr": "increase(x[1h])"},
        ],
    )
    [group] = scaled_rules(path, SCALE)["groups"]
    assert (group["interval"], group["query_offset"], group["limit"]) == ("600ms", "100ms", 7)
    alert, record = group["rules"]
    assert (alert["for"], alert["keep_firing_for"], alert["labels"]) == ("3s", "6s", {"a": "b"})
    assert alert["expr"] == "((rate(x[600ms]) / 100) > 2) and on () (vector(time()) >= 1000)"
    assert record == {"record": "a:b", "expr": "increase(x[36s])"}


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"alert": "A", "expr": "x @ 5"}, "@ names a moment of Prometheus' own clock, in x @ 5"),
        ({"alert": "A", "expr": "x", "annotations": {"a": '{{ with query "rate(x[5m])" }}{{ end }}'}}, "asks a query"),
        ({"alert": "A", "expr": "x", "labels": {"a": '{{ query "x" | first | value }}'}}, "asks a query"),
    ],
)
def test_a_rule_that_is_refused_is_told_with_its_file(tmp_path, rule, why):
    with pytest.raises(NotScalable, match=r"the rule A \(.*r\.yml\) can't be scaled") as caught:
        scaled_rules(rules(tmp_path, rules=[rule]), SCALE)
    assert why in caught.value.why


FIFTEEN = {"global": {"scrape_interval": "15s", "evaluation_interval": "15s"}}


@pytest.mark.parametrize(
    ("prometheus", "group", "route", "expected"),
    [
        (FIFTEEN, {}, {}, 100),
        ({}, {}, {}, 100),
        ({**FIFTEEN, "scrape_configs": [{"job_name": "a", "scrape_interval": "5s"}]}, {}, {}, 50),
        (FIFTEEN, {"interval": "2s"}, {}, 20),
        (FIFTEEN, {}, {"group_interval": "1m", "routes": [{"group_interval": "1s"}]}, 10),
    ],
)
def test_the_factor_by_the_shortest_interval(tmp_path, prometheus, group, route, expected):
    assert factor(prometheus, [rules(tmp_path, **group)], {"route": route}) == expected


def test_intervals_that_are_as_short_as_they_can_be(tmp_path):
    config = {**FIFTEEN, "scrape_configs": [{"job_name": "a", "scrape_interval": "100ms"}]}
    with pytest.raises(NotScalable, match=r"the scrape_interval of the job a of 0\.1s can't be divided"):
        factor(config, [], {})


def test_what_the_first_scrapes_and_evaluations_take(tmp_path):
    config = {**FIFTEEN, "scrape_configs": [{"job_name": "a", "scrape_interval": "1m"}]}
    assert first_work_s(config, [rules(tmp_path, interval="1h")]) == (60.0, 3600.0)
