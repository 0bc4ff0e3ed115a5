"""Whether a request to an AWS service is signed by the keys that we know.

Source: AWS General Reference, "Signature Version 4 signing process"; other than S3's, the path is encoded twice.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from calendar import timegm
from datetime import datetime
from time import strptime
from urllib.parse import parse_qsl, quote

from pgben_testkit.observability.receivers.http_server import Request

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW_S = 15 * 60
"""Seconds that a request's clock may be off."""
_HEADER = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/,\s]+)/(?P<date>\d{8})/(?P<region>[\w-]+)/(?P<service>\w+)/"
    r"aws4_request,\s*"
    r"SignedHeaders=(?P<signed>[^,\s]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)


class NotSigned(Exception):
    """`code` is AWS'; the text goes to the client, and holds no key."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def verify(request: Request, service: str, access_key: str, secret_key: str, now: datetime) -> str:
    """The region that the request was signed for.

    Raises:
        NotSigned: no signature, a key that we don't know, a wrong signature, or one of another time.
    """
    given = request.headers.get("authorization")
    if not given:
        raise NotSigned("MissingAuthenticationToken", "Request is missing Authentication Token")
    found = _HEADER.fullmatch(given.strip())
    if not found:
        raise NotSigned("IncompleteSignature", "Authorization header is not of Signature Version 4")
    if not hmac.compare_digest(found["key"].encode(), access_key.encode()):
        raise NotSigned("InvalidClientTokenId", "The security token included in the request is invalid.")
    if found["service"] != service:
        raise NotSigned("SignatureDoesNotMatch", f"Credential should be scoped to correct service: '{service}'.")
    moment = request.headers.get("x-amz-date", "")
    try:
        asked = timegm(strptime(moment, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise NotSigned("IncompleteSignature", "Date must be in ISO-8601 'basic format'.") from None
    if abs(asked - now.timestamp()) > SKEW_S:
        raise NotSigned("SignatureDoesNotMatch", f"Signature expired: {moment} is 15 min and more from our clock")
    if found["date"] != moment[:8]:
        raise NotSigned("SignatureDoesNotMatch", "Date in Credential scope does not match YYYYMMDD from ISO-8601")
    names = found["signed"].split(";")
    if "host" not in names or any(name not in request.headers for name in names):
        raise NotSigned("SignatureDoesNotMatch", "'Host' must be a 'SignedHeader' in the AWS Authorization.")
    query = "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
        for name, value in sorted(parse_qsl(request.raw_query, keep_blank_values=True))
    )
    headers = "".join(f"{name}:{' '.join(request.headers[name].split())}\n" for name in names)
    path = quote(request.raw_path, safe="/-_.~")
    digest = hashlib.sha256(request.body).hexdigest()
    canonical = f"{request.method}\n{path}\n{query}\n{headers}\n{found['signed']}\n{digest}"
    scope = f"{found['date']}/{found['region']}/{service}/aws4_request"
    text = f"{ALGORITHM}\n{moment}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = b"AWS4" + secret_key.encode()
    for part in (found["date"], found["region"], service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    if not hmac.compare_digest(hmac.digest(key, text.encode(), "sha256").hex(), found["signature"]):
        raise NotSigned("SignatureDoesNotMatch", "The request signature we calculated does not match yours.")
    return found["region"]
