"""A configuration that is made to deliver here: what is replaced, what stays, what is told."""

import copy
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from pgben_testkit.observability.receivers.addresses import Addresses
from pgben_testkit.observability.receivers.redirect import Gateways, redirect
from pgben_testkit.observability.receivers.smtp import hello, of_hello

ADDRESSES = Addresses(
    smtp_smarthost="127.0.0.1:2525",
    smtp_tls_smarthost="127.0.0.1:2465",
    smtp_user="pgben",
    smtp_password="ours-mail",
    smtp_password_file=Path("/x/smtp-password"),
    smtp_ca_file=Path("/x/ca.pem"),
    slack_url="http://127.0.0.1:81/services/T/B/ours-slack",
    sns_url="http://127.0.0.1:82",
    sns_access_key="AKIAOURS",
    sns_secret_key="ours-sns",
    sms_url="http://127.0.0.1:83",
    sms_token="ours-sms",
    webhook_url="http://127.0.0.1:84",
    other_url="http://127.0.0.1:85",
)
CONFIG = yaml.safe_load("""
global:
  smtp_smarthost: smtp.example.org:465
  smtp_from: alertas@semtas.example
  smtp_auth_username: alertas
  smtp_auth_password: theirs-mail
  smtp_require_tls: false
  slack_api_url: https://hooks.slack.example/services/T1/B1/theirs-slack
  resolve_timeout: 7m
  http_config: {proxy_url: 'http://proxy.example:3128', follow_redirects: false}
templates: [templates/*.tmpl]
route: {receiver: tudo, group_wait: 42s}
inhibit_rules: [{source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [team]}]
receivers:
  - name: tudo
    email_configs:
      - to: a@semtas.example
        html: '{{ template "email" . }}'
      - to: b@semtas.example
        smarthost: outro.example:25
        auth_username: outro
        auth_password_file: /run/secrets/outro
        tls_config: {insecure_skip_verify: true}
        send_resolved: false
    slack_configs:
      - channel: '#a'
        http_config: {authorization: {credentials_file: /run/secrets/bot}, tls_config: {ca_file: /etc/ca}}
    webhook_configs:
      - url: https://hooks.example/alertas?chave=theirs-hook
        max_alerts: 5
      - url: https://sms.example/envia?to=%2B5584999123456
        http_config: {authorization: {type: Bearer, credentials: theirs-sms}}
      - url: https://torpedo.example/v1/+5584999123456
        http_config: {basic_auth: {username: pgben, password_file: /run/secrets/torpedo}}
    sns_configs:
      - topic_arn: arn:aws:sns:sa-east-1:123456789012:plantao
        sigv4: {profile: producao, role_arn: 'arn:aws:iam::1:role/theirs'}
        attributes: {a: b}
    pagerduty_configs: [{routing_key: theirs-pd, severity: critical}]
    opsgenie_configs: [{api_key_file: /run/secrets/opsgenie}]
    pushover_configs: [{user_key: theirs-po, token: theirs-po}]
  - name: nada
""")


@pytest.fixture(scope="module")
def done():
    before = copy.deepcopy(CONFIG)
    found = redirect(CONFIG, ADDRESSES)
    assert before == CONFIG, "the user's own configuration was changed"
    return found


def test_what_is_no_address_stays(done):
    made, _ = done
    for part in ("templates", "route", "inhibit_rules"):
        assert made[part] == CONFIG[part]
    assert made["global"]["resolve_timeout"] == "7m" and made["global"]["smtp_require_tls"] is False
    assert made["global"]["smtp_from"] == "alertas@semtas.example"
    tudo = made["receivers"][0]
    assert tudo["email_configs"][0]["html"] == '{{ template "email" . }}'
    assert tudo["email_configs"][1]["send_resolved"] is False
    assert tudo["webhook_configs"][0]["max_alerts"] == 5 and tudo["sns_configs"][0]["attributes"] == {"a": "b"}
    assert tudo["pagerduty_configs"][0]["severity"] == "critical" and made["receivers"][1] == {"name": "nada"}


def test_every_address_is_ours_and_no_secret_of_theirs_is_left(done):
    text = yaml.safe_dump(done[0])
    for each in (
        "theirs",
        "/run/secrets",
        "smtp.example",
        "outro.example",
        "slack.example",
        "hooks.example/",
        "proxy",
        "sms.example",
        "torpedo.example",
        "insecure",
        "profile",
    ):
        assert each not in text.replace("hooks.example/alertas", "").replace("chave=theirs-hook", ""), each


def test_each_integration_can_be_told_from_the_others(done):
    tudo = done[0]["receivers"][0]
    assert [of_hello(each["hello"]) for each in tudo["email_configs"]] == [("tudo", 0), ("tudo", 1)]
    assert [each["url"] for each in tudo["webhook_configs"]] == [
        "http://127.0.0.1:84/receiver/tudo/0/alertas?chave=theirs-hook",
        "http://127.0.0.1:83/receiver/tudo/1/envia?to=%2B5584999123456",
        "http://127.0.0.1:84/receiver/tudo/2/v1/+5584999123456",
    ]
    assert tudo["slack_configs"][0]["api_url"] == "http://127.0.0.1:81/receiver/tudo/0/services/T/B/ours-slack"
    assert tudo["sns_configs"][0]["api_url"] == "http://127.0.0.1:82/receiver/tudo/0/"
    assert tudo["opsgenie_configs"][0]["api_url"] == "http://127.0.0.1:85/receiver/tudo/0/opsgenie/"


def test_logins_are_ours_where_there_was_one(done):
    tudo = done[0]["receivers"][0]
    assert tudo["email_configs"][1]["auth_password"] == "ours-mail" and "auth_username" not in tudo["email_configs"][0]
    assert tudo["webhook_configs"][1]["http_config"]["authorization"] == {"type": "Bearer", "credentials": "ours-sms"}
    assert tudo["webhook_configs"][2]["http_config"] == {
        "basic_auth": {"username": "pgben", "password": "pgben-testkit"}
    }
    assert tudo["sns_configs"][0]["sigv4"] == {
        "region": "sa-east-1",
        "access_key": "AKIAOURS",
        "secret_key": "ours-sns",
    }


def test_mail_that_was_tls_from_the_first_byte_stays_encrypted(done):
    first, second = done[0]["receivers"][0]["email_configs"]
    assert first["require_tls"] is True and "require_tls" not in second


def test_which_webhooks_are_gateways_can_be_said():
    made, _ = redirect(CONFIG, ADDRESSES, gateways=Gateways(url=r"//torpedo\."))
    urls = [each["url"].partition("/receiver")[0] for each in made["receivers"][0]["webhook_configs"]]
    assert urls == ["http://127.0.0.1:84", "http://127.0.0.1:84", "http://127.0.0.1:83"]
    made, _ = redirect(CONFIG, ADDRESSES, gateways=Gateways(url="", receivers=frozenset({"tudo"})))
    assert {each["url"].partition("/receiver")[0] for each in made["receivers"][0]["webhook_configs"]} == {
        "http://127.0.0.1:83"
    }


def test_changes_are_told_without_secrets(done):
    told = {each.path: (each.before, each.after) for each in done[1]}
    assert told["global.smtp_smarthost"] == ("smtp.example.org:465", "127.0.0.1:2525")
    assert told["global.smtp_auth_password"] == ("(secret)", "(secret)")
    assert told["global.slack_api_url"] == ("https://hooks.slack.example/...", "http://127.0.0.1:81/...")
    assert told["receivers[0].email_configs[1].auth_password_file"] == ("/run/secrets/outro", "")
    text = "\n".join(map(str, done[1]))
    assert "theirs" not in text and "ours" not in text
    assert [each.path for each in done[1] if not each.deliverable] == ["receivers[0].pushover_configs[0]"]


def test_amtool_takes_the_result(done, tmp_path):
    amtool = shutil.which("amtool")
    if not amtool:
        pytest.skip("amtool is not installed (Debian: apt-get install prometheus-alertmanager)")
    made = {**done[0], "templates": []}
    (tmp_path / "a.yml").write_text(yaml.safe_dump(made), "utf-8")
    checked = subprocess.run([amtool, "check-config", tmp_path / "a.yml"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_what_aliases_share_is_told_apart():
    config = yaml.safe_load("""
        receivers:
          - {name: a, webhook_configs: &same [{url: 'https://h.example/', http_config: {tls_config: {key: theirs}}}]}
          - {name: b, webhook_configs: *same}
    """)
    made, changes = redirect(config, ADDRESSES)
    assert [each["webhook_configs"][0]["url"] for each in made["receivers"]] == [
        "http://127.0.0.1:84/receiver/a/0/",
        "http://127.0.0.1:84/receiver/b/0/",
    ]
    assert len(changes) == 4 and "theirs" not in str(changes)


@pytest.mark.parametrize("name", ["a", "Plantão / API", "x" * 200, "", "equipe banco"])
def test_a_host_name_carries_any_receivers_name(name):
    assert of_hello(hello(name, 12)) == (name, 12)
    assert all(len(label) <= 63 for label in hello(name, 12).split("."))


@pytest.mark.parametrize("other", ["localhost", "mail.example", "x.receiver.invalid", "i0.%%%.receiver.invalid"])
def test_another_host_name_carries_none(other):
    assert of_hello(other) == ("", 0)
