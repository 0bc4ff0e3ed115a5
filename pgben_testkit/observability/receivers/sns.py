"""Amazon SNS: the signature checked here, the rest answered by moto's SNS, what it accepted put into the inbox.

Source of limits: Amazon SNS, API reference, Publish (1,600 characters of an SMS).
"""

from __future__ import annotations

import secrets
import threading
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from pgben_testkit import extras
from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability.receivers.delivery import Sms
from pgben_testkit.observability.receivers.http_server import Answer, HttpServer, Request
from pgben_testkit.observability.receivers.inbox import Inbox, wall
from pgben_testkit.observability.receivers.signature import NotSigned, verify

SMS_CHARACTERS = 1600
NAMESPACE = "http://sns.amazonaws.com/doc/2010-03-31/"


class SnsServer(HttpServer):
    """SNS' query API for one pair of keys, any region; moto is loaded by the first request or topic."""

    def __init__(self, inbox: Inbox, access_key: str, secret_key: str) -> None:
        super().__init__(inbox, "sms", inbox.sms, self._take)
        self.access_key = access_key
        self.secret_key = secret_key
        self._backends: dict[tuple[str, str], Any] = {}
        self._one = threading.Lock()
        """moto is not made for threads."""

    def create_topic(self, arn: str, *, numbers: tuple[str, ...] = ()) -> None:
        """Makes the topic of this ARN, if there is none, with telephones subscribed to it.

        Raises:
            UsageProblem: no ARN of a topic.
        """
        parts = arn.split(":")
        if len(parts) != 6 or parts[0] != "arn" or parts[2] != "sns":
            raise UsageProblem(
                f"{arn!r} is no topic", why="one is arn:aws:sns:REGION:ACCOUNT:NAME", remedy="give the topic's ARN"
            )
        with self._one:
            backend = self._backend(parts[3], parts[4])
            fifo = {"FifoTopic": "true"} if parts[5].endswith(".fifo") else {}
            backend.create_topic(parts[5], fifo)
            for number in numbers:
                backend.subscribe(arn, number, "sms")

    def _backend(self, region: str, account: str) -> Any:
        """moto's state of one region and account, apart from what `mock_aws` uses and resets."""
        if (region, account) not in self._backends:
            self._backends[region, account] = self._moto().Backend(region, account)
        return self._backends[region, account]

    def _take(self, request: Request) -> Answer:
        try:
            now = (self.inbox.sender_now or self.inbox.now)()
            region = verify(request, "sns", self.access_key, self.secret_key, now)
        except NotSigned as error:
            return _error(403, error.code, str(error))
        asked = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        arn = asked.get("TopicArn") or asked.get("TargetArn") or ""
        account = arn.split(":")[4] if arn.count(":") >= 5 else "123456789012"
        if "PhoneNumber" in asked and len(asked.get("Message", "")) > SMS_CHARACTERS:
            return _error(400, "InvalidParameter", "Invalid parameter: Message too long")
        with self._one:
            backend = self._backend(region, account)
            status, body = self._moto().ask(backend, request.body, request.headers["authorization"])
            numbers = [
                each.endpoint
                for each in backend.subscriptions.values()
                if each.topic.arn == arn and each.protocol == "sms"
            ]
        if asked.get("Action") != "Publish":
            return Answer(status, body, "text/xml", counts=False)
        if status >= 400:
            return Answer(status, body, "text/xml", why="refused by SNS")
        to = [asked["PhoneNumber"]] if "PhoneNumber" in asked else numbers or [arn]
        sent = [
            Sms(
                channel="sms",
                receiver=request.receiver,
                integration=request.integration,
                addresses=(each, arn) if arn and each != arn else (each,),
                at=self.inbox.now(),
                received=wall(),
                text=asked.get("Message", ""),
                raw=request.body,
                via="sns",
                subject=asked.get("Subject", ""),
                topic=arn,
                key=self.access_key,
            )
            for each in to
        ]
        return Answer(status, body, "text/xml", sent)

    def _moto(self) -> Any:
        extras.need("moto.sns", "moto", what="SNS can't be answered", extra="fake")
        from pgben_testkit.observability.receivers import moto_sns

        return moto_sns


def _error(status: int, code: str, text: str) -> Answer:
    body = (
        f'<ErrorResponse xmlns="{NAMESPACE}"><Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(text)}'
        f"</Message></Error><RequestId>{secrets.token_hex(16)}</RequestId></ErrorResponse>"
    )
    return Answer(status, body.encode(), "text/xml", why=code)
