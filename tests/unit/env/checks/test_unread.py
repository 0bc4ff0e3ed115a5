"""env/unread: a variable is declared and read by no code."""

CONTRACT = """\
[variables.DB_HOST]
kind = "host"

[variables.DB_SSL]
"""
BROKEN = {
    ".env": """\
DB_HOST=localhost
DB_SSL=on
""",
    "src/db.ts": "connect(process.env.DB_HOST);\n",
}
SOUND = {
    ".env": """\
DB_HOST=localhost
DB_SSL=on
""",
    "src/db.ts": "const { DB_HOST, DB_SSL } = process.env;\n",
}


def test_broken_is_found_and_sound_is_not(project):
    found = [(f.check, f.subject, str(f.place)) for f in project(BROKEN, CONTRACT)]
    assert found == [("env/unread", "DB_SSL", "pgben.env.toml:4")]
    assert not project(SOUND, CONTRACT)


def test_names_that_only_a_run_knows_leave_it_unsettled(project):
    code = BROKEN["src/db.ts"] + "for (const name of names) check(process.env[name]);\n"
    [found] = project({**BROKEN, "src/db.ts": code}, CONTRACT)
    assert (found.check, found.severity) == ("env/unread", "note")
    assert "src/db.ts:2" in found.reason
