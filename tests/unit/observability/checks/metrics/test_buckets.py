"""metrics/buckets: histogram buckets that disagree."""

import pytest

CASES = [
    (dict(bounds=("1", "3", "+Inf")), "", "its buckets are 1, 3, in the catalogue 1, 2"),
    (dict(bounds=("1", "2"), counts=(1, 2)), "", "a series has no bucket +Inf"),
    (dict(count=4), "", "the bucket +Inf and _count of a series differ"),
    (dict(counts=(2, 1, 3)), "", "a bucket counts less than the one below it"),
    ({}, 'h_seconds_count{l="y"} 1\n', "a series has a _count and no buckets"),
    (dict(bounds=("1", "2", "x")), "", "a bucket has no number in le"),
]


@pytest.mark.parametrize(("given", "more", "said"), CASES, ids=[said for _, _, said in CASES])
def test_each_way_in_which_buckets_disagree(exposed, given, more, said):
    text = exposed.a + exposed.h + exposed.histogram(**given) + more
    assert f"h_seconds: {said}" in exposed.summaries(text)


def test_two_series_of_an_unknown_histogram_must_agree_as_well(exposed):
    other = exposed.h + exposed.histogram() + exposed.histogram('l="y"', ("1", "5", "+Inf"))
    text = exposed.sound + other.replace("h_seconds", "z_seconds")
    assert "z_seconds: two of its series have different buckets: 1, 2 and 1, 5" in exposed.summaries(text)


def test_le_of_a_gauge_is_a_label_like_others(exposed):
    """MinIO exports the buckets of a histogram as a gauge."""
    gauge = '# TYPE first_byte gauge\nfirst_byte{le="1"} 1\nfirst_byte{le="%s"} 2\n'
    assert exposed.found(exposed.sound + gauge % "+Inf") == []
