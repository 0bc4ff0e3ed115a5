"""Hold the fake's state: moto's S3 backend, its buckets and keys, with what moto keeps no note of.

Nothing in here is shared: each fake has a backend of its own, out of moto's register of accounts.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey, FakeMultipart, S3Backend, s3_backends

from pgben_testkit.storage.s3 import publicblock
from pgben_testkit.storage.s3.acl import Acl
from pgben_testkit.storage.s3.failures import failure
from pgben_testkit.storage.s3.policy import Policy
from pgben_testkit.storage.s3.sealing import Seal
from pgben_testkit.storage.s3.signature import ACCOUNT
from pgben_testkit.storage.s3.unversioned import Unversioned


def new_id() -> str:
    return os.urandom(16).hex()


@dataclass(frozen=True)
class PartNote:
    """A part of a finished multipart upload: what GetObjectAttributes and `partNumber` want to know."""

    number: int
    size: int
    checksums: dict[str, str]


@dataclass(kw_only=True)
class Facts:
    """Hold what an object is made of besides its name and bytes."""

    owner: str
    acl: Acl
    etag: str
    system: dict[str, str] = field(default_factory=dict)
    meta: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    storage_class: str = "STANDARD"
    checksums: dict[str, str] = field(default_factory=dict)
    checksum_type: str = "FULL_OBJECT"
    parts: tuple[PartNote, ...] = ()
    seal: Seal | None = None
    lock_mode: str | None = None
    lock_until: float = 0.0
    legal_hold: str | None = None


class StoredObject(FakeKey):
    """A version of an object. moto's FakeKey without its temporary file: bytes are kept as they are, sealed or not.

    `system` are headers to give back (content-type first), `meta` the user's, without `x-amz-meta-`.
    """

    def __new__(cls, *_: object) -> StoredObject:
        return object.__new__(cls)  # moto would remember every key of the process for ever

    def __init__(self, name: str, stored: bytes, size: int, version_id: str, now: float, facts: Facts) -> None:
        self.name = name
        self.stored = stored
        self.contentsize = size
        self._version_id = version_id
        self._etag = facts.etag
        self.modified = now
        self.facts = facts
        self.disposed = True

    @property
    def value(self) -> bytes:
        return self.stored

    @property
    def last_modified(self) -> datetime:
        return datetime.fromtimestamp(self.modified, UTC).replace(tzinfo=None)

    @property
    def metadata(self) -> dict[str, str]:
        return {**self.facts.system, **{f"x-amz-meta-{name}": value for name, value in self.facts.meta.items()}}

    def is_locked(self, governance_bypass: bool, now: float | None = None) -> bool:
        facts = self.facts
        if facts.legal_hold == "ON":
            return True
        if facts.lock_mode is None or facts.lock_until <= (time.time() if now is None else now):
            return False
        return not (facts.lock_mode == "GOVERNANCE" and governance_bypass)

    def dispose(self, garbage: bool = False) -> None:
        """Nothing to close: there is no file."""

    def __del__(self) -> None:
        """moto's would warn of an open file."""


class Marker(FakeDeleteMarker):
    """A delete marker."""

    def __new__(cls, *_: object) -> Marker:
        return object.__new__(cls)

    def __init__(self, name: str, version_id: str, now: float, owner: str) -> None:
        self.name = name
        self._version_id = version_id
        self.modified = now
        self.owner = owner

    @property
    def last_modified(self) -> datetime:
        return datetime.fromtimestamp(self.modified, UTC).replace(tzinfo=None)


Version = StoredObject | Marker


class StoredPart:
    """A part of an upload that isn't finished."""

    def __init__(self, number: int, body: bytes, etag: str, now: float, checksums: dict[str, str]) -> None:
        self.number, self.body, self.etag, self.modified, self.checksums = number, body, etag, now, checksums


class Upload(FakeMultipart):
    """An unfinished multipart upload; `facts` become the object's."""

    def __new__(cls, *_: object) -> Upload:
        return object.__new__(cls)

    def __init__(self, key_name: str, now: float, facts: Facts, algorithm: str, customer_key: bytes) -> None:
        self.id = new_id()
        self.key_name = key_name
        self.initiated = now
        self.facts = facts
        self.algorithm = algorithm
        self.customer_key = customer_key
        self.parts: dict[int, Any] = {}

    def dispose(self) -> None:
        """Nothing to close."""


class Bucket(FakeBucket):
    """A bucket: moto's, with its owner, its ACL, its configurations as documents. Older versions come first in
    `keys`, the current one last."""

    def __new__(cls, *_: object) -> Bucket:
        return object.__new__(cls)

    def __init__(self, name: str, region: str, owner: str, acl: Acl, now: float) -> None:
        super().__init__(name, ACCOUNT, region)
        s3_backends.bucket_accounts.pop(name, None)  # names are this fake's own, not the process's
        self.owner = owner
        self.grants = acl
        self.created = now
        self.creation_date = datetime.fromtimestamp(now, UTC)
        self.rules_of_access: Policy | None = None
        self.documents: dict[str, str] = {}
        self.tags: dict[str, str] = {}
        self.block = publicblock.none()
        self.ownership = ""
        self.default_seal: Seal | None = None
        self.default_lock: tuple[str, int, str] | None = None
        self.cors_rules: tuple[Any, ...] = ()
        self.unversioned = Unversioned()

    def __hash__(self) -> int:
        return id(self)

    def versions(self, key: str) -> list[Version]:
        """All versions of a key, oldest first; empty where there is none. Not a copy."""
        found: list[Version] = dict.get(self.keys, key) or []
        return found

    def current(self, key: str) -> Version | None:
        found = self.versions(key)
        return found[-1] if found else None

    def version(self, key: str, version_id: str) -> Version | None:
        return next((each for each in self.versions(key) if each.version_id == version_id), None)

    def add(self, version: Version) -> None:
        """The new current version; replaces the null version where versioning is off or suspended."""
        versions = self.versions(version.name)
        if version.version_id == "null":
            versions = [each for each in versions if each.version_id != "null"]
        dict.__setitem__(self.keys, version.name, [*versions, version])

    def remove(self, key: str, version_id: str) -> None:
        rest = [each for each in self.versions(key) if each.version_id != version_id]
        if rest:
            dict.__setitem__(self.keys, key, rest)
        else:
            dict.pop(self.keys, key, None)

    def next_version_id(self, key: str) -> str:
        kept = self.versioning_status == "Enabled" and not self.unversioned.covers(key)
        return new_id() if kept else "null"

    def names(self) -> list[str]:
        """Keys in S3's order, that of their UTF-8 bytes."""
        return sorted(dict.keys(self.keys))

    def objects(self) -> Iterator[StoredObject]:
        """The current objects."""
        for name in self.names():
            found = self.current(name)
            if isinstance(found, StoredObject):
                yield found


class Store(S3Backend):
    """moto's backend, for one fake alone."""

    def __init__(self, region: str) -> None:
        super().__init__(region, ACCOUNT)
        self.region = region

    def bucket(self, name: str) -> Bucket:
        found = self.buckets.get(name)
        if found is None:
            raise failure("NoSuchBucket", extra={"BucketName": name})
        assert isinstance(found, Bucket)
        return found


def etag_of(body: bytes) -> str:
    return hashlib.md5(body).hexdigest()
