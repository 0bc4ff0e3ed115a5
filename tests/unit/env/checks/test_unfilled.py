"""env/unfilled: a reference to another variable in a value is filled by nothing."""

import pytest

CONTRACT = """\
[variables.FRONTEND_URL]
kind = "url"
"""
BROKEN = {
    ".env": "FRONTEND_URL=http://localhost${FRONT_PORT}\n",
}
SOUND = {
    ".env": "FRONTEND_URL=http://localhost${FRONT_PORT:-}\n",
}


def test_broken_is_found_and_sound_is_not(project):
    found = [(f.check, f.subject, str(f.place)) for f in project(BROKEN, CONTRACT)]
    assert found == [("env/unfilled", "FRONTEND_URL", ".env:1")]
    assert not project(SOUND, CONTRACT)


def test_a_circle_is_told_once(project):
    found = project({".env": "A=${B}\nB=${A}\n"}, "[variables.A]\n[variables.B]\n")
    assert [(f.check, f.subject, f.summary) for f in found] == [("env/unfilled", "A", "A asks for itself through ${B}")]


def test_compose_fills_from_the_file_beside_it(project):
    compose = "services:\n  api:\n    image: a\n    environment:\n      FRONTEND_URL: http://${HOST}/\n"
    found = project({"compose.yml": compose, ".env": "OTHER=1\n"}, CONTRACT)
    assert [f.check for f in found].count("env/unfilled") == 1
    assert not project({"compose.yml": compose, ".env": "HOST=a\nFRONTEND_URL=http://a/\n"}, CONTRACT)
    assert not project({"compose.yml": compose}, CONTRACT)


@pytest.mark.parametrize("sign", [":?", "?"])
def test_what_compose_does_not_start_without_must_be_filled(project, sign):
    compose = f"services:\n  api:\n    image: a\n    environment:\n      FRONTEND_URL: ${{HOST{sign}must be set}}\n"
    tree = {"compose.yml": compose, ".env": "FRONTEND_URL=http://a/\n"}
    [found] = project(tree, CONTRACT)
    assert (found.check, found.severity, str(found.place)) == ("env/unfilled", "error", "compose.yml:5")
    assert not project(tree, CONTRACT, environ={"HOST": "http://a/"})
    assert not project({**tree, ".env": "HOST=http://a/\nFRONTEND_URL=http://a/\n"}, CONTRACT)
    alone = {"compose.yml": compose}
    assert not project(alone, CONTRACT)  # the shell may fill it, and it was not read
    assert [each.check for each in project(alone, CONTRACT, environ={})] == ["env/unfilled"]


def test_what_a_container_does_not_fill_is_told_as_its_program_gets_it(project):
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - env:\n"
    pod += "        - {name: FRONTEND_URL, value: 'http://a$(PORT)'}\n"
    [found] = project({"k.yaml": pod}, CONTRACT)
    assert (found.check, str(found.place)) == ("env/unfilled", "k.yaml:7")
    assert "the text $(PORT) itself" in found.reason and "set PORT above FRONTEND_URL" in found.remedy
