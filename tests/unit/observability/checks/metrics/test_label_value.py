"""metrics/label-value: a value outside the closed set of its label."""


def test_a_value_outside_its_set_is_named_and_more_than_three_are_counted(exposed):
    rows = "".join(f'a_total{{l="{each}"}} 1\n' for each in "vwxyz")
    said = [each for each in exposed.summaries(exposed.sound + rows) if each.startswith("l of a_total")]
    assert said == ["l of a_total holds 'v', 'w', 'x' and 2 others"]


def test_le_of_a_gauge_is_a_label_like_others(exposed):
    """MinIO exports the buckets of a histogram as a gauge."""
    gauge = '# TYPE first_byte gauge\nfirst_byte{le="1"} 1\nfirst_byte{le="7"} 2\n'
    assert exposed.found(exposed.sound + gauge) == [("label-value", "first_byte.le")]
