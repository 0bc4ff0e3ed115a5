"""Look up what a bucket holds, version by version."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

OBJECTS_MAX = 1000
"""Versions that are looked at one by one; a bucket with more can't be judged."""


class Kept(Protocol):
    """Hold documents in a bucket: what the checks need of `storage.bucket.Bucket`."""

    @property
    def name(self) -> str: ...
    def boto3(self) -> Any: ...
    def anonymous(self) -> Any: ...
    def stranger(self) -> Any: ...
    def holds(self, fragment: bytes) -> bool | None: ...
    def stored(self, key: str, version: str) -> bytes | None: ...


class Violation(AssertionError):
    """The bucket does not keep what it must. Keys are named, contents never are."""


@dataclass(frozen=True)
class ObjectState:
    """Describe one version of an object.

    `encryption` is `server`, `customer`, `client`, or empty; `mode` is GOVERNANCE, COMPLIANCE, or empty; `until` is
    None where the version is not retained.
    """

    key: str
    version: str
    encryption: str
    mode: str
    until: datetime | None
    legal_hold: bool


def code_of(error: Any) -> str:
    """Return the code of a ClientError."""
    return str(error.response["Error"]["Code"])


def status_of(error: Any) -> int:
    """Return the HTTP status of a ClientError."""
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


def configured(call: Any, **options: Any) -> dict[str, Any]:
    """Return what `call` answers, or nothing where there is no such configuration or operation on this server.

    Raises:
        ClientError: anything else.
    """
    from botocore.exceptions import ClientError

    try:
        found: dict[str, Any] = call(**options)
        return found
    except ClientError as error:
        missing = ("AccessDenied", "MethodNotAllowed", "ObjectLockConfigurationNotFoundError", "InvalidRequest")
        if status_of(error) in (404, 501) or code_of(error) in missing:
            return {}
        raise


def versions(bucket: Kept) -> Iterator[tuple[str, str]]:
    """Yield (key, version id) of every version in the bucket, delete markers left out."""
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


def all_versions(bucket: Kept) -> list[tuple[str, str]]:
    """Return (key, version id) of every version in the bucket.

    Raises:
        Violation: there are more than can be looked at.
    """
    found = []
    for each in versions(bucket):
        found.append(each)
        if len(found) > OBJECTS_MAX:
            raise Violation(f"{bucket.name} holds more than {OBJECTS_MAX} versions: they can't all be looked at")
    return found


def state_of(bucket: Kept, key: str, version: str) -> ObjectState:
    """Return how the version of `key` is kept, as the server tells it."""
    from botocore.exceptions import ClientError

    try:
        found = bucket.boto3().head_object(Bucket=bucket.name, Key=key, VersionId=version)
    except ClientError as error:
        if status_of(error) != 400:
            raise
        return _locked_away(bucket, key, version)
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


def _locked_away(bucket: Kept, key: str, version: str) -> ObjectState:
    """The state of a version that S3 tells nothing of without the customer's key, except about its retention."""
    client, which = bucket.boto3(), {"Bucket": bucket.name, "Key": key, "VersionId": version}
    retention = configured(client.get_object_retention, **which).get("Retention", {})
    hold = configured(client.get_object_legal_hold, **which).get("LegalHold", {})
    return ObjectState(
        key,
        version,
        "customer",
        retention.get("Mode", ""),
        retention.get("RetainUntilDate"),
        hold.get("Status") == "ON",
    )
