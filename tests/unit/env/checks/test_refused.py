"""env/refused: the platform takes no such value."""

CONTRACT = """\
[variables.DB_PORT]
kind = "port"
"""
BROKEN = {
    "k8s.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: config
data:
  DB_PORT: 5432
""",
}
SOUND = {
    "k8s.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: config
data:
  DB_PORT: "5432"
""",
}


def test_broken_is_found_and_sound_is_not(project):
    found = [(f.check, f.subject, str(f.place)) for f in project(BROKEN, CONTRACT)]
    assert found == [("env/refused", "DB_PORT", "k8s.yaml:6")]
    assert not project(SOUND, CONTRACT)


def test_a_secret_that_is_no_base64_is_refused_and_not_shown(project):
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\n  DB_PASS: Wm4$Tq9!xB7\n"
    [found] = project({"k8s.yaml": secret}, "[variables.DB_PASS]\nkind = 'secret'\n")
    assert found.check == "env/refused"
    assert "Wm4" not in str(found)
