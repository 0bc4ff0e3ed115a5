"""Scenario files: what is wrong with one is told with its line and the nearest name, before anything runs."""

import pytest

from pgben_testkit import settings
from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability.lab import alertfile, scenario, testfile

ALERT = "- {alert: Erros, fires: true}"


def read(tmp_path, *steps, head="scenarios:\n- name: um\n  steps:\n"):
    path = tmp_path / "um.alerts.yml"
    path.write_text(head + "".join(f"  {each}\n" for each in (*steps, ALERT)), "utf-8")
    return scenario.read(path)


GOOD = [
    "- {target: api}",
    "- {target: api, instance: 'api:1', labels: {__meta_x: y}, down: true}",
    "- {target: api, up: true}",
    "- {target: api, slow: 20s}",
    "- {target: api, restart: true}",
    "- {target: api, vanish: true}",
    "- {target: api, remove: true}",
    "- {target: api, exposes: 'x 1'}",
    "- {target: api, connect: 'http://127.0.0.1:3000'}",
    "- {target: api, counter: errs_total, labels: {code: 500}, rate: 2/s}",
    "- {target: api, counter: errs_total, rate: 90/min}",
    "- {target: api, counter: errs_total, inc: 5}",
    "- {target: api, counter: errs_total, stop: true}",
    "- {target: api, counter: errs_total, vanish: true}",
    "- {target: api, counter: errs_total, appear: true}",
    "- {target: api, counter: errs_total}",
    "- {target: api, gauge: size, set: -1.5e3}",
    "- {target: api, gauge: size, ramp: {to: 5, over: 10m}}",
    "- {target: api, gauge: size, age: true}",
    "- {target: api, histogram: took, rate: 20/s, of: 0.05}",
    "- {target: api, histogram: took, rate: 20/s, of: {0.05: 0.9, 3: 0.1}, buckets: [0.1, 1]}",
    "- {target: api, histogram: took, observe: {size: 0.5, count: 10}}",
    "- {alert: Erros, labels: {code: 500}, becomes: pending}",
    "- {alert: Erros, becomes: {state: pending, within: 1m}}",
    "- {alert: Erros, fires: {after: 5m, within: 10m, labels: {a: b}, annotations: {summary: x}, value: 2, told: no}}",
    "- {alert: Erros, resolves: {within: 10m, told: false}}",
    "- {alert: Erros, stays: {state: firing, during: 1h}}",
    "- {alert: Erros, never_fires: {during: 2h}}",
    "- {advance: 1h30m}",
    "- {delivered: {channel: sms, to: '+5511999990000', text: 2 por segundo, status: firing, times: 1}}",
    "- {not_delivered: {channel: slack, about: Erros}}",
    "- {no_other_alerts: true}",
    "- {no_other_alerts: [Vigia]}",
    "- {fault: {channel: email, bounce: 'a@b.example'}}",
    "- {fault: {channel: email, greylist: true, times: 2}}",
    "- {fault: {channel: slack, fail: 429, retry_after: 30s, times: always}}",
    "- {fault: {channel: sms, time_out: true}}",
    "- {recover: true}",
    "- {nothing_lost: true}",
    "- {no_personal_data: ['plantao@pgben.example']}",
    "- {forget_deliveries: true}",
]


@pytest.mark.parametrize("step", GOOD)
def test_each_verb_is_read(tmp_path, step):
    [found] = read(tmp_path, step)
    assert (found.steps[0].line, len(found.steps)) == (4, 2)


BAD = {
    "- {targett: api}": "write target",
    "- {alertt: Erros}": "write alert",
    "- {alert: Erros, fire: true}": "write fires",
    "- {alert: Erros, fires: {afterr: 5m}}": "write after",
    "- {alert: Erros, fires: {after: cinco}}": "is no duration",
    "- {alert: Erros}": "is told nothing",
    "- {alert: Erros, fires: true, resolves: true}": "fires and resolves",
    "- {alert: Erros, becomes: firign}": "write firing",
    "- {alert: Erros, stays: {state: firing}}": "has no during",
    "- {alert: Erros, fires: false}": "does nothing",
    "- {target: api, counter: x, rate: -1/s}": "can't grow",
    "- {target: api, counter: x, rate: 2/fortnight}": "no rate per",
    "- {target: api, counter: x, rate: muito}": "is no rate",
    "- {target: api, counter: x, set: 4}": "has no 'set'",
    "- {target: api, counter: x, inc: -4}": "counters never fall",
    "- {target: api, gauge: x, set: muito}": "is no number",
    "- {target: api, gauge: x, ramp: {to: 5}}": "has no over",
    "- {target: api, histogram: x, rate: 1/s}": "has no sizes",
    "- {target: api, histogram: x, rate: 1/s, of: {1: 0.5}}": "1 together",
    "- {target: api, dwon: true}": "write down",
    "- {target: api, up: true, down: true}": "up and down",
    "- {delivered: {}}": "asks for nothing",
    "- {delivered: {chanel: sms}}": "write channel",
    "- {delivered: {channel: smss}}": "write sms",
    "- {fault: {channel: sms, bounce: true}}": "has no bounce",
    "- {fault: {channel: slack, fail: 200}}": "is not a failure",
    "- {fault: {fail: 500}}": "has no channel",
    "- {fault: {channel: slack, fail: 500, times: 0}}": "number of times",
    "- {advance: 5m, alert: Erros}": "one thing",
    "- {}": "about nothing",
    "- {advance: 5m, advance: 6m}": "twice",
    "- advance": "no mapping",
}


@pytest.mark.parametrize("step", BAD)
def test_what_is_wrong_is_told_with_line_and_nearest_name(tmp_path, step):
    with pytest.raises(UsageProblem) as refused:
        read(tmp_path, step)
    assert f"{tmp_path}/um.alerts.yml:4" in refused.value.what
    assert BAD[step] in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("scenario: []", "no 'scenario'"),
        ("rules: [a.yml]", "no scenarios"),
        ("scenarios:\n- steps: []", "no name"),
        ("scenarios:\n- name: um", "no steps"),
        ("scenarios:\n- name: um\n  steps: [{advance: 5m}]", "expects nothing"),
        ("scenarios:\n- {name: um, start_at: amanhã, steps: [{nothing_lost: true}]}", "no moment"),
        ("scenarios: {um: dois}", "no list"),
        ("", "is empty"),
        ("a: [", "no YAML"),
    ],
)
def test_a_file_that_is_none(tmp_path, text, said):
    path = tmp_path / "x.alerts.yml"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageProblem) as refused:
        scenario.read(path)
    assert said in str(refused.value)
    assert str(path) in refused.value.what


def test_two_scenarios_of_one_name_are_refused(tmp_path):
    with pytest.raises(UsageProblem, match="two scenarios"):
        read(tmp_path, head="scenarios:\n- {name: um, steps: [{nothing_lost: true}]}\n- name: um\n  steps:\n")


def test_what_a_file_names_takes_the_place_of_the_project(tmp_path):
    [found] = read(tmp_path, head="rules: [r.yml]\nalertmanager: am.yml\nscenarios:\n- name: um\n  steps:\n")
    project = settings.Settings(root=tmp_path, prometheus_config="p.yml", alert_rules=("all.yml",))
    own = found.settings(project)
    assert own.alert_rules == (str(tmp_path / "r.yml"),)
    assert own.alertmanager_config == str(tmp_path / "am.yml")
    assert own.prometheus_config == ""


def test_files_are_told_apart_by_their_content(tmp_path):
    (tmp_path / "s.yml").write_text("scenarios:\n- {name: um, steps: [{nothing_lost: true}]}")
    (tmp_path / "t.yml").write_text("tests: [{name: dois}]")
    (tmp_path / "x.yml").write_text("groups: []")
    assert [alertfile.kind(tmp_path / "s.yml"), alertfile.kind(tmp_path / "t.yml")] == ["scenarios", "unit tests"]
    assert alertfile.names(tmp_path / "t.yml") == ("dois",)
    with pytest.raises(UsageProblem, match="no file about alerts"):
        alertfile.kind(tmp_path / "x.yml")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("tests:\n- intervall: 1m", 2, "write interval"),
        ("tests:\n- input_series:\n  - series: x", 3, "no values"),
        ("tests:\n- input_series:\n  - {series: x, values: '1+1'}", 3, "no value of a series"),
        ("tests:\n- input_series:\n  - {series: 'rate(x[5m])', values: '1'}", 3, "is no series"),
        ("tests:\n- alert_rule_test:\n  - {eval_time: 5m}", 3, "names no alert"),
        ("tests:\n- alert_rule_test:\n  - {eval_time: cinco, alertname: A}", 3, "no duration"),
        ("tests:\n- promql_expr_test:\n  - {eval_time: 5m}", 3, "no expr"),
        ("tests:\n- promql_expr_test:\n  - {expr: x, exp_samples: [{labels: 'x', histogram: '{{}}'}]}", 3, "native"),
        ("testes: []", 1, "write tests"),
    ],
)
def test_a_unit_test_file_that_promtool_would_not_take(tmp_path, text, line, said):
    path = tmp_path / "t.yml"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageProblem) as refused:
        testfile.read(path)
    assert f"{path}:{line}" in refused.value.what
    assert said in str(refused.value)
