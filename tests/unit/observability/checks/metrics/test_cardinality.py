"""metrics/cardinality: too many series of a metric, or of an endpoint."""


def test_the_whole_endpoint_has_a_limit_too(exposed):
    more = "".join(f'python_x{{n="{n}"}} 1\n' for n in range(30))
    assert exposed.found(exposed.sound + more) == [("cardinality", "api")]


def test_a_closed_set_of_labels_is_the_limit_of_a_metric_and_the_widest_label_is_named(exposed):
    text = exposed.a + 'a_total{l="q"} 1\na_total{l="r"} 1\n' + exposed.h + exposed.histogram()
    [one] = [each for each in exposed.findings(text) if each.check == "metrics/cardinality"]
    assert one.summary == "a_total has 3 series, 2 at most"
    assert one.reason == "its label l has 3 values"
