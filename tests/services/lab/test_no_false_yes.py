"""What must not pass: another instance's life, a message that was not delivered, a metric that is mistyped."""

import socket

import pytest

from pgben_testkit.observability.lab.alert import AlertFailed

TWO_APPS = """
global: {scrape_interval: 15s, evaluation_interval: 15s}
scrape_configs:
- job_name: app
  static_configs: [{targets: ['a:80', 'b:80']}]
"""
RATIO = "groups: [{name: g, rules: [{alert: Ratio, expr: 'used / max > 0.9', for: 1m}]}]"
BLACKBOX = """
global: {{scrape_interval: 15s, evaluation_interval: 15s}}
scrape_configs:
- job_name: sites
  metrics_path: /probe
  static_configs: [{{targets: ['https://site.invalid/path']}}]
  relabel_configs:
  - {{source_labels: [__address__], target_label: __param_target}}
  - {{source_labels: [__param_target], target_label: instance}}
  - {{target_label: __address__, replacement: '127.0.0.1:{port}'}}
  - {{target_label: __scheme__, replacement: https}}
"""


@pytest.fixture
def two(laboratory):
    """The instance a:80 has errors, b:80 has none."""
    lab = laboratory(prometheus=TWO_APPS)
    lab.target("app", "a:80").gauge("errs").set(1)
    lab.target("app", "b:80").gauge("errs").set(0)
    return lab


def test_an_instance_that_never_fired_has_nothing_to_resolve(two):
    two.alert("Erros", instance="a:80").fires()
    two.target("app", "a:80").gauge("errs").set(0)
    with pytest.raises(AlertFailed, match="nothing to resolve"):
        two.alert("Erros", instance="b:80").resolves()


def test_after_looks_at_the_instance_s_own_firing(two):
    two.alert("Erros", instance="a:80").fires(after="5m")
    two.advance("4m")
    two.target("app", "b:80").gauge("errs").set(1)
    two.alert("Erros", instance="b:80").fires(after="5m")
    two.alert("Erros", instance="a:80").fires(after="5m")
    with pytest.raises(AlertFailed, match="not after 15m"):
        two.alert("Erros", instance="a:80").fires(after="15m")


def test_the_slack_of_after_is_that_of_the_rule_s_own_group(laboratory):
    other = "- {name: slow, interval: 10m, rules: [{alert: Slow, expr: 'errs > 9'}]}"
    lab = laboratory(
        f"groups:\n- {{name: g, rules: [{{alert: Quick, expr: 'errs > 0', for: 5m}}]}}\n{other}", pace="jump"
    )
    lab.target("app").gauge("errs").set(1)
    with pytest.raises(AlertFailed, match="not after 1m"):
        lab.alert("Quick").fires(after="1m")


def test_another_instance_is_another_alert(two):
    two.target("app", "b:80").gauge("errs").set(1)
    two.alert("Erros", instance="a:80").fires()
    with pytest.raises(AssertionError, match="other alerts have fired: Erros"):
        two.no_other_alerts()
    two.alert("Erros", instance="b:80").fires()
    two.no_other_alerts()


def test_an_alert_that_relabelling_drops_on_its_way_was_not_delivered(laboratory):
    dropped = "alerting: {alert_relabel_configs: [{action: drop, source_labels: [alertname], regex: Erros}]}\n"
    lab = laboratory(prometheus=TWO_APPS + dropped)
    lab.target("app", "a:80").gauge("errs").set(1)
    with pytest.raises(AlertFailed, match="Alertmanager never got it: alert_relabel_configs"):
        lab.alert("Erros").fires()
    lab.alert("Erros").fires(told=False)


def test_a_message_that_can_not_be_written_was_not_delivered(laboratory):
    lab = laboratory(
        alertmanager="""
route: {receiver: team, group_by: [alertname], group_wait: 30s, group_interval: 5m, repeat_interval: 4h}
receivers:
- name: team
  slack_configs: [{api_url: 'https://slack.invalid/x', channel: '#a', text: '{{ .NoSuchField }}'}]
"""
    )
    lab.target("app").gauge("errs").set(1)
    with pytest.raises(AlertFailed, match=r"its message to the receiver team was not delivered: .*NoSuchField"):
        lab.alert("Erros").fires()


def test_a_mistyped_metric_does_not_pass_for_an_alert_that_never_fires(laboratory):
    lab = laboratory()
    lab.target("app").gauge("erors").set(1)
    with pytest.raises(AlertFailed, match="never had a series, so it could not fire: nothing matched errs"):
        lab.alert("Erros").never_fires(during="10m")


def test_a_mistyped_instance_does_not_pass_for_an_alert_that_never_fires(two):
    two.target("app", "a:80").gauge("errs").set(0)
    with pytest.raises(AlertFailed, match=r"never had a series with instance=c:80, only with a:80, b:80"):
        two.alert("Erros", instance="c:80").never_fires(during="10m")
    two.alert("Erros", instance="b:80", severity="critical").never_fires(during="10m")


@pytest.mark.parametrize("most", [0, float("inf"), float("nan")])
def test_values_that_are_no_finite_numbers_can_be_drawn(laboratory, most):
    lab = laboratory(RATIO)
    target = lab.target("app")
    target.gauge("used").set(5)
    target.gauge("max").set(most)
    lab.advance("5m")
    assert "value  |" in lab.alert("Ratio").story()


def test_relabelling_of_the_address_asks_nobody_but_the_target(laboratory):
    """The blackbox exporter's relabelling, whose address is a server that must hear nothing."""
    rules = "groups: [{name: g, rules: [{alert: Down, expr: 'probe_success == 0', for: 1m}]}]"
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.settimeout(0.2)
        lab = laboratory(rules, prometheus=BLACKBOX.format(port=elsewhere.getsockname()[1]))
        lab.target("sites").gauge("probe_success").set(0)
        lab.alert("Down", instance="https://site.invalid/path").fires(after="1m")
        with pytest.raises(TimeoutError):
            elsewhere.accept()
