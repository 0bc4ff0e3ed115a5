"""promtool's unit-test files on the real programs: what passes, what fails, and whether promtool agrees."""

from pathlib import Path

import pytest
from lab_programs import program

from pgben_testkit import settings
from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability.lab import unittests

STACK = Path(__file__).parents[3] / "fixtures" / "observability" / "prometheus" / "tests"
RULES = """
groups:
- name: r
  rules:
  - record: job:errs:rate1m
    expr: sum by (job) (rate(errs_total[1m]))
  - alert: Erros
    expr: job:errs:rate1m > 1
    for: 2m
    labels: {severity: critical}
    annotations: {summary: "{{ $value | humanize }} por segundo em {{ $labels.job }}"}
  - alert: Fora
    expr: up == 0
    for: 1m
  - alert: Ausente
    expr: absent(up{job="api"})
    for: 1m
  - alert: Nua
    expr: sum by (job, instance, cor) (nua) > 3
    annotations: {summary: "{{ $externalLabels.cluster }} {{ $externalURL }}"}
  - alert: Velho
    expr: time() - feito > 600
"""
HEAD = "rule_files: [rules.yml]\nevaluation_interval: 15s\ntests:\n"
ERRORS = """
- name: erros
  interval: 15s
  input_series:
  - {series: 'errs_total{job="api", instance="a:1"}', values: '0+30x40 1200x40'}
  - {series: 'errs_total{job="api", instance="b:1"}', values: '0x80'}
  alert_rule_test:
  - {eval_time: 1m, alertname: Erros}
  - eval_time: 5m
    alertname: Erros
    exp_alerts:
    - exp_labels: {severity: %s, job: api}
      exp_annotations: {summary: "2 por segundo em api"}
  - {eval_time: 15m, alertname: Erros, exp_alerts: []}
  promql_expr_test:
  - {expr: 'job:errs:rate1m', eval_time: 5m, exp_samples: [{labels: 'job:errs:rate1m{job="api"}', value: %s}]}
"""


@pytest.fixture
def outcomes(run, tmp_path):
    for each in ("prometheus", "alertmanager", "promtool"):
        program(each)

    def run_it(text, **more):
        (tmp_path / "rules.yml").write_text(RULES)
        (tmp_path / "test.yml").write_text(HEAD + text)
        here = settings.read(root=tmp_path, environ={})
        return list(unittests.run_file(tmp_path / "test.yml", unittests.Setting(run, here, **more)))

    return run_it


def verdicts(found):
    return [(each.kind, each.about, each.eval_time, each.verdict) for each in found]


def test_a_file_whose_expectations_are_right(outcomes):
    assert verdicts(outcomes(ERRORS % ("critical", 2))) == [
        ("promtool", "promtool", "", "passed"),
        ("alert", "Erros", "1m", "passed"),
        ("alert", "Erros", "5m", "passed"),
        ("alert", "Erros", "15m", "passed"),
        ("expression", "job:errs:rate1m", "5m", "passed"),
    ]


def test_a_file_whose_expectations_are_wrong_says_what_was_found_and_how_it_went(outcomes):
    found = outcomes(ERRORS % ("warning", 3))
    assert [each.verdict for each in found] == ["failed", "passed", "failed", "passed", "failed"]
    said, _, alert, _, expression = found
    assert "severity" in said.why and "promtool says" in said.why
    assert 'severity="warning"' in alert.expected and 'severity="critical"' in alert.found
    assert "pending" in alert.story and "firing" in alert.story and "rate1m > 1" in alert.story
    assert "1 interval before 5m to 3 after" in alert.why
    series, value = expression.found.rsplit(" ", 1)
    assert series == 'job:errs:rate1m{job="api"}'
    assert float(value) == pytest.approx(2, rel=0.01)
    assert alert.line == HEAD.count("\n") + 9


def test_an_alert_that_fires_and_is_not_expected_fails(outcomes):
    text = ERRORS % ("critical", 2)
    text = text[: text.index("  - eval_time: 5m")] + "  - {eval_time: 8m, alertname: Erros, exp_alerts: []}\n"
    assert [each.verdict for each in outcomes(text)] == ["failed", "passed", "failed"]


def test_up_makes_targets_down_and_absent(outcomes):
    found = outcomes("""
- name: up
  interval: 15s
  input_series:
  - {series: 'up{job="api", instance="a:1"}', values: '1x8 0x20 1x20 _x40 1x40'}
  alert_rule_test:
  - {eval_time: 1m30s, alertname: Fora}
  - {eval_time: 5m, alertname: Fora, exp_alerts: [{exp_labels: {job: api, instance: 'a:1'}}]}
  - {eval_time: 10m, alertname: Fora}
  - {eval_time: 10m, alertname: Ausente}
  - {eval_time: 21m, alertname: Ausente, exp_alerts: [{exp_labels: {job: api}}]}
  - {eval_time: 28m, alertname: Ausente}
""")
    assert [each.verdict for each in found] == ["passed"] * 7, [each.story for each in found]


def test_labels_that_scraping_adds_are_not_there_where_the_file_has_none(outcomes):
    found = outcomes("""
- name: nua
  interval: 1m
  external_labels: {cluster: pgben}
  external_url: http://prometheus.pgben.example/p
  input_series:
  - {series: 'nua{cor="azul"}', values: '0+1x20'}
  - {series: 'nua{job="api"}', values: '9x20'}
  - {series: 'nua{instance="c:1"}', values: '_x20 1'}
  alert_rule_test:
  - eval_time: 10m
    alertname: Nua
    exp_alerts:
    - {exp_labels: {cor: azul}, exp_annotations: {summary: 'pgben http://prometheus.pgben.example/p'}}
    - {exp_labels: {job: api}, exp_annotations: {summary: 'pgben http://prometheus.pgben.example/p'}}
  promql_expr_test:
  - expr: nua
    eval_time: 10m
    exp_samples: [{labels: 'nua{cor="azul"}', value: 10}, {labels: 'nua{job="api"}', value: 9}]
""")
    assert [each.verdict for each in found] == ["passed"] * 3, [each.found for each in found]


def test_what_reads_the_clock_is_not_comparable_where_it_differs(outcomes):
    found = outcomes("""
- name: velho
  interval: 1m
  input_series: [{series: 'feito{job="api", instance="a:1"}', values: '0x20'}]
  alert_rule_test: [{eval_time: 5m, alertname: Velho, exp_alerts: []}]
  promql_expr_test:
  - expr: time() - feito
    eval_time: 5m
    exp_samples: [{labels: '{job="api", instance="a:1"}', value: 300}]
""")
    assert [each.verdict for each in found] == ["passed", "not comparable", "not comparable"]
    assert "1970" in found[1].why


def test_without_promtool_the_laboratory_alone_says(outcomes):
    found = outcomes(ERRORS % ("critical", 2), ask_promtool=False)
    assert [each.kind for each in found] == ["alert", "alert", "alert", "expression"]
    assert {each.verdict for each in found} == {"passed"}


def test_rule_files_that_are_not_there_are_told(run, tmp_path):
    (tmp_path / "test.yml").write_text("rule_files: [regras.yml]\ntests: [{name: um}]\n")
    here = settings.read(root=tmp_path, environ={})
    with pytest.raises(UsageProblem, match=r"no rule file is .*regras\.yml"):
        list(unittests.run_file(tmp_path / "test.yml", unittests.Setting(run, here)))


@pytest.mark.full
@pytest.mark.parametrize("name", ["seguranca", "plataforma", "cluster", "logs"])
def test_the_reference_rules_do_on_the_real_programs_what_promtool_says(run, name):
    for each in ("prometheus", "alertmanager", "promtool"):
        program(each)
    here = settings.read(root=STACK.parent, environ={})
    found = list(unittests.run_file(STACK / f"{name}.yml", unittests.Setting(run, here)))
    assert len(found) > 4
    assert [f"{each}\n{each.story}" for each in found if each.verdict != "passed"] == []
