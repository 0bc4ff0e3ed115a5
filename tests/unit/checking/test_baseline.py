"""The baseline: what is accepted today, what is new tomorrow, what is gone."""

import json

import pytest

from pgben_testkit.checking import baseline
from pgben_testkit.checking.baseline import Entry, compare
from pgben_testkit.checking.finding import Finding, Place
from pgben_testkit.errors import UsageProblem


def finding(subject, line=1, path="x", check="env/kind", summary="wrong"):
    return Finding(check, "error", subject, Place(path, line), summary)


ALL = {"env/kind", "env/empty"}


def test_lines_that_move_and_words_that_change_are_the_same_finding():
    before = baseline.of([finding("A", 1), finding("B", 2)])
    compared = compare([finding("A", 70, summary="other words"), finding("B", 71)], before, ran=ALL)
    assert (compared.new, len(compared.accepted), compared.gone) == ((), 2, ())


def test_another_file_check_or_subject_is_new():
    before = baseline.of([finding("A")])
    for other in (finding("B"), finding("A", path="y"), finding("A", check="env/empty")):
        assert compare([finding("A"), other], before, ran=ALL).new == (other,)


def test_one_more_of_the_same_kind_is_new():
    before = baseline.of([finding("A", 1), finding("A", 5)])
    compared = compare([finding("A", 1), finding("A", 5), finding("A", 9)], before, ran=ALL)
    assert compared.new == (finding("A", 9),)


def test_what_is_no_longer_found_is_told_with_its_count_where_its_check_ran():
    before = baseline.of([finding("A", 1), finding("A", 5), finding("B", check="env/empty")])
    compared = compare([finding("A")], before, ran={"env/kind"})
    assert compared.gone == ((Entry("env/kind", "x", "A"), 1),)


def test_updating_takes_today_and_keeps_what_did_not_run():
    before = baseline.of([finding("A"), finding("B", check="env/empty")])
    after = baseline.updated([finding("C"), finding("C", 2)], before, ran={"env/kind"})
    assert after == {Entry("env/kind", "x", "C"): 2, Entry("env/empty", "x", "B"): 1}


def test_a_file_comes_back_as_it_was_one_entry_a_line(tmp_path):
    made = baseline.of([finding("b"), finding("a"), finding("a", 2), finding('é"', path="p/q")])
    text = baseline.as_text(made)
    (tmp_path / "b.json").write_text(text, "utf-8")
    assert baseline.read(tmp_path / "b.json") == made
    assert len(text.splitlines()) == 2 + 3
    assert baseline.as_text(baseline.of([])) == '{"version": 1, "accepted": []}\n'


def test_nothing_of_a_finding_but_its_names_is_kept():
    secret = Finding("env/kind", "error", "A", Place("x", 1), "is 'hunter2'", "hunter2", "not hunter2")
    assert "hunter2" not in baseline.as_text(baseline.of([secret]))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "not JSON in UTF-8 (line 1)"),
        ("[]", "no list `accepted`"),
        (json.dumps({"version": 2, "accepted": []}), "its version is 2"),
        (json.dumps({"version": 1, "accepted": [{}]}), "entry 1 has no check"),
        (json.dumps({"version": 1, "accepted": [{"check": "a", "path": "b", "subject": "c", "count": 0}]}), "count of"),
        ("[" * 100_000, "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
    ],
)
def test_a_file_that_is_no_baseline_is_one_clear_error(tmp_path, text, told):
    path = tmp_path / "b.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UsageProblem, match="--update-baseline") as error:
        baseline.read(path)
    assert told in str(error.value)


def test_a_file_that_is_not_there_says_how_it_is_made(tmp_path):
    with pytest.raises(UsageProblem, match="make it with --update-baseline"):
        baseline.read(tmp_path / "gone.json")
