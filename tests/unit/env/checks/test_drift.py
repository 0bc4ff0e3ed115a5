"""env/drift: a variable is declared in one source and absent from another."""

CONTRACT = """\
[variables.LOG_LEVEL]

[variables.SMTP_HOST]
kind = "host"
"""
BROKEN = {
    ".env": """\
LOG_LEVEL=info
SMTP_HOST=localhost
""",
    ".env.production": "LOG_LEVEL=info\n",
}
SOUND = {
    ".env": """\
LOG_LEVEL=info
SMTP_HOST=localhost
""",
    ".env.production": """\
LOG_LEVEL=info
SMTP_HOST=smtp.example.org
""",
}


def test_broken_is_found_and_sound_is_not(project):
    found = [(f.check, f.subject, str(f.place)) for f in project(BROKEN, CONTRACT)]
    assert found == [("env/drift", "SMTP_HOST", ".env.production")]
    assert not project(SOUND, CONTRACT)


def test_the_matrix_has_every_environment_and_no_value(assess_tree):
    matrix = assess_tree(BROKEN, CONTRACT).matrix
    assert matrix.columns == (".env", ".env.production")
    assert matrix.rows == (("LOG_LEVEL", ("set", "set")), ("SMTP_HOST", ("set", "absent")))
