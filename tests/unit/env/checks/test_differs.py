"""env/differs: two sources of one stage give different values."""

CONTRACT = """\
[variables.DB_PORT]
kind = "port"
"""
BROKEN = {
    ".env.test": "DB_PORT=5432\n",
    "tox.ini": """\
[testenv]
set_env =
    DB_PORT = 5433
""",
}
SOUND = {
    ".env.test": "DB_PORT=5432\n",
    ".env.production": "DB_PORT=6432\n",
    "tox.ini": """\
[testenv]
set_env =
    DB_PORT = 5432
""",
}


def test_broken_is_found_and_sound_is_not(project):
    found = [(f.check, f.subject, str(f.place)) for f in project(BROKEN, CONTRACT)]
    assert found == [("env/differs", "DB_PORT", "tox.ini:3")]
    assert not project(SOUND, CONTRACT)


def test_what_names_no_stage_is_held_against_development(project):
    contract = "[variables.LOG_LEVEL]\n[variables.APP_ENV]\n"
    compose = "services:\n  api:\n    build: .\n    environment: {LOG_LEVEL: debug}\n"
    tree = {".env": "APP_ENV=development\nLOG_LEVEL=info\n", "compose.yml": compose}
    found = [each for each in project(tree, contract) if each.check == "env/differs"]
    assert [each.subject for each in found] == ["LOG_LEVEL"]
    for sound in (compose.replace("debug", "info"), compose.replace("{", "{APP_ENV: production, ")):
        assert "env/differs" not in {each.check for each in project({**tree, "compose.yml": sound}, contract)}
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {LOG_LEVEL: debug}\n"
    found = project({".env": tree[".env"], "k.yaml": manifest}, contract)
    assert "env/differs" not in {each.check for each in found}


def test_a_line_that_many_containers_get_has_one_voice(project):
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata: {DB_PORT: 'VALUE'}\n---\n"
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: NAME}\nspec: {containers: [CONTAINERS]}\n---\n"
    container = "{name: x, envFrom: [{configMapRef: {name: NAME}}]}"
    tree = {
        f"{name}.yaml": (config + pod)
        .replace("CONTAINERS", ", ".join([container] * count))
        .replace("NAME", name)
        .replace("VALUE", port)
        for name, port, count in (("a", "5433", 3), ("b", "5432", 1), ("c", "5432", 1))
    }
    assert [(each.subject, str(each.place)) for each in project(tree, CONTRACT)] == [("DB_PORT", "a.yaml:4")]
