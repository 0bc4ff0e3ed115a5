"""env/unknown: a name is not in the contract."""

CONTRACT = """\
[variables.DB_HOST]
kind = "host"
required = true
"""
BROKEN = {
    ".env": """\
DB_HOST=localhost
DATABSE_HOST=localhost
MINIO_ROOT=x
""",
}
SOUND = {
    ".env": """\
DB_HOST=localhost
TZ=UTC
""",
}


def test_broken_is_found_and_sound_is_not(project):
    found = [(f.check, f.subject, str(f.place)) for f in project(BROKEN, CONTRACT)]
    assert found == [("env/unknown", "DATABSE_HOST", ".env:2"), ("env/unknown", "MINIO_ROOT", ".env:3")]
    assert not project(SOUND, CONTRACT)


def test_a_habit_of_naming_is_recognised(project):
    contract = "[variables.DB_USER]\nrequired = true\n"
    found = {f.check: f for f in project({".env": "DATABASE_USER=x\n"}, contract)}
    assert found["env/unknown"].summary == "DATABASE_USER: did you mean DB_USER?"
    assert found["env/missing"].remedy == "rename DATABASE_USER"


def test_of_the_shell_only_near_misses_count(project):
    environ = {"LESSCLOSE": "x", "DB_HOTS": "x"}
    found = project({}, CONTRACT, environ=environ)
    assert [f.subject for f in found if f.check == "env/unknown"] == ["DB_HOTS"]


def test_another_service_of_compose_has_names_of_its_own(project):
    compose = (
        "services:\n  api:\n    image: a\n    environment: {DB_HOST: db}\n"
        "  db:\n    image: postgres\n    environment: {POSTGRES_DB: pgben}\n"
    )
    assert not project({"compose.yml": compose}, CONTRACT)
