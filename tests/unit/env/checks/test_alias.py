"""env/alias: a variable is set under an old name."""

CONTRACT = """\
[variables.SMTP_PASS]
kind = "secret"
aliases = { SMTP_PASSWORD = "the code has read SMTP_PASS since 1.6" }
"""
BROKEN = {
    ".env": "SMTP_PASSWORD=k3Vx9Qz1LmT7\n",
}
SOUND = {
    ".env": "SMTP_PASS=k3Vx9Qz1LmT7\n",
}


def test_broken_is_found_and_sound_is_not(project):
    found = [(f.check, f.subject, str(f.place)) for f in project(BROKEN, CONTRACT)]
    assert found == [("env/alias", "SMTP_PASSWORD", ".env:1")]
    assert not project(SOUND, CONTRACT)


def test_the_note_of_the_contract_is_the_reason(project):
    [found] = project(BROKEN, CONTRACT)
    assert found.reason == "the code has read SMTP_PASS since 1.6"
