"""Cases: Content-MD5, checksums of every kind, bodies in signed chunks."""

from __future__ import annotations

import base64
import hashlib
import time
import zlib
from collections.abc import Callable
from typing import Any

from pgben_testkit.storage.conformance.case import case
from pgben_testkit.storage.conformance.outcome import NotTried
from pgben_testkit.storage.conformance.sigv4 import chunked, signed_headers
from pgben_testkit.storage.conformance.target import Target, answers, holds, refused, same
from pgben_testkit.storage.s3.answer import Answer

BODY = b"o documento da Maria"
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"


def _not_there(t: Target, key: str) -> None:
    refused(404, "NoSuchKey", lambda: t.s3.get_object(Bucket=t.shared, Key=key))


def _put(t: Target, key: str, headers: dict[str, str], body: bytes = BODY) -> Answer:
    return t.raw("PUT", f"/{t.shared}/{key}", body=body, headers=headers)


@case("integrity/md5", needs="content_md5")
def md5(t: Target) -> None:
    """A Content-MD5 of the body is taken; another's is BadDigest and stores nothing."""
    good, bad = (base64.b64encode(hashlib.md5(each).digest()).decode() for each in (BODY, b"outro"))
    answers(_put(t, t.key(), {"content-md5": good}), 200)
    answers(_put(t, (key := t.key()), {"content-md5": bad}), 400, "BadDigest")
    _not_there(t, key)


@case("integrity/md5-rubbish", needs="content_md5", denial=True)
def md5_rubbish(t: Target) -> None:
    """A Content-MD5 that isn't one is InvalidDigest."""
    answers(_put(t, t.key(), {"content-md5": "rubbish"}), 400, "InvalidDigest")


def _algorithms() -> dict[str, tuple[str, str]]:
    found = {
        "CRC32": ("crc32", base64.b64encode(zlib.crc32(BODY).to_bytes(4, "big")).decode()),
        "SHA1": ("sha1", base64.b64encode(hashlib.sha1(BODY).digest()).decode()),
        "SHA256": ("sha256", base64.b64encode(hashlib.sha256(BODY).digest()).decode()),
    }
    try:
        from awscrt import checksums
    except ModuleNotFoundError:
        return found
    found["CRC32C"] = "crc32c", base64.b64encode(checksums.crc32c(BODY).to_bytes(4, "big")).decode()
    found["CRC64NVME"] = "crc64nvme", base64.b64encode(checksums.crc64nvme(BODY).to_bytes(8, "big")).decode()
    return found


def _checksum(t: Target, name: str) -> None:
    algorithms = _algorithms()
    if name not in algorithms:
        raise NotTried("the AWS common runtime (awscrt) is not installed")
    low, value = algorithms[name]
    answers(_put(t, (key := t.key()), {f"x-amz-checksum-{low}": value}), 200)
    answer = t.raw("HEAD", f"/{t.shared}/{key}", headers={"x-amz-checksum-mode": "ENABLED"})
    same(answer.headers.get(f"x-amz-checksum-{low}"), value, "checksum told")
    wrong = base64.b64encode(bytes(len(base64.b64decode(value)))).decode()
    answers(
        _put(t, (key := t.key()), {f"x-amz-checksum-{low}": wrong}), 400, ("BadDigest", "XAmzContentChecksumMismatch")
    )
    _not_there(t, key)


for _name in ("CRC32", "SHA1", "SHA256", "CRC32C", "CRC64NVME"):

    def _run(t: Target, name: str = _name) -> None:
        _checksum(t, name)

    _run.__doc__ = f"A {_name} of the body is kept and told; a wrong one is refused and stores nothing."
    _run.__qualname__ = f"checksum_{_name}"
    case(f"integrity/{_name.lower()}", needs="checksums")(_run)


@case("integrity/checksum-rubbish", needs="checksums", denial=True)
def checksum_rubbish(t: Target) -> None:
    """A checksum that can't be one is refused."""
    answers(
        _put(t, t.key(), {"x-amz-checksum-sha256": "rubbish"}),
        400,
        ("InvalidRequest", "BadDigest", "InvalidDigest", "InvalidChecksum"),
    )


@case("integrity/two-checksums", needs="checksums_one", denial=True)
def two_checksums(t: Target) -> None:
    """Two checksums together are InvalidRequest."""
    found = _algorithms()
    headers = {f"x-amz-checksum-{found[name][0]}": found[name][1] for name in ("CRC32", "SHA256")}
    answers(_put(t, t.key(), headers), 400, "InvalidRequest")


@case("integrity/composite", needs="checksums_multipart")
def composite(t: Target) -> None:
    """A multipart upload with SHA256 has a checksum of its parts' checksums."""
    key = t.key()
    upload = t.s3.create_multipart_upload(Bucket=t.shared, Key=key, ChecksumAlgorithm="SHA256")["UploadId"]
    part = t.s3.upload_part(
        Bucket=t.shared, Key=key, UploadId=upload, PartNumber=1, Body=BODY, ChecksumAlgorithm="SHA256"
    )
    made = t.s3.complete_multipart_upload(
        Bucket=t.shared,
        Key=key,
        UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumSHA256": part["ChecksumSHA256"]}]},
    )
    inner = hashlib.sha256(hashlib.sha256(BODY).digest()).digest()
    same(made.get("ChecksumSHA256"), base64.b64encode(inner).decode() + "-1", "checksum")


def _stream(
    t: Target,
    key: str,
    pieces: list[bytes],
    *,
    spoil: int = -1,
    cut: int = 0,
    say: int | None = None,
    trailers: dict[str, str] | None = None,
    spoil_trailer: bool = False,
) -> Answer:
    path, size = f"/{t.shared}/{key}", sum(map(len, pieces))
    headers = {
        "host": t.host,
        "content-encoding": "aws-chunked",
        "x-amz-decoded-content-length": str(size if say is None else say),
    }
    if trailers:
        headers["x-amz-trailer"] = ",".join(trailers)
    kind = SIGNED + ("-TRAILER" if trailers else "")
    made = signed_headers(t.keys, "PUT", path, {}, headers, b"", payload=kind, now=time.time())
    body = chunked(t.keys, made, pieces, trailers=trailers, spoil=spoil, spoil_trailer=spoil_trailer)
    return t.send("PUT", path, {}, made, body[: len(body) - cut] if cut else body)


PIECES = [b"x" * 65536, b"y" * 65536, b"fim"]


@case("integrity/chunked", needs="chunked")
def chunks(t: Target) -> None:
    """A body in signed chunks is stored without their marks."""
    key = t.key()
    answers(_stream(t, key, PIECES), 200)
    holds(t.get(key) == b"".join(PIECES), "the body is another")
    encoding = t.s3.head_object(Bucket=t.shared, Key=key).get("ContentEncoding") or ""
    holds("aws-chunked" not in encoding, "aws-chunked is told as the object's encoding")


@case("integrity/chunked-bad-signature", needs="chunked_signatures", denial=True)
def bad_chunk(t: Target) -> None:
    """A chunk with a wrong signature is SignatureDoesNotMatch, and nothing is stored."""
    key = t.key()
    answers(_stream(t, key, PIECES, spoil=1), 403, "SignatureDoesNotMatch")
    _not_there(t, key)


@case("integrity/chunked-short", needs="chunked", denial=True)
def short(t: Target) -> None:
    """A body that has not the length it said is refused."""
    key = t.key()
    answer = _stream(t, key, PIECES, say=sum(map(len, PIECES)) + 10)
    holds(400 <= answer.status < 500, f"answered {answer.status}")
    _not_there(t, key)


@case("integrity/trailer", needs="trailers")
def trailer(t: Target) -> None:
    """A checksum in the trailer of a signed stream is checked and kept."""
    value = base64.b64encode(zlib.crc32(b"".join(PIECES)).to_bytes(4, "big")).decode()
    answers(_stream(t, (key := t.key()), PIECES, trailers={"x-amz-checksum-crc32": value}), 200)
    holds(t.get(key) == b"".join(PIECES), "the body is another")
    answers(
        _stream(t, (key := t.key()), PIECES, trailers={"x-amz-checksum-crc32": "AAAAAA=="}),
        400,
        ("BadDigest", "XAmzContentChecksumMismatch"),
    )
    _not_there(t, key)


@case("integrity/trailer-bad-signature", needs="chunked_signatures", denial=True)
def trailer_bad(t: Target) -> None:
    """A trailer with a wrong signature is refused."""
    value = base64.b64encode(zlib.crc32(b"".join(PIECES)).to_bytes(4, "big")).decode()
    answer = _stream(t, (key := t.key()), PIECES, trailers={"x-amz-checksum-crc32": value}, spoil_trailer=True)
    answers(answer, 403, "SignatureDoesNotMatch")
    _not_there(t, key)


@case("integrity/delete-without-hash", needs="checksums", denial=True)
def delete_without_hash(t: Target) -> None:
    """DeleteObjects with neither Content-MD5 nor a checksum removes nothing."""
    key = t.put(b"a")
    body = f"<Delete><Object><Key>{key}</Key></Object></Delete>".encode()
    answers(t.raw("POST", f"/{t.shared}", {"delete": ""}, body=body), 400, "InvalidRequest")
    same(t.get(key), b"a", "body")


@case("integrity/checksum-on-complete", needs="checksums")
def checksum_on_complete(t: Target) -> None:
    """The checksum of a CompleteMultipartUpload is the object's: the right one is taken, told and kept."""
    for algorithm, kind in OF_UPLOADS:
        upload, key, done = _uploaded(t, algorithm, kind)
        answer = done(_sum_of_upload(algorithm, kind, PART))
        same(answer.get(f"Checksum{algorithm}"), _sum_of_upload(algorithm, kind, PART), f"{algorithm} {kind} told")
        same(t.get(key), PART, f"body of {upload}")
        found = t.s3.head_object(Bucket=t.shared, Key=key, ChecksumMode="ENABLED")
        same(found.get(f"Checksum{algorithm}"), _sum_of_upload(algorithm, kind, PART), f"{algorithm} {kind} kept")


@case("integrity/wrong-checksum-on-complete", needs="checksums", denial=True)
def wrong_checksum_on_complete(t: Target) -> None:
    """A wrong checksum of the object is BadDigest, and there is no object."""
    for algorithm, kind in OF_UPLOADS:
        _, key, done = _uploaded(t, algorithm, kind)
        refused(400, ("BadDigest", "InvalidRequest"), lambda: done(_sum_of_upload(algorithm, kind, PART + b"x")))  # noqa: B023
        refused(404, "NoSuchKey", lambda: t.s3.get_object(Bucket=t.shared, Key=key))  # noqa: B023


PART = b"a unica parte"
OF_UPLOADS = (("CRC32", "COMPOSITE"), ("CRC32", "FULL_OBJECT"), ("SHA1", "COMPOSITE"), ("SHA256", "COMPOSITE"))
"""Checksums of uploads that need no native code."""


def _sum_of_upload(algorithm: str, kind: str, part: bytes) -> str:
    def of(data: bytes) -> bytes:
        return zlib.crc32(data).to_bytes(4, "big") if algorithm == "CRC32" else hashlib.new(algorithm, data).digest()

    whole = of(part) if kind == "FULL_OBJECT" else of(of(part))
    return base64.b64encode(whole).decode() + ("" if kind == "FULL_OBJECT" else "-1")


def _uploaded(t: Target, algorithm: str, kind: str) -> tuple[str, str, Callable[[str], dict[str, Any]]]:
    """An upload with its one part there, its key, and what completes it with a checksum."""
    which = {"Bucket": t.shared, "Key": t.key()}
    upload = t.s3.create_multipart_upload(**which, ChecksumAlgorithm=algorithm, ChecksumType=kind)["UploadId"]
    part = t.s3.upload_part(**which, UploadId=upload, PartNumber=1, Body=PART, ChecksumAlgorithm=algorithm)
    name = f"Checksum{algorithm}"
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"], name: part[name]}]}

    def done(value: str) -> dict[str, Any]:
        answer: dict[str, Any] = t.s3.complete_multipart_upload(
            **which, UploadId=upload, MultipartUpload=parts, ChecksumType=kind, **{name: value}
        )
        return answer

    return upload, which["Key"], done
