"""env/unread: a variable is declared and read by no code."""

from pgben_testkit.env import assess

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


def test_what_a_service_that_is_built_elsewhere_gets_is_nobodys_code_here(tmp_path):
    (tmp_path / "a.ts").write_text("process.env.DB_HOST\n")
    compose = "services:\n  db:\n    {how}\n    environment: {{POSTGRES_DB: x, DB_HOST: y}}\n"
    (tmp_path / "compose.yml").write_text(compose.format(how="image: postgres"))
    assert "env/unread" not in {each.check for each in assess.of_project(tmp_path, None).findings}
    (tmp_path / "compose.yml").write_text(compose.format(how="build: ."))
    [found] = [each for each in assess.of_project(tmp_path, None).findings if each.check == "env/unread"]
    assert found.subject == "POSTGRES_DB"


def test_what_a_library_reads_is_read(tmp_path):
    (tmp_path / ".env").write_text("DEBUG=1\nEMAIL_HOST=a\nLEFT=1\n")
    (tmp_path / "settings.py").write_text(
        "import environ\nfrom decouple import config\nenv = environ.Env()\nenv('DEBUG'); config('EMAIL_HOST')\n"
    )
    found = [each for each in assess.of_project(tmp_path, None).findings if each.check == "env/unread"]
    assert [(each.subject, each.severity) for each in found] == [("LEFT", "warning")]
