"""env/two-names: one variable is set under two names."""

CONTRACT = """\
[variables.SMTP_PASS]
kind = "secret"
aliases = { SMTP_PASSWORD = "the code has read SMTP_PASS since 1.6" }
"""
BROKEN = {
    ".env": """\
SMTP_PASS=k3Vx9Qz1LmT7
SMTP_PASSWORD=aB8xYw2Kp0Rt
""",
}
SOUND = {
    ".env": "SMTP_PASS=k3Vx9Qz1LmT7\n",
}


def test_broken_is_found_and_sound_is_not(project):
    found = [(f.check, f.subject, str(f.place)) for f in project(BROKEN, CONTRACT)]
    assert found == [("env/two-names", "SMTP_PASSWORD", ".env:2")]
    assert not project(SOUND, CONTRACT)


def test_the_same_value_twice_is_only_a_warning(project):
    [found] = project({".env": "SMTP_PASS=k3Vx9Qz1LmT7\nSMTP_PASSWORD=k3Vx9Qz1LmT7\n"}, CONTRACT)
    assert found.severity == "warning"
