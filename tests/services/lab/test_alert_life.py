"""An alert's whole life on the real programs, in jumped time; and what a test is told when it goes otherwise."""

import itertools
import re
from datetime import UTC, datetime, timedelta

import pytest
from lab_programs import LOGINS

from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability.lab.alert import AlertFailed


def seconds_since(alert, moment):
    return alert._laboratory.clock() - moment


def test_pending_firing_told_resolved_told(laboratory):
    lab = laboratory(LOGINS)
    counter = lab.target("pgben-api").counter("authentication_attempts_total", success="false").rate(2, per="s")
    alert = lab.alert("FalhasDeAutenticacao", job="pgben-api")
    alert.becomes("pending", within="5m")
    assert (alert.state, alert.labels["severity"]) == ("pending", "critical")
    alert.fires(after="5m", labels={"severity": "critical"})
    assert alert.value == pytest.approx(2, abs=0.05)
    assert alert.annotations["summary"] == "2 por segundo"
    assert [each.status for each in lab.inbox.webhook] == ["firing"]
    assert "2 por segundo" in str(lab.inbox.webhook.last.alerts[0].annotations)
    counter.stop()
    alert.resolves(within="10m")
    assert [each.status for each in lab.inbox.webhook] == ["firing", "resolved"]
    lab.no_other_alerts()
    told = [each.at for each in lab.inbox.webhook]
    assert told[1] - told[0] == pytest.approx(timedelta(minutes=5), abs=timedelta(seconds=3))
    assert told[0] - datetime.now(UTC) > timedelta(minutes=3)  # stamped by the laboratory's time
    assert lab.pace == "jumped clock"


def test_every_scrape_and_every_evaluation_is_really_made(laboratory):
    lab = laboratory(LOGINS)
    target = lab.target("pgben-api")
    lab.start()
    before = target.scrapes
    lab.advance("1h")
    assert target.scrapes - before in (239, 240, 241)
    [(_, points)] = lab.prometheus.query_range("count_over_time(up[1h])", lab.clock(), lab.clock(), 15)
    assert points[0][1] in (239, 240, 241)
    assert lab.prometheus.http.get("/metrics").count(b'rule_group_iterations_missed_total{rule_group="') == 2
    missed = re.findall(rb"iterations_missed_total\{[^}]*\} (\S+)", lab.prometheus.http.get("/metrics"))
    assert missed == [b"0", b"0"]


def test_silence_below_the_threshold(laboratory):
    lab = laboratory(LOGINS)
    lab.target("pgben-api").counter("authentication_attempts_total", success="false").rate(0.9)
    lab.alert("FalhasDeAutenticacao").stays("inactive", during="30m")
    assert len(lab.inbox) == 0


def test_silence_for_what_is_shorter_than_for(laboratory):
    lab = laboratory()
    gauge = lab.target("app").gauge("errs").set(1)
    alert = lab.alert("Erros").becomes("pending", within="1m")
    alert.stays("pending", during="4m")
    gauge.set(0)
    alert.never_fires(during="30m")
    assert alert.state == "inactive" and len(lab.inbox) == 0


def test_a_histogram_of_slow_answers(laboratory):
    lab = laboratory(LOGINS)
    slow = lab.target("pgben-api").histogram("lat_seconds", buckets=(0.1, 0.5, 1, 2)).rate(20, of=0.05)
    alert = lab.alert("Latencia")
    alert.never_fires(during="15m")
    slow.rate(20, of={0.05: 0.9, 1.5: 0.1})
    alert.fires(after="10m", within="20m")
    assert alert.value == pytest.approx(1.9, abs=0.05)


def test_a_restart_is_no_alarm_and_no_fall_of_the_rate(laboratory):
    lab = laboratory(LOGINS)
    target = lab.target("pgben-api")
    target.counter("authentication_attempts_total", success="false").rate(0.8)
    lab.advance("10m")
    target.restart()
    lab.advance("1m")
    [sample] = lab.prometheus.query("resets(authentication_attempts_total[5m])")
    assert sample.value == 1
    lab.alert("FalhasDeAutenticacao").stays("inactive", during="10m")


ABSENT = """
groups:
- name: g
  rules:
  - {alert: SemMetrica, expr: 'absent(pg_up)', for: 1m}
  - {alert: ForaDoAr, expr: 'up == 0', for: 1m, annotations: {summary: "{{ $labels.instance }} fora do ar"}}
  - {alert: Lento, expr: 'scrape_duration_seconds > 5', for: 1m}
"""


def test_what_vanishes_is_absent_and_what_is_down_is_not_up(laboratory):
    lab = laboratory(ABSENT)
    target = lab.target("postgres", "postgres-exporter:9187")
    gauge = target.gauge("pg_up").set(1)
    lab.advance("2m")
    lab.no_other_alerts()
    gauge.vanish()
    lab.alert("SemMetrica").fires(after="1m", within="3m")
    gauge.appear()
    lab.alert("SemMetrica").resolves(within="1m")
    target.down()
    alert = lab.alert("ForaDoAr").fires(after="1m", within="3m")
    assert alert.annotations["summary"] == "postgres-exporter:9187 fora do ar"
    target.up()
    alert.resolves(within="1m")


def test_a_slow_target_takes_the_laboratory_s_time_and_beyond_its_timeout_it_fails(laboratory):
    lab = laboratory(ABSENT)
    target = lab.target("postgres")
    target.gauge("pg_up").set(1)
    lab.start()
    target.slow("7s")
    lab.alert("Lento").fires(within="3m", told=False)
    assert lab.alert("Lento").value == pytest.approx(7, abs=0.5)
    target.slow("12s")
    lab.alert("ForaDoAr").fires(after="1m", within="3m", told=False)
    target.up()
    lab.alert("ForaDoAr").resolves(within="1m", told=False)


def test_targets_that_come_later(laboratory):
    lab = laboratory(ABSENT)
    lab.target("postgres").gauge("pg_up").set(1)
    lab.advance("1m")
    lab.target("postgres", "segundo:9187").gauge("pg_up").set(0)
    lab.advance("1m")
    assert sorted(each.value for each in lab.prometheus.query("pg_up")) == [0, 1]


CONFIG = """
global: {scrape_interval: 30s, evaluation_interval: 20s, external_labels: {cluster: pgben}}
rule_files: [rules.yml]
alerting: {alertmanagers: [{static_configs: [{targets: [alertmanager:9093]}]}]}
remote_write: [{url: "http://elsewhere.invalid/write"}]
scrape_configs:
- job_name: app
  metrics_path: /saude/metricas
  scheme: https
  basic_auth: {username: u, password: secreta}
  static_configs:
  - {targets: [app-1:3000, app-2:3000], labels: {zona: norte}}
  metric_relabel_configs:
  - {source_labels: [__name__], regex: caiu, action: drop}
- job_name: pods
  kubernetes_sd_configs: [{role: pod}]
  relabel_configs:
  - {source_labels: [__meta_kubernetes_pod_label_app], regex: pgben, action: keep}
  - {source_labels: [__meta_kubernetes_pod_name], target_label: pod}
"""


def test_a_configuration_is_run_with_its_own_times_labels_and_relabelling(laboratory):
    lab = laboratory(prometheus=CONFIG)
    lab.target("app", "app-1:3000").gauge("errs").set(1)
    lab.target("app", "app-1:3000").gauge("caiu").set(1)
    meta = {"__meta_kubernetes_pod_label_app": "pgben", "__meta_kubernetes_pod_name": "a"}
    lab.target("pods", "pod-1:80", **meta).gauge("x").set(2)
    alert = lab.alert("Erros").fires(after="5m")
    assert (alert.labels["zona"], alert.labels["instance"]) == ("norte", "app-1:3000")
    assert lab.inbox.webhook.last.alerts[0].labels["cluster"] == "pgben"
    assert lab.prometheus.query("caiu") == []
    assert [each.labels["pod"] for each in lab.prometheus.query("x")] == ["a"]
    assert len(lab.prometheus.query("up")) == 3
    assert "-  scheme: https" in lab.changes and "elsewhere.invalid" in lab.changes
    assert "secreta" not in lab.changes


def test_a_target_that_relabelling_drops_is_told(laboratory):
    lab = laboratory(prometheus=CONFIG)
    lab.target("pods", "pod-1:80")
    with pytest.raises(Exception, match=r"of 3 targets 2 are left after discovery; relabel_configs may drop"):
        lab.start()


def test_a_job_that_is_not_configured_is_told(laboratory):
    with pytest.raises(UsageProblem, match=r"no scrape job is called pgben-ap[^i]"):
        laboratory(prometheus=CONFIG).target("pgben-ap")


def test_an_alert_that_is_not_there_is_told_with_the_nearest(laboratory):
    with pytest.raises(UsageProblem, match=r"no alert is called Erro\n.*the nearest: Erros"):
        laboratory().alert("Erro")


def test_a_rule_file_that_prometheus_refuses_is_told_in_its_words(laboratory):
    lab = laboratory("groups: [{name: g, rules: [{alert: X, expr: 'rate(x', for: 1m}]}]")
    with pytest.raises(UsageProblem, match="Prometheus refuses the configuration"):
        lab.start()


def test_rules_after_the_start_are_refused(laboratory):
    lab = laboratory()
    lab.start()
    with pytest.raises(UsageProblem, match="load_rules after the start"):
        lab.load_rules("rules.yml")


def test_a_failure_shows_the_timeline_with_the_moment(laboratory):
    lab = laboratory()
    gauge = lab.target("app").gauge("errs").set(2)
    alert = lab.alert("Erros").fires()
    gauge.set(0)
    with pytest.raises(AlertFailed) as caught:
        alert.stays("firing", during="10m")
    text = str(caught.value)
    assert text.startswith("Erros did not stay firing for 10m: it is inactive\n")
    for part in (
        "expr: errs > 0   for: 5m",
        "state  |",
        "value  |",
        "0 to 2, last 0",
        "feed      errs = 0",
        "pending  value 2",
        "firing  value 2",
        "delivery  webhook",
        "> ",
    ):
        assert part in text, part
    assert re.search(r"state  \|\.*p+F+\.*\|", text), text


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        (lambda alert: alert.becomes("firing", within="1m"), "did not become firing within 1m: it is pending"),
        (lambda alert: alert.fires(within="1m"), "did not fire within 1m: it is pending"),
        (lambda alert: alert.fires(after="2m"), r"fired after 5m.* of being pending, not after 2m"),
        (
            lambda alert: alert.fires(labels={"severity": "info"}),
            "fires with other labels: severity=critical, not info",
        ),
        (lambda alert: alert.resolves(within="1m"), "did not resolve within 1m: it is pending"),
        (lambda alert: alert.never_fires(during="1h"), "fires, and was never to fire during 1h"),
        (lambda alert: alert.becomes("on"), "no state is called 'on'"),
    ],
)
def test_each_verb_fails_with_a_reason(laboratory, verb, said):
    lab = laboratory()
    lab.target("app").gauge("errs").set(1)
    alert = lab.alert("Erros").becomes("pending", within="1m")
    with pytest.raises((AlertFailed, UsageProblem), match=said):
        verb(alert)


def test_other_alerts_are_told_with_their_story(laboratory):
    lab = laboratory(ABSENT)
    lab.target("postgres")
    lab.advance("3m")
    with pytest.raises(AssertionError, match=r"other alerts have fired: SemMetrica\nSemMetrica"):
        lab.no_other_alerts()
    lab.no_other_alerts("SemMetrica")


MUTED = """
route:
  receiver: r
  routes: [{receiver: r, mute_time_intervals: [noite]}]
time_intervals:
- {name: noite, time_intervals: [{times: [{start_time: "00:00", end_time: "12:00"}]}]}
receivers: [{name: r, webhook_configs: [{url: "http://a.invalid/"}]}]
"""


@pytest.mark.parametrize(("hour", "told"), [(3, 0), (15, 1)])
def test_mute_times_by_the_laboratory_s_clock(laboratory, hour, told):
    lab = laboratory(alertmanager=MUTED)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).replace(hour=hour)
    lab.start_at(tomorrow)
    lab.target("app").gauge("errs").set(1)
    lab.alert("Erros").fires()
    assert lab.now.date() == tomorrow.date()
    assert len(lab.inbox.webhook) == told


def test_the_past_can_not_be_begun_at(laboratory):
    with pytest.raises(UsageProblem, match="is in the past"):
        laboratory().start_at("2020-01-01T00:00:00")


TWO = """
route:
  receiver: todos
  group_by: [alertname]
  group_wait: 10s
  group_interval: 1m
  repeat_interval: 2h
receivers:
- name: todos
  webhook_configs: [{url: "http://a.invalid/"}]
  slack_configs:
  - {api_url: "http://slack.invalid/x", channel: "#a", title: "{{ .CommonLabels.alertname }}", text: x}
inhibit_rules: [{source_matchers: ['alertname="ForaDoAr"'], target_matchers: ['alertname="SemMetrica"']}]
"""


def test_inhibited_alerts_fire_and_are_not_told(laboratory):
    lab = laboratory(ABSENT, alertmanager=TWO)
    target = lab.target("postgres")
    target.gauge("pg_up").set(1)
    lab.start()
    target.down()
    lab.alert("ForaDoAr").fires()
    lab.alert("SemMetrica").fires()
    assert len(lab.inbox.slack.about("ForaDoAr")) == 1
    assert len(lab.inbox.slack.about("SemMetrica")) == 0


def test_repeats_come_when_they_are_due(laboratory):
    lab = laboratory(alertmanager=TWO)
    lab.target("app").gauge("errs").set(1)
    lab.alert("Erros").fires()
    lab.advance("5h")
    told = [each.at for each in lab.inbox.webhook]
    gaps = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(told)]
    assert len(told) == 3 and all(7200 <= each <= 7262 for each in gaps), gaps


def test_what_a_receiver_refuses_is_tried_again_and_not_lost(laboratory):
    lab = laboratory(alertmanager=TWO)
    lab.target("app").gauge("errs").set(1)
    lab.inbox.webhook.fail(500, times=3)
    lab.inbox.slack.time_out(seconds=3600, times=1)
    lab.alert("Erros").fires()
    lab.advance("5m")
    assert [each.status for each in lab.inbox.webhook] == ["firing"]
    assert sum("500" in str(each) for each in lab.inbox.attempts) == 3
    assert len(lab.inbox.slack) == 1
    lab.inbox.assert_nothing_lost()


def test_the_load_is_paced_by_jumped_time(laboratory):
    lab = laboratory()
    lab.target("app")
    lab.start()
    spent = []
    lab.load(spent.append)
    lab.advance("10m")
    assert sum(spent) == pytest.approx(600, abs=5)
    assert max(spent) <= 15.1


def test_nothing_is_resolved_that_never_was(laboratory):
    lab = laboratory()
    lab.target("app").gauge("errs").set(0)
    with pytest.raises(AlertFailed, match="Erros has nothing to resolve"):
        lab.alert("Erros").resolves(within="1m")


def test_a_label_that_the_alert_does_not_have_is_told(laboratory):
    lab = laboratory()
    lab.target("app").gauge("errs").set(1)
    with pytest.raises(UsageProblem, match=r"Erros has no label severty\n.*alertname, instance, job, severity"):
        lab.alert("Erros", severty="critical").never_fires(during="10m")
    with pytest.raises(AlertFailed, match=r"Erros \{job=other\} did not fire within 6m"):
        lab.alert("Erros", job="other").fires(within="6m")


def test_a_syntax_error_in_a_rule_is_told_with_its_place(laboratory):
    lab = laboratory("groups: [{name: g, rules: [{alert: X, expr: 'rate(x[5m]', for: 1m}]}]")
    with pytest.raises(UsageProblem, match=r"rules\.yml.*unclosed left parenthesis"):
        lab.start()


def test_an_instance_that_a_static_job_does_not_have_is_told(laboratory):
    with pytest.raises(UsageProblem, match=r"the job app has no target app-3:3000\n.*app-1:3000, app-2:3000"):
        laboratory(prometheus=CONFIG).target("app", "app-3:3000")
