"""When Alertmanager's groups are due, by what its API says of them."""

from pgben_testkit.observability.lab.flushes import Dispatch
from pgben_testkit.observability.lab.routing import tree

ROOT = tree({"route": {"receiver": "r", "group_by": ["alertname"], "group_wait": "30s", "group_interval": "5m"}})
BEGAN = "1970-01-01T00:16:40Z"  # 1000


def group(name="X", state="active", began=BEGAN, came=""):
    alert = {"labels": {"alertname": name}, "startsAt": began, "updatedAt": came or began, "status": {"state": state}}
    return {"receiver": {"name": "r"}, "labels": {"alertname": name}, "alerts": [alert]}


def test_a_new_group_waits_and_then_comes_back_each_interval():
    dispatch = Dispatch(ROOT)
    assert dispatch.dues == []
    dispatch.arrived([group()], 1000.0)
    assert dispatch.dues == [1030.0]
    [due] = dispatch.due_at(1030.5)
    dispatch.flushed(due, 1030.5)
    assert dispatch.dues == [1330.5]
    [key] = dispatch.keys({"alertname": "X", "a": "b"})
    assert dispatch.flushed_since(key, 1030.0) and not dispatch.flushed_since(key, 1031.0)


def test_a_group_whose_alert_began_long_ago_is_due_at_once():
    dispatch = Dispatch(ROOT)
    dispatch.arrived([group(came="1970-01-01T00:33:10Z")], 2000.0)
    assert dispatch.dues == [1990.0]


def test_a_group_that_is_noticed_late_waits_since_it_came():
    dispatch = Dispatch(ROOT)
    dispatch.arrived([group()], 1010.0)
    assert dispatch.dues == [1030.0]


def test_a_second_alert_does_not_move_its_group():
    dispatch = Dispatch(ROOT)
    dispatch.arrived([group()], 1000.0)
    dispatch.arrived([group()], 1020.0)
    assert dispatch.dues == [1030.0]


def test_a_resolved_group_is_told_once_more_and_forgotten():
    dispatch = Dispatch(ROOT)
    dispatch.arrived([group()], 1000.0)
    dispatch.flushed(dispatch.due_at(1030.0)[0], 1030.0)
    dispatch.arrived([], 1100.0)
    assert dispatch.dues == [1330.0]
    dispatch.flushed(dispatch.due_at(1330.0)[0], 1330.0)
    assert dispatch.dues == [1630.0]  # it may still be there
    dispatch.flushed(dispatch.due_at(1630.0)[0], 1630.0)
    assert dispatch.dues == []


def test_an_alert_that_comes_to_a_group_just_emptied_may_find_the_old_or_a_new_one():
    dispatch = Dispatch(ROOT)
    dispatch.arrived([group()], 1000.0)
    dispatch.flushed(dispatch.due_at(1030.0)[0], 1030.0)
    dispatch.arrived([], 1100.0)
    dispatch.flushed(dispatch.due_at(1330.0)[0], 1330.0)
    dispatch.arrived([group(began="1970-01-01T00:22:20Z")], 1340.0)
    [known] = dispatch.groups.values()
    assert known.due == {1370.0, 1630.0} and known.may_be_silent


def test_a_suppressed_group_may_be_silent():
    dispatch = Dispatch(ROOT)
    dispatch.arrived([group(state="suppressed")], 1000.0)
    assert next(iter(dispatch.groups.values())).may_be_silent
    dispatch.arrived([group()], 1000.0)
    assert not next(iter(dispatch.groups.values())).may_be_silent


def test_a_group_resolved_at_the_moment_of_its_flush_may_be_told_by_the_next_one():
    dispatch = Dispatch(ROOT)
    dispatch.arrived([group()], 1000.0)
    dispatch.arrived([], 1030.0)
    [known] = dispatch.due_at(1030.1)
    dispatch.flushed(known, 1030.1)
    dispatch.arrived([group(came="1970-01-01T00:18:20Z", began="1970-01-01T00:18:20Z")], 1100.0)
    assert set(dispatch.dues) == {1130.0, 1330.1}
    [again] = dispatch.due_at(1130.0)
    assert again.may_be_silent
    dispatch.flushed(again, 1130.0)
    assert 1330.1 in dispatch.dues
