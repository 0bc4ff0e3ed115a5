"""env/whitespace: spaces or quotes belong to a value by mistake."""

CONTRACT = """\
[variables.DB_PASS]
kind = "secret"
"""
BROKEN = {
    "compose.yml": """\
services:
  api:
    image: api
    environment:
      - DB_PASS="k3Vx9Qz1LmT7"
""",
}
SOUND = {
    "compose.yml": """\
services:
  api:
    image: api
    environment:
      - DB_PASS=k3Vx9Qz1LmT7
""",
}


def test_broken_is_found_and_sound_is_not(project):
    found = [(f.check, f.subject, str(f.place)) for f in project(BROKEN, CONTRACT)]
    assert found == [("env/whitespace", "DB_PASS", "compose.yml:5")]
    assert not project(SOUND, CONTRACT)


def test_a_line_break_in_a_secret_of_kubernetes(project):
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\n  DB_PASS: azNWeDlRejFMbVQ3Cg==\n"
    [found] = project({"secret.yaml": secret}, CONTRACT)
    assert (found.check, str(found.place)) == ("env/whitespace", "secret.yaml:5")
