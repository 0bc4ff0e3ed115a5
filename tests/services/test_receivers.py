"""The receivers with the real Alertmanager as the one who delivers, in real time."""

import json
import re
import shutil
import subprocess
import time
import urllib.request
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.observability.receivers.receivers import Receivers
from pgben_testkit.observability.receivers.render import picture
from pgben_testkit.services.process import free_ports

CONFIG = """
global:
  smtp_smarthost: smtp.example.org:587
  smtp_from: alertas@semtas.example
  smtp_auth_username: alertas
  smtp_auth_password_file: /run/secrets/smtp
  slack_api_url_file: /run/secrets/slack
route:
  receiver: equipe-banco
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
  routes:
    - {matchers: ['canal="email"'], receiver: equipe-banco}
    - {matchers: ['canal="slack"'], receiver: "Plantão / API"}
    - {matchers: ['canal="sns"'], receiver: sns}
    - {matchers: ['canal="topico"'], receiver: topico}
    - {matchers: ['canal="sms"'], receiver: sms}
    - {matchers: ['canal="webhook"'], receiver: webhook}
    - {matchers: ['canal="outros"'], receiver: outros}
receivers:
  - name: equipe-banco
    email_configs:
      - to: banco@semtas.example, plantao@semtas.example
        headers: {Subject: '{{ .CommonLabels.alertname }}: {{ .CommonAnnotations.summary }}'}
        html: >-
          <style>b { color: red }</style><p>Alerta <b>{{ .CommonLabels.alertname }}</b></p>
          {{ range .Alerts }}<p>{{ .Annotations.summary }}</p>{{ end }}
  - name: "Plantão / API"
    slack_configs:
      - channel: '#plantao'
        title: '{{ .CommonLabels.alertname }}'
        text: '*{{ .CommonAnnotations.summary }}*'
        fields: [{title: Equipe, value: '{{ .CommonLabels.team }}'}]
        actions: [{type: button, text: Roteiro, url: 'https://runbooks.example/banco'}]
        send_resolved: true
  - name: sns
    sns_configs:
      - phone_number: '+5584999123456'
        message: '{{ .CommonAnnotations.summary }}'
        sigv4: {region: sa-east-1, access_key: AKIATHEIRS, secret_key: theirs}
  - name: topico
    sns_configs:
      - topic_arn: arn:aws:sns:sa-east-1:123456789012:plantao
        subject: PGBen
        message: '{{ .CommonAnnotations.summary }}'
        sigv4: {region: sa-east-1}
  - name: sms
    webhook_configs:
      - url: https://sms.gateway.example/envia?to=%2B5584999123456,%2B5584988123456
        http_config: {authorization: {credentials_file: /run/secrets/sms}}
        send_resolved: true
  - name: webhook
    webhook_configs: [{url: 'https://hooks.example/alertas'}]
  - name: outros
    pagerduty_configs: [{routing_key_file: /run/secrets/pagerduty}]
    opsgenie_configs: [{api_key: theirs}]
    victorops_configs: [{api_key: theirs, routing_key: banco}]
    telegram_configs: [{bot_token: '1:theirs', chat_id: 7}]
    discord_configs: [{webhook_url: 'https://discord.example/api/webhooks/1/theirs'}]
    wechat_configs: [{api_secret: theirs, corp_id: theirs, agent_id: '1', to_user: todos}]
    webex_configs: [{room_id: sala, http_config: {authorization: {credentials: theirs}}}]
    pushover_configs: [{user_key: theirs, token: theirs}]
"""


class Alertmanager:
    """A real one, on a port of its own, stopped by its process."""

    def __init__(self, stack, folder, config):
        program = shutil.which("alertmanager") or shutil.which("prometheus-alertmanager")
        if not program:
            pytest.skip("alertmanager is not installed (Debian: apt-get install prometheus-alertmanager)")
        told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
        self.version = tuple(map(int, re.findall(r"version (\d+)\.(\d+)", told.stdout + told.stderr)[0]))
        [port] = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        file = folder / "alertmanager.yml"
        file.write_text(yaml.safe_dump(config, allow_unicode=True), "utf-8")
        self.log = folder / "alertmanager.log"
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                [
                    program,
                    f"--config.file={file}",
                    f"--storage.path={folder / 'data'}",
                    "--cluster.listen-address=",
                    f"--web.listen-address=127.0.0.1:{port}",
                ],
                stdout=log,
                stderr=log,
                cwd=folder,
            )
        stack.callback(process.wait)
        stack.callback(process.kill)
        deadline = time.monotonic() + 20
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/-/ready", timeout=2).close()
                return
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, self.log.read_text("utf-8")
                time.sleep(0.02)

    def post(self, name, canal, summary="Conexões esgotadas", *, resolved=False, **labels):
        now = datetime.now(UTC)
        alert = {
            "labels": {"alertname": name, "canal": canal, "team": "banco", **labels},
            "annotations": {"summary": summary},
            "startsAt": (now - timedelta(minutes=5)).isoformat(),
            **({"endsAt": now.isoformat()} if resolved else {}),
        }
        request = urllib.request.Request(
            f"{self.url}/api/v2/alerts", json.dumps([alert]).encode(), {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=5).close()


@pytest.fixture(scope="module")
def stack():
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def own():
    """For an Alertmanager that a test has for itself."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def world(stack, tmp_path_factory):
    folder = tmp_path_factory.mktemp("receivers")
    receivers = stack.enter_context(Receivers.start(folder=folder))
    receivers.smtp.require(tls=True, login=True)
    config, changes = receivers.redirect(yaml.safe_load(CONFIG))
    return receivers, Alertmanager(stack, folder, config), changes


@pytest.fixture
def receivers(world):
    receivers = world[0]
    yield receivers
    receivers.inbox.recover()
    assert receivers.inbox.wait_idle(20)
    receivers.inbox.clear()
    receivers.smtp.greylisted.clear()
    receivers.smtp.require(tls=True, login=True)


@pytest.fixture
def inbox(receivers):
    return receivers.inbox


@pytest.fixture
def alertmanager(world, inbox):
    return world[1]


@pytest.fixture
def name(request):
    """An alert name of the test's own: Alertmanager remembers groups."""
    return "".join(each.title() for each in re.split(r"\W|_", request.node.name))


def test_an_email_comes_encrypted_and_logged_in(inbox, alertmanager, name):
    alertmanager.post(name, "email")
    [mail] = inbox.email.wait()
    assert mail.encrypted and mail.user == "pgben"
    assert mail.receiver == "equipe-banco" and mail.integration == 0
    assert mail.addresses == ("banco@semtas.example", "plantao@semtas.example")
    assert mail.subject == f"{name}: Conexões esgotadas"
    assert mail.from_ == mail.sender == "alertas@semtas.example"
    assert mail.text == f"Alerta {name}\nConexões esgotadas" and f"<b>{name}</b>" in mail.html
    assert inbox.email.to("PLANTAO@semtas.example").about(name).last is not None
    assert not inbox.email.to("outra@semtas.example") and not inbox.email.about(name[:-1])
    assert abs((mail.at - datetime.now(UTC)).total_seconds()) < 60


def test_a_bounced_email_is_tried_again(inbox, alertmanager, name):
    inbox.email.bounce("plantao@semtas.example")
    alertmanager.post(name, "email")
    inbox.email.wait(timeout_s=20)
    assert [(each.why, each.status) for each in inbox.email.attempts] == [("bounced", 550), ("delivered", 250)]
    assert inbox.email.attempts[0].receiver == "equipe-banco"
    inbox.assert_nothing_lost()


def test_a_greylisted_email_comes_later(inbox, alertmanager, name):
    inbox.email.greylist()
    alertmanager.post(name, "email")
    inbox.email.wait(timeout_s=30)
    # One try for each of the two recipients: Alertmanager gives up at the first that is put off.
    assert [each.status for each in inbox.email.attempts] == [451, 451, 250]
    inbox.assert_nothing_lost()


def test_an_email_whose_connection_is_refused_comes_later(inbox, alertmanager, name):
    inbox.email.refuse()
    alertmanager.post(name, "email")
    inbox.email.about(name).wait(timeout_s=20)
    assert [each.why for each in inbox.email.attempts] == ["refused", "delivered"]
    inbox.assert_nothing_lost()


@pytest.mark.parametrize("fault", ["fail", "time_out", "drop"])
def test_an_email_that_alertmanager_loses_is_told(world, inbox, name, fault):
    """Alertmanager 0.25 does not look at the answer to the message: whatever it is, the mail counts as sent."""
    alertmanager = world[1]
    if alertmanager.version != (0, 25):
        pytest.skip(f"what Alertmanager {alertmanager.version} does with the answer to a message is not known")
    {"fail": lambda: inbox.email.fail(451), "time_out": lambda: inbox.email.time_out(0.2), "drop": inbox.email.drop}[
        fault
    ]()
    alertmanager.post(name, "email")
    assert inbox.wait_for(lambda: bool(inbox.email.attempts), timeout_s=10)
    alertmanager.post(f"{name}Other", "email")
    inbox.email.about(f"{name}Other").wait(timeout_s=10)
    assert not inbox.email.about(name)
    if fault != "drop":  # the content was seen, so the other mail to the same receiver does not make it good
        assert [each.receiver for each in inbox.lost()] == ["equipe-banco"]
        with pytest.raises(AssertionError, match="messages were lost"):
            inbox.assert_nothing_lost()


def test_a_slack_message_is_read_as_slack_reads_it(inbox, alertmanager, name):
    alertmanager.post(name, "slack")
    [message] = inbox.slack.to("#plantao").wait()
    assert message.receiver == "Plantão / API" and message.fields["Equipe"] == "banco"
    [bar] = message.attachments
    assert bar.title == name and bar.text == "*Conexões esgotadas*" and bar.color == "danger"
    assert bar.actions == (("Roteiro", "https://runbooks.example/banco"),)
    assert f"| {name}" in message.as_text()


def test_slack_says_500_twice_and_nothing_is_lost(inbox, alertmanager, name):
    inbox.slack.fail(500, times=2)
    alertmanager.post(name, "slack")
    inbox.slack.wait(timeout_s=20)
    assert [each.status for each in inbox.slack.attempts] == [500, 500, 200]
    inbox.assert_nothing_lost()


def test_slack_says_429_and_the_message_comes_with_the_next_group(inbox, alertmanager, name):
    inbox.slack.fail(429, retry_after_s=1, body="rate_limited")
    alertmanager.post(name, "slack")
    inbox.slack.wait(timeout_s=30)
    assert [each.status for each in inbox.slack.attempts] == [429, 200]
    inbox.assert_nothing_lost()


@pytest.mark.parametrize("fault", ["refuse", "drop", "time_out"])
def test_slack_survives(inbox, alertmanager, name, fault):
    given = {"seconds": 0.3} if fault == "time_out" else {}
    getattr(inbox.slack, fault)(**given)
    alertmanager.post(name, "slack")
    inbox.slack.wait(timeout_s=30)
    assert inbox.slack.attempts[0].why == {"refuse": "refused", "drop": "dropped"}.get(fault, "timed out")
    inbox.assert_nothing_lost()


def test_a_request_that_is_held_is_not_in_flight(inbox, alertmanager, name):
    inbox.webhook.time_out()
    alertmanager.post(name, "webhook")
    assert inbox.wait_for(lambda: inbox.held == 1, timeout_s=10)
    assert inbox.wait_idle(5) and inbox.held == 1 and not inbox.webhook
    assert [each.receiver for each in inbox.lost()] == ["webhook"]


def test_sns_takes_a_signed_sms_to_a_number(receivers, inbox, alertmanager, name):
    alertmanager.post(name, "sns", "Fila parada há 10 minutos")
    [sms] = inbox.sms.to("+5584999123456").wait(timeout_s=20)
    assert (sms.via, sms.receiver, sms.text) == ("sns", "sns", "Fila parada há 10 minutos")
    assert sms.key == receivers.addresses.sns_access_key
    assert sms.encoding == "UCS-2" and sms.split.forced == {"á"}


def test_sns_takes_a_message_to_a_topic(receivers, inbox, alertmanager, name):
    arn = "arn:aws:sns:sa-east-1:123456789012:plantao"
    alertmanager.post(name, "topico")
    [sms] = inbox.sms.to(arn).wait(timeout_s=20)
    assert (sms.topic, sms.subject, sms.receiver) == (arn, "PGBen", "topico")
    receivers.sns.create_topic(arn, numbers=("+5584988123456",))
    alertmanager.post(f"{name}Again", "topico")
    assert inbox.sms.to("+5584988123456").wait(timeout_s=20)[0].topic == arn


def test_the_gateway_sends_to_each_number_and_tells_what_is_resolved(inbox, alertmanager, name):
    alertmanager.post(name, "sms", "Sem conexao")
    first, second = inbox.sms.about(name).wait(2)
    assert (first.address, second.address) == ("+5584999123456", "+5584988123456")
    assert first.receiver == "sms" and first.text == "Sem conexao" and first.encoding == "GSM-7"
    alertmanager.post(name, "sms", "Sem conexao", resolved=True)
    assert inbox.sms.wait(4, timeout_s=20)[-1].text == "RESOLVIDO: Sem conexao"
    assert [each.status for each in inbox.sms] == ["firing", "firing", "resolved", "resolved"]


def test_a_wrong_token_is_refused_by_the_gateway_and_the_message_is_lost(receivers, inbox, own, tmp_path, name):
    config, _ = receivers.redirect(yaml.safe_load(CONFIG))
    sms = next(each for each in config["receivers"] if each["name"] == "sms")
    sms["webhook_configs"][0]["http_config"]["authorization"]["credentials"] = "errado"
    Alertmanager(own, tmp_path, config).post(name, "sms")
    assert inbox.wait_for(lambda: bool(inbox.sms.attempts), timeout_s=10)
    assert [(each.status, each.why, each.receiver) for each in inbox.lost()][:1] == [(401, "token_invalido", "sms")]
    assert not inbox.sms


def test_an_sns_key_that_is_wrong_is_refused(receivers, inbox, own, tmp_path, name):
    config, _ = receivers.redirect(yaml.safe_load(CONFIG))
    sns = next(each for each in config["receivers"] if each["name"] == "sns")
    sns["sns_configs"][0]["sigv4"]["secret_key"] = "errado"
    Alertmanager(own, tmp_path, config).post(name, "sns")
    assert inbox.wait_for(lambda: bool(inbox.sms.attempts), timeout_s=10)
    assert inbox.sms.attempts[0].why == "SignatureDoesNotMatch" and not inbox.sms


def test_an_email_without_login_is_refused_where_one_is_required(receivers, inbox, own, tmp_path, name):
    theirs = yaml.safe_load(CONFIG)
    del theirs["global"]["smtp_auth_username"], theirs["global"]["smtp_auth_password_file"]
    config, _ = receivers.redirect(theirs)
    alertmanager = Alertmanager(own, tmp_path, config)
    alertmanager.post(name, "email")
    deadline = time.monotonic() + 10
    while "530" not in alertmanager.log.read_text("utf-8"):
        assert time.monotonic() < deadline and not inbox.email
        time.sleep(0.05)
    receivers.smtp.require(tls=True, login=False)
    [mail] = inbox.email.wait(timeout_s=20)
    assert mail.encrypted and mail.user == ""


def test_an_email_logs_in_without_showing_its_password(receivers, inbox, own, tmp_path, name):
    theirs = yaml.safe_load(CONFIG)
    del theirs["global"]["smtp_auth_password_file"]
    theirs["global"]["smtp_auth_secret"] = "theirs"
    config, _ = receivers.redirect(theirs)
    Alertmanager(own, tmp_path, config).post(name, "email")
    assert inbox.email.wait(timeout_s=20)[0].user == "pgben"


def test_a_webhook_message_is_data(inbox, alertmanager, name):
    alertmanager.post(name, "webhook", "Pool cheio", pool="api")
    [message] = inbox.webhook.wait()
    assert message.status == "firing" and message.group_labels == {"alertname": name}
    assert message.receiver == "webhook" and message.address == "/alertas"
    [alert] = message.alerts
    assert alert.labels["pool"] == "api" and alert.annotations == {"summary": "Pool cheio"}


def test_other_integrations_are_recorded_and_what_cannot_be_is_taken_out(world, inbox, alertmanager, name):
    alertmanager.post(name, "outros")
    kinds = {"pagerduty", "opsgenie", "victorops", "telegram", "discord", "webex", "wechat"}
    inbox.other.wait(len(kinds), timeout_s=20)
    assert {each.kind for each in inbox.other} == kinds
    assert {each.receiver for each in inbox.other} == {"outros"}
    assert len(inbox.other.about(name)) == len(kinds)
    gone = [each.path for each in world[2] if not each.deliverable]
    assert gone == ["receivers[6].pushover_configs[0]"]
    assert "theirs" not in "".join(map(str, world[2]))


def test_personal_data_in_a_message_is_found_on_each_channel(inbox, alertmanager, name):
    for canal in ("email", "slack", "sns", "sms", "webhook"):
        alertmanager.post(f"{name}{canal.title()}", canal, "Acesso a 529.982.247-25 recusado")
    for view in (inbox.email, inbox.slack, inbox.sms, inbox.webhook):
        view.wait(3 if view is inbox.sms else 1, timeout_s=20)
    found = inbox.personal_data()
    assert {each.subject.split()[0] for each in found} == {"email", "slack", "sms", "webhook"}
    assert "529" not in "".join(map(str, found))
    with pytest.raises(AssertionError, match="CPF"):
        inbox.assert_no_personal_data()


def test_own_addresses_are_no_personal_data(inbox, alertmanager, name):
    alertmanager.post(name, "email", "Escreva a banco@semtas.example")
    inbox.email.wait()
    inbox.assert_no_personal_data()


def test_an_email_is_pictured(inbox, alertmanager, name, tmp_path):
    alertmanager.post(name, "email")
    [mail] = inbox.email.wait()
    try:
        path = picture.save(mail, tmp_path / "mail.png")
    except EnvironmentNotAble as error:
        if "no picture can be taken" in error.what:
            pytest.skip(str(error))
        raise
    image = pytest.importorskip("PIL.Image").open(path)
    assert image.size == (900, 800)
    # The word in <b> is red in the frame: the e-mail's own HTML was drawn, with its style.
    assert any(
        red > 200 and green < 60 and blue < 60 for _, (red, green, blue) in image.convert("RGB").getcolors(1 << 20)
    )
