"""env/undeclared: the code reads a variable that is declared nowhere."""

from pgben_testkit.env import assess

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


def test_code_beside_which_nothing_is_declared(tmp_path):
    (tmp_path / "a.ts").write_text("f(process.env.DB_HOST, process.env.PORT ?? '1', process.env.NODE_OPTIONS);\n")
    [found] = assess.of_project(tmp_path, None).findings
    assert (found.check, found.severity, str(found.place)) == ("env/undeclared", "warning", "a.ts:1")
    assert found.summary == "the code reads 2 variables, and nothing declares any"
    assert "DB_HOST, PORT" in found.reason
    [found] = assess.of_project(tmp_path, None, environ={"DB_HOST": "x"}).findings
    assert (found.subject, found.severity) == ("PORT", "note")
    assert not assess.of_project(tmp_path, None, environ={"DB_HOST": "x", "PORT": "1"}).findings
    (tmp_path / ".env").write_text("DB_HOST=x\nPORT=1\n")
    assert not assess.of_project(tmp_path, None).findings
