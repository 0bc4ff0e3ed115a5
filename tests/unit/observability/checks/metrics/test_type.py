"""metrics/type: another type than the catalogue says."""


def test_a_gauge_that_should_be_a_counter_is_found(exposed):
    text = exposed.sound.replace("# TYPE a_total counter", "# TYPE a_total gauge")
    assert exposed.found(text) == [("type", "a_total")]
    assert exposed.summaries(text) == ["a_total is a gauge, not a counter"]


def test_the_text_format_has_no_info_so_a_gauge_is_one(exposed):
    catalogue = exposed.catalogue + "  b_info: {type: info, unit: x, exporter: api, why: y}\n"
    assert exposed.findings(exposed.sound + "# TYPE b_info gauge\nb_info 1\n", catalogue=catalogue) == ()
