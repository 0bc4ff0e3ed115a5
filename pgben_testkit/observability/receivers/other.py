"""Where integrations go that are recorded and not understood: PagerDuty, Opsgenie, Telegram, Discord and the like."""

from __future__ import annotations

import json

from pgben_testkit.observability.receivers.delivery import Other
from pgben_testkit.observability.receivers.http_server import Answer, HttpServer, Request
from pgben_testkit.observability.receivers.inbox import Inbox, wall

CONTENT = {
    "ok": True,
    "result": {"message_id": 1, "date": 0, "chat": {"id": 1, "type": "private"}},  # Telegram
    "errcode": 0,
    "errmsg": "ok",
    "access_token": "pgben",
    "expires_in": 7200,  # WeChat
    "status": "success",
    "message": "accepted",
    "result_code": 0,
}
"""One answer that Alertmanager takes for a success of any of them."""


class OtherServer(HttpServer):
    """Says yes to everything. The first segment of the path is the integration's kind."""

    def __init__(self, inbox: Inbox) -> None:
        super().__init__(inbox, "other", inbox.other, self._take)

    def _take(self, request: Request) -> Answer:
        kind, _, path = request.path.lstrip("/").partition("/")
        body = json.dumps(CONTENT).encode()
        if request.method == "GET":
            return Answer(200, body, "application/json", counts=False)  # WeChat asks for a token first
        delivery = Other(
            channel="other",
            receiver=request.receiver,
            integration=request.integration,
            addresses=(kind,),
            at=self.inbox.now(),
            received=wall(),
            text=request.body.decode("utf-8", "replace"),
            raw=request.body,
            kind=kind,
            path=f"/{path}",
        )
        return Answer(200, body, "application/json", deliveries=[delivery])
