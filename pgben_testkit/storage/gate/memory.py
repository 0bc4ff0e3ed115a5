"""Remember what the gate must know of users, buckets and uploads and cannot ask the server for."""

from __future__ import annotations

import itertools
import os

from pgben_testkit.storage.gate.access import OWNER, Access, ObjectFacts
from pgben_testkit.storage.gate.plan import Plan
from pgben_testkit.storage.s3 import checksums
from pgben_testkit.storage.s3.document import read, text_of
from pgben_testkit.storage.s3.signature import Identity, canonical_id
from pgben_testkit.storage.s3.wire import Request


class Memory:
    """Hold what the gate remembers between requests.

    `versioned`: buckets in which versioning was ever enabled; `configured`: buckets of which anything was ever
    configured, to be asked for by `GET /BUCKET?pgben-configured`; `upload_facts`, `upload_keys`: upload id -> what
    decides about its object, the MD5 of the customer's key; `default_locks`: bucket -> (mode, days) of its
    default retention.
    """

    def __init__(self, plan: Plan) -> None:
        (access, secret, name), *others = plan.identities
        self.admin = Identity(access, secret, name, OWNER)
        known = [self.admin]
        known += [Identity(access, secret, name, OWNER, frozenset({name})) for access, secret, name in others]
        known += [Identity(access, secret, name, canonical_id(name)) for access, secret, name in plan.users]
        self.identities = {each.access_key: each for each in known}
        self.region, self.upstream, self.folder = plan.region, plan.upstream, plan.folder
        self.access = Access(known)
        self.versioned: set[str] = set()
        self.configured: set[str] = set()
        self.upload_facts: dict[str, ObjectFacts | None] = {}
        self.upload_keys: dict[str, str] = {}
        self.default_locks: dict[str, tuple[str, int]] = {}
        self._count = itertools.count(1)
        self._start = os.urandom(4).hex().upper()

    def request_id(self) -> str:
        """Return a new id for a response of the gate's own."""
        return f"{self._start}{next(self._count):08X}"

    def verify_sums(self, request: Request) -> None:
        """Check the checksums that `request` brings against its body.

        Raises:
            S3Failure: a checksum is not that of the body.
        """
        try:
            checksums.verify(
                request.headers, request.trailers, request.body, of_object=checksums.completes_upload(request)
            )
        except ModuleNotFoundError:
            return  # CRC32C and CRC64NVME need awscrt; without it the server checks them, in words of its own

    def note(self, request: Request, bucket: str, key: str) -> None:
        """Remember what follows from a request that the server has done."""
        if key or not bucket:
            return
        query, method = request.query, request.method
        if method in ("PUT", "DELETE") and query:
            self.configured.add(bucket)
        locked = request.header("x-amz-bucket-object-lock-enabled").lower() == "true"
        if method == "DELETE" and not query:
            self.access.forget(bucket)
            self.versioned.discard(bucket)
            self.default_locks.pop(bucket, None)
            self.configured.discard(bucket)
        elif method == "PUT" and ("versioning" in query or (not query and locked)):
            self.versioned.add(bucket)
        elif method == "PUT" and "object-lock" in query:
            self._note_default_lock(request, bucket)

    def _note_default_lock(self, request: Request, bucket: str) -> None:
        retention = read(request.body, "ObjectLockConfiguration").find("Rule/DefaultRetention")
        if retention is None:
            self.default_locks.pop(bucket, None)
            return
        days = int(text_of(retention, "Days") or 0) + 365 * int(text_of(retention, "Years") or 0)
        self.default_locks[bucket] = (text_of(retention, "Mode"), days)
