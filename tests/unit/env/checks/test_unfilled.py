"""env/unfilled: a reference to another variable in a value is filled by nothing."""

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
