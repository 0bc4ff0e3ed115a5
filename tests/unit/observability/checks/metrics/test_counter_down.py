"""metrics/counter-down: a counter that falls while its process goes on."""


def test_a_counter_may_fall_where_the_process_was_started_anew(exposed):
    started = "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds {}\n"
    before, now = exposed.sound.replace("} 3", "} 9"), exposed.sound
    assert ("counter-down", "a_total") in exposed.found(now, before)
    assert ("counter-down", "a_total") in exposed.found(now + started.format(5), before + started.format(5))
    found = exposed.found(now + started.format(6), before + started.format(5))
    assert not [each for each in found if "down" in each[0]]


def test_the_buckets_of_a_histogram_may_not_fall_and_gauges_may(exposed):
    gauge = "# TYPE maybe gauge\nmaybe {}\n"
    grown = exposed.a + exposed.h + exposed.histogram(counts=(2, 3, 4), count=4) + gauge.format(9)
    assert exposed.found(exposed.sound + gauge.format(1), grown) == [("counter-down", "h_seconds")]
