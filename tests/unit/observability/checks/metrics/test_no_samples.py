"""metrics/no-samples: a metric that is registered and was never set."""


def test_a_metric_without_samples_is_found_and_an_optional_one_is_not(exposed):
    assert exposed.found("# TYPE a_total counter\n" + exposed.h + exposed.histogram()) == [("no-samples", "a_total")]
    assert exposed.found(exposed.sound + "# TYPE maybe gauge\n") == []
