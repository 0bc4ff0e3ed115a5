"""YAML with lines and columns: every way in which a file can break the reader is one problem with its place."""

import time

import pytest

from pgben_testkit.files import yaml
from pgben_testkit.files.problem import Unreadable

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


def problem(text):
    documents = yaml.compose(text, "x.yaml")
    [one] = documents.problems
    return one


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        (BOMB, 6, 12, "its aliases stand for over 200000 values"),
        ("a: 1\nb: &b\n  - x\n  - *b\n", 4, 5, "the alias stands within what it names"),
        ("a: &a {b: {c: *a}}\n", 1, 15, "the alias stands within what it names"),
        ("a: 1\nb: *nobody\n", 2, 4, "the alias names no anchor above it"),
        ("a:\n  " + "[" * 200 + "]" * 200, 2, 102, "nested over 100 deep"),
        ("a: 1\nb: x\0y\n", 2, 5, "the character U+0000 is not allowed"),
        ("a: 1\nb: \x1b[0m\n", 2, 4, "the character U+001B is not allowed"),
        ("a:\n\tb: 1\n", 2, 1, "a tab stands where YAML wants spaces"),
        ("a:\n  b: 1\n \tc: 2\n", 3, 1, "a tab stands where YAML wants spaces"),
        ("a: [1, 2\nb: 3\n", 2, 2, "it is not YAML"),
        ("a: b: c\n", 1, 5, "it is not YAML"),
    ],
)
def test_each_problem_has_its_place_and_comes_alone(text, line, column, said):
    found = problem(text)
    assert (found.place.line, said in found.why) == (line, True), found
    assert abs(found.place.column - column) <= 1, found


def test_a_bomb_is_refused_at_once():
    began = time.perf_counter()
    assert yaml.compose(BOMB, "x").nodes == ()
    assert time.perf_counter() - began < 1


def test_aliases_that_stay_small_are_fine():
    text = "base: &base {a: 1}\n" + "".join(f"s{number}: {{<<: *base, b: 2}}\n" for number in range(2_000))
    documents = yaml.compose(text, "x")
    assert not documents.problems
    assert yaml.plain(documents.nodes[0], "x")["s1999"] == {"a": 1, "b": 2}


def test_bytes_that_are_no_utf8_are_a_problem_with_its_place_and_are_read_all_the_same(tmp_path):
    (tmp_path / "x.yaml").write_bytes("a: 1\nb: cidadão\n".encode("latin-1"))
    documents = yaml.read(tmp_path / "x.yaml", "x.yaml")
    [one] = documents.problems
    assert (str(one.place), one.place.column) == ("x.yaml:2", 9) and "0xe3 is not UTF-8" in one.why
    assert yaml.plain(documents.nodes[0], "x.yaml")["b"] == "cidadão"


def test_a_nul_byte_in_a_file_is_one_problem(tmp_path):
    (tmp_path / "x.yaml").write_bytes(b"a: 1\nb: x\0y\n")
    [one] = yaml.read(tmp_path / "x.yaml", "x.yaml").problems
    assert (one.place.line, one.place.column) == (2, 5) and "NUL" in one.why


@pytest.mark.parametrize("made", ["folder", "gone"])
def test_what_is_no_file_is_a_problem(tmp_path, made):
    path = tmp_path / made
    if made == "folder":
        path.mkdir()
    [one] = yaml.read(path, "x").problems
    assert one.place.line == 0 and one.remedy


def test_documents_before_a_broken_one_count():
    documents = yaml.compose("a: 1\n---\nb: [\n", "x")
    assert [yaml.plain(node, "x") for node in documents.nodes] == [{"a": 1}]
    assert documents.problems[0].place.line >= 3
    documents = yaml.compose(f"a: 1\n---\n{BOMB}", "x")
    assert len(documents.nodes) == 1 and len(documents.problems) == 1


def test_secrets_are_not_repeated():
    assert "hunter2" not in str(problem("a: *hunter2\n"))
    assert "hunter2" not in str(problem("a: 'hunter2\n"))


def test_lines_and_columns_of_nodes():
    [node] = yaml.compose("a:\n  - b: 1\n", "x").nodes
    [item] = yaml.items(yaml.get(node, "a"))
    key, value = yaml.mapping(item)["b"]
    assert [(str(yaml.place(each, "x")), yaml.place(each, "x").column) for each in (key, value)] == [
        ("x:2", 5),
        ("x:2", 8),
    ]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [("a: 1\nb: 2\na: 3\n", 3, "the key a is there twice"), ("a: 1\nb: 2026-02-31\n", 0, "")],
)
def test_what_plain_values_can_not_be_made_of(text, line, said):
    [node] = yaml.compose(text, "x").nodes
    with pytest.raises(Unreadable) as error:
        yaml.plain(node, "x")
    assert said in error.value.problem.why and error.value.problem.place.line >= line


def test_a_key_that_a_merge_brings_too_is_no_second_one():
    [node] = yaml.compose("b: &b {x: 1}\nc: {<<: *b, x: 2}\n", "x").nodes
    assert yaml.plain(node, "x")["c"] == {"x": 2}
