"""Comments that switch checks off: where they stand, what they hold for."""

import pytest

from pgben_testkit.checking import comments
from pgben_testkit.checking.finding import Finding, Place


def one(text):
    [found] = comments.read(text, "x")
    return found


def finding(line, check="env/kind", path="x", related=()):
    return Finding(check, "error", "A", Place(path, line), "wrong", related=related)


@pytest.mark.parametrize("sign", ["#", "//", "--", ";", "##"])
def test_each_sign_of_a_comment(sign):
    found = one(f"a = 1 {sign} pgben: disable=env/kind it is meant so\n")
    assert (found.checks, found.reason, found.line) == (("env/kind",), "it is meant so", 1)


@pytest.mark.parametrize(
    ("text", "checks", "reason"),
    [
        ("# pgben: disable=env/kind,env/empty a reason", ("env/kind", "env/empty"), "a reason"),
        ("# pgben: disable = env/kind , env/empty : a reason", ("env/kind", "env/empty"), "a reason"),
        ("# pgben:disable=env/kind -- a reason", ("env/kind",), "a reason"),
        ("# pgben: disable=env/kind — a reason", ("env/kind",), "a reason"),
        ("/* x */ // pgben: disable=env/kind a reason */", ("env/kind",), "a reason"),
        ("# pgben: disable=env/kind", ("env/kind",), ""),
        ("# pgben: disable=", (), ""),
    ],
)
def test_ids_and_reason_are_told_apart(text, checks, reason):
    assert (one(text).checks, one(text).reason) == (checks, reason)


@pytest.mark.parametrize(
    "text",
    [
        'f("A # pgben: disable=env/kind y")',
        "x = '# pgben: disable=env/kind y'",
        "url=http://pgben: disable=env/kind",
        "# pgben is good: disable=env/kind",
        "",
    ],
)
def test_what_is_no_such_comment(text):
    assert comments.read(text, "x") == ()


def test_a_comment_alone_holds_for_the_next_line_that_says_something():
    found = one("A=1\n\n# pgben: disable=env/kind why\n\n# another comment\nB=2\nC=3\n")
    assert [line for line in range(1, 8) if found.covers(finding(line))] == [6]
    assert not found.covers(finding(6, "env/empty")) and not found.covers(finding(6, path="y"))


def test_a_comment_behind_a_value_holds_for_its_own_line():
    found = one("A=1\nB=2 # pgben: disable=env/kind why\nC=3\n")
    assert [line for line in range(4) if found.covers(finding(line))] == [2]


def test_a_comment_above_everything_holds_for_the_file_as_a_whole_too():
    found = one("# a title\n\n# pgben: disable=env/missing why\nA=1\nB=2\n")
    assert [line for line in range(6) if found.covers(finding(line, "env/missing"))] == [0, 4]
    assert not one("A=1\n# pgben: disable=env/missing why\nB=2\n").covers(finding(0, "env/missing"))


def test_disable_file_holds_for_every_line():
    found = one("A=1\n# pgben: disable-file=env/kind why\nB=2\n")
    assert all(found.covers(finding(line)) for line in range(4))
    assert not found.covers(finding(1, "env/empty"))


def test_a_comment_at_a_place_that_explains_a_finding_covers_it():
    found = one("A=1\nB=2 # pgben: disable=env/kind why\n")
    assert found.covers(finding(9, path="other", related=(Place("x", 2),)))
    assert not found.covers(finding(9, path="other", related=(Place("x", 1),)))


def test_a_comment_without_a_reason_covers_nothing():
    assert not one("A=1 # pgben: disable=env/kind\n").covers(finding(1))


def test_files_that_can_not_be_read_have_none(tmp_path):
    (tmp_path / "a").write_bytes(b"A=\xff # pgben: disable=env/kind why\n")
    (tmp_path / "b").write_text("A=1 # nothing\n")
    found = comments.of_files([tmp_path / "a", tmp_path / "b", tmp_path / "gone", tmp_path], tmp_path)
    assert [(str(each.place), each.reason) for each in found] == [("a:1", "why")]
    assert comments.of_files([tmp_path / "a"])[0].place.path == str(tmp_path / "a")
