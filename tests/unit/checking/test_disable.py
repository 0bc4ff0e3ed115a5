"""Findings that a comment switches off, and findings about the comments themselves."""

from typing import Any

from pgben_testkit.checking import comments
from pgben_testkit.checking.disable import settle
from pgben_testkit.checking.finding import Finding, Place

KINDS = [Finding("env/kind", "error", name, Place("x", line), "wrong") for name, line in (("A", 1), ("B", 2))]


def settled(text, found=KINDS, **given):
    usual: dict[str, Any] = {
        "ran": {"env/kind", "env/empty"},
        "known": lambda: {"env/kind", "env/empty", "env/drift"},
    }
    kept, disabled = settle(found, comments.read(text, "x"), **usual | given)
    return [(each.check, each.place.line) for each in kept], [each.finding.subject for each in disabled]


def test_what_a_comment_covers_is_aside_with_its_reason():
    kept, disabled = settle(
        KINDS, comments.read("A=1 # pgben: disable=env/kind it is so\nB=2\n", "x"), ran={"env/kind"}
    )
    assert [each.subject for each in kept] == ["B"]
    assert [(each.finding.subject, each.comment.reason) for each in disabled] == [("A", "it is so")]


def test_without_comments_nothing_is_asked_for():
    def never():
        raise AssertionError("the ids are wanted only where there is a comment")

    assert settled("A=1\n", known=never) == ([("env/kind", 1), ("env/kind", 2)], [])


def test_a_comment_without_a_reason_disables_nothing_and_is_a_finding():
    kept, disabled = settled("A=1 # pgben: disable=env/kind\n")
    assert sorted(kept) == [("checking/disable-reason", 1), ("env/kind", 1), ("env/kind", 2)]
    assert disabled == []


def test_an_id_that_does_not_exist_is_a_finding():
    kept, _ = settled("A=1 # pgben: disable=env/kinds why\n")
    assert ("checking/disable-unknown", 1) in kept and ("env/kind", 1) in kept


def test_a_comment_without_use_is_a_note_where_its_check_looked_at_everything():
    text = "A=1\nB=2\nC=3 # pgben: disable=env/empty,env/drift why\n"
    unused = ("checking/disable-unused", 3)
    assert [each for each in settled(text)[0] if each[0].startswith("checking/")] == [unused]
    assert unused not in settled(text, complete=False)[0]
    assert unused not in settled(text, ran={"env/kind"})[0]


def test_of_two_ids_each_is_used_or_not():
    kept, disabled = settled("A=1 # pgben: disable=env/kind,env/empty why\n")
    assert disabled == ["A"]
    assert [each for each in kept if each[0] == "checking/disable-unused"] == [("checking/disable-unused", 1)]
