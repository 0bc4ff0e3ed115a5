"""Start the receivers of one run: their servers, and the inbox that holds what they are sent."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pgben_testkit.observability.extra import need
from pgben_testkit.observability.receivers import certificate, redirect
from pgben_testkit.observability.receivers.addresses import Addresses
from pgben_testkit.observability.receivers.gateway import GatewayServer
from pgben_testkit.observability.receivers.http_server import HttpServer
from pgben_testkit.observability.receivers.inbox import Inbox, wall
from pgben_testkit.observability.receivers.other import OtherServer
from pgben_testkit.observability.receivers.slack import SlackServer
from pgben_testkit.observability.receivers.sns import SnsServer
from pgben_testkit.observability.receivers.webhook import WebhookServer

USER = "pgben"


class Receivers:
    """Run the servers on 127.0.0.1, in threads of this process, from `start()` to `close()`; `with` closes them too."""

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
        """Start all servers.

        `now` is the clock that deliveries are stamped with, UTC. `sender_now` is Alertmanager's, where it differs:
        signatures are judged by it. The authority's certificate and the mail password are written to `folder`, for
        Alertmanager to read.

        Raises:
            EnvironmentNotAble: aiosmtpd or trustme is not installed.
        """
        folder.mkdir(parents=True, exist_ok=True)
        return cls(Inbox(now, sender_now), folder)

    def redirect(
        self, config: Mapping[str, Any], *, gateways: redirect.Gateways = redirect.DEFAULT
    ) -> tuple[dict[str, Any], list[redirect.Change]]:
        """Return `config` delivering to these servers, and the changes; create the SNS topics that it names."""
        for receiver in config.get("receivers") or []:
            for each in receiver.get("sns_configs") or []:
                if each.get("topic_arn"):
                    self.sns.create_topic(str(each["topic_arn"]))
        return redirect.redirect(config, self.addresses, gateways=gateways)

    @property
    def http_servers(self) -> Sequence[HttpServer]:
        return self.slack, self.sns, self.gateway, self.webhook, self.other

    def close(self) -> None:
        """Stop all servers. What was delivered stays in the inbox."""
        self.smtp.close()
        for each in self.http_servers:
            each.close()

    def __enter__(self) -> Receivers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
