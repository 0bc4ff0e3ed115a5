"""moto's SNS over state of our own: what `mock_aws` uses and resets is another. Imported when SNS is first used."""

from __future__ import annotations

from moto.core.request import Request as MotoRequest
from moto.sns.exceptions import TopicNotFound
from moto.sns.models import SNSBackend, Topic
from moto.sns.responses import SNSResponse


class Backend(SNSBackend):
    """One region of one account."""

    def get_topic(self, arn: str) -> Topic:
        """moto looks for it in its global state."""
        if arn not in self.topics:
            raise TopicNotFound
        return self.topics[arn]


def ask(backend: Backend, body: bytes, authorization: str) -> tuple[int, bytes]:
    """`(status, XML)` that moto answers to a request of the query API."""

    class OverOurs(SNSResponse):
        pass

    OverOurs.backend = backend
    host = f"sns.{backend.region_name}.amazonaws.com"
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Host": host,
        "Authorization": authorization,
        "Content-Length": str(len(body)),
    }
    url = f"https://{host}/"
    status, _, answer = OverOurs.dispatch(MotoRequest.from_primitives("POST", url, headers, body), url, headers)
    return int(status), answer if isinstance(answer, bytes) else str(answer).encode()
