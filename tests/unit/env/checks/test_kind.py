"""env/kind: a value is of the wrong kind."""

CONTRACT = """\
[variables.DB_PORT]
kind = "port"

[variables.ENCRYPTION_KEY]
kind = "secret"
bytes = 32
"""
BROKEN = {
    ".env": """\
DB_PORT=54x32
ENCRYPTION_KEY=q7Zk2mV9xP4tR8wL1nB6cY3dF5hJ0sG
""",
}
SOUND = {
    ".env": """\
DB_PORT=5432
ENCRYPTION_KEY=q7Zk2mV9xP4tR8wL1nB6cY3dF5hJ0sGa
""",
}


def test_broken_is_found_and_sound_is_not(project):
    found = [(f.check, f.subject, str(f.place)) for f in project(BROKEN, CONTRACT)]
    assert found == [("env/kind", "DB_PORT", ".env:1"), ("env/kind", "ENCRYPTION_KEY", ".env:2")]
    assert not project(SOUND, CONTRACT)


def test_a_path_must_exist_where_its_source_is_on_this_machine_alone(project):
    contract = "[variables.JWT_KEY_PATH]\nkind = 'path'\n"
    deployment = "services:\n  api:\n    image: x\n    environment: {JWT_KEY_PATH: /run/secrets/key}\n"
    assert not project({"compose.yml": deployment}, contract)
    [found] = project({".env": "JWT_KEY_PATH=keys/private.pem\n"}, contract)
    assert "nothing is there" in found.reason
    assert not project({".env": "JWT_KEY_PATH=keys/private.pem\n", "keys/private.pem": "x"}, contract)


def test_one_bad_line_that_three_containers_get_is_one_finding_at_the_line(project):
    container = "        - {name: api%s, envFrom: [{configMapRef: {name: c}}]}\n"
    manifest = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  DB_PORT: 'x'\n---\n"
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  template:\n    spec:\n"
        "      containers:\n" + "".join(container % number for number in range(3))
    )
    [found] = project({"k8s.yaml": manifest}, "[variables.DB_PORT]\nkind = 'port'\n")
    assert str(found.place) == "k8s.yaml:5"
