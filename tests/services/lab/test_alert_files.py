"""Alert files as people run them: the command line, and pytest."""

import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

import psutil
import pytest
from lab_programs import program

RULES = """
groups:
- name: erros
  interval: 15s
  rules:
  - alert: Erros
    expr: sum by (job) (rate(errs_total[1m])) > 1
    for: 5m
    labels: {severity: critical}
    annotations: {summary: "{{ $value | humanize }} por segundo em {{ $labels.job }}"}
  - alert: Lento
    expr: histogram_quantile(0.9, rate(took_seconds_bucket[2m])) > 1
  - alert: Cheio
    expr: disk > 90
  - alert: Fora
    expr: up{job="api"} == 0
"""
ALERTMANAGER = """
route: {receiver: plantao, group_by: [alertname], group_wait: 30s, group_interval: 5m}
receivers:
- name: plantao
  email_configs:
  - {to: plantao@pgben.example, from: alerta@pgben.example, smarthost: 'smtp.pgben.example:587', send_resolved: true}
  webhook_configs:
  - {url: 'http://gancho.pgben.example/'}
"""
GOOD = """
rules: [rules.yml]
alertmanager: alertmanager.yml
scenarios:
- name: erros chamam o plantão e passam
  steps:
  - {target: api, counter: errs_total, rate: 2/s}
  - {alert: Erros, becomes: {state: pending, within: 2m}}
  - {alert: Erros, fires: {after: 5m, labels: {severity: critical}, annotations: {summary: 2 por segundo}, value: 2}}
  - {delivered: {channel: email, to: plantao@pgben.example, about: Erros, text: 2 por segundo, times: 1}}
  - {delivered: {channel: webhook, about: Erros, status: firing, times: 1}}
  - {alert: Erros, stays: {state: firing, during: 10m}}
  - {fault: {channel: webhook, fail: 503, times: 2}}
  - {target: api, counter: errs_total, stop: true}
  - {alert: Erros, resolves: {within: 10m}}
  - {advance: 1m}
  - {delivered: {channel: webhook, status: resolved, times: 1}}
  - {delivered: {channel: email, times: 2}}
  - {not_delivered: {channel: slack}}
  - {nothing_lost: true}
  - {no_personal_data: ['plantao@pgben.example']}
  - {no_other_alerts: true}
- name: de tudo um pouco
  start_at: 2040-01-02T10:00:00-03:00
  steps:
  - {target: api, histogram: took_seconds, rate: 20/s, of: {0.05: 0.5, 3: 0.5}}
  - {target: api, gauge: disk, set: 50}
  - {target: api, counter: errs_total, inc: 5}
  - {alert: Lento, fires: true}
  - {target: api, gauge: disk, ramp: {to: 95, over: 10m}}
  - {alert: Cheio, becomes: inactive}
  - {alert: Cheio, fires: {within: 11m, told: false}}
  - {target: api, gauge: disk, vanish: true}
  - {alert: Cheio, resolves: {within: 1m, told: false}}
  - {target: api, gauge: disk, appear: true}
  - {alert: Cheio, fires: {within: 1m, told: false}}
  - {target: api, restart: true}
  - {target: api, down: true}
  - {alert: Fora, fires: {within: 1m}}
  - {target: api, up: true}
  - {alert: Fora, resolves: {within: 1m}}
  - {target: api, slow: 20s}
  - {alert: Fora, fires: {within: 2m}}
  - {target: api, up: true}
  - {advance: 5m}
  - {alert: Erros, never_fires: {during: 30m}}
  - {forget_deliveries: true}
"""
BAD = """
rules: [rules.yml]
scenarios:
- name: nunca
  steps:
  - {target: api, counter: errs_total, rate: 1/min}
  - {alert: Erros, fires: {within: 10m}}
- name: sempre
  steps:
  - {target: api, gauge: disk, set: 95}
  - {alert: Cheio, fires: true}
"""
UNIT_TEST = """
rule_files: [rules.yml]
evaluation_interval: 15s
tests:
- name: cheio
  interval: 15s
  input_series: [{series: 'disk{job="api", instance="a:1"}', values: '95x20'}]
  alert_rule_test:
  - {eval_time: 3m, alertname: Cheio, exp_alerts: [{exp_labels: {job: api, instance: 'a:1'}}]}
"""


@pytest.fixture
def project(tmp_path):
    for each in ("prometheus", "alertmanager"):
        program(each)
    for name, text in (
        ("rules.yml", RULES),
        ("alertmanager.yml", ALERTMANAGER),
        ("good.alerts.yml", GOOD),
        ("bad.alerts.yml", BAD),
        ("test.yml", UNIT_TEST),
    ):
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def alerts(folder, *arguments, **more):
    argv = [sys.executable, "-m", "pgben_testkit", "alerts", *map(str, arguments)]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=300, **more)
    return done.returncode, done.stdout, done.stderr


def test_scenarios_that_come_true(project):
    code, out, err = alerts(project, "run", "good.alerts.yml")
    assert code == 0, out + err
    assert out.count("ok ") == 2 and "2 passed" in out


def test_one_that_does_not_is_told_with_its_line_its_step_and_the_timeline(project):
    code, out, err = alerts(project, "run", "bad.alerts.yml", "--junit", "j.xml")
    assert code == 1, out + err
    assert "bad.alerts.yml:7: nunca" in out
    assert "step: alert: Erros, fires: {within: 10m}" in out
    assert "did not fire within 10m" in out and "grows by 1 per min" in out
    assert "1 passed, 1 failed" in out
    suite = ET.parse(project / "j.xml").getroot().find("testsuite")
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    failed, passed = suite.findall("testcase")
    assert (failed.get("name"), passed.get("name"), passed.find("failure")) == ("nunca", "sempre", None)
    assert "did not fire within 10m" in str(failed.find("failure").text)


def test_json_and_choosing_by_name(project):
    code, out, _ = alerts(project, "run", "bad.alerts.yml", "test.yml", "-k", "SEMPRE", "--json")
    data = json.loads(out)
    assert (code, data["passed"], data["failed"]) == (0, 1, 0)
    assert data["outcomes"][0]["name"] == "sempre"


def test_unit_tests_and_scenarios_together_in_processes(project):
    code, out, err = alerts(project, "run", "bad.alerts.yml", "test.yml", "-n", "2", "--no-promtool", "--json")
    data = json.loads(out)
    assert code == 1, err
    found = [(each["kind"], each["name"], each["verdict"]) for each in data["outcomes"]]
    assert found == [("scenario", "nunca", "failed"), ("scenario", "sempre", "passed"), ("alert", "cheio", "passed")]


def test_what_can_not_be_run_is_usage(project):
    (project / "typo.alerts.yml").write_text(GOOD.replace("resolves:", "resolvs:"))
    code, out, err = alerts(project, "run", "typo.alerts.yml")
    assert (code, out) == (2, "")
    assert "typo.alerts.yml:15: an alert has no 'resolvs'" in err and "write resolves" in err
    code, _, err = alerts(project, "run", "good.alerts.yml", "-k", "nada disso")
    assert code == 2 and "-k leaves nothing" in err
    code, _, err = alerts(project, "run", "rules.yml")
    assert code == 2 and "neither scenarios: nor tests:" in err
    (project / "unknown.alerts.yml").write_text(BAD.replace("alert: Cheio", "alert: Chei"))
    code, _, err = alerts(project, "run", "unknown.alerts.yml", "-k", "sempre")
    assert code == 2 and "unknown.alerts.yml:11: no alert is called Chei" in err and "Cheio" in err
    assert "Traceback" not in err


def test_a_program_that_is_missing_is_the_environment(project):
    code, _, err = alerts(project, "run", "test.yml", "--prometheus-bin", "/nonexistent/prometheus")
    assert code == 3 and "/nonexistent/prometheus" in err and "Traceback" not in err
    code, out, _ = alerts(project, "probe", "--prometheus-bin", "/nonexistent/prometheus")
    assert code == 3 and "/nonexistent/prometheus" in out


def test_probe_says_what_is_there(project):
    code, out, _ = alerts(project, "probe", "--json")
    data = json.loads(out)
    assert code == 0
    assert data["programs"]["prometheus"]["version"] >= [2, 42]
    assert data["clock"]["jumps"] is not bool(data["clock"]["why_not"])


def test_an_interrupted_run_leaves_no_program_behind(project):
    argv = [sys.executable, "-m", "pgben_testkit", "alerts", "run", "good.alerts.yml", "--pace", "real"]
    started = subprocess.Popen(argv, cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    ours: list[psutil.Process] = []
    while len(ours) < 2 and time.monotonic() < deadline:
        ours = psutil.Process(started.pid).children(recursive=True)
        time.sleep(0.05)
    assert len(ours) == 2
    os.kill(started.pid, signal.SIGINT)
    started.wait(30)
    gone, alive = psutil.wait_procs(ours, timeout=10)
    assert (len(gone), alive) == (2, [])


def pytest_on(folder, *arguments):
    argv = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout + done.stderr


def test_pytest_collects_scenarios_where_the_ini_names_them(project):
    code, out = pytest_on(project, "--collect-only", "-q")
    assert code == 5 and "nunca" not in out
    (project / "pytest.ini").write_text("[pytest]\npgben_alert_scenarios = *.alerts.yml\n")
    code, out = pytest_on(project, "--collect-only", "-q")
    assert code == 0 and "bad.alerts.yml::nunca" in out and "good.alerts.yml::de tudo um pouco" in out
    code, out = pytest_on(project, "bad.alerts.yml", "-v")
    assert code == 1
    assert "bad.alerts.yml::nunca FAILED" in out and "bad.alerts.yml::sempre PASSED" in out
    assert "did not fire within 10m" in out and "Traceback" not in out and "alert.py" not in out
    code, out = pytest_on(project, "bad.alerts.yml", "-n", "2", "-k", "sempre")
    assert code == 0 and "1 passed" in out


def test_pytest_tells_a_mistake_in_a_file_at_collection(project):
    (project / "typo.alerts.yml").write_text(GOOD.replace("resolves:", "resolvs:"))
    code, out = pytest_on(project, "-o", "pgben_alert_scenarios=typo.alerts.yml")
    assert code == 2 and "typo.alerts.yml:15: an alert has no 'resolvs'" in out and "INTERNALERROR" not in out
