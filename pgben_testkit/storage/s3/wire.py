"""Hold a request and a response as boto3's hook, minio-py's pool and sockets hand them over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from pgben_testkit.storage.s3.failures import failure

HEADERS_BYTES_MAX = 8192
"""All header lines together, as S3 documents; beyond it RequestHeaderSectionTooLarge."""
KEY_BYTES_MAX = 1024
"""S3's limit of a key in UTF-8; beyond it KeyTooLongError."""
CONFIG_BYTES_MAX = 1 << 20
"""S3's limit of an XML body; beyond it MaxMessageLengthExceeded."""


@dataclass
class Request:
    """`raw_path` and `raw_query` are as sent, percent-encoded: signatures are about them.

    `headers` has lower-case names; values are bytes read as latin-1. `body` becomes the decoded payload once it
    was verified; `trailers` are what came after it.
    """

    method: str
    raw_path: str
    raw_query: str
    headers: dict[str, str]
    body: bytes = b""
    secure: bool = False
    remote: str = "127.0.0.1"
    trailers: dict[str, str] = field(default_factory=dict)

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """Return the query as (name, value), decoded, in order."""
        parts = [part.partition("=") for part in self.raw_query.split("&") if part]
        return [(form_decoded(name), form_decoded(value)) for name, _, value in parts]

    @cached_property
    def query(self) -> dict[str, str]:
        return dict(self.pairs) if self.raw_query else {}

    @cached_property
    def place(self) -> tuple[str, str]:
        """Return `(bucket, key)`, decoded; either may be empty. Path style, or `bucket.localhost`.

        Raises:
            S3Failure: not UTF-8, too long, or climbing out of the bucket.
        """
        try:
            path = unquote_to_bytes(self.raw_path).decode("utf-8") if "%" in self.raw_path else self.raw_path
        except UnicodeDecodeError:
            raise failure("InvalidURI") from None
        if not path.startswith("/") or "\0" in path:
            raise failure("InvalidURI")
        host = self.headers.get("host", "").rpartition(":")[0] or self.headers.get("host", "")
        if host.endswith(".localhost"):
            bucket, key = host[: -len(".localhost")], path[1:]
        else:
            bucket, _, key = path[1:].partition("/")
        if len(key.encode("utf-8", "surrogateescape")) > KEY_BYTES_MAX:
            raise failure("KeyTooLongError", extra={"MaxSizeAllowed": str(KEY_BYTES_MAX)})
        if ".." in key:
            depth = 0
            for part in key.split("/"):
                depth += -1 if part == ".." else 1
                if depth < 0:
                    raise failure("InvalidURI")
        return bucket, key

    def header(self, name: str, default: str = "") -> str:
        return self.headers.get(name, default)

    def text(self, name: str) -> str:
        """Return a header that may hold UTF-8, decoded."""
        value = self.headers.get(name, "")
        return value if value.isascii() else value.encode("latin-1").decode("utf-8", "replace")


@dataclass
class Response:
    """`close`: the connection can't be used again. `abort_after`: bytes of the body after which it breaks (a fault)."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    close: bool = False
    abort_after: int | None = None


def xml_response(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    body = ('<?xml version="1.0" encoding="UTF-8"?>\n' + text).encode("utf-8", "surrogateescape")
    return Response(status, {"Content-Type": "application/xml", **(headers or {})}, body)


def lowered(headers: Iterable[tuple[str, str | bytes]]) -> dict[str, str]:
    """Return header lines as `Request` wants them: repeated ones joined by commas, text turned into UTF-8 bytes.

    Raises:
        S3Failure: too much of them.
    """
    found: dict[str, str] = {}
    total = 0
    for raw_name, raw in headers:
        if isinstance(raw, bytes):
            value = raw.decode("latin-1")
        else:
            value = raw if raw.isascii() else raw.encode("utf-8", "surrogateescape").decode("latin-1")
        name = raw_name.lower()
        total += len(name) + len(value) + 4
        value = value.strip()
        found[name] = f"{found[name]},{value}" if name in found else value
    if total > HEADERS_BYTES_MAX:
        raise failure("RequestHeaderSectionTooLarge", extra={"MaxSizeAllowed": str(HEADERS_BYTES_MAX)})
    return found


def of_head(method: str, target: str, headers: Mapping[bytes, bytes]) -> Request:
    """Return the request of a head that was read from a socket, without its body.

    Raises:
        S3Failure: its headers are too long.
    """
    if sum(len(name) + len(value) + 4 for name, value in headers.items()) > HEADERS_BYTES_MAX:
        raise failure("RequestHeaderSectionTooLarge", extra={"MaxSizeAllowed": str(HEADERS_BYTES_MAX)})
    if not target.startswith("/"):
        scheme, _, place = target.partition("://")
        target = "/" + place.partition("/")[2] if place and scheme in ("http", "https") else "/"
    path, _, query = target.partition("?")
    made = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers.items()}
    return Request(method, path, query, made)


def from_url(method: str, url: str, headers: Iterable[tuple[str, str | bytes]], body: bytes) -> Request:
    """Return the request that an HTTP client was about to send to `url`."""
    parts = urlsplit(url)
    made = lowered(headers)
    made.setdefault("host", parts.netloc)
    made.setdefault("content-length", str(len(body)))
    return Request(method, parts.path or "/", parts.query, made, body, parts.scheme == "https")


def form_decoded(text: str) -> str:
    """Return a name or a value of a query, decoded as HTML forms encode it."""
    if "+" in text:
        text = text.replace("+", " ")
    return unquote(text, errors="surrogateescape") if "%" in text else text


def decoded(text: str) -> str:
    return unquote(text, errors="surrogateescape")
