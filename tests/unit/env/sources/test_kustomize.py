"""Kustomize: generators, overlays that merge, patches, and what they name that is not there."""

BASE = """\
resources: [deployment.yaml]
configMapGenerator:
- name: c
  literals: [A=base, 'B="quoted"']
  envs: [more.env]
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec: {template: {spec: {containers: [{name: api, envFrom: [{configMapRef: {name: c}}]}]}}}
"""
FILES = {"base/kustomization.yaml": BASE, "base/deployment.yaml": DEPLOYMENT, "base/more.env": 'C="kept"\n#x\n'}


def container(gathered, files, title):
    [found] = [each for each in gathered(files).sources if each.title == title]
    return found


def test_generators_give_what_kustomize_gives(gathered):
    found = container(gathered, FILES, "base: Deployment d/api")
    assert found.values() == {"A": "base", "B": "quoted", "C": '"kept"'}
    assert str(found.named()["C"].place) == "base/more.env:1"


def test_an_overlay_merges_and_patches(gathered):
    overlay = """\
    namespace: pgben
    namePrefix: prod-
    resources: [../base]
    configMapGenerator:
    - {name: c, behavior: merge, literals: [A=over]}
    patches:
    - path: patch.yaml
    - patch: |-
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: d}
        spec:
          template:
            spec:
              containers:
                - name: api
                  env: [{name: INLINE, value: x}]
    """
    patch = DEPLOYMENT.replace("envFrom: [{configMapRef: {name: c}}]", "env: [{name: D, value: patched}]")
    files = {**FILES, "prod/kustomization.yaml": overlay, "prod/patch.yaml": patch}
    found = container(gathered, files, "prod: Deployment d/api")
    assert found.values() == {"A": "over", "B": "quoted", "C": '"kept"', "D": "patched", "INLINE": "x"}
    assert found.stage == "production"
    assert str(found.named()["INLINE"].place) == "prod/kustomization.yaml:17"
    assert not gathered({}).references


def test_a_json_patch_leaves_open_what_it_may_touch(gathered):
    overlay = """\
    resources: [../base]
    patches:
    - target: {kind: Deployment, name: d}
      patch: |-
        - op: add
          path: /spec/template/spec/containers/0/env/-
          value: {name: X, value: x}
    """
    assert container(gathered, {**FILES, "prod/kustomization.yaml": overlay}, "prod: Deployment d/api").open


def test_what_is_not_there_and_circles_are_told(gathered):
    found = gathered(
        {
            "a/kustomization.yaml": "resources: [gone.yaml, ../b]\nsecretGenerator:\n- {name: s, envs: [gone.env]}\n",
            "b/kustomization.yaml": "resources: [../c]\n",
            "c/kustomization.yaml": "resources: [../b]\n",
        }
    )
    reasons = [each.reason for each in found.problems]
    assert [each for each in reasons if "gone.yaml" in each] and [each for each in reasons if "gone.env" in each]
