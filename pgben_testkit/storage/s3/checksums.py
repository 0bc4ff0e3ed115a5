"""Compute and check the checksums of S3: CRC32, CRC32C, CRC64NVME, SHA1, SHA256 and the newer ones, as base64."""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import Callable, Mapping

from pgben_testkit.storage.s3.failures import failure
from pgben_testkit.storage.s3.wire import Request


def _crc32(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(4, "big")


def _crc32c(data: bytes) -> bytes:
    from awscrt import checksums

    return int(checksums.crc32c(data)).to_bytes(4, "big")


def _crc64nvme(data: bytes) -> bytes:
    from awscrt import checksums

    return int(checksums.crc64nvme(data)).to_bytes(8, "big")


def _xxhash(maker: str) -> Callable[[bytes], bytes]:
    def compute(data: bytes) -> bytes:
        from awscrt import checksums

        hasher = getattr(checksums.XXHash, maker)()
        hasher.update(data)
        return bytes(hasher.finalize())

    return compute


ALGORITHMS: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "CRC32": (4, _crc32),
    "CRC32C": (4, _crc32c),
    "CRC64NVME": (8, _crc64nvme),
    "SHA1": (20, lambda data: hashlib.sha1(data).digest()),
    "SHA256": (32, lambda data: hashlib.sha256(data).digest()),
    "SHA512": (64, lambda data: hashlib.sha512(data).digest()),
    "MD5": (16, lambda data: hashlib.md5(data).digest()),
    "XXHASH64": (8, _xxhash("new_xxhash64")),
    "XXHASH3": (8, _xxhash("new_xxhash3_64")),
    "XXHASH128": (16, _xxhash("new_xxhash3_128")),
}
"""name -> (bytes of the value, function). The native code is the AWS common runtime's."""
FULL_OBJECT = frozenset({"CRC32", "CRC32C", "CRC64NVME"})
"""Those that a multipart upload may have over the whole object."""
PREFIX = "x-amz-checksum-"
NOT_VALUES = frozenset({"algorithm", "mode", "type"})


def compute(algorithm: str, data: bytes) -> str:
    return base64.b64encode(ALGORITHMS[algorithm][1](data)).decode()


def decoded(text: str, length: int) -> bytes | None:
    """Return the bytes of a base64 value, or None where it is not one of that length."""
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return value if len(value) == length else None


def known(algorithm: str) -> str:
    """Return the algorithm's name in capitals.

    Raises:
        S3Failure: there is no such algorithm.
    """
    name = algorithm.upper()
    if name not in ALGORITHMS:
        raise failure(
            "InvalidRequest",
            "Checksum algorithm provided is unsupported. Please try again with any of the "
            "valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
        )
    return name


def given(headers: Mapping[str, str], trailers: Mapping[str, str]) -> dict[str, str]:
    """Return the checksums that a request brings: algorithm -> value.

    Raises:
        S3Failure: several, or a value that can't be one.
    """
    found: dict[str, str] = {}
    for name, value in (*headers.items(), *trailers.items()):
        if name.startswith(PREFIX) and name[len(PREFIX) :] not in NOT_VALUES:
            algorithm = known(name[len(PREFIX) :])
            if decoded(value, ALGORITHMS[algorithm][0]) is None:
                raise failure("InvalidRequest", f"Value for {name} header is invalid.")
            found[algorithm] = value
    if len(found) > 1:
        raise failure(
            "InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        )
    return found


def completes_upload(request: Request) -> bool:
    """Return whether `request` completes a multipart upload."""
    return request.method == "POST" and "uploadId" in request.query


def verify(
    headers: Mapping[str, str], trailers: Mapping[str, str], body: bytes, *, of_object: bool = False
) -> dict[str, str]:
    """Return what must be stored with `body`: algorithm -> value. Content-MD5 is checked too, and not stored.

    `of_object`: the request completes a multipart upload, and its x-amz-checksum-* is about the object, not about the
    document in its body.

    Raises:
        S3Failure: a value that isn't one (InvalidDigest, InvalidRequest), or not this body's (BadDigest).
    """
    if "content-md5" in headers:
        wanted = decoded(headers["content-md5"], 16)
        if wanted is None:
            raise failure("InvalidDigest")
        if hashlib.md5(body).digest() != wanted:
            raise failure("BadDigest")
    if of_object:
        return {}
    found = given(headers, trailers)
    for algorithm, value in found.items():
        if compute(algorithm, body) != value:
            raise failure("BadDigest", f"The {algorithm} you specified did not match the calculated checksum.")
    declared = headers.get("x-amz-sdk-checksum-algorithm")
    if declared:
        name = known(declared)
        if found and name not in found:
            raise failure("InvalidRequest", "Value for x-amz-sdk-checksum-algorithm header is invalid.")
        if not found and ("x-amz-trailer" in headers):
            raise failure(
                "MalformedXML" if not body else "InvalidRequest",
                "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or "
                "x-amz-trailer headers were found.",
            )
    return found
