"""Slack's incoming webhook, as it answers: its errors, its limits, what it makes of a message.

Sources: Slack API, "Sending messages using incoming webhooks" (error handling), "Rate limits" (429, Retry-After),
"Reference: secondary attachments", "Truncating content" and chat.postMessage (too_many_attachments).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pgben_testkit.observability.receivers.delivery import Slack, SlackAttachment
from pgben_testkit.observability.receivers.http_server import Answer, HttpServer, Request
from pgben_testkit.observability.receivers.inbox import Inbox, wall

TEXT_CHARACTERS = 40_000
"""More is cut off."""
ATTACHMENTS = 100
"""More is an error."""
PATH = "/services/TPGBEN/BPGBEN/"
"""Before the token: the workspace and the webhook."""
CONTENT = ("text", "title", "pretext", "fallback", "fields", "blocks", "image_url", "actions")
"""An attachment without any of these shows nothing."""


class SlackServer(HttpServer):
    """An incoming webhook. `channels`: those that exist, `#` or `@` before the name; None: any."""

    def __init__(self, inbox: Inbox, token: str) -> None:
        super().__init__(inbox, "slack", inbox.slack, self._take)
        self.token = token
        self.channels: frozenset[str] | None = None

    @property
    def webhook_url(self) -> str:
        return f"{self.url}{PATH}{self.token}"

    def _take(self, request: Request) -> Answer:
        if request.method != "POST" or not request.path.startswith("/services/"):
            return _no(404, "no_service")
        if request.path != PATH + self.token:
            return _no(403, "invalid_token")
        payload = _payload(request)
        if payload is None:
            return _no(400, "invalid_payload")
        attachments = payload.get("attachments") or []
        if not all(map(_well_formed, attachments)):
            return _no(400, "invalid_payload")
        if len(attachments) > ATTACHMENTS:
            return _no(400, "too_many_attachments")
        if not (payload.get("text") or payload.get("blocks") or any(_shows(each) for each in attachments)):
            return _no(400, "no_text")
        channel = str(payload.get("channel") or "")
        if self.channels is not None and channel and channel not in self.channels:
            return _no(404, "channel_not_found")
        return Answer(200, b"ok", deliveries=[self._delivery(request, payload, channel)])

    def _delivery(self, request: Request, payload: Mapping[str, Any], channel: str) -> Slack:
        read = tuple(map(attachment, payload.get("attachments") or []))
        message = str(payload.get("text") or "")
        texts = [
            message,
            *(text for each in read for where, text in each.readable() if where not in ("fallback", "title_link")),
        ]
        shown = "\n".join(filter(None, texts))
        return Slack(
            channel="slack",
            receiver=request.receiver,
            integration=request.integration,
            addresses=(channel,) if channel else (),
            at=self.inbox.now(),
            received=wall(),
            text=shown,
            raw=request.body,
            username=str(payload.get("username") or ""),
            message=message[:TEXT_CHARACTERS],
            attachments=read,
            payload=payload,
            truncated=any(len(each) > TEXT_CHARACTERS for each in texts),
        )


def attachment(data: Mapping[str, Any]) -> SlackAttachment:
    """An attachment as Slack reads it: what is not there is empty, what is too long is cut."""

    def said(name: str) -> str:
        return str(data.get(name) or "")[:TEXT_CHARACTERS]

    return SlackAttachment(
        said("color"),
        said("pretext"),
        said("title"),
        said("title_link"),
        said("text"),
        said("fallback"),
        said("footer"),
        tuple(
            (str(each.get("title") or ""), str(each.get("value") or ""), bool(each.get("short")))
            for each in data.get("fields") or []
        ),
        tuple((str(each.get("text") or ""), str(each.get("url") or "")) for each in data.get("actions") or []),
    )


def _payload(request: Request) -> dict[str, Any] | None:
    """JSON as the body, or as the field `payload` of a form."""
    body = request.body
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        from urllib.parse import parse_qs

        body = parse_qs(body.decode("utf-8", "replace")).get("payload", [""])[0].encode()
    try:
        data = json.loads(body)
    except ValueError:
        return None
    return data if isinstance(data, dict) and isinstance(data.get("attachments") or [], list) else None


def _well_formed(data: object) -> bool:
    lists = [data.get("fields") or [], data.get("actions") or []] if isinstance(data, dict) else [None]
    return all(isinstance(each, list) and all(isinstance(one, dict) for one in each) for each in lists)


def _shows(data: Mapping[str, Any]) -> bool:
    return any(data.get(name) for name in CONTENT)


def _no(status: int, error: str) -> Answer:
    return Answer(status, error.encode(), why=error)
