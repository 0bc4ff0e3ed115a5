"""Check that what lies on the server is ciphertext, object by object."""

from __future__ import annotations

import gzip
import math
import os
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pgben_testkit.storage.lgpd.objects import Kept, Violation, all_versions, state_of

SAMPLE_BYTES = 1 << 20
"""Bytes of an object that are judged: its beginning."""
FRAGMENT_BYTES = 48
FRAGMENTS = 16
MAGIC = (
    b"%PDF",
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"PK\x03\x04",
    b"GIF8",
    b"\xd0\xcf\x11\xe0",
    b"RIFF",
    b"II*\x00",
    b"MM\x00*",
    b"\x1f\x8b\x08",
    b"7z\xbc\xaf\x27\x1c",
    b"\xfd7zXZ\x00",
    b"BZh",
    b"\x28\xb5\x2f\xfd",
    b"\x04\x22\x4d\x18",
    b"Rar!\x1a\x07",
    b"OggS",
    b"fLaC",
    b"ID3",
    b"\x1aE\xdf\xa3",
    b"\x00\x00\x00\x0cjP  ",
    b"SQLite format 3\x00",
    b"{\\rtf",
    b"\x5d\x00\x00",
    b"\xef\xbb\xbf",
)
"""How documents begin whose inside may look random: PDF, pictures, Office, archives, sound, video, text with a mark."""
TEXT_BYTES_LEAST = 16
RANDOM_BYTES_LEAST = 64
"""Bytes from which a plain document can be told from ciphertext by how its bytes are spread."""
DEVIATION_MAX = {256: 9.0, 16: 14.0}
"""Bins -> standard deviations of chi-squared from which bytes are not random; chance gives that once in 10^12."""
TEXT_SHARE = 0.85
"""Share of printable ASCII from which bytes are text in whatever code page; of ciphertext it is 0.37."""


def assert_encrypted_at_rest(bucket: Kept, *, accept_client_side: bool = True) -> None:
    """Check that every version in `bucket` is encrypted by the server, or by the client where that is accepted.

    Raises:
        Violation: one is not, or the bucket is empty.
    """
    client, found = bucket.boto3(), all_versions(bucket)
    routes: dict[Route, bool] = {}
    if not found:
        raise Violation(f"nothing is encrypted in {bucket.name}: it is empty")
    for key, version in found:
        state = state_of(bucket, key, version)
        if not state.encryption or (state.encryption == "client" and not accept_client_side):
            raise Violation(
                f"{key} lies in {bucket.name} unencrypted: no server-side encryption"
                + (", and its metadata tell of none by the client" if accept_client_side else "")
            )
        if state.encryption == "customer":
            continue  # its bytes are the customer's to read
        body = client.get_object(Bucket=bucket.name, Key=key, VersionId=version)["Body"].read()
        if state.encryption == "client":
            if looks_plain(body):
                raise Violation(f"{key} in {bucket.name} says Encrypted=true, and its bytes are a plain document")
            continue
        stored = bucket.stored(key, version)
        if stored is not None:
            plain = looks_plain(stored) or any(
                fragment in stored for fragment in fragments_of(body) or [body] if fragment
            )
        else:
            route = _route(bucket, key, version)
            if route not in routes:
                routes[route] = _twin_lies_plain(bucket, key, route)
            plain = routes[route]
        if plain:
            raise Violation(
                f"{key} in {bucket.name} says it is encrypted, and its plain bytes lie on the server's disk"
            )


def fragments_of(body: bytes) -> list[bytes]:
    """Return pieces of `body`, spread over it, that are not one byte again and again."""
    if len(body) < TEXT_BYTES_LEAST:
        return []
    step = max(1, (len(body) - FRAGMENT_BYTES) // FRAGMENTS)
    pieces = [body[at : at + FRAGMENT_BYTES] for at in range(0, max(1, len(body) - FRAGMENT_BYTES + 1), step)]
    return [each for each in dict.fromkeys(pieces) if len(set(each)) > 4]


@dataclass(frozen=True)
class Route:
    """Say how an object came to the server: in parts or whole, under which encryption."""

    encryption: str
    kms_key: str
    in_parts: bool


def _route(bucket: Kept, key: str, version: str) -> Route:
    found = bucket.boto3().head_object(Bucket=bucket.name, Key=key, VersionId=version)
    return Route(found["ServerSideEncryption"], found.get("SSEKMSKeyId", ""), "-" in found["ETag"])


def _twin_lies_plain(bucket: Kept, key: str, route: Route) -> bool:
    """Whether random bytes that came by the same route lie on the server's disk as they are.

    The object's own bytes are not looked for: another test may have stored the same document in plain, and where it
    was removed it still lies on the disk.
    """
    if bucket.holds(os.urandom(FRAGMENT_BYTES)) is None:
        return False  # nobody can look there
    client, twin, body = bucket.boto3(), f"{key}.pgben-{os.urandom(4).hex()}", os.urandom(4096)
    options = {"ServerSideEncryption": route.encryption}
    if route.kms_key:
        options["SSEKMSKeyId"] = route.kms_key
    which = {"Bucket": bucket.name, "Key": twin}
    if route.in_parts:
        upload = client.create_multipart_upload(**which, **options)["UploadId"]
        part = client.upload_part(**which, UploadId=upload, PartNumber=1, Body=body)
        parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
        made = client.complete_multipart_upload(**which, UploadId=upload, MultipartUpload=parts)
    else:
        made = client.put_object(**which, Body=body, **options)
    try:
        return bool(bucket.holds(body[1000 : 1000 + FRAGMENT_BYTES]))
    finally:
        client.delete_object(**which, VersionId=made.get("VersionId", "null"), BypassGovernanceRetention=True)


def looks_plain(body: bytes) -> bool:
    """Return whether `body` can't be ciphertext.

    It begins as a document does, or is text in any encoding, or its bytes are not spread as those of ciphertext are,
    or are when it is unpacked. Fewer than 16 bytes can't be judged.
    """
    if body.startswith(MAGIC) or body[4:8] == b"ftyp" or (body[:2] == b"BM" and _is_bmp(body)):
        return True
    sample = body[:SAMPLE_BYTES]
    if len(sample) < TEXT_BYTES_LEAST:
        return False
    return _is_text(sample[:4096]) or not _is_spread(sample) or _unpacks(body)


def _is_bmp(body: bytes) -> bool:
    return len(body) > 14 and (int.from_bytes(body[2:6], "little") == len(body) or body[6:10] == b"\0\0\0\0")


def _is_text(sample: bytes) -> bool:
    """Whether it is printable text, in UTF-8, UTF-16, UTF-32, EBCDIC or a code page like Latin-1."""
    if sample.count(0) >= len(sample) // 3:
        return True
    if all(32 <= each < 127 for each in sample.decode("cp037").encode("utf-8")):
        return True
    readable = sum(each in b"\t\n\r" or 32 <= each < 127 for each in sample)
    if len(sample) >= 2 * TEXT_BYTES_LEAST and readable >= TEXT_SHARE * len(sample):
        return True
    try:
        text = sample.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(sample) - 3:  # nearer to the end it is a character that the sample cuts
            return False
        text = sample[: error.start].decode("utf-8")
    return all(each.isprintable() or each in "\t\n\r" for each in text)


def _is_spread(sample: bytes) -> bool:
    """Whether the bytes are spread as evenly as random ones: by chi-squared over values, and over neighbours.

    Text, in whatever code page or encoding, and pictures and tables without compression use few values often.
    """
    if len(sample) < RANDOM_BYTES_LEAST:
        return True
    pairs = zip(sample[1:65536], sample[:65536], strict=False)
    return not _is_uneven(sample) and not _is_uneven(bytes((one - two) & 255 for one, two in pairs))


def _is_uneven(sample: bytes) -> bool:
    """Whether chi-squared of the bytes, or of their halves where they are few, is beyond what chance gives."""
    if len(sample) >= 5 * 256:
        return _deviation(sample, 256) > DEVIATION_MAX[256]
    halves = ([each >> 4 for each in sample], [each & 15 for each in sample])
    return any(_deviation(each, 16) > DEVIATION_MAX[16] for each in halves)


def _deviation(values: Sequence[int], bins: int) -> float:
    """How many standard deviations chi-squared of the values lies above that of random ones."""
    counts, expected = Counter(values), len(values) / bins
    total = sum((counts[value] - expected) ** 2 for value in range(bins)) / expected
    return (total - (bins - 1)) / math.sqrt(2 * (bins - 1))


UNPACKING: tuple[Callable[[bytes], bytes], ...] = (
    lambda body: zlib.decompressobj().decompress(body, 4096),
    lambda body: zlib.decompressobj(-15).decompress(body, 4096),
    gzip.decompress,
)


def _unpacks(body: bytes) -> bool:
    """Whether it is compressed without saying so: zlib's or a bare deflate stream that holds what is not random."""
    for unpack in UNPACKING:
        try:
            inside = unpack(body)
        except (zlib.error, OSError, EOFError):
            continue
        if len(inside) >= 256 and (_is_text(inside[:4096]) or not _is_spread(inside)):
            return True
    return False
