"""A gateway for text messages to Brazilian numbers: Alertmanager's webhook in, SMS out.

The contract, ours, since each company has its own: `POST` with `Authorization: Bearer TOKEN` and Alertmanager's
webhook, version 4, as body. The numbers are in the URL: as `to`, `para`, `numero` or `number` of the query, or as the
last segment of the path; separated by commas, or repeated. Each is `+55`, area code, nine digits that begin with 9
(E.164; Anatel's numbering plan for mobile telephones). The text is the common annotation `sms`, else a line for each
alert: its `sms`, `summary`, or name; `RESOLVIDO: ` comes before those that are.
401 without the token, 400 for another body, 422 for a number that is none, 202 and the ids when it was accepted.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from pgben_testkit.lgpd.telephones import AREA_CODES
from pgben_testkit.observability.receivers import webhook
from pgben_testkit.observability.receivers.delivery import Sms
from pgben_testkit.observability.receivers.http_server import Answer, HttpServer, Request
from pgben_testkit.observability.receivers.inbox import Inbox, wall

NAMES = ("to", "para", "numero", "number")
_MOBILE = re.compile(r"\+55(\d\d)9\d{8}")
RESOLVED = "RESOLVIDO: "


def is_mobile(number: str) -> bool:
    """A Brazilian mobile number in E.164, of an area code that exists."""
    found = _MOBILE.fullmatch(number)
    return bool(found) and int(number[3:5]) in AREA_CODES


def numbers(request: Request) -> tuple[str, ...]:
    """The numbers of the URL, as they are. A `+` that a query turned into a space is one again."""
    found = [each for name in NAMES for each in request.query.get(name, ())]
    if not found:
        last = unquote(request.path.rstrip("/").rpartition("/")[2])
        found = [last] if re.match(r"\+?\d", last) else []
    single = (re.sub(r"^ ", "+", each) for text in found for each in text.split(","))
    return tuple(dict.fromkeys(filter(None, single)))


def text(data: Mapping[str, Any]) -> str:
    """What is sent for a message of Alertmanager's."""
    common = (data.get("commonAnnotations") or {}).get("sms")
    if common:
        return (RESOLVED if data.get("status") == "resolved" else "") + str(common)
    lines = []
    for each in webhook.alerts(data):
        said = each.annotations.get("sms") or each.annotations.get("summary") or each.labels.get("alertname", "")
        lines.append((RESOLVED if each.status == "resolved" else "") + said)
    return "\n".join(dict.fromkeys(lines))


class GatewayServer(HttpServer):
    """The gateway; `token` is what its bearer must be."""

    def __init__(self, inbox: Inbox, token: str) -> None:
        super().__init__(inbox, "sms", inbox.sms, self._take)
        self.token = token

    def _take(self, request: Request) -> Answer:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.token}".encode()):
            return _no(401, "token_invalido", "the bearer token is not the gateway's")
        if request.method != "POST":
            return _no(405, "metodo_invalido", "only POST")
        try:
            data = webhook.read(request.body)
        except webhook.NoWebhook as error:
            return _no(400, "corpo_invalido", str(error))
        asked = numbers(request)
        wrong = [each for each in asked if not is_mobile(each)]
        if wrong or not asked:
            told = (
                f"{len(wrong)} of {len(asked)} are not +55, area code and nine digits from 9" if asked else "none given"
            )
            return _no(422, "numero_invalido", told)
        names = frozenset(each.labels.get("alertname", "") for each in webhook.alerts(data)) - {""}
        sent = [
            Sms(
                channel="sms",
                receiver=request.receiver or data.get("receiver", ""),
                integration=request.integration,
                addresses=(each,),
                at=self.inbox.now(),
                received=wall(),
                text=text(data),
                status=data.get("status", ""),
                raw=request.body,
                via="gateway",
                names=names,
            )
            for each in asked
        ]
        ids = [{"numero": each.address, "id": secrets.token_hex(8), "partes": len(each.parts)} for each in sent]
        return Answer(202, json.dumps({"mensagens": ids}).encode(), "application/json", sent)


def _no(status: int, error: str, why: str) -> Answer:
    return Answer(status, json.dumps({"erro": error, "motivo": why}).encode(), "application/json", why=error)
