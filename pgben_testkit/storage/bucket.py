"""Give a test an empty bucket of its own, with keys that reach it alone where the server can do that."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pgben_testkit import extras
from pgben_testkit.services.asking import Asks
from pgben_testkit.services.stats import Stats
from pgben_testkit.storage.client import anonymous_client, boto3_client
from pgben_testkit.storage.pristine import as_new
from pgben_testkit.storage.server import StorageInfo

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import datetime

    import minio

    from pgben_testkit.storage.faults import Faults
    from pgben_testkit.storage.lgpd import Audit


@dataclass(frozen=True)
class Bucket:
    """Hold the address and the keys of an isolated bucket.

    `endpoint` is a URL; `host` and `port` are its parts, as PGBen's MINIO_* want them. `other_account` are the keys of
    another account of the server, which has no rights here.
    """

    name: str
    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str = "us-east-1"
    data: str = field(default="", repr=False)
    other_account: tuple[str, str] | None = field(default=None, repr=False)

    @property
    def host(self) -> str:
        return urlsplit(self.endpoint).hostname or ""

    @property
    def port(self) -> int:
        parts = urlsplit(self.endpoint)
        return parts.port or (443 if parts.scheme == "https" else 80)

    @property
    def secure(self) -> bool:
        return urlsplit(self.endpoint).scheme == "https"

    def boto3(self) -> Any:
        """Return a boto3 client with this bucket's keys, cached."""
        return boto3_client(self.endpoint, self.access_key, self.secret_key, self.region)

    def anonymous(self) -> Any:
        """Return a boto3 client of the same server that signs nothing, as somebody without keys."""
        return anonymous_client(self.endpoint, self.region)

    def stranger(self) -> Any:
        """Return a boto3 client with the keys of another account, or None where the server has no other one."""
        if self.other_account is None:
            return None
        return boto3_client(self.endpoint, *self.other_account, self.region)

    def minio(self) -> minio.Minio:
        """Return a minio-py client with this bucket's keys."""
        try:
            from minio import Minio
        except ModuleNotFoundError:
            raise extras.missing("minio", what="minio-py can't be used", extra="s3") from None
        return Minio(
            f"{self.host}:{self.port}",
            access_key=self.access_key,
            secret_key=self.secret_key,
            secure=self.secure,
            region=self.region,
        )

    def env(self) -> dict[str, str]:
        """Return PGBen's variables for this bucket; different parts of PGBen read either name of the bucket."""
        return {
            "MINIO_ENDPOINT": self.host,
            "MINIO_PORT": str(self.port),
            "MINIO_USE_SSL": "true" if self.secure else "false",
            "MINIO_ACCESS_KEY": self.access_key,
            "MINIO_SECRET_KEY": self.secret_key,
            "MINIO_BUCKET": self.name,
            "MINIO_BUCKET_NAME": self.name,
            "MINIO_REGION": self.region,
        }

    def holds(self, fragment: bytes) -> bool | None:
        """Return whether `fragment` lies as it is on the server's disk; None where nobody can look."""
        if not self.data:
            return None
        from pgben_testkit.storage.disk import holds

        return holds(self.data, fragment)

    def stored(self, key: str, version: str) -> bytes | None:
        """Return the bytes of a version of `key` as they lie on the server; None where nobody can look."""
        return None

    def faulty(self) -> AbstractContextManager[FaultyBucket]:
        """Put the bucket behind a proxy that does what `.faults` says, for the length of a `with`."""
        return FaultyBucket.of(self)

    def audit(self) -> Audit:
        """Return who reaches this bucket, what in it is encrypted, and what is retained."""
        from pgben_testkit.storage import lgpd

        return lgpd.audit(self)

    def assert_private(self) -> None:
        """Check that nobody but its owner reads, lists, writes or removes anything here.

        Requests of every kind are made, by somebody without keys and by another account where the server has one; the
        policy and the ACLs are read besides. Nothing that is tried stays.

        Raises:
            Violation: somebody else can.
        """
        from pgben_testkit.storage import lgpd

        lgpd.assert_private(self)

    def assert_encrypted_at_rest(self, *, accept_client_side: bool = True) -> None:
        """Check that every version is encrypted by the server or by the client (PGBen's AES-256-GCM).

        What the client has encrypted must look random; what the server has encrypted must not lie on its disk as it
        is, where that can be looked at.

        Raises:
            Violation: one is not, or the bucket is empty.
        """
        from pgben_testkit.storage import lgpd

        lgpd.assert_encrypted_at_rest(self, accept_client_side=accept_client_side)

    def assert_retained(self, *, until: datetime, mode: str = "COMPLIANCE") -> None:
        """Check that every version is retained until `until` at least, and that its removal is refused.

        Retention in GOVERNANCE, which may be lifted, counts with `mode="GOVERNANCE"` alone; a legal hold never does.
        On a server that does not refuse, the object is gone.

        Raises:
            Violation: one is not, or the bucket is empty.
        """
        from pgben_testkit.storage import lgpd

        lgpd.assert_retained(self, until=until, mode=mode)


@dataclass(frozen=True)
class FaultyBucket(Bucket):
    """Hold a bucket whose requests pass a proxy, which adds the faults that `faults` holds."""

    faults: Faults = field(kw_only=True, repr=False, compare=False)

    @classmethod
    @contextmanager
    def of(cls, bucket: Bucket) -> Iterator[FaultyBucket]:
        """Put a proxy before `bucket`, for the length of a `with`."""
        from pgben_testkit.storage.proxy import Proxy

        proxy = Proxy(bucket.endpoint)
        try:
            yield cls(
                bucket.name,
                proxy.url,
                bucket.access_key,
                bucket.secret_key,
                bucket.region,
                bucket.data,
                bucket.other_account,
                faults=proxy.faults,
            )
        finally:
            proxy.close()


class Buckets:
    """Lend the buckets of one process: the next is made ready, and the last is emptied, in the background."""

    def __init__(self, info: StorageInfo, asks: Asks, stats: Stats) -> None:
        self._info = info
        self._asks = asks
        self._stats = stats
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="pgben buckets")
        self._ahead: Future[Bucket] | None = None
        self._made: dict[str, str] = {}

    def _take(self) -> Bucket:
        slot = self._asks.ask("bucket-slot")
        name = str(slot["name"])
        self._made[name] = str(slot["made"])
        access, secret = self._info.keys.get(name, [self._info.access_key, self._info.secret_key])
        info = self._info
        return Bucket(name, info.url, access, secret, info.region, info.data, info.other_account)

    def acquire(self) -> Bucket:
        """Return an empty bucket that nobody else has."""
        with self._stats.timed("bucket wait"):
            ahead = self._ahead or self._worker.submit(self._take)
            self._ahead = None
            bucket = ahead.result()
        self._ahead = self._worker.submit(self._take)
        return bucket

    def release(self, bucket: Bucket) -> None:
        """Take back `bucket` after its test: it is made as new, and given to whoever asks next."""
        self._worker.submit(self._clean, bucket)

    def _clean(self, bucket: Bucket) -> None:
        import botocore.exceptions

        clean = True
        with self._stats.timed("bucket emptied"):
            try:
                as_new(self._info, bucket.name, self._made[bucket.name])
            except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
                clean = False  # the owner tries again, and its error reaches whoever would get the bucket
        self._asks.ask("bucket-slot-back", name=bucket.name, clean=clean)

    def close(self) -> None:
        if self._ahead is not None:
            self.release(self._ahead.result())
            self._ahead = None
        self._worker.shutdown(wait=True)
