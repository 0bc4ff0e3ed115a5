"""env/condition: a condition between variables does not hold."""

CONTRACT = """\
[variables.JWT_KEY_PATH]

[variables.JWT_KEY_BASE64]

[[conditions]]
one_of = [["JWT_KEY_PATH"], ["JWT_KEY_BASE64"]]

[variables.SMTP_HOST]

[variables.SMTP_PORT]

[[conditions]]
when = "SMTP_HOST"
require = ["SMTP_PORT"]
"""
BROKEN = {
    ".env": "SMTP_HOST=localhost\n",
}
SOUND = {
    ".env": """\
SMTP_HOST=localhost
SMTP_PORT=25
JWT_KEY_PATH=k.pem
""",
}


def test_broken_is_found_and_sound_is_not(project):
    found = [(f.check, f.subject, str(f.place)) for f in project(BROKEN, CONTRACT)]
    assert found == [("env/condition", "JWT_KEY_PATH", ".env"), ("env/condition", "SMTP_PORT", ".env")]
    assert not project(SOUND, CONTRACT)


def test_unless_another_has_a_value(project):
    contract = (
        "[variables.OFF]\n[variables.REDIS_HOST]\n[[conditions]]\nunless = 'OFF=true'\nrequire = ['REDIS_HOST']\n"
    )
    assert not project({".env": "OFF=true\n"}, contract)
    assert [f.check for f in project({".env": "OFF=false\n"}, contract)] == ["env/condition"]


def test_what_is_empty_in_an_example_file_is_to_be_filled_in(project):
    tree = {".env.example": "SMTP_HOST=localhost\nSMTP_PORT=\nJWT_KEY_PATH=\n", **SOUND}
    assert not project(tree, CONTRACT)
    found = project({**tree, ".env.example": "SMTP_HOST=localhost\nJWT_KEY_PATH=\n"}, CONTRACT)
    assert [each.subject for each in found if each.check == "env/condition"] == ["SMTP_PORT"]
