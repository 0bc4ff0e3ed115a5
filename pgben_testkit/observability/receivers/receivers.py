"""All receivers of one run: the servers, the inbox, and what a configuration needs to deliver to them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pgben_testkit.observability.extra import need
from pgben_testkit.observability.receivers import certificate, redirect
from pgben_testkit.observability.receivers.gateway import GatewayServer
from pgben_testkit.observability.receivers.http_server import HttpServer
from pgben_testkit.observability.receivers.inbox import Inbox, wall
from pgben_testkit.observability.receivers.other import OtherServer
from pgben_testkit.observability.receivers.slack import SlackServer
from pgben_testkit.observability.receivers.sns import SnsServer
from pgben_testkit.observability.receivers.webhook import WebhookServer

USER = "pgben"


@dataclass(frozen=True)
class Addresses:
    """Where the receivers are, and the logins that they take. URLs have no trailing slash."""

    smtp_smarthost: str
    smtp_tls_smarthost: str
    smtp_user: str
    smtp_password: str = field(repr=False)
    smtp_password_file: Path
    smtp_ca_file: Path
    slack_url: str = field(repr=False)
    sns_url: str
    sns_access_key: str
    sns_secret_key: str = field(repr=False)
    sms_url: str
    sms_token: str = field(repr=False)
    webhook_url: str
    other_url: str

    def as_dict(self) -> dict[str, str]:
        """Name -> value, secrets included."""
        return {name: str(value) for name, value in vars(self).items()}


class Receivers:
    """Servers on 127.0.0.1, in threads of this process, from `start()` to `close()`; `with` closes too."""

    def __init__(self, inbox: Inbox, folder: Path) -> None:
        need("aiosmtpd.smtp", "aiosmtpd")
        from pgben_testkit.observability.receivers.smtp import SmtpServer

        self.inbox = inbox
        ca_file, context = certificate.make(folder)
        password = secrets.token_urlsafe(16)
        password_file = folder / "smtp-password"
        password_file.touch(mode=0o600)
        password_file.write_text(password, "utf-8")
        self.smtp = SmtpServer(inbox, context, USER, password)
        self.slack = SlackServer(inbox, secrets.token_hex(12))
        self.sns = SnsServer(inbox, f"AKIA{secrets.token_hex(8).upper()}", secrets.token_urlsafe(30))
        self.gateway = GatewayServer(inbox, secrets.token_urlsafe(16))
        self.webhook = WebhookServer(inbox)
        self.other = OtherServer(inbox)
        self.addresses = Addresses(
            smtp_smarthost=f"127.0.0.1:{self.smtp.port}",
            smtp_tls_smarthost=f"127.0.0.1:{self.smtp.tls_port}",
            smtp_user=USER,
            smtp_password=password,
            smtp_password_file=password_file,
            smtp_ca_file=ca_file,
            slack_url=self.slack.webhook_url,
            sns_url=self.sns.url,
            sns_access_key=self.sns.access_key,
            sns_secret_key=self.sns.secret_key,
            sms_url=self.gateway.url,
            sms_token=self.gateway.token,
            webhook_url=self.webhook.url,
            other_url=self.other.url,
        )

    @classmethod
    def start(
        cls, *, now: Callable[[], datetime] = wall, sender_now: Callable[[], datetime] | None = None, folder: Path
    ) -> Receivers:
        """`now`: the clock that deliveries are stamped with, UTC; `sender_now`: Alertmanager's, where that is another,
        by which signatures are judged; `folder`: where the authority's certificate and the mail password go, for
        Alertmanager to read.

        Raises:
            EnvironmentNotAble: aiosmtpd or trustme is not installed.
        """
        folder.mkdir(parents=True, exist_ok=True)
        return cls(Inbox(now, sender_now), folder)

    def redirect(
        self, config: Mapping[str, Any], *, gateways: redirect.Gateways = redirect.DEFAULT
    ) -> tuple[dict[str, Any], list[redirect.Change]]:
        """Alertmanager's configuration, delivering here; and the changes. SNS topics that it names are made."""
        for receiver in config.get("receivers") or []:
            for each in receiver.get("sns_configs") or []:
                if each.get("topic_arn"):
                    self.sns.create_topic(str(each["topic_arn"]))
        return redirect.redirect(config, self.addresses, gateways=gateways)

    @property
    def http_servers(self) -> Sequence[HttpServer]:
        return self.slack, self.sns, self.gateway, self.webhook, self.other

    def close(self) -> None:
        """Nobody is answered any more; what was delivered stays in the inbox."""
        self.smtp.close()
        for each in self.http_servers:
            each.close()

    def __enter__(self) -> Receivers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
