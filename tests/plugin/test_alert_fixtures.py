"""`pgben_alerts`, `pgben_inbox`, `pgben_prometheus`, `pgben_alertmanager` in a project of somebody else's."""

import shutil

import pytest

RULES = """groups:
- name: g
  rules:
  - alert: FalhasDeAutenticacao
    expr: sum(rate(authentication_attempts_total{success="false"}[5m])) > 1
    for: 5m
    labels: {severity: critical}
    annotations: {summary: '{{ $value | printf "%.0f" }} por segundo'}
  - {alert: Vigia, expr: vector(1)}
"""
ALERTMANAGER = """route:
  receiver: plantao
  routes: [{matchers: [alertname="Vigia"], receiver: vigia}]
receivers:
- name: vigia
- name: plantao
  webhook_configs: [{url: "https://sms.example/enviar?to=%2B5584999990000", http_config: {authorization: {credentials: segredo}}}]
"""  # noqa: E501
PROMETHEUS = """global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
scrape_configs:
- {job_name: pgben-api, static_configs: [{targets: ["pgben-api:3000"]}]}
"""
LIFE = """
def test_life(pgben_alerts, pgben_inbox):
    api = pgben_alerts.target("pgben-api")
    api.counter("authentication_attempts_total", success="false").rate(2, per="s")
    alert = pgben_alerts.alert("FalhasDeAutenticacao")
    alert.becomes("pending", within="5m")
    alert.fires(after="5m", labels={"severity": "critical"})
    assert "2 por segundo" in pgben_inbox.sms.last.text
    api.counter("authentication_attempts_total", success="false").stop()
    alert.resolves(within="10m")
    pgben_alerts.no_other_alerts()
"""


@pytest.fixture
def project(pytester, monkeypatch):
    for program in ("prometheus", "prometheus-alertmanager"):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed (Debian's package has the same name)")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for name, text in (("rules", RULES), ("alertmanager", ALERTMANAGER), ("prometheus", PROMETHEUS)):
        (pytester.path / f"{name}.yml").write_text(text)
    return pytester


def settings(project, way, monkeypatch):
    named = {"alert_rules": "rules.yml", "alertmanager_config": "alertmanager.yml", "alerts_always": "Vigia"}
    if way == "ini":
        project.makeini("[pytest]\n" + "".join(f"pgben_{name} = {value}\n" for name, value in named.items()))
    elif way == "environment":
        for name, value in named.items():
            monkeypatch.setenv(f"PGBEN_{name.upper()}", value)
    else:
        return [f"--pgben-{name.replace('_', '-')}={value}" for name, value in named.items()]
    return []


@pytest.mark.parametrize("way", ["ini", "environment", "command line"])
def test_an_alert_lives_on_the_project_s_rules_and_routes(project, way, monkeypatch):
    arguments = settings(project, way, monkeypatch)
    project.makepyfile(LIFE)
    project.runpytest_subprocess("-p", "pgben_testkit", *arguments).assert_outcomes(passed=1)


def test_workers_of_xdist_have_a_laboratory_each(project, monkeypatch):
    settings(project, "ini", monkeypatch)
    project.makepyfile(LIFE + LIFE.replace("test_life", "test_again"))
    project.runpytest_subprocess("-p", "xdist", "-p", "pgben_testkit", "-n", "2").assert_outcomes(passed=2)


def test_an_alert_that_fails_shows_its_timeline_once_and_another_failure_too(project, monkeypatch):
    settings(project, "ini", monkeypatch)
    project.makepyfile(LIFE.replace('after="5m"', 'after="1m"'), test_other=LIFE.replace('"2 por segundo"', '"3 por"'))
    done = project.runpytest_subprocess("-p", "pgben_testkit")
    done.assert_outcomes(failed=2)
    text = done.stdout.str()
    # Under $CI pytest's summary repeats each failure's whole message
    failures, _, _ = text.partition("short test summary info")
    assert failures.count("state  |") == 2 and failures.count("- pgben_alerts -") == 1
    assert "fired after 5m" in failures and "segredo" not in text


def test_without_the_programs_it_is_told_what_to_install(project, monkeypatch):
    settings(project, "ini", monkeypatch)
    monkeypatch.setenv("PGBEN_ALERTMANAGER_BIN", "/nowhere/alertmanager")
    project.makepyfile(LIFE)
    done = project.runpytest_subprocess("-p", "pgben_testkit")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*/nowhere/alertmanager can't be run*"])


LIVE = """
import http.server, threading, time

def test_live(pgben_prometheus, pgben_alertmanager):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"x 4\\n")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pgben_prometheus.scrape("pgben-api", f"http://127.0.0.1:{server.server_port}")
    pgben_prometheus.send_alerts_to(pgben_alertmanager)
    pgben_prometheus.wait_all_up()
    [sample] = pgben_prometheus.query("x")
    assert (sample.value, sample.labels["instance"]) == (4, "pgben-api:3000")
    deadline = time.monotonic() + 90
    while not pgben_alertmanager.alerts():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert "127.0.0.1" in pgben_prometheus.changes and len(pgben_alertmanager.inbox) == 0

def test_a_target_that_does_not_answer(pgben_prometheus):
    import pytest
    pgben_prometheus.scrape("pgben-api", "http://127.0.0.1:9")
    with pytest.raises(Exception, match="not all targets are up"):
        pgben_prometheus.wait_all_up(timeout_s=7)
    with pytest.raises(Exception, match="no scrape job is called api"):
        pgben_prometheus.scrape("api", "http://127.0.0.1:9")
"""


def test_live_servers_on_anybody_s_configuration(project, monkeypatch):
    project.makeini(
        "[pytest]\npgben_prometheus_config = prometheus.yml\npgben_alertmanager_config = alertmanager.yml\n"
    )
    project.makepyfile(LIVE)
    project.runpytest_subprocess("-p", "pgben_testkit", "-p", "no:randomly").assert_outcomes(passed=2)
