"""Durations divided, on the real programs in real time: what a test says stays in the laboratory's time."""

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
import stack
from lab_programs import LOGINS, program

from pgben_testkit import settings
from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability.lab import choice, testfile, unittests
from pgben_testkit.observability.lab.alert import AlertFailed
from pgben_testkit.observability.lab.clock import ClockNotAble
from pgben_testkit.observability.lab.driver import LostTime
from pgben_testkit.observability.lab.scale import NotScalable

pytestmark = pytest.mark.full

OTHERS = """
groups:
- name: outros
  rules:
  - {alert: Latencia, expr: 'histogram_quantile(0.99, sum by (le) (rate(lat_seconds_bucket[5m]))) > 1', for: 2m}
  - {alert: Bloqueios, expr: 'increase(lockouts_total[10m]) > 25', for: 1m}
  - {alert: SemMetrica, expr: 'absent(pedidos{job="app"})', for: 2m}
  - {alert: DiscoEnchendo, expr: 'predict_linear(livre_bytes[10m], 4 * 3600) < 0', for: 3m}
  - {alert: Velho, expr: 'time() - backup_timestamp_seconds > 900', for: 1m}
  - {alert: Vivo, expr: '1'}
"""


def scaled(laboratory, *given, **more):
    return laboratory(*given, pace="scaled", **more)


def test_the_whole_life_of_an_alert(laboratory):
    lab = scaled(laboratory, LOGINS)
    falhas = lab.target("pgben-api").counter("authentication_attempts_total", success="false").rate(2, per="s")
    alert = lab.alert("FalhasDeAutenticacao", job="pgben-api")
    alert.becomes("pending", within="5m")
    began = lab.clock()
    alert.fires(after="5m", labels={"severity": "critical"})
    assert 300 <= lab.clock() - began <= 300 + 30 + 45  # for, group_wait, three intervals
    assert alert.value == pytest.approx(2, abs=0.1)
    assert alert.annotations["summary"] == "2 por segundo"
    assert "2 por segundo" in str(lab.inbox.webhook.last.alerts[0].annotations)
    falhas.stop()
    alert.resolves(within="10m")
    assert [each.status for each in lab.inbox.webhook] == ["firing", "resolved"]
    told = [each.at for each in lab.inbox.webhook]
    assert told[1] - told[0] == pytest.approx(timedelta(minutes=5), abs=timedelta(seconds=15))
    assert told[0] - datetime.now(UTC) > timedelta(minutes=3)  # stamped by the laboratory's time
    lab.no_other_alerts()
    assert lab.pace == "durations divided by 100"
    story = lab.story()
    assert "durations divided by 100" in story and "for: 5m" in story and "in all" in story
    assert 'expr: sum by (job) ((rate(authentication_attempts_total{success="false"}[3s]) / 100))\n' in lab.changes


def test_a_histogram_of_slow_answers(laboratory):
    lab = scaled(laboratory, OTHERS)
    slow = lab.target("app").histogram("lat_seconds", buckets=(0.1, 0.5, 1, 2)).rate(20, of=0.05)
    alert = lab.alert("Latencia")
    alert.never_fires(during="8m")
    slow.rate(20, of={0.05: 0.9, 1.5: 0.1})
    alert.fires(after="2m", within="10m", told=False)
    assert alert.value == pytest.approx(1.9, abs=0.1)


def test_increases_absences_forecasts_and_ages(laboratory):
    lab = scaled(laboratory, OTHERS)
    app = lab.target("app")
    app.counter("lockouts_total").rate(3, per="min")
    app.gauge("pedidos").set(1)
    livre = app.gauge("livre_bytes").set(100_000)
    app.gauge("backup_timestamp_seconds").age()
    lab.alert("Bloqueios").becomes("pending", within="11m").fires(after="1m", told=False)
    assert lab.alert("Bloqueios").value == pytest.approx(30, abs=5)
    assert (lab.alert("DiscoEnchendo").state, lab.alert("SemMetrica").state) == ("inactive", "inactive")
    lab.alert("Velho").becomes("pending", within="6m")
    assert lab.alert("Velho").value == pytest.approx(915, abs=60)
    app.gauge("pedidos").vanish()
    lab.alert("SemMetrica").becomes("pending", within="1m").fires(after="2m", told=False)
    livre.ramp(to=0, over="3h")  # 9.3 bytes a second: none left in four hours
    lab.alert("DiscoEnchendo").fires(after="3m", within="14m", told=False)
    [rate] = lab.prometheus.query("deriv(livre_bytes[5m])")
    assert rate.value == pytest.approx(-100_000 / 10_800, rel=0.1)
    assert rate.at == pytest.approx(lab.clock(), abs=30)


def test_nothing_has_happened_before_the_start(laboratory):
    """Prometheus takes five seconds of its clock to know its targets: eight minutes in which `absent` was true."""
    lab = scaled(laboratory, OTHERS)
    gauge = lab.target("app").gauge("pedidos").set(5)
    gauge.ramp(to=10, over="10m")
    began = lab.clock()
    lab.start()
    assert lab.clock() - began < 30
    lab.alert("SemMetrica").stays("inactive", during="5m")
    assert len([each for each in lab.inbox if "SemMetrica" in each.as_text()]) == 0
    [pedidos] = lab.prometheus.query("pedidos")
    assert 7 < pedidos.value < 8.5


def test_a_failure_is_told_in_laboratory_time(laboratory):
    lab = scaled(laboratory)
    lab.target("app").gauge("errs").set(1)
    alert = lab.alert("Erros").becomes("pending", within="1m")
    with pytest.raises(AlertFailed, match=r"fired after 5m.* of being pending, not after 2m"):
        alert.fires(after="2m")
    with pytest.raises(AlertFailed, match=r"did not resolve within 2m: it is firing"):
        alert.resolves(within="2m")


def test_the_load_is_that_of_laboratory_time(laboratory):
    lab = scaled(laboratory)
    lab.target("app")
    lab.start()
    spent = []
    lab.load(spent.append)
    lab.advance("10m")
    assert sum(spent) == pytest.approx(600, abs=20)


def test_a_slow_target_s_timeout_is_laboratory_time(laboratory):
    lab = scaled(laboratory, "groups: [{name: g, rules: [{alert: Fora, expr: 'up == 0', for: 1m}]}]")
    target = lab.target("app")
    target.slow("5s")
    lab.alert("Fora").stays("inactive", during="3m")
    target.slow("14s")
    lab.alert("Fora").fires(after="1m", within="4m", told=False)


def test_a_start_at_another_time_of_day(laboratory):
    lab = scaled(laboratory, "groups: [{name: g, rules: [{alert: Noite, expr: 'hour() == 3 and on () up', for: 2m}]}]")
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).replace(hour=2, minute=50, second=0)
    lab.start_at(tomorrow)
    lab.target("app")
    lab.alert("Noite").stays("inactive", during="8m")
    lab.alert("Noite").fires(after="2m", within="8m", told=False)
    assert lab.now.hour == 3 and lab.now.date() == tomorrow.date()


@pytest.mark.parametrize(("interval", "name"), [("5s", "durations divided by 50"), ("2s", "durations divided by 20")])
def test_short_intervals_are_divided_by_less(laboratory, interval, name):
    lab = scaled(
        laboratory,
        prometheus=f"global: {{scrape_interval: {interval}, evaluation_interval: {interval}}}\n"
        "scrape_configs: [{job_name: app, static_configs: [{targets: [app]}]}]",
    )
    lab.target("app").gauge("errs").set(1)
    alert = lab.alert("Erros").becomes("pending", within="1m")
    lab.advance("1m")
    assert (lab.pace, alert.state) == (name, "pending")


AT = "groups: [{name: g, rules: [{alert: X, expr: 'x @ 5 > 0', for: 1m}]}]"


def test_a_rule_that_can_not_be_scaled(laboratory):
    with pytest.raises(NotScalable, match=r"the rule X \(.*rules\.yml\) can't be scaled\n.*@ names a moment"):
        scaled(laboratory, AT).start()


def test_a_query_that_can_not_be_scaled(laboratory):
    with pytest.raises(NotScalable, match="scrape_duration_seconds"):
        scaled(laboratory).prometheus.query("scrape_duration_seconds")


MUTED = """
route: {receiver: r, routes: [{receiver: r, matchers: ['severity="critical"'], mute_time_intervals: [noite]}]}
time_intervals: [{name: noite, time_intervals: [{times: [{start_time: "00:00", end_time: "12:00"}]}]}]
receivers: [{name: r, webhook_configs: [{url: "http://a.invalid/"}]}]
"""


def test_an_alert_of_a_route_with_mute_times_is_no_verdict(laboratory):
    lab = scaled(laboratory, alertmanager=MUTED)
    lab.target("app").gauge("errs").set(1)
    with pytest.raises(LostTime, match=r"the route of the group .* has mute or active times"):
        lab.alert("Erros").fires()


def test_messages_that_are_tried_again_are_no_verdict(laboratory):
    lab = scaled(laboratory)
    lab.inbox.webhook.fail(500, times=3)
    lab.target("app").gauge("errs").set(1)
    with pytest.raises(LostTime, match=r"tries a message again.*\n.*50s here"):
        lab.alert("Erros").fires()


def test_a_group_that_is_filled_again_at_once_is_no_verdict(laboratory):
    lab = scaled(laboratory)
    gauge = lab.target("app").gauge("errs").set(1)
    lab.alert("Erros").fires()
    gauge.set(0)
    lab.alert("Erros").resolves()
    gauge.set(1)
    with pytest.raises(LostTime, match=r"the group \{alertname=Erros\} .* was filled again too soon\b.*\n.*50m here"):
        lab.alert("Erros").fires()


def test_targets_that_come_after_the_start_are_no_verdict(laboratory):
    lab = scaled(laboratory)
    lab.target("app")
    lab.start()
    with pytest.raises(LostTime, match="targets came or went after the start"):
        lab.target("outro")


def test_evaluations_that_were_left_out_are_noticed(laboratory):
    lab = scaled(laboratory)
    lab.target("app").gauge("errs").set(1)
    lab.alert("Erros").becomes("pending", within="1m")
    process = psutil.Process(lab.prometheus.process.popen.pid)
    process.suspend()
    threading.Timer(1.0, process.resume).start()
    with pytest.raises(LostTime, match=r"was missed\n.*one and a half intervals"):
        lab.alert("Erros").fires()


def test_evaluations_that_nobody_looked_at_are_read_from_their_series(laboratory):
    lab = scaled(laboratory)
    lab.target("app").gauge("errs").set(1)
    lab.start()
    lab.load(lambda seconds: time.sleep(0.16))  # more than an interval
    lab.alert("Erros").becomes("pending", within="2m").fires(after="5m")
    assert [each.status for each in lab.inbox.webhook] == ["firing"]


def test_a_state_between_two_looks_is_never_overlooked(laboratory):
    lab = scaled(laboratory, "groups: [{name: g, rules: [{alert: Erros, expr: errs > 0}]}]")
    gauge = lab.target("app").gauge("errs")

    def a_moment(seconds):
        for value, for_s in ((0, 0.13), (1, 0.16)):  # 1 for more than an interval: it is scraped, whenever that is
            gauge.set(value)
            time.sleep(for_s)

    lab.start()
    lab.load(a_moment)
    with pytest.raises((LostTime, AlertFailed), match=r"the rule group g was missed|did not stay inactive"):
        lab.alert("Erros").stays("inactive", during="30m")


def test_where_clocks_do_not_jump_time_is_scaled_and_else_real(laboratory, monkeypatch):
    monkeypatch.setattr(choice, "why_not_able", lambda: "no ptrace here")
    lab = laboratory(pace="auto")
    lab.target("app")
    assert (lab.pace, lab.why_not_jumped, lab.why_not_scaled) == ("durations divided by 100", "no ptrace here", "")
    quick = "global: {scrape_interval: 1s, evaluation_interval: 1s}\nscrape_configs: [{job_name: app}]"
    lab = laboratory(AT, pace="auto", prometheus=quick)
    lab.target("app")
    assert lab.pace == "real time" and "@ names a moment" in lab.why_not_scaled
    assert any("not in scaled time: the rule X" in each.text for each in lab.timeline.events)
    with pytest.raises(ClockNotAble, match="no ptrace here"):
        laboratory(pace="jump").start()


def test_a_moment_to_start_at_needs_another_time_than_the_real_one(laboratory, monkeypatch):
    monkeypatch.setattr(choice, "why_not_able", lambda: "no ptrace here")
    lab = laboratory(AT, pace="auto")
    lab.start_at(datetime.now(UTC) + timedelta(days=1))
    with pytest.raises(ClockNotAble, match=r"no ptrace here; .*@ names a moment"):
        lab.start()


CASES = [
    "ApiForaDoAr dispara e resolve",
    "PoolSemConexao dispara e resolve",
    "FalhasDeAutenticacao dispara e resolve",
    "KubeStateMetricsAusente dispara e resolve",
    "StorageInacessivel fica em silêncio",
]


@pytest.mark.parametrize("name", CASES)
def test_the_reference_stack_s_cases_come_out_as_in_jumped_time(run, tmp_path, name):
    for each in ("prometheus", "alertmanager"):
        program(each)
    [(file, group)] = [
        (file, group)
        for path in stack.TEST_FILES
        for file in [testfile.read(path)]
        for group in file.groups
        if group.name == name
    ]
    told = {}
    for pace in ("scaled", "jump"):
        line = {"alertmanager_config": str(stack.ALERTMANAGER / "alertmanager.yml"), "alerts_pace": pace}
        read = settings.read(root=tmp_path, environ={}, command_line=line)
        states = []

        def look(laboratory, states=states):
            began = laboratory.timeline.began
            states += [
                (each.text.split()[0], each.alert, each.at - began)
                for each in laboratory.timeline.events
                if each.kind == "state"
            ]

        try:
            outcomes = unittests.run_group(file, group, unittests.Setting(run, read, ask_promtool=False, after=look))
        except ClockNotAble as error:
            pytest.skip(str(error))
        assert [each.verdict for each in outcomes] == ["passed"] * len(outcomes)
        told[pace] = states
    assert [each[:2] for each in told["scaled"]] == [each[:2] for each in told["jump"]]
    for one, other in zip(told["scaled"], told["jump"], strict=True):
        assert one[2] == pytest.approx(other[2], abs=2 * max(group.interval_s, file.evaluation_s) + 5), (one, other)


def test_a_pace_that_is_none_is_told():
    with pytest.raises(UsageProblem, match="scaled"):
        settings.read(root=Path("."), environ={}, command_line={"alerts_pace": "quick"})
