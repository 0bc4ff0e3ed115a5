"""A group: its ids from its modules, its run without what is skipped."""

from pgben_testkit.checking.checks import CHECKS
from pgben_testkit.checking.comments import Commented, read
from pgben_testkit.checking.finding import Place

SUBJECT = Commented(read("A # pgben: disable=x/y,\n# pgben: disable=x/y\n", "f"), (), (), frozenset(), True)


def test_the_id_is_the_name_of_the_module_with_dashes():
    assert CHECKS.ids() == ("checking/disable-reason", "checking/disable-unknown", "checking/disable-unused")
    assert [rule.id for rule in CHECKS.rules()] == list(CHECKS.ids())
    assert {rule.group for rule in CHECKS.rules()} == {"checking"}


def test_findings_come_by_place_and_without_what_is_skipped():
    assert {each.check for each in CHECKS.run(SUBJECT)} == {"checking/disable-reason", "checking/disable-unknown"}
    found = CHECKS.run(SUBJECT, skip=["checking/disable-reason"])
    assert {each.check for each in found} == {"checking/disable-unknown"}
    assert [each.place for each in found] == sorted(each.place for each in found)


def test_the_line_of_a_place_can_be_quoted():
    assert Place("f", 2).quoted("a\nb\nc\n") == "b"
    assert Place("f").quoted("a\n") == "" and Place("f", 9).quoted("a\n") == ""
