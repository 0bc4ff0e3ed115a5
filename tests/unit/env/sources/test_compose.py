"""Compose: maps and lists, files, anchors, overrides, and `${NAME}` as compose fills it."""

import pytest


def service(body):
    lines = "\n".join("      " + line for line in body.strip().splitlines())
    return f"services:\n  api:\n    image: x\n    environment:\n{lines}\n"


@pytest.mark.parametrize("body", ["A: '1'\nB: 2", "- A=1\n- B=2"])
def test_maps_and_lists(source, body):
    found = source("compose.yml: api", {"compose.yml": service(body)})
    assert found == {"A": ("1", "compose.yml:5"), "B": ("2", "compose.yml:6")}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$X", "x"),
        ("${X}", "x"),
        ("${NO-d}", "d"),
        ("${EMPTY:-d}", "d"),
        ("${EMPTY-d}", ""),
        ("${X:+alt}", "alt"),
        ("${NO:+alt}", ""),
        ("$$X", "$X"),
        ("a${X}b", "axb"),
        ("${NO:?must}", None),
        ("${X:?must}", "x"),
    ],
)
def test_holes_are_filled_from_the_file_beside_it(source, text, value):
    found = source("compose.yml: api", {"compose.yml": service(f'A: "{text}"'), ".env": "X=x\nEMPTY=\n"})
    assert found["A"][0] == value


def test_a_value_that_is_one_hole_belongs_to_the_line_that_fills_it(source):
    found = source("d/compose.yml: api", {"d/compose.yml": service("A: ${X}\nX:"), "d/.env": "\nX=x\n"})
    assert found == {"A": ("x", "d/.env:2"), "X": ("x", "d/.env:2")}


def test_without_a_file_beside_it_what_fills_a_hole_is_not_known(gathered):
    found = gathered({"compose.yml": service("A: ${X}")})
    assert found.sources[0].values() == {"A": None}
    assert not found.unfilled


def test_files_come_below_the_services_own_and_anchors_are_merged(source):
    compose = """
    x-common: &common
      A: anchor
      B: anchor
    services:
      api:
        image: x
        env_file: [one.env, {path: two.env, required: false}]
        environment:
          <<: *common
          B: own
    """
    files = {"compose.yml": compose, "one.env": "A=file\nC=file\n", "two.env": "C=later\n"}
    found = source("compose.yml: api", files)
    assert {name: value for name, (value, _) in found.items()} == {"A": "anchor", "B": "own", "C": "later"}


def test_an_override_is_laid_over_and_a_second_file_too(gathered):
    files = {
        "docker-compose.yml": service("A: base\nB: base"),
        "docker-compose.override.yml": "services:\n  api:\n    environment: [A=over]\n",
        "docker-compose.prod.yml": "services:\n  api:\n    environment: {B: prod}\n",
    }
    found = {each.title: each.values() for each in gathered(files).sources}
    assert found == {
        "docker-compose.yml: api": {"A": "over", "B": "base"},
        "docker-compose.prod.yml: api": {"A": "base", "B": "prod"},
    }


def test_what_a_service_extends_lies_below_it(gathered):
    files = {
        "compose.yml": """
        services:
          api:
            build: .
            env_file: own.env
            environment: {A: api, B: api}
          worker:
            extends: api
            environment: [B=worker]
          job:
            extends: {file: d/common.yml, service: base}
        """,
        "own.env": "F=file\nA=file\n",
        "d/common.yml": "services:\n  base:\n    image: x\n    environment: [C=base]\n",
    }
    found = {each.title: each for each in gathered(files).sources}
    assert set(found) == {"compose.yml: api", "compose.yml: worker", "compose.yml: job", "own.env"}
    worker = found["compose.yml: worker"]
    assert worker.values() == {"F": "file", "A": "api", "B": "worker"}
    assert not worker.open and not worker.image_only
    assert {name: str(each.place) for name, each in found["compose.yml: job"].named().items()} == {
        "C": "d/common.yml:4"
    }


@pytest.mark.parametrize(
    ("extends", "why"),
    [
        ("{service: gone}", "compose.yml has no service of this name"),
        ("self", "it leads back to itself"),
        ("{file: gone.yml, service: x}", "there is no file gone.yml"),
    ],
)
def test_what_is_extended_and_is_not_there_is_told_on_its_line(gathered, extends, why):
    found = gathered({"compose.yml": f"services:\n  self:\n    image: x\n    extends: {extends}\n"})
    assert [(str(each.place), each.reason) for each in found.problems] == [("compose.yml:4", why)]
    assert found.sources[0].open


def test_a_file_that_is_not_there_is_told_and_leaves_the_service_open(gathered):
    found = gathered({"compose.yml": "services:\n  api:\n    image: x\n    env_file: gone.env\n"})
    assert found.sources[0].open
    assert [str(each.place) for each in found.problems] == ["compose.yml:4"]


@pytest.mark.parametrize(
    "text",
    ["services: [", "services:\n\t- x", "a: &a [*a]\nservices: *a\n", "[" * 5000, "services: {api: {environment: 5}}"],
)
def test_broken_yaml_is_at_most_one_finding(gathered, text):
    assert len(gathered({"compose.yml": text}).problems) <= 1


def test_a_secret_after_an_asterisk_is_not_told_by_the_parser(gathered):
    [found] = gathered({"compose.yml": service("A: *hunter2")}).problems
    assert str(found.place) == "compose.yml:5"
    assert "hunter2" not in str(found)
