"""env/boolean: a word that reads as true counts as false, or the reverse."""

CONTRACT = """\
[variables.DB_LOGGING]
kind = "bool"
true = ["true"]
false = ["false"]
otherwise = "false"
"""
BROKEN = {
    ".env": "DB_LOGGING=1\n",
}
SOUND = {
    ".env": "DB_LOGGING=true\n",
}


def test_broken_is_found_and_sound_is_not(project):
    found = [(f.check, f.subject, str(f.place)) for f in project(BROKEN, CONTRACT)]
    assert found == [("env/boolean", "DB_LOGGING", ".env:1")]
    assert not project(SOUND, CONTRACT)


def test_false_is_true_where_any_text_is(project):
    contract = "[variables.SENTRY]\nkind = 'bool'\ntrue = ['true']\nfalse = ['']\notherwise = 'true'\n"
    [found] = project({".env": "SENTRY=false\n"}, contract)
    assert (found.check, found.summary) == ("env/boolean", "SENTRY looks false and counts as true")
    assert not project({".env": "SENTRY=\n"}, contract)
