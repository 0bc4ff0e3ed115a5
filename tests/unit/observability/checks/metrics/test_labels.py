"""metrics/labels: other labels than the catalogue says."""


def test_a_label_that_is_missing_and_one_that_is_too_many_are_told_together(exposed):
    text = exposed.sound.replace('a_total{l="p"}', 'a_total{m="p"}')
    assert exposed.found(text) == [("labels", "a_total{m}")]
    assert exposed.summaries(text) == ["a_total lacks l and has m besides (1 series)"]


def test_a_gauge_of_buckets_without_its_le_lacks_a_label(exposed):
    gauge = "# TYPE first_byte gauge\nfirst_byte 2\n"
    assert exposed.found(exposed.sound + gauge) == [("labels", "first_byte{}")]
