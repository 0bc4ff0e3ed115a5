"""The server that the cases are tried on: clients for it, buckets to try in, raw requests signed well or badly."""

from __future__ import annotations

import hashlib
import itertools
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from pgben_testkit.storage.client import boto3_client
from pgben_testkit.storage.conformance.outcome import Differs, NotTried
from pgben_testkit.storage.conformance.sigv4 import Keys, presigned_query, signed_headers
from pgben_testkit.storage.pristine import empty
from pgben_testkit.storage.s3.answer import Answer

if TYPE_CHECKING:
    import minio


@dataclass
class Target:
    """`other` are the keys of another user, with no rights of his own; `holds` tells whether bytes lie on the
    server's disk as they are; both where they can be had. `node_modules`: a folder with the `minio` npm client."""

    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str = "us-east-1"
    other: tuple[str, str] | None = field(default=None, repr=False)
    holds: Callable[[bytes], bool] | None = None
    node_modules: str = ""
    stem: str = field(default_factory=lambda: f"pgben-conf-{secrets.token_hex(4)}")
    _made: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count, repr=False)
    _node: dict[str, Any] = field(default_factory=dict)
    _node_lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @cached_property
    def s3(self) -> Any:
        """boto3 with the administrator's keys."""
        return boto3_client(self.endpoint, self.access_key, self.secret_key, self.region)

    @property
    def keys(self) -> Keys:
        return Keys(self.access_key, self.secret_key, self.region)

    @property
    def host(self) -> str:
        return urlsplit(self.endpoint).netloc

    def minio(self) -> minio.Minio:
        from minio import Minio

        parts = urlsplit(self.endpoint)
        return Minio(
            parts.netloc,
            access_key=self.access_key,
            secret_key=self.secret_key,
            secure=parts.scheme == "https",
            region=self.region,
        )

    def others(self) -> Any:
        """boto3 with the other user's keys.

        Raises:
            NotTried: the target has no other user.
        """
        if self.other is None:
            raise NotTried("no second user was named")
        return boto3_client(self.endpoint, *self.other, self.region)

    @cached_property
    def shared(self) -> str:
        """A bucket that many cases put keys of their own into; a new one may be slow."""
        return self.bucket()

    def key(self, end: str = "") -> str:
        """A key that no other case has."""
        return f"{secrets.token_hex(6)}/{end or 'rg.pdf'}"

    def bucket(self, **options: Any) -> str:
        name = f"{self.stem}-{next(self._numbers)}"
        self.s3.create_bucket(Bucket=name, **options)
        self._made.append(name)
        return name

    def put(self, body: bytes = b"conteudo", key: str = "", bucket: str = "", **options: Any) -> str:
        """A new object in the shared bucket; its key."""
        key = key or self.key()
        self.s3.put_object(Bucket=bucket or self.shared, Key=key, Body=body, **options)
        return key

    def get(self, key: str, bucket: str = "", **options: Any) -> bytes:
        found = self.s3.get_object(Bucket=bucket or self.shared, Key=key, **options)
        body: bytes = found["Body"].read()
        return body

    def raw(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        keys: Keys | None = None,
        anonymous: bool = False,
        payload: str = "",
        at: float = 0.0,
        encoded: bool = False,
        change: Callable[[dict[str, str]], None] | None = None,
    ) -> Answer:
        """A request as it is, signed in its header unless `anonymous`. `at`: seconds by which its clock is off.
        `change` has the headers after they were signed."""
        made = {"host": self.host, **(headers or {})}
        target = path if encoded else quote(path, safe="/-_.~")
        if not anonymous:
            made = signed_headers(
                keys or self.keys, method, target, query or {}, made, body, payload=payload, now=time.time() + at
            )
        if change is not None:
            change(made)
        return self.send(method, target, query or {}, made, body)

    def send(
        self, method: str, target: str, query: Mapping[str, str] | str, headers: Mapping[str, str], body: bytes = b""
    ) -> Answer:
        """A request with nothing added."""
        import urllib3

        if not isinstance(query, str):
            query = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in query.items())
        url = self.endpoint + target + (f"?{query}" if query else "")
        response = _pool().request(
            method,
            url,
            headers=dict(headers),
            body=body or None,
            redirect=False,
            retries=False,
            timeout=urllib3.Timeout(30),
        )
        return Answer(response.status, {name.lower(): value for name, value in response.headers.items()}, response.data)

    def presigned(
        self,
        method: str,
        bucket: str,
        key: str,
        *,
        expires: object = 60,
        at: float = 0.0,
        keys: Keys | None = None,
        extra: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[str, str]:
        """`(path, query)` of a presigned URL."""
        path = quote(f"/{bucket}/{key}", safe="/-_.~")
        query = presigned_query(
            keys or self.keys,
            method,
            path,
            self.host,
            expires=expires,
            now=time.time() + at,
            extra=extra or {},
            headers=headers or {},
        )
        return path, query

    def close(self, workers: int = 1) -> None:
        """What the cases made is gone, as far as it can be: locked objects stay."""
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(self._remove, self._made))

    def _remove(self, name: str) -> None:
        import botocore.exceptions

        try:
            try:
                self.s3.delete_bucket_policy(Bucket=name)
            except botocore.exceptions.ClientError:
                pass  # no policies on this server
            empty(self.s3, name)
            self.s3.delete_bucket(Bucket=name)
        except botocore.exceptions.ClientError:
            return  # a retention that we set ourselves holds it


def _pool() -> Any:
    import urllib3

    if not hasattr(_pool, "made"):
        _pool.made = urllib3.PoolManager(4, maxsize=8)  # type: ignore[attr-defined]
    return _pool.made  # type: ignore[attr-defined]


# --- what cases say


def same(found: object, wanted: object, what: str) -> None:
    if found != wanted:
        raise Differs(f"{what}: {_short(found)} instead of {_short(wanted)}")


def holds(condition: object, what: str) -> None:
    if not condition:
        raise Differs(what)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:100]}... ({len(text)} characters)"


def refused(status: int, code: str | tuple[str, ...], do: Callable[[], Any]) -> Any:
    """boto3 is answered with this status and one of these codes; the error response.

    Raises:
        Differs: it was not refused, or otherwise.
    """
    from botocore.exceptions import ClientError

    codes = (code,) if isinstance(code, str) else code
    try:
        do()
    except ClientError as error:
        found = error.response
        if found["ResponseMetadata"]["HTTPStatusCode"] != status or (codes and found["Error"]["Code"] not in codes):
            raise Differs(
                f"refused with {found['ResponseMetadata']['HTTPStatusCode']} {found['Error']['Code']} "
                f"instead of {status} {' or '.join(codes)}"
            ) from None
        return found
    raise Differs(f"not refused; S3 answers {status} {' or '.join(codes)}")


def answers(found: Answer, status: int, code: str | tuple[str, ...] = "") -> None:
    """A raw answer has this status and one of these codes."""
    codes = (code,) if isinstance(code, str) else code
    if found.status != status or (codes != ("",) and found.code not in codes):
        wanted = f"{status} {' or '.join(codes)}".strip()
        raise Differs(f"answered {found.status} {found.code}".strip() + f" instead of {wanted}")


def md5_hex(body: bytes) -> str:
    return hashlib.md5(body).hexdigest()
