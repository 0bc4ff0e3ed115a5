"""Findings drawn: SARIF as its schema wants it, the table, the closing line."""

import json
from dataclasses import replace

from pgben_testkit.checking.finding import Finding, Place, Rule, ordered, worst
from pgben_testkit.report.findings import as_text, counted
from pgben_testkit.report.sarif import log

ONE = Finding(
    "env/kind",
    "error",
    "DB_PORT",
    Place(".env", 3, 1),
    "DB_PORT is [bold]wrong",
    "it is so",
    "mend it",
    (Place("pgben.env.toml", 9),),
)
TWO = Finding("doctor/disk", "note", "data", Place("this machine"), "little room")


def test_sarif_has_what_code_hosts_need(tmp_path):
    (tmp_path / ".env").touch()
    made = log([ONE, TWO], [Rule("env/kind", "error", "Wrong kind")], version="1.0", root=tmp_path)
    [run] = json.loads(json.dumps(made))["runs"]
    assert made["version"] == "2.1.0" and made["$schema"].endswith("sarif-schema-2.1.0.json")
    rules = run["tool"]["driver"]["rules"]
    first, second = run["results"]
    assert rules[first["ruleIndex"]]["id"] == first["ruleId"] == "env/kind"
    assert first["level"] == "error"
    assert first["message"]["text"] == "DB_PORT is [bold]wrong. it is so. What to do: mend it."
    physical = first["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"] == {"uri": ".env", "uriBaseId": "ROOT"}
    assert physical["region"] == {"startLine": 3, "startColumn": 1}
    assert "locations" not in second and "relatedLocations" not in first
    assert first["partialFingerprints"]


def test_the_table_shows_everything_as_it_is():
    text = as_text([ONE, TWO])
    for each in (".env", "3", "env/kind", "error", "DB_PORT is [bold]wrong", "it is so", "mend it", "this machine"):
        assert each in text


def test_counting_and_the_worst():
    assert counted([ONE, TWO, ONE]) == "2 errors, 1 note"
    assert counted([]) == "nothing wrong"
    assert worst([TWO, ONE]) == "error" and worst([]) is None


def test_what_is_found_twice_is_there_once_and_the_first_one_counts():
    again = replace(ONE, remedy="another remedy")
    assert ordered([ONE, again, TWO]) == (ONE, TWO)


def test_two_findings_on_one_subject_and_line_are_two(tmp_path):
    other = replace(ONE, summary="another fault")
    assert ordered([ONE, other, TWO]) == (ONE, other, TWO)
    [run] = log(ordered([ONE, other]), [], version="1.0", root=tmp_path)["runs"]
    first, second = [each["partialFingerprints"]["subject/v1"] for each in run["results"]]
    assert first != second
