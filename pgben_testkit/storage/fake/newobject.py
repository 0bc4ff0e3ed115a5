"""Read what a new object is made of from the request that brings it: metadata, tags, lock, ACL, seal."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from pgben_testkit.storage.fake.call import Call
from pgben_testkit.storage.fake.state import Bucket, Facts, StoredObject, etag_of
from pgben_testkit.storage.s3 import sealing
from pgben_testkit.storage.s3.acl import Acl, canned, from_headers
from pgben_testkit.storage.s3.failures import failure
from pgben_testkit.storage.s3.metadata import STORAGE_CLASSES, metadata
from pgben_testkit.storage.s3.moments import moment_of
from pgben_testkit.storage.s3.tags import tags_of

LOCK = "x-amz-object-lock-"
MODES = ("GOVERNANCE", "COMPLIANCE")
DAY_S = 86400


def lock_of(headers: Mapping[str, str], bucket: Bucket, now: float) -> tuple[str | None, float, str | None]:
    """`(mode, until, legal hold)` by the headers, else by the bucket's default retention.

    Raises:
        S3Failure: half of a retention, a moment that is past, a bucket with no object lock.
    """
    mode, until, hold = (headers.get(LOCK + name) for name in ("mode", "retain-until-date", "legal-hold"))
    if mode is None and until is None and hold is None:
        return (*default_lock(bucket, now), None)
    if not bucket.object_lock_enabled:
        raise failure("InvalidRequest", "Bucket is missing Object Lock Configuration")
    if (mode is None) != (until is None):
        raise failure(
            "InvalidArgument", "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"
        )
    if hold is not None and hold not in ("ON", "OFF"):
        raise failure("InvalidArgument", "Legal Hold must be either of 'ON' or 'OFF'")
    if mode is None or until is None:
        return (*default_lock(bucket, now), hold)
    if mode not in MODES:
        raise failure("InvalidArgument", "Unknown wormMode directive.")
    moment = moment_of(until)
    if moment is None:
        raise failure("InvalidArgument", "The retain until date must be provided in ISO 8601 format")
    if moment <= now:
        raise failure("InvalidArgument", "The retain until date must be in the future!")
    return mode, moment, hold


def default_lock(bucket: Bucket, now: float) -> tuple[str | None, float]:
    if bucket.default_lock is None:
        return None, 0.0
    mode, number, unit = bucket.default_lock
    return mode, now + number * DAY_S * (1 if unit == "Days" else 365)


def acl_of(call: Call, bucket: Bucket, owner: str) -> Acl:
    """Return the ACL of a new object.

    Raises:
        S3Failure: one that is public where that is blocked, or any where the bucket takes none.
    """
    found = from_headers(call.headers, owner, bucket.owner, call.users)
    if found is None:
        return canned("private", owner, bucket.owner)
    if bucket.ownership == "BucketOwnerEnforced" and call.headers.get("x-amz-acl") != "bucket-owner-full-control":
        raise failure("AccessControlListNotSupported")
    if bucket.block["BlockPublicAcls"] and found.public:
        raise failure("AccessDenied")
    return found


def owner_of(call: Call, bucket: Bucket) -> str:
    """Return the canonical id of who owns what this asker puts."""
    if bucket.ownership == "BucketOwnerEnforced":
        return bucket.owner
    if bucket.ownership == "BucketOwnerPreferred" and call.headers.get("x-amz-acl") == "bucket-owner-full-control":
        return bucket.owner
    return call.who if call.identity else bucket.owner


def facts_of(call: Call, bucket: Bucket) -> tuple[Facts, bytes]:
    """`(facts with no ETag yet, customer's key)` of the object that the request brings."""
    headers = call.headers
    owner = owner_of(call, bucket)
    system, meta = metadata(headers)
    storage = headers.get("x-amz-storage-class", "STANDARD")
    if storage not in STORAGE_CLASSES:
        raise failure("InvalidStorageClass", extra={"StorageClassRequested": storage})
    seal, customer = sealing.asked(headers, bucket.default_seal)
    mode, until, hold = lock_of(headers, bucket, call.now)
    return Facts(
        owner=owner,
        acl=acl_of(call, bucket, owner),
        etag="",
        system=system,
        meta=meta,
        tags=tags_of(headers.get("x-amz-tagging", "")),
        storage_class=storage,
        checksums=call.checksums,
        seal=seal,
        lock_mode=mode,
        lock_until=until,
        legal_hold=hold,
    ), customer


def place(call: Call, bucket: Bucket, key: str, body: bytes, facts: Facts, customer: bytes) -> StoredObject:
    """The object is there, as the current version; sealed where it has a seal. An ETag already given is kept."""
    stored = sealing.encrypt(facts.seal, body, customer) if facts.seal else body
    if not facts.etag:
        md5_of = stored if facts.seal and facts.seal.kind != "AES256" else body
        facts.etag = hashlib.md5(md5_of).hexdigest() if md5_of is not body else etag_of(body)
    made = StoredObject(key, stored, len(body), bucket.next_version_id(key), call.now, facts)
    bucket.add(made)
    return made


def version_headers(bucket: Bucket, version_id: str) -> dict[str, str]:
    return {"x-amz-version-id": version_id} if bucket.versioning_status else {}
