"""Verify who asks: AWS Signature Version 4 in the header, in the query, and of forms. Version 2 is refused.

Source: "Authenticating Requests (AWS Signature Version 4)" in the Amazon S3 API reference.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import re
import time
from calendar import timegm
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from pgben_testkit.storage.s3.failures import S3Failure, failure
from pgben_testkit.storage.s3.wire import Request, decoded

ACCOUNT = "123456789012"
ALGORITHM = "AWS4-HMAC-SHA256"
SKEW_S = 15 * 60
"""Seconds that a request's clock may be off; S3's."""
EXPIRES_MAX_S = 7 * 24 * 3600
"""Seconds that a presigned URL may live; S3's."""
QUERY_NAMES = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-Date",
    "X-Amz-SignedHeaders",
    "X-Amz-Expires",
)
SIGNATURE_2 = (
    "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256. "
    "(This is AWS Signature Version 2.)"
)
CREDENTIAL = re.compile(r"Credential=([^,\s]+)\s*,\s*SignedHeaders=([^,\s]+)\s*,\s*Signature=([0-9a-fA-F]+)\s*$")


@dataclass(frozen=True)
class Identity:
    """Describe somebody with keys. `id` is the canonical user id; users of one account share it.

    `buckets`: the only ones that these keys reach; None: all of the account's.
    """

    access_key: str
    secret_key: str = field(repr=False)
    name: str = "admin"
    id: str = ""
    buckets: frozenset[str] | None = None


def canonical_id(name: str) -> str:
    """Return the canonical user id of the account `name`."""
    return hashlib.sha256(f"canonical {name}".encode()).hexdigest()


@dataclass(frozen=True)
class Proof:
    """Hold what was verified, and what the chunks of a streamed body are verified against."""

    identity: Identity
    signature: str
    amz_date: str
    scope: str
    key: bytes = field(repr=False)
    presigned: bool = False


@functools.lru_cache(256)
def signing_key(secret: str, date: str, region: str) -> bytes:
    key = b"AWS4" + secret.encode()
    for part in (date, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def sign(key: bytes, text: str) -> str:
    return hmac.digest(key, text.encode("utf-8", "surrogateescape"), "sha256").hex()


@functools.lru_cache(64)
def epoch_of(amz_date: str) -> float:
    """Return the seconds since 1970 of `20260101T000000Z`; ValueError where it is not such a time stamp."""
    if not re.fullmatch(r"\d{8}T\d{6}Z", amz_date):
        raise ValueError(amz_date)
    return timegm(time.strptime(amz_date, "%Y%m%dT%H%M%SZ"))


def authenticate(request: Request, identities: Mapping[str, Identity], region: str, now: float) -> Proof | None:
    """Return the proof of who signed the request, or None where nobody did.

    Raises:
        S3Failure: a signature that is wrong, expired, malformed, of another kind.
    """
    header = request.headers.get("authorization")
    query = request.query
    if "x-amz-security-token" in request.headers or "X-Amz-Security-Token" in query:
        raise failure("InvalidToken")  # nobody gives out temporary keys here
    presigned = "X-Amz-Algorithm" in query or "X-Amz-Signature" in query or "X-Amz-Credential" in query
    version_2 = "AWSAccessKeyId" in query and "Signature" in query
    if header is not None and (presigned or version_2):
        raise failure(
            "InvalidArgument",
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, "
            "Signature query string parameter or the Authorization header should be "
            "specified",
        )
    if version_2 or (header is not None and header.startswith("AWS ")):
        raise failure("InvalidRequest", SIGNATURE_2)
    if header is not None:
        return _by_header(request, header, identities, region, now)
    if presigned:
        return _by_query(request, identities, region, now)
    return None


def _scope(credential: str, region: str, error: str) -> tuple[str, str]:
    """`(access key, date)` of a credential.

    Raises:
        S3Failure: it isn't one, or names another region or service.
    """
    parts = decoded(credential).rsplit("/", 4)
    if len(parts) != 5 or not parts[0] or not re.fullmatch(r"\d{8}", parts[1]) or parts[4] != "aws4_request":
        raise failure(
            error,
            "The authorization header is malformed; the Credential is mal-formed; expecting "
            '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
        )
    if parts[3] != "s3":
        raise failure(
            error,
            f'The authorization header is malformed; incorrect service {parts[3]!r}. This endpoint belongs to "s3".',
        )
    if parts[2] != region:
        raise failure(
            error,
            f"The authorization header is malformed; the region '{parts[2]}' is wrong; expecting '{region}'",
            extra={"Region": region},
        )
    return parts[0], parts[1]


def _owner(access_key: str, identities: Mapping[str, Identity]) -> Identity:
    if access_key not in identities:
        raise failure("InvalidAccessKeyId", extra={"AWSAccessKeyId": access_key})
    return identities[access_key]


def _by_header(request: Request, header: str, identities: Mapping[str, Identity], region: str, now: float) -> Proof:
    algorithm, _, rest = header.partition(" ")
    if algorithm != ALGORITHM:
        raise failure("InvalidArgument", "Unsupported Authorization Type", extra={"ArgumentName": "Authorization"})
    found = CREDENTIAL.match(rest.strip())
    if found is None:
        raise failure("AuthorizationHeaderMalformed")
    credential, names, given = found.groups()
    access_key, date = _scope(credential, region, "AuthorizationHeaderMalformed")
    identity = _owner(access_key, identities)
    amz_date = request.header("x-amz-date")
    if not amz_date and "date" in request.headers:
        amz_date = _amz_of(request.headers["date"])
    try:
        asked = epoch_of(amz_date)
    except ValueError:
        raise failure("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header") from None
    if abs(asked - now) > SKEW_S:
        raise failure(
            "RequestTimeTooSkewed",
            extra={
                "RequestTime": amz_date,
                "ServerTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
                "MaxAllowedSkewMilliseconds": str(SKEW_S * 1000),
            },
        )
    if date != amz_date[:8]:
        raise failure("AuthorizationHeaderMalformed", "The authorization header is malformed; Invalid credential date.")
    payload = request.headers.get("x-amz-content-sha256")
    if payload is None:
        raise failure("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
    signed = names.lower().split(";")
    _all_signed(request, signed)
    key = signing_key(identity.secret_key, date, region)
    scope = f"{date}/{region}/s3/aws4_request"
    _compare(request, signed, request.pairs, payload, amz_date, scope, key, given, access_key)
    return Proof(identity, given, amz_date, scope, key)


def _by_query(request: Request, identities: Mapping[str, Identity], region: str, now: float) -> Proof:
    query, error = request.query, "AuthorizationQueryParametersError"
    missing = [name for name in QUERY_NAMES if not query.get(name)]
    if missing:
        raise failure(
            error,
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
            "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
        )
    if query["X-Amz-Algorithm"] != ALGORITHM:
        raise failure(error, 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"')
    access_key, date = _scope(query["X-Amz-Credential"], region, error)
    amz_date, signed = query["X-Amz-Date"], query["X-Amz-SignedHeaders"].lower().split(";")
    try:
        began = epoch_of(amz_date)
    except ValueError:
        raise failure(error, "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"") from None
    if not re.fullmatch(r"[+-]?\d{1,18}", query["X-Amz-Expires"]):
        raise failure(error, "X-Amz-Expires should be a number")
    expires = int(query["X-Amz-Expires"])
    if expires < 0:
        raise failure(error, "X-Amz-Expires must be non-negative")
    if expires > EXPIRES_MAX_S:
        raise failure(
            error,
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires "
            "must be less than 604800 seconds",
        )
    if date != amz_date[:8]:
        raise failure(error, "Invalid credential date. This date is not the same as X-Amz-Date.")
    identity = _owner(access_key, identities)
    if began - now > SKEW_S:
        raise failure("AccessDenied", "Request is not valid yet")
    if now > began + expires:
        raise failure(
            "AccessDenied",
            "Request has expired",
            extra={
                "X-Amz-Expires": str(expires),
                "Expires": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(began + expires)),
                "ServerTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
            },
        )
    _all_signed(request, signed, presigned=True)
    key = signing_key(identity.secret_key, date, region)
    scope = f"{date}/{region}/s3/aws4_request"
    pairs = [pair for pair in request.pairs if pair[0] != "X-Amz-Signature"]
    payload = request.header("x-amz-content-sha256") or query.get("X-Amz-Content-Sha256") or "UNSIGNED-PAYLOAD"
    try:
        _compare(request, signed, pairs, payload, amz_date, scope, key, query["X-Amz-Signature"], access_key)
    except S3Failure:
        # A body hash sent with a URL that was signed without one: the URL counts.
        if payload == "UNSIGNED-PAYLOAD":
            raise
        _compare(request, signed, pairs, "UNSIGNED-PAYLOAD", amz_date, scope, key, query["X-Amz-Signature"], access_key)
    return Proof(identity, query["X-Amz-Signature"], amz_date, scope, key, presigned=True)


def _amz_of(http_date: str) -> str:
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(http_date)
    except (ValueError, TypeError, IndexError):
        return ""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(moment.timestamp()))


def _all_signed(request: Request, signed: list[str], *, presigned: bool = False) -> None:
    """Host and every x-amz-* header are under the signature."""
    loose = [name for name in request.headers if name.startswith("x-amz-") and name not in signed]
    if presigned:
        loose = [name for name in loose if name not in ("x-amz-content-sha256", "x-amz-user-agent")]
    if "host" not in signed:
        loose.append("host")
    if loose:
        raise failure(
            "AccessDenied",
            "There were headers present in the request which were not signed",
            extra={"HeadersNotSigned": ", ".join(loose)},
        )
    for name in signed:
        if name not in request.headers:
            raise failure("SignatureDoesNotMatch", f"The signed header {name} is not in the request.")


def canonical_query(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join(
        f"{name}={value}" for name, value in sorted((_quoted(name), _quoted(value)) for name, value in pairs)
    )


def _quoted(text: str) -> str:
    return text if text.isalnum() and text.isascii() else _escaped(text)


@functools.lru_cache(1024)
def _escaped(text: str) -> str:
    return quote(text, safe="-_.~", errors="surrogateescape")


def _compare(
    request: Request,
    signed: list[str],
    pairs: list[tuple[str, str]],
    payload: str,
    amz_date: str,
    scope: str,
    key: bytes,
    given: str,
    access_key: str,
) -> None:
    query = canonical_query(pairs) if pairs else ""
    headers = "".join(f"{name}:{' '.join(request.headers[name].split())}\n" for name in signed)
    names = ";".join(signed)
    canonical = text = ""
    for path in _paths(request.raw_path):
        canonical = f"{request.method}\n{path}\n{query}\n{headers}\n{names}\n{payload}"
        digest = hashlib.sha256(canonical.encode("latin-1", "replace")).hexdigest()
        text = f"{ALGORITHM}\n{amz_date}\n{scope}\n{digest}"
        if hmac.compare_digest(sign(key, text), given.lower()):
            return
    raise failure(
        "SignatureDoesNotMatch",
        extra={
            "AWSAccessKeyId": access_key,
            "StringToSign": text,
            "SignatureProvided": given,
            "CanonicalRequest": canonical,
        },
    )


def _paths(raw: str) -> Iterable[str]:
    """The path as it was sent, and as S3 writes it: clients differ in what they escape."""
    yield raw
    again = quote(decoded(raw), safe="/-_.~", errors="surrogateescape")
    if again != raw:
        yield again


def authorization(
    identity: Identity, region: str, method: str, path: str, query: str, headers: Mapping[str, str]
) -> str:
    """Return the `Authorization` header of a request that we send ourselves; all of `headers` (lower-case names, with
    x-amz-date and x-amz-content-sha256) come under the signature. `path` and `query` are escaped as S3 does it."""
    names, date = sorted(headers), headers["x-amz-date"][:8]
    signed = ";".join(names)
    lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in names)
    canonical = f"{method}\n{path}\n{query}\n{lines}\n{signed}\n{headers['x-amz-content-sha256']}"
    scope = f"{date}/{region}/s3/aws4_request"
    digest = hashlib.sha256(canonical.encode("latin-1", "replace")).hexdigest()
    text = f"{ALGORITHM}\n{headers['x-amz-date']}\n{scope}\n{digest}"
    signature = sign(signing_key(identity.secret_key, date, region), text)
    return f"{ALGORITHM} Credential={identity.access_key}/{scope}, SignedHeaders={signed}, Signature={signature}"
