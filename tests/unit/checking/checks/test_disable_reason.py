"""checking/disable-reason: a comment that does not say why."""

from pgben_testkit.checking.checks import disable_reason as check
from pgben_testkit.checking.comments import Commented, read


def found(text):
    commented = Commented(read(text, "x"), frozenset({"env/kind"}), frozenset(), frozenset(), True)
    return [(each.check, each.severity, str(each.place)) for each in check.check(commented)]


def test_a_reason_is_asked_for():
    assert found("A=1 # pgben: disable=env/kind\n") == [("checking/disable-reason", "warning", "x:1")]
    assert found("A=1 # pgben: disable=env/kind because\n") == []


def test_a_comment_without_an_id_is_another_checks_business():
    assert found("A=1 # pgben: disable=\n") == []
