"""Every alert of the stack, as Prometheus would send it, delivered by the real Alertmanager on each of its channels."""

import json
import re
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
import stack
from real import started

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.observability.receivers.receivers import Receivers
from pgben_testkit.observability.servers import programs
from pgben_testkit.observability.servers.alertmanager import Alertmanager

pytestmark = pytest.mark.full

CONFIG = stack.read(stack.ALERTMANAGER / "alertmanager.yml")
TABLE = stack.read(stack.ALERTMANAGER / "routes.yml")
BEGAN = "2026-11-24T13:05:00Z"
FIRED = {}
"""alert name -> the first alert that its unit tests expect: labels, annotations."""
for _, group in stack.unit_tests():
    for case in group["alert_rule_test"]:
        for each in case["exp_alerts"]:
            FIRED.setdefault(case["alertname"], (each["exp_labels"], each.get("exp_annotations", {})))


def expected(name):
    labels = stack.alerts()[name][1]["labels"]
    return {"vigia"} if name == stack.ALWAYS else set(TABLE[labels["severity"]][labels["team"]])


def quickly(route):
    """The same routes without waiting; nothing is muted, whatever the hour of this test."""
    made = {key: value for key, value in route.items() if key != "mute_time_intervals"}
    return {**made, "group_wait": "0s", "routes": [quickly(each) for each in route.get("routes", [])]}


@pytest.fixture(scope="module")
def inbox():
    """What came when all of them fired at once, each on a cluster of its own: so that none inhibits another."""
    try:
        program = programs.find("alertmanager")
    except EnvironmentNotAble as error:
        pytest.skip(str(error))
    with ExitStack() as opened:
        run = started(opened).run
        receivers = opened.enter_context(Receivers.start(folder=run.data / "receivers"))
        for each in CONFIG["receivers"]:
            for topic in each.get("sns_configs", []):
                receivers.sns.create_topic(topic["topic_arn"], numbers=("+5584988887777",))
        config, _ = receivers.redirect({**CONFIG, "route": quickly(CONFIG["route"])})
        config["templates"] = [str(stack.ALERTMANAGER / each) for each in CONFIG["templates"]]
        server = Alertmanager.start(program, config, run=run, name="delivery")
        opened.callback(server.stop)
        ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        alerts = [
            {
                "labels": {"alertname": name, **labels, "cluster": name},
                "annotations": annotations,
                "startsAt": BEGAN,
                "endsAt": ends,
            }
            for name, (labels, annotations) in FIRED.items()
        ]
        server.http.post("/api/v2/alerts", json.dumps(alerts).encode())
        total = sum(len(expected(name)) for name in FIRED)
        receivers.inbox.wait_for(lambda: len(receivers.inbox) >= total, timeout_s=60)
        receivers.inbox.wait_idle()
        yield receivers.inbox


def about(inbox, name):
    return [
        each
        for each in inbox
        if any(re.search(rf"\b{name}\b", text) for _, text in each.readable()) or name in each.alertnames
    ]


def test_every_alert_of_the_rules_is_here():
    assert set(FIRED) == set(stack.alerts())


@pytest.mark.parametrize("name", FIRED)
def test_an_alert_reaches_each_of_its_receivers_once(inbox, name):
    assert sorted(each.receiver for each in about(inbox, name)) == sorted(expected(name))


def test_nothing_was_lost_or_tried_twice(inbox):
    inbox.assert_nothing_lost()
    assert all(each.delivered for each in inbox.attempts)


def test_no_message_shows_personal_data(inbox):
    inbox.assert_no_personal_data()


def test_an_sms_by_sns_is_one_message_of_the_gsm_alphabet(inbox):
    found = [each for each in inbox.sms if each.via == "sns"]
    assert len(found) >= 10
    for each in found:
        assert (each.encoding, len(each.parts)) == ("GSM-7", 1), each.text
        assert each.text.startswith("PGBen CRITICO ")
        assert each.topic.endswith(each.receiver.removesuffix("-sms"))
    [guessing] = about(inbox.sms, "FalhasDeAutenticacao")
    assert "por segundo" in guessing.text  # the value is within the first 160 characters


def test_an_sms_by_the_gateway_is_short_too(inbox):
    found = [each for each in inbox.sms if each.via == "gateway"]
    assert len(found) >= 4
    assert {each.receiver for each in found} == {"lgpd-sms"}
    assert all(len(each.parts) <= 2 for each in found)


def test_an_email_is_encrypted_and_tells_what_to_do(inbox):
    assert len(inbox.email) >= len(FIRED) - 1
    for each in inbox.email:
        [name] = [alert for alert in FIRED if re.search(rf"\b{alert}\b", each.subject)]
        assert each.encrypted and each.user
        assert each.to == f"{each.receiver.removesuffix('-email')}@pgben.example"
        assert FIRED[name][1]["summary"] in each.subject.replace("\n", "")
        assert "Desde 24/11/2026 10:05 (horário de Brasília)" in each.html
        assert f"https://pgben.example/docs/runbooks/{name}" in each.html and f"runbooks/{name}" in each.plain


def test_slack_shows_colour_link_and_buttons(inbox):
    assert len(inbox.slack) >= 30
    for each in inbox.slack:
        [attachment] = each.attachments
        assert attachment.color in ("#b3261e", "#b25e00")
        assert attachment.title_link.startswith("https://pgben.example/docs/runbooks/")
        assert [text for text, _ in attachment.actions] == ["Runbook", "Silenciar"]
        assert not each.truncated


def test_secrets_are_read_from_files_as_the_configuration_has_them(monkeypatch, tmp_path):
    """One alert by e-mail, Slack and gateway, another by SNS: with the fields that the configuration itself uses."""
    try:
        program = programs.find("alertmanager")
    except EnvironmentNotAble as error:
        pytest.skip(str(error))

    def file(
        name, text
    ):  # Alertmanager 0.25 takes a newline at the end for a part of the mail password, and of no other
        (tmp_path / name).write_text(text + ("" if name == "smtp" else "\n"), "utf-8")
        return str(tmp_path / name)

    with ExitStack() as opened:
        run = started(opened).run
        receivers = opened.enter_context(Receivers.start(folder=run.data / "receivers"))
        config, _ = receivers.redirect({**CONFIG, "route": quickly(CONFIG["route"])})
        config["templates"] = [str(stack.ALERTMANAGER / each) for each in CONFIG["templates"]]
        assert "smtp_auth_password_file" in CONFIG["global"]
        config["global"]["smtp_auth_password_file"] = file("smtp", config["global"].pop("smtp_auth_password"))
        for theirs, made in zip(CONFIG["receivers"], config["receivers"], strict=True):
            for before, each in zip(theirs.get("slack_configs", []), made.get("slack_configs", []), strict=True):
                assert "api_url_file" in before
                each["api_url_file"] = file(made["name"], each.pop("api_url"))
            for before, each in zip(theirs.get("webhook_configs", []), made.get("webhook_configs", []), strict=True):
                assert "credentials_file" in before["http_config"]["authorization"]
                authorization = each["http_config"]["authorization"]
                authorization["credentials_file"] = file(made["name"], authorization.pop("credentials"))
            for before, each in zip(theirs.get("sns_configs", []), made.get("sns_configs", []), strict=True):
                each["sigv4"] = before["sigv4"]
        keys = (receivers.addresses.sns_access_key, receivers.addresses.sns_secret_key)
        profile = CONFIG["receivers"][-2]["sns_configs"][0]["sigv4"]["profile"]
        lines = f"[{profile}]\naws_access_key_id = {keys[0]}\naws_secret_access_key = {keys[1]}"
        monkeypatch.setitem(programs.PROCESS_ENV, "AWS_SHARED_CREDENTIALS_FILE", file("aws", lines))
        server = Alertmanager.start(program, config, run=run, name="secrets")
        opened.callback(server.stop)
        names = ("LacunasNaAuditoria", "PostgresForaDoAr")
        alerts = [{"labels": {"alertname": name, **FIRED[name][0]}, "annotations": FIRED[name][1]} for name in names]
        server.http.post("/api/v2/alerts", json.dumps(alerts).encode())
        total = sum(len(expected(name)) for name in names)
        receivers.inbox.wait_for(lambda: len(receivers.inbox) >= total, timeout_s=20)
        found = {each.receiver for each in receivers.inbox}
        assert found == set().union(*map(expected, names)), receivers.inbox.attempts
        assert all(each.user for each in receivers.inbox.email)
