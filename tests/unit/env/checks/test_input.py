"""env/input: a file that can't be read, or a line of it that says nothing."""

CONTRACT = """\
[variables.A]
"""
BROKEN = {
    ".env": """\
A=1
reativar o redis depois
""",
}
SOUND = {
    ".env": """\
A=1
# reativar o redis depois
""",
}


def test_broken_is_found_and_sound_is_not(project):
    found = [(f.check, f.subject, str(f.place)) for f in project(BROKEN, CONTRACT)]
    assert found == [("env/input", ".env", ".env:2")]
    assert not project(SOUND, CONTRACT)
