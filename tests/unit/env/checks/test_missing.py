"""env/missing: a required variable is not set."""

CONTRACT = """\
[variables.DB_HOST]
kind = "host"
required = true
"""
BROKEN = {
    ".env": "DB_HOTS=localhost\n",
}
SOUND = {
    ".env": "DB_HOST=localhost\n",
}


def test_broken_is_found_and_sound_is_not(project):
    found = [(f.check, f.subject, str(f.place)) for f in project(BROKEN, CONTRACT)]
    assert found == [("env/missing", "DB_HOST", ".env"), ("env/unknown", "DB_HOTS", ".env:1")]
    assert not project(SOUND, CONTRACT)


def test_a_default_an_alias_or_another_stage_makes_up_for_it(project):
    contract = """
    [variables.PORT]
    kind = "port"
    required = true
    default = 3000
    [variables.DB_USER]
    required = true
    aliases = ["PGUSER"]
    [variables.SEED]
    required = true
    only = "test"
    [variables.SENTRY_DSN]
    required_in = ["production"]
    """
    assert [(f.check, f.subject) for f in project({".env": "PGUSER=x\n"}, contract)] == [("env/alias", "PGUSER")]
    found = project({".env.production": "DB_USER=x\n"}, contract)
    assert [(f.check, f.subject) for f in found] == [("env/missing", "SENTRY_DSN")]


def test_a_container_lacks_what_none_of_its_references_brings(project):
    pod = """
    apiVersion: v1
    kind: Pod
    metadata: {name: api}
    spec:
      containers:
        - name: api
          env: [{name: DB_PORT, value: "5432"}]
    """
    contract = CONTRACT + "[variables.DB_PORT]\nkind = 'port'\n"
    [found] = project({"pod.yaml": pod}, contract)
    assert (found.subject, str(found.place)) == ("DB_HOST", "pod.yaml:7")


def test_without_an_application_this_process_is_held_against_the_contract(project):
    [found] = project({}, CONTRACT, environ={"PATH": "/bin"})
    assert (found.check, found.severity, found.summary) == ("env/missing", "error", "nothing sets DB_HOST")
    assert str(found.place) == "process environment"
    [found] = project({}, CONTRACT)
    assert str(found.place) == "pgben.env.toml:1"
    assert not project({}, CONTRACT, environ={"DB_HOST": "localhost"})


def test_an_example_is_no_environment(project):
    [found] = project({".env.example": "DB_HOST=localhost\n"}, CONTRACT, environ={})
    assert found.remedy.startswith("copy .env.example to .env")
    assert not project({".env.example": "DB_HOST=localhost\n", ".env": "DB_HOST=db\n"}, CONTRACT, environ={})


def test_what_lies_over_an_application_sets_a_variable_too(project):
    assert not project({"pytest.ini": "[pytest]\nenv = DB_HOST=localhost\n"}, CONTRACT, environ={})


def test_the_name_in_the_shell_that_was_meant_is_told(project):
    found = project({}, CONTRACT, environ={"DB_HOTS": "localhost"})
    assert ("env/missing", "rename DB_HOTS") in {(each.check, each.remedy) for each in found}
