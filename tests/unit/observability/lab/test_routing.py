"""Alertmanager's routes, read by us. `tests/services/lab/test_routes.py` compares with amtool."""

import pytest

from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability.lab.routing import Matcher, read_matchers, tree

CONFIG = {
    "route": {
        "receiver": "todos",
        "group_by": ["alertname"],
        "group_wait": "10s",
        "routes": [
            {
                "receiver": "banco",
                "matchers": ['team="banco"'],
                "group_by": ["..."],
                "routes": [
                    {"receiver": "banco-sms", "match": {"severity": "critical"}, "group_wait": "0s", "continue": True},
                    {"receiver": "banco-slack", "match_re": {"severity": "critical|warning"}, "group_interval": "1m"},
                ],
            },
            {"receiver": "noite", "matchers": ['severity=~"info|none"'], "mute_time_intervals": ["noite"]},
        ],
    },
}


def receivers(**labels):
    return [each.receiver for each in tree(CONFIG).matching(labels)]


def test_the_deepest_route_that_matches_is_taken():
    assert receivers(team="lgpd") == ["todos"]
    assert receivers(team="banco", severity="info") == ["banco"]
    assert receivers(team="banco", severity="warning") == ["banco-slack"]
    assert receivers(severity="info") == ["noite"]


def test_a_route_that_continues_gives_the_next_a_chance():
    assert receivers(team="banco", severity="critical") == ["banco-sms", "banco-slack"]


def test_times_and_grouping_are_inherited():
    sms, slack = tree(CONFIG).matching({"team": "banco", "severity": "critical"})
    assert (sms.wait_s, sms.interval_s, sms.repeat_s) == (0, 300, 14400)
    assert (slack.wait_s, slack.interval_s) == (10, 60)
    assert slack.group({"a": "1", "b": "2"}) == (("a", "1"), ("b", "2"))
    assert tree(CONFIG).group({"alertname": "X", "b": "2"}) == (("alertname", "X"),)
    assert [each.may_mute for each in tree(CONFIG).walk()] == [False, False, False, False, True]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('a="b"', [("a", "=", "b")]),
        ("a=b", [("a", "=", "b")]),
        ('{a!="b", c=~"d|e"}', [("a", "!=", "b"), ("c", "=~", "d|e")]),
        (r'a="quote \" and \\ back"', [("a", "=", 'quote " and \\ back')]),
        ('a!~"x,y"', [("a", "!~", "x,y")]),
        ('a=""', [("a", "=", "")]),
    ],
)
def test_matchers(text, found):
    assert [(each.name, each.op, each.value) for each in read_matchers(text)] == found


@pytest.mark.parametrize("text", ["a", "=b", 'a=="b"', '"a"="b"'])
def test_what_is_no_matcher_is_refused(text):
    with pytest.raises(UsageProblem, match="no matcher"):
        list(read_matchers(text))


def test_expressions_are_anchored_and_a_missing_label_is_empty():
    assert not Matcher("a", "=~", "b").matches({"a": "abc"})
    assert Matcher("a", "=~", "b*").matches({})
    assert Matcher("a", "!=", "b").matches({})
    assert not Matcher("a", "!~", ".*").matches({"a": "x"})
