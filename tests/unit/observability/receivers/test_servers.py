"""The servers over their sockets, without an Alertmanager: contracts, limits, faults."""

import json
import smtplib
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from email.message import EmailMessage

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability.receivers.http_server import with_receiver
from pgben_testkit.observability.receivers.receivers import Receivers
from pgben_testkit.observability.receivers.view import NotDelivered

JUMPED = datetime(2031, 5, 1, 12, tzinfo=UTC)
MESSAGE = {
    "version": "4",
    "groupKey": "{}:{}",
    "status": "firing",
    "receiver": "sms",
    "groupLabels": {},
    "commonLabels": {},
    "commonAnnotations": {},
    "externalURL": "",
    "truncatedAlerts": 0,
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "Parado"},
            "annotations": {"summary": "Fila parada"},
            "startsAt": "",
            "endsAt": "",
            "generatorURL": "",
            "fingerprint": "1",
        }
    ],
}


@pytest.fixture
def receivers(tmp_path):
    with Receivers.start(now=lambda: JUMPED, folder=tmp_path) as receivers:
        yield receivers


@pytest.fixture
def inbox(receivers):
    return receivers.inbox


def post(url, data, **headers):
    """`(status, body, headers)`."""
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers


def mail(receivers, *, to="plantao@semtas.example", login="PLAIN", password="", implicit=False, html="<p>Olá</p>"):
    context = ssl.create_default_context(cafile=str(receivers.addresses.smtp_ca_file))
    client: smtplib.SMTP
    if implicit:
        client = smtplib.SMTP_SSL("127.0.0.1", receivers.smtp.tls_port, context=context, timeout=5)
    else:
        client = smtplib.SMTP("127.0.0.1", receivers.smtp.port, timeout=5)
    with client:
        if not implicit:
            client.starttls(context=context)
        if login:
            client.ehlo_or_helo_if_needed()
            client.user, client.password = "pgben", password or receivers.addresses.smtp_password
            client.auth(
                login,
                getattr(client, {"PLAIN": "auth_plain", "LOGIN": "auth_login", "CRAM-MD5": "auth_cram_md5"}[login]),
            )
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "alertas@semtas.example", to, "Atenção: fila"
        message.set_content("Olá, em texto")
        message.add_alternative(html, subtype="html")
        client.send_message(message)


def test_every_delivery_has_the_time_of_the_given_clock(receivers, inbox):
    assert post(receivers.addresses.slack_url, {"text": "oi"})[:2] == (200, "ok")
    assert inbox.slack.last.at == JUMPED and inbox.slack.last.received < JUMPED


@pytest.mark.parametrize("login", ["PLAIN", "LOGIN", "CRAM-MD5"])
@pytest.mark.parametrize("implicit", [False, True])
def test_mail_with_tls_and_login(receivers, inbox, login, implicit):
    mail(receivers, login=login, implicit=implicit)
    sent = inbox.email.last
    assert (sent.encrypted, sent.user, sent.subject) == (True, "pgben", "Atenção: fila")
    assert sent.plain == "Olá, em texto\n" and sent.html == "<p>Olá</p>\n" and sent.text == "Olá"
    assert [kind for kind, _ in sent.parts] == ["text/plain", "text/html"]


@pytest.mark.parametrize("login", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_a_wrong_password_is_refused(receivers, inbox, login):
    with pytest.raises(smtplib.SMTPAuthenticationError):
        mail(receivers, login=login, password="errada")
    assert [(each.why, each.status) for each in inbox.email.attempts] == [("wrong login", 535)] and not inbox.email


def test_mail_without_tls_is_refused_where_it_is_required(receivers, inbox):
    receivers.smtp.require(tls=True, login=False)
    with smtplib.SMTP("127.0.0.1", receivers.smtp.port, timeout=5) as client:
        assert client.docmd("EHLO", "here")[0] == 250
        assert client.docmd("MAIL", "FROM:<a@b.example>")[0] == 530
    mail(receivers, login="")
    assert inbox.email.last.user == ""


def test_bounce_and_greylist_meet_whom_they_are_meant_for(receivers, inbox):
    inbox.email.bounce("outra@semtas.example", times=None)
    mail(receivers)
    with pytest.raises(smtplib.SMTPRecipientsRefused) as bounced:
        mail(receivers, to="outra@semtas.example")
    assert bounced.value.recipients["outra@semtas.example"][0] == 550
    inbox.email.greylist(times=2)
    for _ in range(2):
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            mail(receivers)
    mail(receivers)
    assert len(inbox.email) == 2


def test_a_session_counts_as_in_flight_until_it_ends(receivers, inbox):
    with smtplib.SMTP("127.0.0.1", receivers.smtp.port, timeout=5) as client:
        client.noop()
        assert inbox.in_flight == 1 and not inbox.wait_idle(0.05)
    assert inbox.wait_idle(2) and inbox.in_flight == 0


@pytest.mark.parametrize(
    ("payload", "status", "error"),
    [
        (b"{", 400, "invalid_payload"),
        (b"[]", 400, "invalid_payload"),
        ({}, 400, "no_text"),
        ({"attachments": [{"color": "good"}]}, 400, "no_text"),
        ({"attachments": [1]}, 400, "invalid_payload"),
        ({"attachments": [{"text": "a", "fields": [1]}]}, 400, "invalid_payload"),
        ({"attachments": [{"text": "a"}] * 101}, 400, "too_many_attachments"),
        ({"attachments": [{"text": "a"}] * 100}, 200, "ok"),
        ({"text": "a", "channel": "#nenhum"}, 404, "channel_not_found"),
        ({"text": "a", "channel": "#plantao"}, 200, "ok"),
    ],
)
def test_what_slack_answers(receivers, inbox, payload, status, error):
    receivers.slack.channels = frozenset({"#plantao"})
    assert post(receivers.addresses.slack_url, payload)[:2] == (status, error)
    assert len(inbox.slack) == (status == 200) and [each.status for each in inbox.slack.attempts] == [status]


def test_slack_knows_its_token_and_cuts_long_texts(receivers, inbox):
    assert post(receivers.addresses.slack_url + "x", {"text": "a"})[:2] == (403, "invalid_token")
    assert post(receivers.slack.url + "/other", {"text": "a"})[:2] == (404, "no_service")
    post(receivers.addresses.slack_url, {"text": "a" * 40_001})
    assert inbox.slack.last.truncated and len(inbox.slack.last.message) == 40_000
    post(receivers.addresses.slack_url, {"text": "a" * 40_000})
    assert not inbox.slack.last.truncated


def test_a_failure_may_say_when_to_return(receivers, inbox):
    inbox.slack.fail(429, retry_after_s=30)
    status, _, headers = post(receivers.addresses.slack_url, {"text": "a"})
    assert (status, headers["Retry-After"]) == (429, "30")
    assert post(receivers.addresses.slack_url, {"text": "a"})[0] == 200
    with pytest.raises(UsageProblem):
        inbox.slack.fail(200)


@pytest.mark.parametrize("fault", ["refuse", "drop", "time_out"])
def test_faults_end_the_connection(receivers, inbox, fault):
    inbox.webhook.time_out(0.1) if fault == "time_out" else getattr(inbox.webhook, fault)()
    with pytest.raises(OSError):  # a reset or an early end, as the kernel has it
        post(receivers.addresses.webhook_url, MESSAGE)
    assert len(inbox.lost()) == 1
    assert post(receivers.addresses.webhook_url, MESSAGE)[0] == 200
    inbox.assert_nothing_lost()


def test_a_held_request_ends_when_the_other_side_gives_up(receivers, inbox):
    inbox.webhook.time_out()
    with socket.create_connection(("127.0.0.1", int(receivers.webhook.url.rpartition(":")[2]))) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
        assert inbox.wait_for(lambda: inbox.held == 1, timeout_s=5) and inbox.in_flight == 0
    assert inbox.wait_for(lambda: inbox.held == 0, timeout_s=5) and inbox.wait_idle(5)


def test_a_held_mail_ends_when_the_other_side_gives_up(receivers, inbox):
    inbox.email.time_out()
    gave_up = []

    def send():
        client = smtplib.SMTP("127.0.0.1", receivers.smtp.port, timeout=2)
        try:
            client.sendmail("a@b.example", ["c@d.example"], "Subject: x\r\n\r\ny")
        except (smtplib.SMTPServerDisconnected, TimeoutError) as error:
            gave_up.append(error)
        finally:
            client.close()

    sender = threading.Thread(target=send)
    sender.start()
    assert inbox.wait_for(lambda: inbox.held == 1, timeout_s=10) and inbox.wait_idle(5)
    sender.join(20)
    assert gave_up and inbox.wait_for(lambda: inbox.held == 0, timeout_s=5) and inbox.wait_idle(5)
    assert [each.why for each in inbox.lost()] == ["timed out"] and not inbox.email


def test_another_content_does_not_make_a_failure_good(receivers, inbox):
    inbox.webhook.fail(503)
    url = with_receiver(receivers.addresses.webhook_url, "a", 0)
    post(url, MESSAGE)
    post(url, {**MESSAGE, "status": "resolved"})
    assert [each.status for each in inbox.lost()] == [503]
    post(url, MESSAGE)
    inbox.assert_nothing_lost()


@pytest.mark.parametrize(
    ("path", "status", "numbers"),
    [
        ("/envia?to=%2B5584999123456", 202, ["+5584999123456"]),
        ("/envia?to=+5584999123456", 202, ["+5584999123456"]),
        ("/+5584999123456,+5584988123456", 202, ["+5584999123456", "+5584988123456"]),
        ("/x?numero=%2B5584999123456&numero=%2B5511988123456", 202, ["+5584999123456", "+5511988123456"]),
        ("/envia", 422, []),
        ("/envia?to=84999123456", 422, []),
        ("/envia?to=%2B558432320000", 422, []),
        ("/envia?to=%2B5520999123456", 422, []),
        ("/envia?to=%2B55849991234567", 422, []),
        ("/envia?to=%2B5584899123456", 422, []),
    ],
)
def test_the_gateway_wants_brazilian_mobile_numbers(receivers, inbox, path, status, numbers):
    found = post(receivers.addresses.sms_url + path, MESSAGE, Authorization=f"Bearer {receivers.addresses.sms_token}")
    assert found[0] == status and [each.address for each in inbox.sms] == numbers
    assert all(each.text == "Fila parada" for each in inbox.sms)


def test_the_gateway_wants_its_token_and_alertmanagers_message(receivers, inbox):
    url = receivers.addresses.sms_url + "/+5584999123456"
    assert post(url, MESSAGE)[0] == 401
    assert post(url, MESSAGE, Authorization="Bearer outro")[0] == 401
    assert post(url, {}, Authorization=f"Bearer {receivers.addresses.sms_token}")[0] == 400
    assert [each.why for each in inbox.sms.attempts] == ["token_invalido", "token_invalido", "corpo_invalido"]


def sns(receivers, **given):
    return boto3.client(
        "sns",
        region_name="sa-east-1",
        endpoint_url=with_receiver(f"{receivers.addresses.sns_url}/", "Plantão / SMS", 1),
        aws_access_key_id=receivers.addresses.sns_access_key,
        config=Config(retries={"max_attempts": 1}),
        **{"aws_secret_access_key": receivers.addresses.sns_secret_key, **given},
    )


def test_sns_checks_the_time_of_a_signature_by_the_given_clock(receivers, inbox):
    with pytest.raises(ClientError, match="Signature expired"):
        sns(receivers).publish(PhoneNumber="+5584999123456", Message="Olá")
    inbox.now = lambda: datetime.now(UTC)
    sns(receivers).publish(PhoneNumber="+5584999123456", Message="Olá")
    assert (inbox.sms.last.receiver, inbox.sms.last.integration) == ("Plantão / SMS", 1)


def test_sns_refuses_other_keys_topics_and_long_texts(receivers, inbox):
    inbox.now = lambda: datetime.now(UTC)
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        sns(receivers, aws_secret_access_key="outra").publish(PhoneNumber="+5584999123456", Message="Olá")
    with pytest.raises(ClientError, match="NotFound"):
        sns(receivers).publish(TopicArn="arn:aws:sns:sa-east-1:123456789012:nenhum", Message="Olá")
    with pytest.raises(ClientError, match="too long"):
        sns(receivers).publish(PhoneNumber="+5584999123456", Message="a" * 1601)
    assert not inbox.sms and len(inbox.sms.attempts) == 3


def test_an_error_of_ours_is_told_and_is_no_delivery(receivers, inbox, monkeypatch):
    seen = []
    monkeypatch.setattr(threading, "excepthook", seen.append)
    monkeypatch.setattr(receivers.webhook, "answer", lambda _: 1 // 0)
    assert post(receivers.addresses.webhook_url, MESSAGE)[0] == 500
    assert inbox.webhook.attempts[0].why.startswith("error of ours: ZeroDivisionError") and not inbox.webhook
    deadline = time.monotonic() + 5
    while not seen:
        assert time.monotonic() < deadline, "the traceback was swallowed"
        time.sleep(0.01)
    assert seen[0].exc_type is ZeroDivisionError


def test_an_empty_view_says_what_came_instead(receivers, inbox):
    post(receivers.addresses.slack_url, {"text": "a", "channel": "#plantao"})
    with pytest.raises(NotDelivered) as told:
        _ = inbox.email.to("plantao@semtas.example").last
    assert "no e-mail to plantao@semtas.example was delivered" in str(told.value)
    assert "slack 1" in str(told.value) and "slack to #plantao" in str(told.value)
    with pytest.raises(NotDelivered, match="2 wanted within"):
        inbox.slack.wait(2, timeout_s=0.05)


def test_a_wait_ends_as_soon_as_it_can(receivers, inbox):
    threading.Timer(0.1, post, (receivers.addresses.slack_url, {"text": "a"})).start()
    began = time.monotonic()
    inbox.slack.wait(timeout_s=20)
    assert time.monotonic() - began < 5


def test_after_close_nobody_listens(tmp_path):
    receivers = Receivers.start(folder=tmp_path)
    receivers.close()
    ports = [int(each.url.rpartition(":")[2]) for each in receivers.http_servers]
    for port in (*ports, receivers.smtp.port, receivers.smtp.tls_port):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=2)
    assert not [each for each in threading.enumerate() if each.name == "pgben-email"]
