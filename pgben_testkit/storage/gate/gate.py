"""The gate: where it listens, whom it knows, and the little that it remembers of buckets."""

from __future__ import annotations

import itertools
import json
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pgben_testkit.services.listener import Listener
from pgben_testkit.storage.gate.access import Access
from pgben_testkit.storage.s3 import checksums
from pgben_testkit.storage.s3.document import read, text_of
from pgben_testkit.storage.s3.signature import Identity
from pgben_testkit.storage.s3.wire import Request


@dataclass(frozen=True)
class Plan:
    """What the gate's process is told, in a file that only its user can read. `identities`: access key, secret key,
    name; the administrator first. `pid`: the server's; the gate goes when it is gone."""

    port: int
    upstream: int
    region: str
    folder: str
    pid: int
    identities: Sequence[tuple[str, str, str]]

    def write(self, path: Path) -> None:
        path.touch(0o600)
        path.write_text(json.dumps(self.__dict__), "utf-8")

    @classmethod
    def read(cls, path: Path) -> Plan:
        return cls(**json.loads(path.read_text("utf-8")))


class Gate:
    """Listens on 127.0.0.1 until `close`.

    `versioned`: buckets in which versioning was ever switched on; `configured`: those of which anything was ever
    configured, to be asked for by `GET /BUCKET?pgben-configured`; `upload_grants`: upload id -> the ACL's headers that
    its object shall have.
    """

    def __init__(self, plan: Plan) -> None:
        """Raises:
        EnvironmentNotAble: the port is taken.
        """
        known = [Identity(access, secret, name, name) for access, secret, name in plan.identities]
        self.admin = known[0]
        self.identities = {each.access_key: each for each in known}
        self.region, self.upstream, self.folder = plan.region, plan.upstream, plan.folder
        self.access = Access(known)
        self.versioned: set[str] = set()
        self.configured: set[str] = set()
        self.upload_grants: dict[str, dict[str, str]] = {}
        self._count = itertools.count(1)
        self._start = os.urandom(4).hex().upper()
        self._listener = Listener(self._serve, plan.port, name="pgben s3 gate")
        self.url = self._listener.url

    def close(self) -> None:
        self._listener.close()

    def _serve(self, connection: socket.socket) -> None:
        from pgben_testkit.storage.gate.visit import Visit

        Visit(self, connection).serve()

    def request_id(self) -> str:
        return f"{self._start}{next(self._count):08X}"

    def verify_sums(self, request: Request) -> None:
        """Raises:
        S3Failure: a checksum that isn't the body's.
        """
        try:
            checksums.verify(request.headers, request.trailers, request.body)
        except ModuleNotFoundError:
            return  # CRC32C and CRC64NVME need awscrt; without it the server checks them, in words of its own

    def note(self, request: Request, bucket: str, key: str) -> None:
        """The server has done it: what follows from it is remembered."""
        if key or not bucket:
            return
        query, method = request.query, request.method
        if method in ("PUT", "DELETE") and query:
            self.configured.add(bucket)
        locked = request.header("x-amz-bucket-object-lock-enabled").lower() == "true"
        if method == "DELETE" and not query:
            self.access.forget(bucket)
            self.versioned.discard(bucket)
            self.configured.discard(bucket)
        elif method == "PUT" and ("versioning" in query or (not query and locked)):
            self.versioned.add(bucket)
        elif method == "PUT" and "ownershipControls" in query:
            self.access.ownership[bucket] = text_of(read(request.body, "OwnershipControls"), "Rule/ObjectOwnership")
        elif method == "DELETE" and "ownershipControls" in query:
            self.access.ownership.pop(bucket, None)
