"""env/differs: two sources of one stage give different values."""

CONTRACT = """\
[variables.DB_PORT]
kind = "port"
"""
BROKEN = {
    ".env.test": "DB_PORT=5432\n",
    "tox.ini": """\
[testenv]
set_env =
    DB_PORT = 5433
""",
}
SOUND = {
    ".env.test": "DB_PORT=5432\n",
    ".env.production": "DB_PORT=6432\n",
    "tox.ini": """\
[testenv]
set_env =
    DB_PORT = 5432
""",
}


def test_broken_is_found_and_sound_is_not(project):
    found = [(f.check, f.subject, str(f.place)) for f in project(BROKEN, CONTRACT)]
    assert found == [("env/differs", "DB_PORT", "tox.ini:3")]
    assert not project(SOUND, CONTRACT)
