"""Give tests the fake: clients without a socket, users, a clock, faults, and a socket on demand."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pgben_testkit import extras
from pgben_testkit.errors import UsageProblem
from pgben_testkit.storage.bucket import Bucket, FaultyBucket
from pgben_testkit.storage.faults import Faults
from pgben_testkit.storage.s3.signature import canonical_id

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import minio

    from pgben_testkit.storage.fake.server import Served
    from pgben_testkit.storage.s3.signature import Identity

MOTO_TESTED = "5.2.5"
"""The version of moto that our layer was written against; the extra pins it."""
IN_PROCESS = "http://s3.pgben.test"


def keys_of(name: str) -> tuple[str, str]:
    """Return the keys of the user `name` of any fake: the same each time, so that clients can be kept between tests."""
    digest = hashlib.sha256(f"pgben-testkit fake {name}".encode()).hexdigest()
    return f"AKIA{digest[:16].upper()}", digest[16:56]


class Fake:
    """Hold an S3 in memory. The keys are its administrator's; `faults` holds what goes wrong on demand."""

    def __init__(self, region: str = "us-east-1", *, access_key: str = "", secret_key: str = "") -> None:
        """Raises:
        EnvironmentNotAble: the extra `fake` is not installed.
        """
        try:
            from pgben_testkit.storage.fake.engine import Engine
            from pgben_testkit.storage.fake.inprocess import Clients
            from pgben_testkit.storage.s3.signature import Identity
        except ModuleNotFoundError as error:
            if not (error.name or "").startswith(("moto", "botocore", "boto3", "cryptography", "awscrt")):
                raise
            raise extras.missing(str(error.name), what="the S3 fake can't be used", extra="fake") from None
        known_access, known_secret = keys_of("admin")
        self.access_key = access_key or known_access
        self.secret_key = secret_key or known_secret
        self.region = region
        self.faults = Faults()
        admin = Identity(self.access_key, self.secret_key, "admin", canonical_id("admin"))
        self.engine = Engine([admin], region)
        self._clients = Clients(self._answer, region)
        self._served: Served | None = None

    def _answer(self, request: Any) -> Any:
        from pgben_testkit.storage.fake.struck import answer

        return answer(self.engine, self.faults, request)

    def user(self, name: str, *, buckets: list[str] | None = None, account: bool = True) -> Identity:
        """Add a user with keys: an account of its own, or (`account=False`) a user of the administrator's whose keys
        reach nothing but `buckets`."""
        from pgben_testkit.storage.s3.signature import Identity

        access, secret = keys_of(name)
        owner = name if account and buckets is None else "admin"
        reach = frozenset(buckets) if buckets is not None else None
        made = Identity(access, secret, name, canonical_id(owner), reach)
        self.engine.add(made)
        return made

    def boto3(self, user: Identity | None = None, *, anonymous: bool = False, secure: bool = False) -> Any:
        """Return a boto3 client, cached between tests. `secure`: its endpoint begins with `https`."""
        access, secret = self._keys(user, anonymous)
        return self._clients.boto3(access, secret, secure=secure)

    def minio(self, user: Identity | None = None, *, anonymous: bool = False, secure: bool = False) -> minio.Minio:
        """Return a minio-py client. `secure`: its endpoint begins with `https`, as its SSE-C asks for."""
        access, secret = self._keys(user, anonymous)
        found: minio.Minio = self._clients.minio(access, secret, secure=secure)
        return found

    def _keys(self, user: Identity | None, anonymous: bool) -> tuple[str, str]:
        if anonymous:
            return "", ""
        return (user.access_key, user.secret_key) if user else (self.access_key, self.secret_key)

    def bucket(self, name: str = "pgben-documentos", *, object_lock: bool = False) -> FakeBucket:
        """Return the bucket `name`, made where it does not exist."""
        if name not in self.engine.store.buckets:
            self.boto3().create_bucket(Bucket=name, ObjectLockEnabledForBucket=object_lock)
        return FakeBucket(name, IN_PROCESS, self.access_key, self.secret_key, self.region, fake=self)

    def advance(self, seconds: float) -> None:
        """Set the server's clock ahead by `seconds`: URLs expire, retention ends, requests are skewed.

        A client signs by this machine's clock: beyond 15 minutes its requests are refused as skewed. Look at what
        became of retention with `stored()`, or go back with a negative number.
        """
        self.engine.skew_s += seconds

    def stored(self, bucket: str, key: str, version: str = "") -> bytes:
        """Return the bytes of a version of `key`, the current one by default, as they lie here: ciphertext under SSE.

        Raises:
            UsageProblem: no such object.
        """
        from pgben_testkit.storage.fake.state import StoredObject

        held = self.engine.store.buckets.get(bucket)
        found = (held.version(key, version) if version else held.current(key)) if held else None
        if not isinstance(found, StoredObject):
            raise UsageProblem(f"the fake holds no {bucket}/{key}")
        return found.stored

    def holds(self, fragment: bytes) -> bool:
        """Return whether any version of any object holds `fragment` as it lies here."""
        from pgben_testkit.storage.fake.state import StoredObject

        return any(
            isinstance(version, StoredObject) and fragment in version.stored
            for bucket in self.engine.store.buckets.values()
            for key in bucket.names()
            for version in bucket.versions(key)
        )

    def serve(self, port: int = 0) -> Served:
        """Serve the fake on 127.0.0.1 for other processes, until it is closed: `.url`, `.env(bucket)`."""
        if self._served is None:
            from pgben_testkit.storage.fake.server import Served

            self._served = Served(self._answer, port, self.access_key, self.secret_key, self.region)
        return self._served

    def close(self) -> None:
        """Close clients and socket; doing it twice is fine."""
        if self._served is not None:
            self._served.close()
            self._served = None
        self._clients.close()
        self.faults.clear()

    def __enter__(self) -> Fake:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True)
class FakeBucket(Bucket):
    """Hold a bucket of the fake. `endpoint` is a name inside this process; `env()` opens a socket for others."""

    fake: Fake = field(kw_only=True, repr=False, compare=False)

    def boto3(self) -> Any:
        return self.fake.boto3()

    def anonymous(self) -> Any:
        return self.fake.boto3(anonymous=True)

    def stranger(self) -> Any:
        return self.fake.boto3(self.fake.user("pgben-stranger"))

    def minio(self) -> minio.Minio:
        return self.fake.minio()

    def holds(self, fragment: bytes) -> bool:
        return self.fake.holds(fragment)

    def stored(self, key: str, version: str) -> bytes | None:
        return self.fake.stored(self.name, key, version)

    def faulty(self) -> AbstractContextManager[FaultyBucket]:
        """Put the bucket on the fake's socket behind a proxy; `fake.faults` does the same without a socket."""
        return self.served().faulty()

    def served(self) -> Bucket:
        """Return the same bucket on the fake's socket."""
        return Bucket(self.name, self.fake.serve().url, self.access_key, self.secret_key, self.region)

    def env(self) -> dict[str, str]:
        return self.served().env()
