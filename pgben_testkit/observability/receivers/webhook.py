"""Alertmanager's own webhook, version 4, read; and the server of it.

Source: Alertmanager's configuration reference, `<webhook_config>`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pgben_testkit.observability.receivers.delivery import Alert, Webhook
from pgben_testkit.observability.receivers.http_server import Answer, HttpServer, Request
from pgben_testkit.observability.receivers.inbox import Inbox, wall


class NoWebhook(ValueError):
    """A body is no message of Alertmanager's webhook."""


def read(body: bytes) -> dict[str, Any]:
    """The message as data.

    Raises:
        NoWebhook: no JSON, another version, no alerts.
    """
    try:
        data = json.loads(body)
    except ValueError:
        raise NoWebhook("no JSON") from None
    if not isinstance(data, dict) or data.get("version") != "4" or not isinstance(data.get("alerts"), list):
        raise NoWebhook("no message of version 4")
    if not all(isinstance(each, dict) for each in data["alerts"]):
        raise NoWebhook("alerts that are none")
    return data


def alerts(data: Mapping[str, Any]) -> tuple[Alert, ...]:
    return tuple(
        Alert(
            each.get("status", ""),
            each.get("labels") or {},
            each.get("annotations") or {},
            each.get("startsAt", ""),
            each.get("endsAt", ""),
            each.get("generatorURL", ""),
            each.get("fingerprint", ""),
        )
        for each in data["alerts"]
    )


def parse(request: Request, *, at: datetime, received: datetime) -> Webhook:
    """The delivery that a request makes. Raises NoWebhook."""
    data = read(request.body)
    found = alerts(data)
    lines = [f"[{data.get('status', '').upper()}] {data.get('groupKey', '')}"]
    for each in found:
        labels = " ".join(f"{name}={value}" for name, value in sorted(each.labels.items()))
        lines.append(f"{each.status}: {labels}")
        lines += [f"  {name}: {value}" for name, value in sorted(each.annotations.items())]
    return Webhook(
        channel="webhook",
        receiver=request.receiver or data.get("receiver", ""),
        integration=request.integration,
        addresses=(request.path,),
        at=at,
        received=received,
        text="\n".join(lines),
        status=data.get("status", ""),
        raw=request.body,
        version="4",
        group_key=data.get("groupKey", ""),
        alerts=found,
        group_labels=data.get("groupLabels") or {},
        common_labels=data.get("commonLabels") or {},
        common_annotations=data.get("commonAnnotations") or {},
        external_url=data.get("externalURL", ""),
        truncated_alerts=int(data.get("truncatedAlerts") or 0),
    )


class WebhookServer(HttpServer):
    """Takes Alertmanager's messages at any path."""

    def __init__(self, inbox: Inbox) -> None:
        super().__init__(inbox, "webhook", inbox.webhook, self._take)

    def _take(self, request: Request) -> Answer:
        if request.method != "POST":
            return Answer(405, why="not a POST")
        try:
            delivery = parse(request, at=self.inbox.now(), received=wall())
        except NoWebhook as error:
            return Answer(400, str(error).encode(), why=str(error))
        return Answer(200, deliveries=[delivery])
