"""env/undeclared: the code reads a variable that is declared nowhere."""

CONTRACT = """\
[variables.DB_HOST]
kind = "host"
"""
BROKEN = {
    ".env": "DB_HOST=localhost\n",
    "src/db.ts": "connect(process.env.DB_HOST, process.env.DB_SSL);\n",
}
SOUND = {
    ".env": "DB_HOST=localhost\n",
    "src/db.ts": "connect(process.env.DB_HOST);\n",
}


def test_broken_is_found_and_sound_is_not(project):
    found = [(f.check, f.subject, str(f.place)) for f in project(BROKEN, CONTRACT)]
    assert found == [("env/undeclared", "DB_SSL", "src/db.ts:1")]
    assert not project(SOUND, CONTRACT)
