"""metrics/duplicate: one series twice."""


def test_the_same_labels_twice_are_one_series_and_other_labels_are_not(exposed):
    twice = exposed.sound.replace('a_total{l="p"} 3\n', 'a_total{l="p"} 3\na_total{l="p"} 4\na_total{l="q"} 1\n')
    assert exposed.found(twice) == [("duplicate", "a_total")]
    assert "a_total has 1 series more than once" in exposed.summaries(twice)
