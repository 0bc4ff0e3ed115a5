"""Make an Alertmanager configuration deliver here: replace only addresses and logins, and report each change.

Source: Alertmanager, "Configuration" (version 0.25 and newer).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pgben_testkit.observability.receivers.addresses import Addresses
from pgben_testkit.observability.receivers.http_server import with_receiver

OTHERS = {
    "pagerduty_configs": "url",
    "opsgenie_configs": "api_url",
    "victorops_configs": "api_url",
    "wechat_configs": "api_url",
    "telegram_configs": "api_url",
    "webex_configs": "api_url",
    "discord_configs": "webhook_url",
    "msteams_configs": "webhook_url",
    "msteamsv2_configs": "webhook_url",
    "rocketchat_configs": "api_url",
    "jira_configs": "api_url",
}
"""Integrations that are only recorded -> the field that says where they go."""
SLASHED = ("opsgenie_configs", "wechat_configs")
"""Those that append to the path as it is."""
GLOBAL_URLS = (
    "pagerduty_url",
    "opsgenie_api_url",
    "victorops_api_url",
    "wechat_api_url",
    "telegram_api_url",
    "webex_api_url",
    "rocketchat_api_url",
    "jira_api_url",
)
GLOBAL_LOGINS = (
    "opsgenie_api_key",
    "victorops_api_key",
    "wechat_api_secret",
    "wechat_api_corp_id",
    "rocketchat_token",
    "rocketchat_token_id",
)
OTHER_LOGINS = ("routing_key", "service_key", "api_key", "api_secret", "bot_token", "corp_id", "token", "token_id")
HTTP_PARTS = ("tls_config", "proxy_url", "proxy_from_environment", "proxy_connect_header", "no_proxy", "oauth2")
"""Parts of `http_config` that belong to an address which is not asked here."""
SECRET = re.compile(
    r"password|secret|token|key|corp_id|identity|authorization|oauth|basic_auth|slack|http_config|webhook|url"
)
STANDS_FOR = "pgben-testkit"
"""In place of a key that nobody here checks."""


@dataclass(frozen=True)
class Gateways:
    """Say which `webhook_configs` are SMS gateways.

    They are those whose configured URL matches `url` (a regular expression), and all of the receivers in `receivers`.
    """

    url: str = r"(?i)sms"
    receivers: frozenset[str] = frozenset()

    def has(self, receiver: str, url: str) -> bool:
        return receiver in self.receivers or bool(self.url and re.search(self.url, url))


DEFAULT = Gateways()


@dataclass(frozen=True)
class Change:
    """Describe one replaced value.

    `path` is like `receivers[2].slack_configs[0].api_url`. Values that may hold a secret read "(secret)"; a value that
    is absent reads "". `deliverable` is False for an integration that was removed, because it can only reach its
    vendor.
    """

    path: str
    before: str
    after: str
    deliverable: bool = True

    def __str__(self) -> str:
        return f"{self.path}: {self.before or '(none)'} -> {self.after or '(none)'}"


def redirect(
    config: Mapping[str, Any], addresses: Addresses, *, gateways: Gateways = DEFAULT
) -> tuple[dict[str, Any], list[Change]]:
    """Return a copy of `config` that delivers to `addresses`, and the changes. `config` itself is not changed."""
    made: dict[str, Any] = _copied(config)
    work = _Redirect(addresses, gateways, made.get("global") or {})
    work.top(made.get("global") or {})
    for number, receiver in enumerate(made.get("receivers") or []):
        work.receiver(f"receivers[{number}]", receiver)
    return made, work.changes


class _Redirect:
    def __init__(self, addresses: Addresses, gateways: Gateways, inherited: Mapping[str, Any]) -> None:
        self.to = addresses
        self.gateways = gateways
        self.changes: list[Change] = []
        self.inherited: Mapping[str, Any] = _copied(inherited)
        """The global part as the user wrote it."""

    def top(self, part: dict[str, Any]) -> None:
        if part.get("smtp_smarthost"):
            self.set("global", part, "smtp_smarthost", self.to.smtp_smarthost)
        self.mail_login("global", part, "smtp_auth_")
        if "smtp_tls_config" in part:
            self.set("global", part, "smtp_tls_config", {"ca_file": str(self.to.smtp_ca_file)})
        if "slack_api_url" in part or "slack_api_url_file" in part:
            self.drop("global", part, "slack_api_url_file")
            self.set("global", part, "slack_api_url", self.to.slack_url)
        for name in GLOBAL_URLS:
            if name in part:
                self.set("global", part, name, f"{self.to.other_url}/{name.partition('_')[0]}/")
        for name in GLOBAL_LOGINS:
            self.login("global", part, name)
        self.http("global", part)

    def receiver(self, path: str, receiver: dict[str, Any]) -> None:
        name = str(receiver.get("name", ""))
        ours = {
            "email_configs": self.email,
            "slack_configs": self.slack,
            "sns_configs": self.sns,
            "webhook_configs": self.webhook,
        }
        for kind in [each for each in receiver if each.endswith("_configs")]:
            for number, each in enumerate(receiver[kind] or []):
                where = f"{path}.{kind}[{number}]"
                if kind in ours:
                    ours[kind](where, each, name, number)
                elif kind in OTHERS:
                    self.other(where, each, name, number, kind)
                else:
                    self.changes.append(Change(where, "(an integration)", "", deliverable=False))
            if kind not in ours and kind not in OTHERS:
                del receiver[kind]

    def email(self, path: str, each: dict[str, Any], name: str, number: int) -> None:
        from pgben_testkit.observability.receivers.smtp import hello

        implicit = str(each.get("smarthost") or self.inherited.get("smtp_smarthost") or "").endswith(":465")
        implicit = (
            bool(each.get("force_implicit_tls", self.inherited.get("smtp_force_implicit_tls", False))) or implicit
        )
        if "smarthost" in each or implicit:
            self.set(path, each, "smarthost", self.to.smtp_smarthost)
        self.mail_login(path, each, "auth_")
        self.set(path, each, "hello", hello(name, number))
        self.set(path, each, "tls_config", {"ca_file": str(self.to.smtp_ca_file)})
        if implicit:  # TLS from the first byte needs port 465 in old versions: here it is STARTTLS, as strict
            self.drop(path, each, "force_implicit_tls")
            self.set(path, each, "require_tls", True)

    def mail_login(self, path: str, part: dict[str, Any], prefix: str) -> None:
        """Our login where there is one."""
        if part.get(f"{prefix}username"):
            self.set(path, part, f"{prefix}username", self.to.smtp_user)
        if part.get(f"{prefix}identity"):
            self.set(path, part, f"{prefix}identity", "")
        if f"{prefix}password" in part or f"{prefix}password_file" in part:
            self.drop(path, part, f"{prefix}password_file")
            self.set(path, part, f"{prefix}password", self.to.smtp_password)
        if f"{prefix}secret" in part or f"{prefix}secret_file" in part:
            self.drop(path, part, f"{prefix}secret_file")
            self.set(path, part, f"{prefix}secret", self.to.smtp_password)

    def slack(self, path: str, each: dict[str, Any], name: str, number: int) -> None:
        for field in ("api_url_file", "app_token", "app_token_file", "app_url"):
            self.drop(path, each, field)
        self.set(path, each, "api_url", with_receiver(self.to.slack_url, name, number))
        self.http(path, each)

    def sns(self, path: str, each: dict[str, Any], name: str, number: int) -> None:
        self.set(path, each, "api_url", with_receiver(f"{self.to.sns_url}/", name, number))
        region = (each.get("sigv4") or {}).get("region")
        if not region and each.get("topic_arn"):
            region = str(each["topic_arn"]).split(":")[3]
        keys = {"access_key": self.to.sns_access_key, "secret_key": self.to.sns_secret_key}
        self.set(path, each, "sigv4", {"region": region or "us-east-1", **keys})
        self.http(path, each)

    def webhook(self, path: str, each: dict[str, Any], name: str, number: int) -> None:
        theirs = str(each.get("url") or "")
        gateway = self.gateways.has(name, theirs)
        parts = urlsplit(theirs)
        kept = parts.path + (f"?{parts.query}" if parts.query else "")
        self.drop(path, each, "url_file")
        base = self.to.sms_url if gateway else self.to.webhook_url
        self.set(path, each, "url", with_receiver(base + (kept if kept.startswith("/") else f"/{kept}"), name, number))
        self.http(path, each, self.to.sms_token if gateway else STANDS_FOR)

    def other(self, path: str, each: dict[str, Any], name: str, number: int, kind: str) -> None:
        short = kind.removesuffix("_configs")
        url = with_receiver(f"{self.to.other_url}/{short}", name, number) + ("/" if kind in SLASHED else "")
        self.drop(path, each, f"{OTHERS[kind]}_file")
        self.set(path, each, OTHERS[kind], url)
        for field in OTHER_LOGINS:
            self.login(path, each, field)
        self.http(path, each)

    def login(self, path: str, part: dict[str, Any], field: str) -> None:
        """A key in place of theirs, where there is one; a file of theirs is not read here."""
        if field in part or f"{field}_file" in part:
            self.drop(path, part, f"{field}_file")
            self.set(path, part, field, f"0:{STANDS_FOR}" if field == "bot_token" else STANDS_FOR)

    def http(self, path: str, part: dict[str, Any], login: str = STANDS_FOR) -> None:
        """Without what belongs to their address; with `login` in place of a login of theirs."""
        config = part.get("http_config")
        if not isinstance(config, dict):
            return
        path = f"{path}.http_config"
        for field in HTTP_PARTS:
            self.drop(path, config, field)
        for field in ("authorization", "basic_auth"):
            if isinstance(config.get(field), dict):
                secret = "credentials" if field == "authorization" else "password"
                kept = {name: value for name, value in config[field].items() if name in ("type", "username")}
                self.set(path, config, field, {**kept, secret: login})
        if "bearer_token" in config or "bearer_token_file" in config:
            self.drop(path, config, "bearer_token_file")
            self.set(path, config, "bearer_token", login)

    def set(self, path: str, part: dict[str, Any], field: str, value: Any) -> None:
        before = part.get(field)
        if before == value:
            return
        part[field] = value
        self.changes.append(Change(f"{path}.{field}", _shown(field, before), _shown(field, value)))

    def drop(self, path: str, part: dict[str, Any], field: str) -> None:
        if field in part:
            before = part.pop(field)
            self.changes.append(Change(f"{path}.{field}", _shown(field, before), ""))


def _copied(value: Any) -> Any:
    """A copy in which no two places are one object, as YAML's aliases make them."""
    if isinstance(value, Mapping):
        return {name: _copied(each) for name, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value


def _shown(field: str, value: Any) -> str:
    """A value without what may be secret: of a URL its host stays, of a name of a file all."""
    if value is None or value == "":
        return ""
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        parts = urlsplit(value)
        host = parts.netloc.rpartition("@")[2]
        return f"{parts.scheme}://{host}/..." if parts.path.strip("/") or parts.query else f"{parts.scheme}://{host}"
    if field in ("tls_config", "smtp_tls_config"):
        return str({name: each for name, each in value.items() if name not in ("ca", "cert", "key")})
    if field.endswith("_file"):
        return str(value)
    if field == "sigv4":
        return f"region {value.get('region', '(none)')}, keys (secret)"
    return "(secret)" if SECRET.search(field) else str(value)
