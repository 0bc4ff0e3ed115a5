"""checking/disable-unused: a comment whose check finds nothing there."""

from dataclasses import replace

from pgben_testkit.checking.checks import disable_unused as check
from pgben_testkit.checking.comments import Commented, read

COMMENTS = read("A=1 # pgben: disable=env/kind the old server\n", "x")
UNUSED = Commented(COMMENTS, frozenset({"env/kind"}), frozenset({"env/kind"}), frozenset(), True)


def test_it_is_a_note_that_repeats_the_reason():
    [one] = check.check(UNUSED)
    assert (one.severity, one.reason) == ("note", "the comment says: the old server")


def test_what_is_used_or_did_not_run_or_was_seen_in_part_is_left_alone():
    assert not [*check.check(replace(UNUSED, used=frozenset({(COMMENTS[0], "env/kind")})))]
    assert not [*check.check(replace(UNUSED, ran=frozenset()))]
    assert not [*check.check(replace(UNUSED, complete=False))]
