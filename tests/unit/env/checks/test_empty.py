"""env/empty: a variable is set and empty."""

CONTRACT = """\
[variables.REDIS_DB]
kind = "int"
"""
BROKEN = {
    ".env": "REDIS_DB=\n",
}
SOUND = {
    ".env": "REDIS_DB=0\n",
    ".env.example": "REDIS_DB=\n",
}


def test_broken_is_found_and_sound_is_not(project):
    found = [(f.check, f.subject, str(f.place)) for f in project(BROKEN, CONTRACT)]
    assert found == [("env/empty", "REDIS_DB", ".env:1")]
    assert not project(SOUND, CONTRACT)
