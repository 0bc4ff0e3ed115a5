"""Verify the hashes and chunk signatures of a body, take the aws-chunked coding off, and read the trailers.

Source: "Signature calculations for the Authorization header: transferring payload in multiple chunks" and
"including trailing headers" in the Amazon S3 API reference.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from typing import Protocol

from pgben_testkit.storage.s3.failures import S3Failure, failure
from pgben_testkit.storage.s3.signature import Proof, sign
from pgben_testkit.storage.s3.wire import Request

STREAMING = "STREAMING-"
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
CHUNK_BYTES_MIN = 8192
"""Every chunk but the last of a signed stream has this much at least; S3's."""
OBJECT_BYTES_MAX = 5 << 30
"""5 GiB: what one PUT, one part and one form may carry."""
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


class Pieces(Protocol):
    """Collect the pieces of a decoded body, and give them back as one."""

    def append(self, piece: bytes) -> None: ...
    def joined(self) -> bytes: ...


class InMemory:
    """Pieces in a list."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def append(self, piece: bytes) -> None:
        self._pieces.append(piece)

    def joined(self) -> bytes:
        return b"".join(self._pieces)


def length_allowed(request: Request) -> None:
    """Check that the body which the headers announce may be sent, before a byte of it is read.

    Raises:
        S3Failure: more than 5 GiB (EntityTooLarge), no length, not a number.
    """
    if request.method not in ("PUT", "POST"):
        return
    for name in ("content-length", "x-amz-decoded-content-length"):
        text = request.headers.get(name)
        if text is None:
            continue
        if not re.fullmatch(r"\d{1,18}", text):
            if name.startswith("x-"):
                raise failure("InvalidArgument", f"Invalid {name}: not a number")
            raise S3Failure("BadRequest", "An error occurred when parsing the HTTP request.", 400, {}, {})
        if int(text) > OBJECT_BYTES_MAX:
            raise failure("EntityTooLarge", extra={"ProposedSize": text, "MaxSizeAllowed": str(OBJECT_BYTES_MAX)})
    if "content-length" not in request.headers:
        if "transfer-encoding" in request.headers and "x-amz-decoded-content-length" in request.headers:
            return  # aws-chunked within chunked, as the JavaScript client sends streams
        if "transfer-encoding" in request.headers:
            raise failure(
                "NotImplemented",
                "A header you provided implies functionality that is not implemented",
                extra={"Header": "Transfer-Encoding"},
            )
        raise failure("MissingContentLength")


def verify(request: Request, proof: Proof | None, into: Callable[[], Pieces] = InMemory) -> None:
    """Check that the body is what was signed, and decode `body` and `trailers`. `into` makes room for the body.

    Raises:
        S3Failure: a wrong hash, a wrong chunk, a body that ends early.
    """
    said = request.header("x-amz-content-sha256")
    if proof is not None and proof.presigned and not said:
        said = request.query.get("X-Amz-Content-Sha256", "")
    if said.startswith(STREAMING):
        _decode(request, said, proof, into())
        return
    if not said or said == "UNSIGNED-PAYLOAD" or (proof is None and not re.fullmatch(r"[0-9a-f]{64}", said)):
        return
    if not re.fullmatch(r"[0-9a-fA-F]{64}", said):
        raise failure(
            "InvalidArgument",
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, or a valid sha256 "
            "value.",
            extra={"ArgumentName": "x-amz-content-sha256", "ArgumentValue": said},
        )
    computed = hashlib.sha256(request.body).hexdigest() if request.body else EMPTY_SHA256
    if computed != said.lower():
        raise failure(
            "XAmzContentSHA256Mismatch",
            extra={"ClientComputedContentSHA256": said, "S3ComputedContentSHA256": computed},
        )


def _decode(request: Request, kind: str, proof: Proof | None, pieces: Pieces) -> None:
    if kind not in (SIGNED, SIGNED + "-TRAILER", UNSIGNED_TRAILER):
        raise failure("NotImplemented", f"{kind} is not implemented")
    if kind != UNSIGNED_TRAILER and proof is None:
        raise failure("AccessDenied", "Chunk signatures without a signature of the request")
    expected = request.headers.get("x-amz-decoded-content-length")
    if expected is None:
        raise failure("MissingContentLength")
    position, trailer = _chunks(request.body, proof if kind != UNSIGNED_TRAILER else None, pieces)
    body = pieces.joined()
    if len(body) != int(expected):
        raise failure("IncompleteBody")
    request.trailers = _trailers(
        request, request.body[position:], proof if kind == SIGNED + "-TRAILER" else None, trailer
    )
    request.body = body


def _chunks(raw: bytes, proof: Proof | None, pieces: Pieces) -> tuple[int, str]:
    """`(where the trailers begin, the last chunk's signature)`."""
    position, previous, small = 0, proof.signature if proof else "", False
    while True:
        end = raw.find(b"\r\n", position, position + 1024)
        if end < 0:
            raise failure("IncompleteBody")
        size_text, _, extension = raw[position:end].decode("latin-1").partition(";")
        if not re.fullmatch(r"[0-9a-fA-F]{1,10}", size_text):
            raise failure("InvalidRequest", "The chunk size is not a hexadecimal number")
        size = int(size_text, 16)
        chunk = raw[end + 2 : end + 2 + size]
        if len(chunk) != size:
            raise failure("IncompleteBody")
        if proof is not None:
            name, _, given = extension.partition("=")
            if name.strip() != "chunk-signature":
                raise failure("SignatureDoesNotMatch", "A chunk has no signature.")
            text = (
                f"AWS4-HMAC-SHA256-PAYLOAD\n{proof.amz_date}\n{proof.scope}\n{previous}\n{EMPTY_SHA256}\n"
                f"{hashlib.sha256(chunk).hexdigest()}"
            )
            computed = sign(proof.key, text)
            if not hmac.compare_digest(computed, given.strip().encode("ascii", "replace").decode()):
                raise failure(
                    "SignatureDoesNotMatch",
                    "The signature of a chunk is not the one that we calculated.",
                    extra={"StringToSign": text, "SignatureProvided": given.strip()[:64]},
                )
            previous = computed
            if size and small:
                raise failure("InvalidChunkSizeError")
            small = 0 < size < CHUNK_BYTES_MIN
        position = end + 2 + size
        if size == 0:
            return position, previous
        pieces.append(chunk)
        if raw[position : position + 2] != b"\r\n":
            raise failure("IncompleteBody")
        position += 2


def _trailers(request: Request, raw: bytes, proof: Proof | None, previous: str) -> dict[str, str]:
    declared = [name.strip().lower() for name in request.header("x-amz-trailer").split(",") if name.strip()]
    found: dict[str, str] = {}
    for line in raw.split(b"\r\n"):
        if line:
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon:
                raise failure("InvalidRequest", "A trailer is not of the form name:value")
            found[name.strip().lower()] = value.strip()
    given = found.pop("x-amz-trailer-signature", "")
    if sorted(found) != sorted(declared):
        raise failure(
            "MalformedXML",
            "The request contained trailing data that was not well-formed or did not conform to our published schema.",
        )
    if proof is not None:
        lines = "".join(f"{name}:{found[name]}\n" for name in sorted(found))
        text = (
            f"AWS4-HMAC-SHA256-TRAILER\n{proof.amz_date}\n{proof.scope}\n{previous}\n"
            f"{hashlib.sha256(lines.encode('latin-1')).hexdigest()}"
        )
        if not hmac.compare_digest(sign(proof.key, text), given.encode("ascii", "replace").decode()):
            raise failure("SignatureDoesNotMatch", "The signature of the trailers is not the one that we calculated.")
    return found
