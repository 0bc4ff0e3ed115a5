"""Catalogues: what one says, and what one can't mean, with the line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgben_testkit import errors
from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability.catalogue import load, parse

GOOD = """exporters:
  api: {}
sets:
  yes_no: ["true", "false"]
metrics:
  a_total:
    type: counter
    unit: x
    exporter: api
    why: because
    labels:
      ok: {set: yes_no}
"""


def test_a_metric_with_closed_sets_may_have_as_many_series_as_they_allow():
    metric = parse(GOOD).metrics["a_total"]
    assert (metric.series_max, metric.place.line, metric.labels["ok"].values) == (2, 6, ("true", "false"))
    assert parse(GOOD.replace("{set: yes_no}", "any")).metrics["a_total"].series_max == 1000


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("type: counter", "type: conter", ":7: a_total has the type conter"),
        ("exporter: api", "exporter: apo", ":9: a_total is exported by apo"),
        ("    unit: x\n", "", ":6: a_total has no unit"),
        ("why: because", "why: ''", "a_total has no why"),
        ("{set: yes_no}", "{set: no_yes}", "there is no set no_yes"),
        ("{set: yes_no}", "{pattern: '('}", "the pattern of ok is not a regular expression"),
        ("{set: yes_no}", "[true, false]", "True is not a text: YAML reads it as bool"),
        ("{set: yes_no}", "[]", "the list of values is empty"),
        ("{set: yes_no}", "3", "it is not clear what ok may hold"),
        ("unit: x", "unti: x", ":8: there is no unti"),
        ("type: counter", "type: histogram", "a histogram has buckets, and nothing else has"),
        ("unit: x", "unit: x\n    buckets: [1]", "a histogram has buckets, and nothing else has"),
        ("unit: x", "unit: x\n    series: 0", "series is a number of series"),
        ("unit: x", "unit: x\n    optional: talvez", "optional is true or false"),
        ("  a_total:", "  a-total:", "a-total is not the name of a metric"),
        ("metrics:", "metrix:", "did you mean metrics?"),
        ("exporters:\n  api: {}", "exporters: [", "is not YAML"),
    ],
)
def test_what_a_catalogue_can_not_mean_is_told_with_its_line(old, new, said):
    with pytest.raises(UsageProblem) as error:
        parse(GOOD.replace(old, new))
    assert said in str(error.value)


@pytest.mark.parametrize("text", ["", "[]", "metrics: {}", "3", "a: b: c", "metrics: {1: {}}"])
def test_rubbish_is_a_usage_problem(text):
    with pytest.raises(UsageProblem):
        parse(text)


def test_buckets_rise_and_have_no_infinity():
    text = GOOD.replace("type: counter", "type: histogram\n    buckets: {}")
    for wrong in ("[2, 1]", "[1, 1]", "[1, .inf]", "[a]", "[true]"):
        with pytest.raises(UsageProblem):
            parse(text.replace("buckets: {}", f"buckets: {wrong}"))
    assert parse(text.replace("buckets: {}", "buckets: [1, 2.5]")).metrics["a_total"].buckets == (1.0, 2.5)


def test_a_file_that_is_not_there_is_a_usage_problem(tmp_path):
    with pytest.raises(UsageProblem, match="can't be read"):
        load(tmp_path / "nada.yaml")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageProblem, match="UTF-8"):
        load(tmp_path / "binary")


@given(st.text(max_size=100))
def test_any_text_is_a_catalogue_or_a_usage_problem(text):
    try:
        parse(text)
    except errors.TestkitError:
        pass


def test_the_reference_catalogue_has_pgbens_own_names_and_a_reason_for_each():
    catalogue = load(Path(__file__).parents[3] / "fixtures" / "observability" / "catalogue.yaml")
    for name in (
        "http_requests_total",
        "lgpd_data_access_total",
        "document_upload_duration_seconds",
        "cache_hit_ratio",
        "security_events_total",
        "system_cpu_usage_percent",
        "pg_up",
    ):
        assert len(catalogue.metrics[name].why) > 8
    assert list(catalogue.metrics["http_requests_total"].labels) == ["method", "route", "status_code"]
