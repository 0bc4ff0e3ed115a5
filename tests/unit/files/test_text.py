"""Text files: what is read, and what is a problem with its place."""

import os

import pytest

from pgben_testkit.files.text import decode, read_text


def test_a_plain_file_and_its_line_breaks(tmp_path):
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfa\r\nb\n")
    assert read_text(tmp_path / "a", "a").text == "a\nb\n"
    assert read_text(tmp_path / "a", "a").problems == ()


@pytest.mark.parametrize(
    ("data", "place", "said"),
    [
        (b"a\nb\xe3c\n", "x:2", "0xe3 is not UTF-8"),
        (b"a\nb\0c\n", "x:2", "NUL byte"),
        ("a\n".encode("utf-16"), "x:1", "UTF-16"),
        (bytes(range(32)) * 4, "x", "binary"),
    ],
)
def test_each_problem_of_bytes(data, place, said):
    [one] = decode(data, "x").problems
    assert (str(one.place), said in one.why) == (place, True)


def test_what_is_no_file_or_too_large(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b"x" * 100)
    for name, said in (("pipe", "a pipe"), (".", "a folder"), ("gone", "no such file")):
        found = read_text(tmp_path / name, name)
        assert found.text is None and said in found.problems[0].why
    found = read_text(tmp_path / "large", "large", largest_bytes=10)
    assert found.text is None and "MB" in found.problems[0].why
