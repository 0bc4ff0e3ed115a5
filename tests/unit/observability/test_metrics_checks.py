"""What the checks of metrics find beyond their pages' examples, and what they leave alone."""

import pytest

from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability import checks
from pgben_testkit.observability.catalogue import parse as catalogue_of
from pgben_testkit.observability.exposition import parse
from pgben_testkit.observability.held import hold

CATALOGUE = """
exporters:
  api: {others: ["python_*"], series: 30}
  db: {}
metrics:
  a_total: {type: counter, unit: x, exporter: api, why: y, labels: {l: [p, q]}}
  h_seconds: {type: histogram, unit: s, exporter: api, why: y, buckets: [1, 2], labels: {l: any}}
  maybe: {type: gauge, unit: x, exporter: api, why: y, optional: true}
  s_seconds: {type: summary, unit: x, exporter: api, why: y, optional: true}
  pg_up: {type: gauge, unit: x, exporter: db, why: y}
  first_byte: {type: gauge, unit: x, exporter: api, why: y, optional: true, labels: {le: ["1", "+Inf"]}}
"""
A = '# TYPE a_total counter\na_total{l="p"} 3\n'


def histogram(series='l="x"', bounds=("1", "2", "+Inf"), counts=(1, 2, 3), count=3):
    rows = [f'h_seconds_bucket{{{series},le="{b}"}} {n}' for b, n in zip(bounds, counts, strict=True)]
    return "\n".join([*rows, f"h_seconds_count{{{series}}} {count}", f"h_seconds_sum{{{series}}} 1", ""])


H = "# TYPE h_seconds histogram\n"
SOUND = A + H + histogram()


def found(text, before=None, exporter="api"):
    held = hold(parse(text), catalogue_of(CATALOGUE), exporter=exporter, before=parse(before) if before else None)
    return [(each.check.partition("/")[2], each.subject) for each in checks.run(held)]


def summaries(text):
    return [each.summary for each in checks.run(hold(parse(text), catalogue_of(CATALOGUE), exporter="api"))]


def test_what_is_as_catalogued_has_no_finding():
    assert found(SOUND) == []
    assert found(SOUND + "# TYPE python_info gauge\npython_info 1\n# TYPE maybe gauge\nmaybe 1\n") == []


def test_optional_metrics_may_be_without_samples():
    assert found(SOUND + "# TYPE maybe gauge\n") == []


def test_a_metric_of_another_exporter_is_unknown_here_and_says_whose_it_is():
    held = hold(parse(SOUND + "# TYPE pg_up gauge\npg_up 1\n"), catalogue_of(CATALOGUE), exporter="api")
    [one] = checks.run(held)
    assert (one.check, one.reason) == ("metrics/unknown", "the catalogue has it for db")


def test_a_near_miss_is_proposed():
    held = hold(parse(SOUND.replace("a_total", "a_totals")), catalogue_of(CATALOGUE), exporter="api")
    remedies = {each.check: each.remedy for each in checks.run(held)}
    assert remedies["metrics/unknown"] == "call it a_total"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (histogram(bounds=("1", "3", "+Inf")), "its buckets are 1, 3, in the catalogue 1, 2"),
        (histogram(bounds=("1", "2"), counts=(1, 2)), "a series has no bucket +Inf"),
        (histogram(count=4), "the bucket +Inf and _count of a series differ"),
        (histogram(counts=(2, 1, 3)), "a bucket counts less than the one below it"),
        (histogram() + 'h_seconds_count{l="y"} 1\n', "a series has a _count and no buckets"),
        (histogram(bounds=("1", "2", "x")), "a bucket has no number in le"),
    ],
)
def test_each_way_in_which_buckets_disagree(text, said):
    assert f"h_seconds: {said}" in summaries(A + H + text)


def test_two_series_of_an_unknown_histogram_must_agree_as_well():
    other = (H + histogram() + histogram('l="y"', ("1", "5", "+Inf"))).replace("h_seconds", "z_seconds")
    assert "z_seconds: two of its series have different buckets: 1, 2 and 1, 5" in summaries(SOUND + other)


def test_a_counter_may_fall_where_the_process_was_started_anew():
    started = "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds {}\n"
    before, now = SOUND.replace("} 3", "} 9"), SOUND
    assert ("counter-down", "a_total") in found(now, before)
    assert ("counter-down", "a_total") in found(now + started.format(5), before + started.format(5))
    assert not [each for each in found(now + started.format(6), before + started.format(5)) if "down" in each[0]]


def test_the_buckets_of_a_histogram_may_not_fall_and_gauges_may():
    gauge = "# TYPE maybe gauge\nmaybe {}\n"
    grown = A + H + histogram(counts=(2, 3, 4), count=4) + gauge.format(9)
    assert found(SOUND + gauge.format(1), grown) == [("counter-down", "h_seconds")]


def test_the_whole_endpoint_has_a_limit_too():
    more = "".join(f'python_x{{n="{n}"}} 1\n' for n in range(30))
    assert found(SOUND + more) == [("cardinality", "api")]


def test_personal_data_is_found_in_unknown_metrics_and_never_shown():
    text = SOUND + 'z{quem="Maria da Silva"} 1\na_total{l="maria@prefeitura.example"} 1\n'
    held = hold(parse(text), catalogue_of(CATALOGUE), exporter="api")
    found_ = checks.run(held)
    assert {(each.check, each.subject) for each in found_} >= {
        ("metrics/personal-data", "z.quem"),
        ("metrics/personal-data", "a_total.l"),
        ("metrics/label-value", "a_total.l"),
    }
    assert "aria" not in str(found_).replace("variable", "")


def test_each_kind_of_personal_data_in_one_label_is_told():
    text = SOUND + 'z{path="/c/maria@prefeitura.example"} 1\nz{path="/c/52998224725"} 1\nz{path="/c/1"} 1\n'
    found_ = checks.run(hold(parse(text), catalogue_of(CATALOGUE), exporter="api"))
    said = [each.summary for each in found_ if each.check == "metrics/personal-data"]
    assert said == [f"path of z holds personal data: {kind} (1 series)" for kind in ("CPF", "e-mail address")]


def test_a_value_that_the_catalogue_lists_is_no_personal_data():
    listed = CATALOGUE.replace("[p, q]", '[p, "Maria Silva"]')
    text = A.replace('"p"', '"Maria Silva"') + H + histogram()
    assert checks.run(hold(parse(text), catalogue_of(listed), exporter="api")) == ()


def test_the_exporter_is_found_by_what_it_exports():
    assert hold(parse("# TYPE pg_up gauge\npg_up 1\n"), catalogue_of(CATALOGUE)).exporter.name == "db"
    with pytest.raises(UsageProblem, match="can't be told"):
        hold(parse("nada 1\n"), catalogue_of(CATALOGUE))
    with pytest.raises(UsageProblem, match="no exporter nada"):
        hold(parse(SOUND), catalogue_of(CATALOGUE), exporter="nada")


def test_le_of_a_gauge_is_a_label_like_others():
    """MinIO exports the buckets of a histogram as a gauge."""
    gauge = '# TYPE first_byte gauge\nfirst_byte{le="1"} 1\nfirst_byte{le="%s"} 2\n'
    assert found(SOUND + gauge % "+Inf") == []
    assert found(SOUND + gauge % "7") == [("label-value", "first_byte.le")]
    assert found(SOUND + "# TYPE first_byte gauge\nfirst_byte 2\n") == [("labels", "first_byte{}")]
