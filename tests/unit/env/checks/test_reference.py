"""env/reference: a workload refers to a Secret, ConfigMap or key that nothing defines."""

CONTRACT = """\
[variables.DB_PASS]
kind = "secret"
"""
BROKEN = {
    "k8s.yaml": """\
apiVersion: v1
kind: Secret
metadata:
  name: pgben-secrets
stringData:
  DB_PASS: k3Vx9Qz1LmT7
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  template:
    spec:
      containers:
        - name: api
          env:
            - name: DB_PASS
              valueFrom:
                secretKeyRef:
                  name: pgben-secrets
                  key: DB_PASSWORD
""",
}
SOUND = {
    "k8s.yaml": """\
apiVersion: v1
kind: Secret
metadata:
  name: pgben-secrets
stringData:
  DB_PASS: k3Vx9Qz1LmT7
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  template:
    spec:
      containers:
        - name: api
          env:
            - name: DB_PASS
              valueFrom:
                secretKeyRef:
                  name: pgben-secrets
                  key: DB_PASS
""",
}


def test_broken_is_found_and_sound_is_not(project):
    found = [(f.check, f.subject, str(f.place)) for f in project(BROKEN, CONTRACT)]
    assert found == [("env/reference", "pgben-secrets.DB_PASSWORD", "k8s.yaml:21")]
    assert not project(SOUND, CONTRACT)


def test_an_object_that_no_manifest_defines(project):
    broken = SOUND["k8s.yaml"].replace("                  name: pgben-secrets", "                  name: pgben-secret")
    found = {f.check: f for f in project({"k8s.yaml": broken}, CONTRACT)}
    assert found["env/reference"].remedy == "did you mean pgben-secrets?"
    assert found["env/unused-object"].subject == "pgben-secrets"


def test_what_is_optional_or_made_on_the_cluster_is_fine(project):
    optional = SOUND["k8s.yaml"].replace("key: DB_PASS", "key: OTHER\n                  optional: true")
    assert not project({"k8s.yaml": optional}, CONTRACT)
    sealed = SOUND["k8s.yaml"].partition("---\n")[2] + (
        "---\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: pgben-secrets}\nspec: {}\n"
    )
    assert not project({"k8s.yaml": sealed}, CONTRACT)
