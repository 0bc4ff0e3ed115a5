"""env/forbidden: a variable is set where the contract forbids it."""

CONTRACT = """\
[variables.DEBUG_SQL]
kind = "bool"
forbidden_in = ["production"]
"""
BROKEN = {
    ".env.production": "DEBUG_SQL=true\n",
}
SOUND = {
    ".env.production": "DEBUG_SQL=false\n",
    ".env": "DEBUG_SQL=true\n",
}


def test_broken_is_found_and_sound_is_not(project):
    found = [(f.check, f.subject, str(f.place)) for f in project(BROKEN, CONTRACT)]
    assert found == [("env/forbidden", "DEBUG_SQL", ".env.production:1")]
    assert not project(SOUND, CONTRACT)


def test_what_is_for_tests_alone_is_told_elsewhere(project):
    contract = "[variables.APP_ENV]\n[variables.SEED]\nonly = 'test'\n"
    assert [f.check for f in project({".env": "APP_ENV=production\nSEED=1\n"}, contract)] == ["env/forbidden"]
    assert not project({".env": "APP_ENV=test\nSEED=1\n"}, contract)
