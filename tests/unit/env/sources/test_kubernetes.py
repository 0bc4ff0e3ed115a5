"""Kubernetes: what a container gets, with prefixes, keys, order, namespaces, and fields of the cluster."""

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c%s}\ndata:\n  A: '1'\n  B: '2'\n"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p%s}\nspec:\n  containers:\n    - name: api\n%s"


def values(gathered, title, text):
    [found] = [each for each in gathered({"k.yaml": text}).sources if each.title == title]
    return found.values()


def test_env_wins_over_envfrom_and_a_later_envfrom_over_an_earlier(gathered):
    body = """\
      envFrom:
        - configMapRef: {name: c}
        - secretRef: {name: s}
        - {prefix: X_, configMapRef: {name: c}}
      env:
        - {name: A, value: own}
        - {name: URL, value: "http://$(B)/$(NOPE)$$(A)"}
        - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
        - {name: K, valueFrom: {secretKeyRef: {name: s, key: B}}}
"""
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {B: c2VncmVkbw==}\nstringData: {C: x}\n"
    text = "---\n".join([CONFIG % "", secret, POD % ("", body)])
    assert values(gathered, "k.yaml: Pod p/api", text) == {
        "A": "own",
        "B": "segredo",
        "C": "x",
        "X_A": "1",
        "X_B": "2",
        "URL": "http://segredo/$(NOPE)$(A)",
        "IP": None,
        "K": "segredo",
    }


def test_a_hole_that_the_container_does_not_fill_is_told(gathered):
    pod = """
    apiVersion: v1
    kind: Pod
    metadata: {name: api}
    spec:
      containers:
        - name: api
          FROM
          env:
            - {name: URL, value: "http://$(HOST):$(DB_SERVICE_PORT)/$(date)/$$(X)"}
            - {name: HOST, value: h}
            - {name: AGAIN, value: "$(HOST)"}
    """
    [told] = gathered({"k.yaml": pod.replace("FROM", "")}).unfilled
    assert (told.name, told.inside, str(told.place), told.pod) == ("HOST", "URL", "k.yaml:10", True)
    more = "envFrom: [{secretRef: {name: elsewhere, optional: true}}]"
    assert not gathered({"k.yaml": pod.replace("FROM", more)}).unfilled


def test_every_kind_of_workload_and_lists_of_them(gathered):
    pods = {
        "Deployment": "spec: {template: {spec: {containers: [{name: api}]}}}",
        "StatefulSet": "spec: {template: {spec: {initContainers: [{name: first}], containers: [{name: api}]}}}",
        "CronJob": "spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: api}]}}}}}",
    }
    text = "".join(
        f"---\napiVersion: x/v1\nkind: {kind}\nmetadata: {{name: w}}\n{spec}\n" for kind, spec in pods.items()
    )
    item = "{apiVersion: v1, kind: ConfigMap, metadata: {name: l}, data: {A: x}}"
    text += f"---\napiVersion: v1\nkind: List\nitems:\n- {item}\n"
    titles = {each.title for each in gathered({"k.yaml": text}).sources}
    assert titles == {
        "k.yaml: Deployment w/api",
        "k.yaml: StatefulSet w/first",
        "k.yaml: StatefulSet w/api",
        "k.yaml: CronJob w/api",
        "k.yaml: ConfigMap l",
    }


def test_of_two_objects_with_one_name_the_nearest_file_counts(gathered):
    pod = POD % ("", "      envFrom: [{configMapRef: {name: c}}]\n")
    files = {
        "dev/c.yaml": CONFIG % "",
        "dev/p.yaml": pod,
        "prod/c.yaml": (CONFIG % "").replace("'1'", "'9'"),
        "prod/p.yaml": pod,
    }
    found = {each.title: each.values() for each in gathered(files).sources if each.kind == "workload"}
    assert found["dev/p.yaml: Pod p/api"]["A"] == "1"
    assert found["prod/p.yaml: Pod p/api"]["A"] == "9"


def test_another_namespaces_object_is_not_taken(gathered):
    config = (CONFIG % "").replace("{name: c}", "{name: c, namespace: other}")
    pod = (POD % ("", "      envFrom: [{configMapRef: {name: c}}]\n")).replace("{name: p}", "{name: p, namespace: own}")
    [found] = gathered({"k.yaml": config + "---\n" + pod}).references
    assert (found.name, found.key) == ("c", "")


def test_documents_before_a_broken_one_count(gathered):
    found = gathered({"k.yaml": CONFIG % "" + "---\nkind: [\n"})
    assert [each.title for each in found.sources] == ["k.yaml: ConfigMap c"]
    assert len(found.problems) == 1


def test_yaml_that_is_no_manifest_and_charts_are_passed_over(gathered):
    found = gathered(
        {
            "values.yaml": "a: [",
            "pnpm-lock.yaml": "x: *y",
            "chart/Chart.yaml": "name: x\n",
            "chart/templates/d.yaml": "apiVersion: v1\nkind: {{ .Values.kind }}\n",
        }
    )
    assert not found.sources and not found.problems
