"""The reference stack's Prometheus by promtool's word, and what each alert, runbook and metric owes the others."""

import re
import shutil
import subprocess
from collections import Counter
from contextlib import ExitStack

import pytest
import sample as samples
import stack
from stack import ALWAYS, OF_EVERY_TARGET, PROMETHEUS, RULE_FILES, RUNBOOKS, SEVERITIES, TEAMS, TEST_FILES

from pgben_testkit.lgpd.text import kind_of
from pgben_testkit.observability import catalogue
from pgben_testkit.postgres.service import SERVICE as POSTGRES

ALERTS = stack.alerts()
CATALOGUE = catalogue.load(stack.STACK / "catalogue.yaml")
RECORDED = {rule["record"] for _, rule in stack.rules() if "record" in rule}
AREAS = {"api", "banco", "storage", "seguranca", "lgpd", "plataforma", "logs", "cluster"}


def promtool(*arguments, folder=PROMETHEUS):
    done = subprocess.run(
        [stack.program("promtool", "prometheus"), *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_configuration_is_one():
    code, told = promtool("check", "config", "--lint=all", "--lint-fatal", "prometheus.yml")
    assert (code, "WARNING" in told) == (0, False), told


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.stem)
def test_rules_are_clean_with_lint_as_errors(path):
    code, told = promtool("check", "rules", "--lint=all", "--lint-fatal", path)
    assert (code, "SUCCESS" in told) == (0, True), told


@pytest.mark.full
@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: path.stem)
def test_unit_tests_of_the_rules(path):
    code, told = promtool("test", "rules", path.name, folder=path.parent)
    assert code == 0, told


@pytest.mark.full
def test_unit_tests_can_fail(tmp_path):
    """The counter-proof: a threshold moved away is noticed."""
    broken = (
        (PROMETHEUS / "rules" / "lgpd.yml")
        .read_text("utf-8")
        .replace("lgpd_audit_trail_gaps) > 0", "lgpd_audit_trail_gaps) > 3")
    )
    (tmp_path / "rules").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "rules" / "lgpd.yml").write_text(broken, "utf-8")
    (tmp_path / "rules" / "registros.yml").write_text(
        (PROMETHEUS / "rules" / "registros.yml").read_text("utf-8"), "utf-8"
    )
    (tmp_path / "tests" / "lgpd.yml").write_text((PROMETHEUS / "tests" / "lgpd.yml").read_text("utf-8"), "utf-8")
    code, told = promtool("test", "rules", "lgpd.yml", folder=tmp_path / "tests")
    assert code != 0 and "LacunasNaAuditoria" in told


@pytest.mark.full
@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: path.stem)
def test_unit_tests_hold_each_alert_to_its_time(tmp_path, path):
    """Without its `for` each alert fires in a case where it must not yet."""
    shutil.copytree(stack.STACK, tmp_path / "stack")
    for rules in tmp_path.glob("stack/*/rules/*.yml"):
        rules.write_text(re.sub(r"\n +for: \w+", "", rules.read_text("utf-8")), "utf-8")
    code, told = promtool("test", "rules", path.name, folder=tmp_path / "stack" / "prometheus" / "tests")
    owing = {name for name, (area, rule) in ALERTS.items() if area == path.stem and "for" in rule}
    assert code != 0
    assert {name for name in owing if not re.search(rf"alertname: {name}, time: .*\n\s+exp:\[\s*\]", told)} == set()


def test_no_alert_name_is_used_twice():
    names = Counter(rule["alert"] for _, rule in stack.rules() if "alert" in rule)
    assert [name for name, count in names.items() if count > 1] == []
    assert len(names) >= 30
    assert {area for area, _ in ALERTS.values()} == AREAS


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_whom_it_calls_and_why(name):
    _, rule = ALERTS[name]
    assert rule["labels"].keys() == {"severity", "team"}
    assert rule["labels"]["severity"] in (("none",) if name == ALWAYS else SEVERITIES)
    assert rule["labels"]["team"] in TEAMS
    assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"https://pgben.example/docs/runbooks/{name}"
    assert "for" in rule or name == ALWAYS
    assert len(rule["annotations"]["summary"]) <= 80


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_has_a_firing_a_silent_and_a_resolved_case(name):
    fired = resolved = silent = False
    for _, group in stack.unit_tests():
        steps = [bool(each["exp_alerts"]) for each in group["alert_rule_test"] if each["alertname"] == name]
        if True in steps:
            fired = True
            resolved = resolved or False in steps[steps.index(True) :]
        elif steps:
            silent = True
    assert (fired, resolved, silent) == ((True, False, False) if name == ALWAYS else (True, True, True))


def test_series_of_unit_tests_are_like_scraped_ones():
    for path, group in stack.unit_tests():
        for each in group["input_series"]:
            [(metric, matchers)] = stack.selectors(each["series"])
            assert matchers.keys() >= OF_EVERY_TARGET, (path.name, each["series"])
            _catalogued(metric, matchers)


def test_each_metric_that_a_rule_names_is_catalogued_or_recorded():
    checked = 0
    for _, rule in stack.rules():
        for metric, matchers in stack.selectors(rule["expr"]):
            if metric not in RECORDED:
                _catalogued(metric, matchers)
                checked += 1
    assert checked > 50


def test_a_metric_that_nobody_exports_is_noticed():
    with pytest.raises(AssertionError):
        _catalogued("http_requests", {})
    with pytest.raises(AssertionError):
        _catalogued("token_failures_total", {"cause": ("=", "signature")})
    with pytest.raises(AssertionError):
        _catalogued(*stack.selectors('token_failures_total{reason="assinatura"}')[0])
    with pytest.raises(AssertionError):
        _catalogued(*stack.selectors('log_messages_total{level=~"error|fatal"}')[0])
    with pytest.raises(AssertionError):
        _catalogued(*stack.selectors('http_requests_total{status_code="5xx"}')[0])


def _catalogued(metric, matchers):
    """The metric is one of the catalogue's, and each label that is matched is its own, with values that it can have."""
    if metric == "up":
        assert matchers.keys() <= OF_EVERY_TARGET
        return
    entry = CATALOGUE.metrics.get(metric) or CATALOGUE.metrics.get(re.sub("_(bucket|count|sum)$", "", metric))
    assert entry, f"nothing exports {metric}"
    labels = matchers.keys() - OF_EVERY_TARGET - ({"le"} if metric.endswith("_bucket") else set())
    assert labels <= entry.labels.keys(), f"{metric} has no {labels - entry.labels.keys()}"
    for label, (op, value) in matchers.items():
        if label in labels:
            assert _can_match(entry.labels[label], op, value), f"{metric} has no {label}{op}{value}"
    if metric.endswith("_bucket") and "le" in matchers:
        bounds = [*entry.buckets, float("inf")]
        pieces = matchers["le"][1].split("|")
        assert any(float(piece.replace("+Inf", "inf")) in bounds for piece in pieces), (
            f"{metric} has no bucket {pieces}"
        )


def _can_match(allowed, op, value):
    if op in ("=", "!="):
        return allowed.allows(value)
    pieces = value.split("|")
    return not allowed.values or all(any(re.fullmatch(piece, each) for each in allowed.values) for piece in pieces)


@pytest.mark.parametrize(
    ("metric", "limit"),
    [
        ("event_loop_lag_seconds", 0.1),
        ("http_request_duration_seconds", 1),
        ("database_query_duration_seconds", 0.5),
    ],
)
def test_a_threshold_is_an_edge_of_a_bucket_and_not_the_last(metric, limit):
    assert limit in CATALOGUE.metrics[metric].buckets[:-1]


def test_each_job_is_missed_by_an_absent():
    jobs = {each["job_name"] for each in stack.read(PROMETHEUS / "prometheus.yml")["scrape_configs"]}
    missed = {
        matchers["job"][1]
        for name in ("AlvoAusente", "KubeStateMetricsAusente")
        for _, matchers in stack.selectors(ALERTS[name][1]["expr"])
    }
    assert missed == jobs


def test_the_docs_have_the_alerts_as_they_are():
    written = stack.TABLE.search(stack.DOCS.read_text("utf-8"))
    assert written and written[0] == stack.table(), "write it anew: python tests/services/stack.py"


def test_each_alert_has_its_runbook_and_each_runbook_its_alert():
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == set(ALERTS)


@pytest.mark.parametrize("name", ALERTS)
def test_a_runbook_is_whole(name):
    page = RUNBOOKS / f"{name}.md"
    text = page.read_text("utf-8")
    assert re.findall("^#+ (.*)$", text, re.MULTILINE) == [
        name,
        "O que significa",
        "Impacto",
        "Como ver",
        "O que fazer primeiro",
        "Quando escalar",
    ]
    for link in re.findall(r"\]\((\w+)\.md\)", text):
        assert link in ALERTS, link
    queries = [line for block in stack.fenced(page, "promql") for line in block.splitlines()]
    assert queries
    for query in queries:
        for metric, matchers in stack.selectors(query):
            if metric not in RECORDED and metric != "ALERTS":
                _catalogued(metric, matchers)


def test_sql_of_the_runbooks_runs_on_the_reference_schema():
    statements = [
        sql
        for page in sorted(RUNBOOKS.glob("*.md"))
        for block in stack.fenced(page, "sql")
        for sql in block.split(";")
        if sql.strip()
    ]
    assert len(statements) >= 8
    with ExitStack() as opened:
        database = samples.opened(opened).world.space(POSTGRES).strategy("clone").acquire()
        connection = opened.enter_context(database.connect())
        for sql in statements:
            connection.execute(sql)


def test_annotations_show_no_personal_data():
    for _, group in stack.unit_tests():
        for each in group["alert_rule_test"]:
            for alert in each["exp_alerts"]:
                for value in [*alert["exp_labels"].values(), *alert.get("exp_annotations", {}).values()]:
                    assert not kind_of(value), value
