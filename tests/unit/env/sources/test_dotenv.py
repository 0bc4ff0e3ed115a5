"""`.env` files as teams write them, and what is wrong in them."""

import pytest


def test_what_teams_write(source):
    text = """\
    # comment
    export A=1
    B = "two words" # comment
    C='${A} is not filled'
    D=${A}${NOPE:-x}
    E=a#b
    F=
    KEY="-----BEGIN X-----
    abc
    -----END X-----"
    LAST=1"""
    assert source(".env", {".env": text}) == {
        "A": ("1", ".env:2"),
        "B": ("two words", ".env:3"),
        "C": ("${A} is not filled", ".env:4"),
        "D": ("1x", ".env:5"),
        "E": ("a#b", ".env:6"),
        "F": ("", ".env:7"),
        "KEY": ("-----BEGIN X-----\nabc\n-----END X-----", ".env:8"),
        "LAST": ("1", ".env:11"),
    }


def test_windows_line_ends_and_a_byte_order_mark_are_no_part_of_a_value(source):
    assert source(".env", {".env": b"\xef\xbb\xbfA=1\r\nB=2\r\n"}) == {"A": ("1", ".env:1"), "B": ("2", ".env:2")}


@pytest.mark.parametrize(
    ("data", "place", "told"),
    [
        (b"A=1\nnonsense here\n", ".env:2", "not NAME=value"),
        (b"A=1\nJUSTANAME\n", ".env:2", "has no `=`"),
        (b"A=1\n1B=2\n", ".env:2", "not the name of a variable"),
        (b'A=1\nB="open\nC=3\n', ".env:2", "never closed"),
        (b"A=1\n# caf\xe9\n", ".env:2", "not UTF-8"),
        (b"A=1\nB=x\0y\n", ".env:2", "NUL byte"),
        (b"A=1\nK=-----BEGIN X-----\nhunter22hunter22\n-----END X-----\n", ".env:2", "no quotes"),
        (bytes(range(256)) * 10, ".env", "binary"),
        (b"\xff\xfeA\0=\0001\0", ".env:1", "UTF-16"),
    ],
)
def test_bad_input_is_one_finding_with_its_place(gathered, data, place, told):
    [found] = gathered({".env": data}).problems
    assert (found.check, str(found.place)) == ("env/input", place)
    assert told in found.reason
    assert "hunter22" not in str(found)


def test_what_follows_an_unclosed_quote_is_read(source):
    assert source(".env", {".env": 'A=1\nB="open\nC=3\n'}) == {
        "A": ("1", ".env:1"),
        "B": (None, ".env:2"),
        "C": ("3", ".env:3"),
    }


def test_a_file_of_fifty_megabytes_is_one_finding_and_is_not_read(gathered, tmp_path):
    with open(tmp_path / ".env", "wb") as file:
        file.truncate(50_000_000)
    [found] = gathered({}).problems
    assert "50.0 MB" in found.reason


def test_a_folder_and_a_pipe_named_env_do_not_stop_it(gathered, tmp_path):
    import os

    os.mkfifo(tmp_path / ".env.fifo")
    (tmp_path / "gone.env").symlink_to("nowhere")
    found = gathered({})
    assert sorted(each.place.path for each in found.problems) == [".env.fifo", "gone.env"]


def test_a_circle_does_not_hang_and_a_bomb_does_not_grow(gathered):
    lines = [f"{name}=" + f"${{{before}}}" * 50 for before, name in ("AB", "BC", "CD", "DE", "EF")]
    bomb = "\n".join(["A=" + "x" * 1000, *lines])
    [found] = gathered({".env": bomb}).sources
    assert max(len(each.value) for each in found.declared) <= 1_000_000


@pytest.mark.parametrize(
    ("name", "example", "complete"),
    [
        (".env", False, True),
        (".env.example", True, True),
        (".env.local", False, False),
        ("api.env", False, True),
        (".env.production.local", False, False),
        ("env.sample", True, True),
    ],
)
def test_what_a_name_says_of_a_file(gathered, name, example, complete):
    [found] = gathered({name: "A=1\n"}).sources
    assert (found.example, found.complete) == (example, complete)


def test_a_file_that_only_fills_compose_is_no_environment(gathered):
    compose = "services:\n  db:\n    image: x\n    environment: {P: '${SECRET_P}'}\n"
    found = gathered({".env": "SECRET_P=1\n", "compose.yml": compose})
    assert {each.title: each.complete for each in found.sources} == {".env": False, "compose.yml: db": True}


def test_a_quoted_value_that_begins_like_a_key_is_read_as_it_is(source):
    assert source(".env", {".env": "A='-----BEGIN'\nB=\"-----BEGIN X=-\"\n"}) == {
        "A": ("-----BEGIN", ".env:1"),
        "B": ("-----BEGIN X=-", ".env:2"),
    }
