"""What a new object is made of, by the headers of the request that brings it: metadata, tags, lock, ACL, seal."""

from __future__ import annotations

import hashlib
import re
from calendar import timegm
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl

from pgben_testkit.storage.fake import sealing
from pgben_testkit.storage.fake.acl import Acl, canned, from_headers
from pgben_testkit.storage.fake.call import Call, is_public
from pgben_testkit.storage.fake.failures import S3Failure, failure
from pgben_testkit.storage.fake.state import Bucket, Facts, StoredObject, etag_of

SYSTEM = {"content-type": "Content-Type", "cache-control": "Cache-Control",
          "content-disposition": "Content-Disposition", "content-encoding": "Content-Encoding",
          "content-language": "Content-Language", "expires": "Expires",
          "x-amz-website-redirect-location": "x-amz-website-redirect-location"}  # fmt: skip
META = "x-amz-meta-"
META_BYTES_MAX = 2048
"""User metadata, names and values together; S3's."""
STORAGE_CLASSES = ("STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER",
                   "DEEP_ARCHIVE", "OUTPOSTS", "GLACIER_IR", "SNOW", "EXPRESS_ONEZONE")  # fmt: skip
LOCK = "x-amz-object-lock-"
MODES = ("GOVERNANCE", "COMPLIANCE")
TAGS_MAX = 10
DAY_S = 86400


def metadata(headers: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """`(system headers, user's metadata)`.

    Raises:
        S3Failure: more than 2 KB of the user's.
    """
    system = {name: headers[low] for low, name in SYSTEM.items() if headers.get(low)}
    if "Content-Encoding" in system:
        kept = [part.strip() for part in system["Content-Encoding"].split(",") if part.strip() != "aws-chunked"]
        if kept:
            system["Content-Encoding"] = ",".join(kept)
        else:
            del system["Content-Encoding"]
    system.setdefault("Content-Type", "binary/octet-stream")
    meta = {name[len(META) :]: value for name, value in headers.items() if name.startswith(META)}
    size = sum(len(name) + len(value) for name, value in meta.items())
    if size > META_BYTES_MAX:
        raise failure("MetadataTooLarge", extra={"Size": str(size), "MaxSizeAllowed": str(META_BYTES_MAX)})
    return system, meta


def checked_tags(pairs: list[tuple[str, str]], *, most: int = TAGS_MAX) -> dict[str, str]:
    """Raises:
    S3Failure: too many, too long, twice the same, or of those that are AWS's own.
    """
    if len(pairs) > most:
        raise S3Failure("BadRequest", f"Object tags cannot be greater than {most}", 400, {}, {})
    found: dict[str, str] = {}
    for name, value in pairs:
        if not 1 <= len(name) <= 128:
            raise failure("InvalidTag", "The TagKey you have provided is invalid")
        if len(value) > 256:
            raise failure("InvalidTag", "The TagValue you have provided is invalid")
        if name.lower().startswith("aws:"):
            raise failure("InvalidTag", "Your TagKey cannot be prefixed with aws:")
        if not all(each.isalnum() or each in " _.:/=+-@" for each in name + value):
            raise failure("InvalidTag", "The TagKey or TagValue you have provided is invalid")
        if name in found:
            raise failure("InvalidTag", "Cannot provide multiple Tags with the same key")
        found[name] = value
    return found


def tags_of(header: str) -> dict[str, str]:
    """The tags of an `x-amz-tagging` header."""
    if not header:
        return {}
    try:
        pairs = parse_qsl(header, keep_blank_values=True, strict_parsing=True, errors="strict")
    except (ValueError, UnicodeDecodeError):
        raise failure("InvalidArgument", "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL "
                                         "query parameters without tag name duplicates.") from None  # fmt: skip
    return checked_tags(pairs)


def moment_of(text: str) -> float | None:
    """Seconds of an ISO 8601 time stamp, or None where it is none."""
    if not re.match(r"\d{4}-\d\d-\d\d", text):
        return None
    try:
        found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text).replace("Z", "+00:00"))
        return found.timestamp() if found.tzinfo else timegm(found.timetuple())
    except (ValueError, OverflowError):
        return None


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
        raise failure("InvalidArgument", "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be "
                                         "supplied")  # fmt: skip
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
    """The ACL of a new object.

    Raises:
        S3Failure: one that is public where that is blocked, or any where the bucket takes none.
    """
    found = from_headers(call.headers, owner, bucket.owner, call.users)
    if found is None:
        return canned("private", owner, bucket.owner)
    if bucket.ownership == "BucketOwnerEnforced" and call.headers.get("x-amz-acl") != "bucket-owner-full-control":
        raise failure("AccessControlListNotSupported")
    if bucket.block["BlockPublicAcls"] and is_public(found):
        raise failure("AccessDenied")
    return found


def owner_of(call: Call, bucket: Bucket) -> str:
    """Who owns what this asker puts."""
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
        owner=owner, acl=acl_of(call, bucket, owner), etag="", system=system, meta=meta,
        tags=tags_of(headers.get("x-amz-tagging", "")), storage_class=storage, checksums=call.checksums, seal=seal,
        lock_mode=mode, lock_until=until, legal_hold=hold,
    ), customer  # fmt: skip


def place(call: Call, bucket: Bucket, key: str, body: bytes, facts: Facts, customer: bytes) -> StoredObject:
    """The object is there, as the current version; sealed where it has a seal. An ETag already given is kept."""
    stored = sealing.encrypt(facts.seal, body, customer) if facts.seal else body
    if not facts.etag:
        md5_of = stored if facts.seal and facts.seal.kind != "AES256" else body
        facts.etag = hashlib.md5(md5_of).hexdigest() if md5_of is not body else etag_of(body)
    made = StoredObject(key, stored, len(body), bucket.next_version_id(), call.now, facts)
    bucket.add(made)
    return made


def version_headers(bucket: Bucket, version_id: str) -> dict[str, str]:
    return {"x-amz-version-id": version_id} if bucket.versioning_status else {}
