"""A synthetic target: which of its scrapes may fail."""

from pgben_testkit.observability.lab.target import Target


def test_a_scrape_that_met_it_down_may_have_failed_though_it_is_up_again():
    clock = [100.0]
    target = Target("pgben-api", "a:1", lambda: clock[0])
    assert not target.may_have_failed(100.0)
    target.down()
    assert target.may_have_failed(105.0)
    clock[0] = 110.0
    target.up()
    assert target.may_have_failed(109.9)
    assert not target.may_have_failed(110.1)
    target.close()
