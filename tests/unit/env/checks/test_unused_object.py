"""env/unused-object: a ConfigMap or Secret is used by nothing."""

CONTRACT = """\
[variables.LOG_LEVEL]
"""
BROKEN = {
    "k8s.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: old
data:
  LOG_LEVEL: info
---
apiVersion: v1
kind: Pod
metadata:
  name: api
spec:
  containers:
    - name: api
""",
}
SOUND = {
    "k8s.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: old
data:
  LOG_LEVEL: info
---
apiVersion: v1
kind: Pod
metadata:
  name: api
spec:
  containers:
    - name: api
      envFrom:
        - configMapRef:
            name: old
""",
}


def test_broken_is_found_and_sound_is_not(project):
    found = [(f.check, f.subject, str(f.place)) for f in project(BROKEN, CONTRACT)]
    assert found == [("env/unused-object", "old", "k8s.yaml:1")]
    assert not project(SOUND, CONTRACT)


def test_a_volume_is_a_use(project):
    volume = "  volumes:\n    - name: files\n      configMap:\n        name: old\n"
    assert not project({"k8s.yaml": BROKEN["k8s.yaml"] + volume}, CONTRACT)
