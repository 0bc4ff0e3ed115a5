"""metrics/unknown: a metric that the catalogue does not have."""


def test_a_metric_of_another_exporter_is_unknown_here_and_says_whose_it_is(exposed):
    [one] = exposed.findings(exposed.sound + "# TYPE pg_up gauge\npg_up 1\n")
    assert (one.check, one.reason) == ("metrics/unknown", "the catalogue has it for db")


def test_a_near_miss_is_proposed(exposed):
    remedies = {each.check: each.remedy for each in exposed.findings(exposed.sound.replace("a_total", "a_totals"))}
    assert remedies["metrics/unknown"] == "call it a_total"
