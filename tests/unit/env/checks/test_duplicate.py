"""env/duplicate: a name is set twice in one place."""

CONTRACT = """\
[variables.THROTTLE_TTL]
kind = "int"
"""
BROKEN = {
    ".env": """\
THROTTLE_TTL=60
THROTTLE_TTL=30
""",
}
SOUND = {
    ".env": "THROTTLE_TTL=30\n",
}


def test_broken_is_found_and_sound_is_not(project):
    found = [(f.check, f.subject, str(f.place)) for f in project(BROKEN, CONTRACT)]
    assert found == [("env/duplicate", "THROTTLE_TTL", ".env:1")]
    assert not project(SOUND, CONTRACT)


def test_an_entry_of_a_container_twice(project):
    pod = """
    apiVersion: v1
    kind: Pod
    metadata: {name: api}
    spec:
      containers:
        - name: api
          env:
            - {name: THROTTLE_TTL, value: "60"}
            - {name: THROTTLE_TTL, value: "30"}
    """
    [found] = project({"pod.yaml": pod}, CONTRACT)
    assert (found.check, str(found.place)) == ("env/duplicate", "pod.yaml:9")
