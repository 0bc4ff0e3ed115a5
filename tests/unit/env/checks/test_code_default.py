"""env/code-default: a variable has two different defaults."""

CONTRACT = """\
[variables.REDIS_PORT]
kind = "port"
default = 6379
"""
BROKEN = {
    "src/a.ts": "const port = Number(process.env.REDIS_PORT) || 6380;\n",
}
SOUND = {
    "src/a.ts": "const port = Number(process.env.REDIS_PORT) || 6379;\n",
}


def test_broken_is_found_and_sound_is_not(project):
    found = [(f.check, f.subject, str(f.place)) for f in project(BROKEN, CONTRACT)]
    assert found == [("env/code-default", "REDIS_PORT", "src/a.ts:1")]
    assert not project(SOUND, CONTRACT)


def test_two_places_of_the_code_disagree(project):
    tree = {"src/a.ts": "process.env.LEVEL ?? 'info';\n", "src/b.py": "import os\nos.getenv('LEVEL', 'debug')\n"}
    [found] = project(tree, "[variables.LEVEL]\n")
    assert (found.check, str(found.place), str(found.related[0])) == ("env/code-default", "src/b.py:2", "src/a.ts:1")
