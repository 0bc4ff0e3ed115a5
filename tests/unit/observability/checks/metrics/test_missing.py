"""metrics/missing: a metric of the catalogue that is not exported."""


def test_what_the_catalogue_has_for_this_exporter_is_missing_and_optional_metrics_are_not(exposed):
    assert exposed.found(exposed.a) == [("missing", "h_seconds")]
    assert exposed.found("# TYPE pg_up gauge\npg_up 1\n", exporter="db") == []
