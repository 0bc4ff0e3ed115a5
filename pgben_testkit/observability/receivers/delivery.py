"""What was delivered, and each attempt at it: by e-mail, Slack, SMS, webhook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any, Literal

from pgben_testkit.observability.receivers import sms

ChannelName = Literal["email", "slack", "sms", "webhook", "other"]
CHANNELS: tuple[ChannelName, ...] = ("email", "slack", "sms", "webhook", "other")
"""`other`: integrations that are recorded and not understood, as PagerDuty's."""


@dataclass(frozen=True)
class Attempt:
    """One try, whatever came of it. `status`: the HTTP or SMTP code that was answered, 0 where none was; `why`: in a
    word or two; `receiver`: empty where the connection ended before it could be told; `message`: the same for the same
    content (see `digest`), empty where none was seen."""

    channel: ChannelName
    receiver: str
    integration: int
    at: datetime
    status: int
    delivered: bool
    why: str
    message: str = ""

    def __str__(self) -> str:
        to = f" to {self.receiver}" if self.receiver else ""
        return f"{self.at:%H:%M:%S} {self.channel}{to}: {self.why}{f' ({self.status})' if self.status else ''}"


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A message that was accepted.

    `receiver`, `integration`: the receiver's name in Alertmanager's configuration and which of its integrations of
    this kind, where known; `addresses`: who gets it; `at`: the laboratory's time, `received`: the wall's, both UTC;
    `text`: what a person reads; `status`: "firing" or "resolved" where the message says so, else empty.
    """

    channel: ChannelName
    receiver: str = ""
    integration: int = 0
    addresses: tuple[str, ...] = ()
    at: datetime
    received: datetime
    text: str
    status: str = ""
    raw: bytes = field(repr=False)

    @property
    def address(self) -> str:
        return ", ".join(self.addresses)

    @property
    def alertnames(self) -> frozenset[str]:
        """The alerts that the message names as data; empty where it is prose."""
        return frozenset()

    def readable(self) -> list[tuple[str, str]]:
        """All that a person may read: (where in the message, text)."""
        return [("text", self.text)]

    def head(self) -> str:
        to = f" to {self.address}" if self.address else ""
        named = f" [{self.receiver}]" if self.receiver else ""
        return f"{self.at:%Y-%m-%d %H:%M:%S} UTC {self.channel}{to}{named}"

    def as_text(self) -> str:
        """As a terminal shows it."""
        return f"{self.head()}\n{_indented(self.text)}"


@dataclass(frozen=True, kw_only=True)
class Email(Delivery):
    """An e-mail. `addresses` are those of the envelope (RCPT); `sender` its MAIL FROM; `user`: who logged in;
    `parts`: (content type, text) of each text part."""

    subject: str
    sender: str
    from_: str
    to: str
    html: str
    plain: str
    parts: tuple[tuple[str, str], ...]
    headers: Mapping[str, str] = field(repr=False)
    encrypted: bool
    user: str = ""

    def readable(self) -> list[tuple[str, str]]:
        lines = [("subject", self.subject)]
        return lines + [(f"text, line {number}", line) for number, line in enumerate(self.text.splitlines(), 1)]

    def as_text(self) -> str:
        kept = "encrypted" if self.encrypted else "not encrypted"
        return f"{self.head()} ({kept})\n  From: {self.from_}\n  Subject: {self.subject}\n\n{_indented(self.text)}"


@dataclass(frozen=True)
class SlackAttachment:
    """An attachment as Slack reads it; `fields`: (title, value, short); `actions`: (text, url)."""

    color: str = ""
    pretext: str = ""
    title: str = ""
    title_link: str = ""
    text: str = ""
    fallback: str = ""
    footer: str = ""
    fields: tuple[tuple[str, str, bool], ...] = ()
    actions: tuple[tuple[str, str], ...] = ()

    def readable(self) -> list[tuple[str, str]]:
        said = [("pretext", self.pretext), ("title", self.title), ("text", self.text), ("footer", self.footer)]
        for number, (title, value, _) in enumerate(self.fields):
            said += [(f"fields[{number}] title", title), (f"fields[{number}] value", value)]
        said += [(f"actions[{i}]", " ".join(each)) for i, each in enumerate(self.actions)]
        said += [("fallback", self.fallback), ("title_link", self.title_link)]
        return [(where, text) for where, text in said if text]


@dataclass(frozen=True, kw_only=True)
class Slack(Delivery):
    """A message of Slack's incoming webhook. `addresses`: the channel; `text`: title and texts of all of it;
    `truncated`: it was longer than Slack shows."""

    username: str = ""
    message: str = ""
    attachments: tuple[SlackAttachment, ...] = ()
    truncated: bool = False
    payload: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def fields(self) -> Mapping[str, str]:
        """title -> value, over all attachments."""
        return {title: value for each in self.attachments for title, value, _ in each.fields}

    def readable(self) -> list[tuple[str, str]]:
        said = [("text", self.message)] if self.message else []
        for number, each in enumerate(self.attachments):
            said += [(f"attachments[{number}].{where}", text) for where, text in each.readable()]
        return said

    def as_text(self) -> str:
        lines = [self.head(), *([_indented(self.message)] if self.message else [])]
        for each in self.attachments:
            bar = [each.pretext, each.title, each.text, *(f"{title}: {value}" for title, value, _ in each.fields)]
            bar += [f"[{text}] {url}" for text, url in each.actions] + [each.footer]
            lines += [_indented("\n".join(filter(None, bar)), "  | ")]
        return "\n".join(lines)


@dataclass(frozen=True, kw_only=True)
class Sms(Delivery):
    """A text message to one telephone. `via`: "sns" or "gateway"; `topic`: the SNS topic that it came by;
    `subject`: SNS'; `key`: the access key that signed it."""

    via: Literal["sns", "gateway"]
    subject: str = ""
    topic: str = ""
    key: str = ""
    names: frozenset[str] = frozenset()

    @cached_property
    def split(self) -> sms.Parts:
        return sms.split(self.text)

    @property
    def parts(self) -> tuple[str, ...]:
        """The texts of the single messages that it travels in."""
        return self.split.texts

    @property
    def encoding(self) -> sms.Encoding:
        return self.split.encoding

    @property
    def alertnames(self) -> frozenset[str]:
        return self.names

    def readable(self) -> list[tuple[str, str]]:
        return [("subject", self.subject), ("text", self.text)] if self.subject else [("text", self.text)]

    def as_text(self) -> str:
        told = f"{self.head()} ({self.encoding}, {self.split.units} units, parts: {len(self.parts)})"
        shown = [_indented(each, f"  {number}/{len(self.parts)} ") for number, each in enumerate(self.parts, 1)]
        return "\n".join([told, *shown])


@dataclass(frozen=True)
class Alert:
    """An alert as Alertmanager's webhook tells it."""

    status: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at: str
    ends_at: str
    generator_url: str
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class Webhook(Delivery):
    """A message of Alertmanager's webhook, version 4. Source: "webhook_config" in its configuration reference."""

    version: str
    group_key: str
    alerts: tuple[Alert, ...]
    group_labels: Mapping[str, str]
    common_labels: Mapping[str, str]
    common_annotations: Mapping[str, str]
    external_url: str
    truncated_alerts: int = 0

    @property
    def alertnames(self) -> frozenset[str]:
        return frozenset(each.labels["alertname"] for each in self.alerts if "alertname" in each.labels)

    def readable(self) -> list[tuple[str, str]]:
        said: list[tuple[str, str]] = []
        for number, each in enumerate(self.alerts):
            said += [(f"alerts[{number}].labels.{name}", value) for name, value in each.labels.items()]
            said += [(f"alerts[{number}].annotations.{name}", value) for name, value in each.annotations.items()]
            said += [(f"alerts[{number}].generatorURL", each.generator_url)] if each.generator_url else []
        return said


@dataclass(frozen=True, kw_only=True)
class Other(Delivery):
    """What came to an integration that is only recorded: `kind` as in the configuration, "pagerduty"."""

    kind: str
    path: str = ""


def about(delivery: Delivery, alertname: str) -> bool:
    """The delivery names the alert, as data or as a word of its text."""
    if delivery.alertnames:
        return alertname in delivery.alertnames
    said = "\n".join(text for _, text in delivery.readable())
    began = said.find(alertname)
    while began >= 0:
        around = said[max(began - 1, 0) : began] + said[began + len(alertname) : began + len(alertname) + 1]
        if not any(each.isalnum() or each == "_" for each in around):
            return True
        began = said.find(alertname, began + 1)
    return False


def digest(content: bytes) -> str:
    """What tells that two attempts are of one message."""
    return sha256(content).hexdigest()[:16]


def _indented(text: str, by: str = "  ") -> str:
    return "\n".join(by + line for line in text.splitlines())


def summary(deliveries: Sequence[Delivery]) -> str:
    """How many came on which channel, in a line."""
    counts = {name: sum(each.channel == name for each in deliveries) for name in CHANNELS}
    return ", ".join(f"{name} {count}" for name, count in counts.items() if count) or "nothing at all"
