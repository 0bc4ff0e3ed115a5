"""checking/disable-unknown: a comment with an id that no check has."""

from pgben_testkit.checking.checks import disable_unknown as check
from pgben_testkit.checking.comments import Commented, read


def found(text):
    commented = Commented(read(text, "x"), frozenset({"env/kind"}), frozenset(), frozenset(), True)
    return [(each.subject, each.remedy) for each in check.check(commented)]


def test_the_nearest_id_is_proposed():
    assert found("# pgben: disable=env/kinds why\n") == [("env/kinds", "write env/kind")]
    assert found("# pgben: disable=env/kind why\n") == []


def test_each_id_of_several_is_looked_at():
    [(subject, _)] = found("# pgben: disable=env/kind,other/thing why\n")
    assert subject == "other/thing"


def test_a_comment_without_an_id_is_found():
    [(subject, remedy)] = found("# pgben: disable=\n")
    assert subject == "disable" and "env/kind" in remedy
