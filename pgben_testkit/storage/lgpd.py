"""What LGPD asks of a bucket with citizens' documents, as checks that a test makes: private, encrypted, retained.

Each check tries: what a server says of itself is compared with what it does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

OBJECTS_MAX = 1000
"""Objects that are looked at one by one; beyond it the check says that it looked at so many."""
FRAGMENT_BYTES = 48
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
)
"""How PDF, JPEG, PNG, ZIP and Office, GIF, old Office, WebP and TIFF begin: an object that says it is encrypted and
begins so isn't. Ciphertext begins so once in ten million objects."""
TEXT_BYTES_LEAST = 16
TEXT_SHARE = 0.85
"""Share of printable ASCII from which bytes are text in whatever encoding; of ciphertext it is 0.37."""


class Kept(Protocol):
    """Hold documents in a bucket: what the checks need of `storage.bucket.Bucket`."""

    @property
    def name(self) -> str: ...
    def boto3(self) -> Any: ...
    def anonymous(self) -> Any: ...
    def holds(self, fragment: bytes) -> bool | None: ...


class Violation(AssertionError):
    """The bucket does not keep what it must. Keys are named, contents never are."""


@dataclass(frozen=True)
class ObjectState:
    """`encryption`: `server`, `customer`, `client`, or empty. `until` empty: not retained."""

    key: str
    version: str
    encryption: str
    mode: str
    until: datetime | None
    legal_hold: bool


@dataclass(frozen=True)
class Audit:
    """What was found. `public`: what somebody without keys could do."""

    bucket: str
    public: tuple[str, ...]
    default_encryption: str
    versioning: str
    object_lock: bool
    objects: tuple[ObjectState, ...]

    @property
    def plain(self) -> tuple[str, ...]:
        """Keys of what nobody encrypted."""
        return tuple(each.key for each in self.objects if not each.encryption)


def _code(error: Any) -> str:
    return str(error.response["Error"]["Code"])


def _try(call: Any, **options: Any) -> dict[str, Any]:
    """The answer, or nothing where there is no such configuration, or no such operation on this server.

    Raises:
        ClientError: anything else.
    """
    from botocore.exceptions import ClientError

    try:
        found: dict[str, Any] = call(**options)
        return found
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] in (404, 501):
            return {}
        if _code(error) in (
            "AccessDenied",
            "MethodNotAllowed",
            "ObjectLockConfigurationNotFoundError",
            "InvalidRequest",
        ):
            return {}
        raise


def _versions(bucket: Kept) -> Iterator[tuple[str, str]]:
    client = bucket.boto3()
    marker: dict[str, str] = {}
    while True:
        page = client.list_object_versions(Bucket=bucket.name, **marker)
        for each in page.get("Versions", ()):
            yield each["Key"], each.get("VersionId") or "null"
        if not page.get("IsTruncated"):
            return
        marker = {"KeyMarker": page["NextKeyMarker"]}
        if page.get("NextVersionIdMarker"):
            marker["VersionIdMarker"] = page["NextVersionIdMarker"]


def _version(version: str) -> dict[str, str]:
    return {} if version == "null" else {"VersionId": version}


def _state(bucket: Kept, key: str, version: str) -> ObjectState:
    from botocore.exceptions import ClientError

    try:
        found = bucket.boto3().head_object(Bucket=bucket.name, Key=key, **_version(version))
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 400:
            raise
        return ObjectState(key, version, "customer", "", None, False)  # S3 tells nothing without the customer's key
    meta = {name.lower(): value for name, value in found.get("Metadata", {}).items()}
    encryption = "server" if found.get("ServerSideEncryption") else ""
    if not encryption and meta.get("encrypted", "").lower() == "true" and meta.get("iv") and meta.get("authtag"):
        encryption = "client"
    return ObjectState(
        key,
        version,
        encryption,
        found.get("ObjectLockMode", ""),
        found.get("ObjectLockRetainUntilDate"),
        found.get("ObjectLockLegalHoldStatus") == "ON",
    )


def _public(bucket: Kept, keys: list[str]) -> tuple[str, ...]:
    """What somebody without keys could do, tried."""
    from botocore.exceptions import ClientError

    client, found = bucket.anonymous(), []
    probe = f"pgben-probe-{os.urandom(6).hex()}"

    def works(call: Any, **options: Any) -> bool:
        try:
            call(Bucket=bucket.name, **options)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status in (401, 403):
                return False
            return status == 400 and "get" in getattr(call, "__name__", "")
        return True

    if works(client.list_objects_v2):
        found.append("list its objects")
    if works(client.list_object_versions):
        found.append("list its versions")
    if works(client.get_bucket_policy):
        found.append("read its policy")
    if works(client.put_object, Key=probe, Body=b"probe"):
        bucket.boto3().delete_object(Bucket=bucket.name, Key=probe)
        found.append("write objects")
    found += [f"read {key}" for key in keys if works(client.get_object, Key=key)]
    return tuple(found)


def audit(bucket: Kept) -> Audit:
    """Looked up and tried; nothing of it stays."""
    client, name = bucket.boto3(), bucket.name
    versions = [each for _, each in zip(range(OBJECTS_MAX), _versions(bucket), strict=False)]
    rules = (
        _try(client.get_bucket_encryption, Bucket=name).get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    )
    default = rules[0].get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm", "") if rules else ""
    lock = _try(client.get_object_lock_configuration, Bucket=name).get("ObjectLockConfiguration", {})
    return Audit(
        bucket=name,
        public=_public(bucket, list(dict.fromkeys(key for key, _ in versions))),
        default_encryption=default,
        versioning=_try(client.get_bucket_versioning, Bucket=name).get("Status", ""),
        object_lock=lock.get("ObjectLockEnabled") == "Enabled",
        objects=tuple(_state(bucket, key, version) for key, version in versions),
    )


def assert_private(bucket: Kept) -> None:
    keys = list(dict.fromkeys(key for _, (key, _) in zip(range(OBJECTS_MAX), _versions(bucket), strict=False)))
    found = _public(bucket, keys)
    if found:
        shown = ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
        raise Violation(f"the bucket {bucket.name} is not private: anybody can {shown}")


def assert_encrypted_at_rest(bucket: Kept, *, accept_client_side: bool = True) -> None:
    client = bucket.boto3()
    for key, version in _versions(bucket):
        state = _state(bucket, key, version)
        if not state.encryption or (state.encryption == "client" and not accept_client_side):
            raise Violation(
                f"{key} lies in {bucket.name} unencrypted: no server-side encryption"
                + (", and its metadata tell of none by the client" if accept_client_side else "")
            )
        if state.encryption == "customer":
            continue  # its bytes are the customer's to read
        body = client.get_object(Bucket=bucket.name, Key=key, **_version(version))["Body"].read()
        if state.encryption == "client":
            if looks_plain(body):
                raise Violation(f"{key} in {bucket.name} says Encrypted=true, and its bytes are a plain document")
            continue
        if len(body) >= 16 and bucket.holds(_telling(body)):
            raise Violation(
                f"{key} in {bucket.name} says it is encrypted, and its plain bytes lie on the server's disk"
            )


def _telling(body: bytes) -> bytes:
    """A piece that tells this body from others: from its middle."""
    middle = max(0, len(body) // 2 - FRAGMENT_BYTES // 2)
    return body[middle : middle + FRAGMENT_BYTES]


def looks_plain(body: bytes) -> bool:
    """Whether bytes can't be ciphertext: they begin as a document does, or are text, in UTF-8 or in a code page.
    Fewer than 16 bytes of text can't be judged."""
    if body.startswith(MAGIC):
        return True
    sample = body[:4096]
    if len(sample) < TEXT_BYTES_LEAST:
        return False
    readable = sum(each in b"\t\n\r" or 32 <= each < 127 for each in sample)
    if len(sample) >= 64 and readable >= TEXT_SHARE * len(sample):
        return True
    try:
        text = sample.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(sample) - 3:  # nearer to the end it is a character that the sample cuts
            return False
        text = sample[: error.start].decode("utf-8")
    return all(each.isprintable() or each in "\t\n\r" for each in text)


def assert_retained(bucket: Kept, *, until: datetime) -> None:
    from botocore.exceptions import ClientError

    wanted = until if until.tzinfo else until.replace(tzinfo=UTC)
    client, seen = bucket.boto3(), 0
    for key, version in list(_versions(bucket)):
        seen += 1
        state = _state(bucket, key, version)
        if state.legal_hold:
            continue
        if state.until is None:
            raise Violation(f"{key} in {bucket.name} is not retained: it can be removed at any time")
        if state.until < wanted.replace(microsecond=0):
            raise Violation(
                f"{key} in {bucket.name} is retained until {state.until:%Y-%m-%d %H:%M:%S} UTC alone, "
                f"and must be until {wanted.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
            )
        try:
            client.delete_object(Bucket=bucket.name, Key=key, **_version(version))
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403):
                continue
            raise
        raise Violation(f"{key} in {bucket.name} says it is retained until {state.until:%Y-%m-%d}, and was removed")
    if not seen:
        raise Violation(f"nothing is retained in {bucket.name}: it is empty")
