"""Let moto answer for configurations that are only kept (website, notification, logging...).

Our layer has checked who asks and that the XML is XML; moto reads, keeps and writes the configuration.
"""

from __future__ import annotations

from typing import Any

from moto.core.request import Request as MotoRequest
from moto.s3.responses import S3Response

from pgben_testkit.storage.fake.call import Call
from pgben_testkit.storage.fake.state import Store
from pgben_testkit.storage.s3.failures import failure
from pgben_testkit.storage.s3.wire import Response


def _response_over(store: Store) -> S3Response:
    class OverOurs(S3Response):
        backend = store

    return OverOurs()


def ask(call: Call) -> Response:
    """Return moto's answer, over this fake's own backend."""
    request = call.request
    if request.method == "PUT" and b"<!" in request.body.replace(b"<!--", b""):
        raise failure("MalformedXML")
    url = f"http://s3.amazonaws.com/{call.bucket_name}?{request.raw_query}"
    headers: dict[str, Any] = {
        "Host": "s3.amazonaws.com",
        "Content-Length": str(len(request.body)),
        "Authorization": "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/s3/aws4_request",
    }
    prepared = MotoRequest.from_primitives(request.method, url, headers, request.body)
    try:
        status, answer_headers, body = _response_over(call.store).bucket_response(prepared, url, headers)
    except Exception as error:
        # moto fails in many ways on configurations that it doesn't read: whatever it was, the document is at fault.
        raise failure("MalformedXML") from error
    raw = body if isinstance(body, bytes) else str(body).encode()
    found = {
        str(name): str(value)
        for name, value in answer_headers.items()
        if str(name).lower() in ("content-type", "location")
    }
    return Response(int(status), found, raw)
