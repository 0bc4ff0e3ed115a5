"""Connect boto3 and minio-py to the fake without a socket: by botocore's `before-send`, and in urllib3's place."""

from __future__ import annotations

import http.client
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import urllib3

from pgben_testkit import extras
from pgben_testkit.errors import UsageProblem
from pgben_testkit.storage.s3.failures import S3Failure
from pgben_testkit.storage.s3.wire import Response, from_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgben_testkit.storage.s3.wire import Request

HOST = "s3.pgben.test"
"""Where the clients believe that they connect to; a name that never resolves."""


class Door:
    """What a client holds on to: the fake behind it changes when the client is used again by the next test."""

    def __init__(self) -> None:
        self.answer: Callable[[Request], Response] | None = None

    def ask(self, method: str, url: str, headers: Any, body: Any) -> Response:
        if self.answer is None:
            raise UsageProblem(
                "this S3 client belongs to a fake that is closed",
                why="a client of pgben_s3_fake lives as long as its test",
                remedy="ask the fake of the running test for a client",
            )
        if body is None:
            body = b""
        elif hasattr(body, "read"):
            body = body.read()
        elif isinstance(body, str):
            body = body.encode()
        elif not isinstance(body, bytes):
            body = bytes(body)
        try:
            request = from_url(method, url, headers, body)
        except S3Failure as error:
            return Response(error.status, {"Content-Type": "application/xml"}, error.xml("/", "0").encode())
        return self.answer(request)


class Body(io.BytesIO):
    """A body as botocore reads it; `failing` is raised at its end, where a fault says so."""

    failing: Exception | None = None

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(size)
        if self.failing is not None and (not found or size is None or size < 0):
            raise self.failing
        return found

    def stream(self, size: int = 65536, decode_content: bool | None = None) -> Iterator[bytes]:
        while True:
            piece = self.read(size)
            if not piece:
                return
            yield piece


def broken() -> Exception:
    reset = ConnectionResetError(104, "Connection reset by peer")
    return urllib3.exceptions.ProtocolError(f"Connection broken: {reset!r}", reset)


_POOL: dict[tuple[str, str, str, bool], list[tuple[Any, Door]]] = {}
"""boto3 clients that no fake uses now, by their keys: making one costs more than a hundred requests."""


class Clients:
    """The clients of one fake; given back to the pool at its end."""

    def __init__(self, answer: Callable[[Request], Response], region: str) -> None:
        self._answer = answer
        self._region = region
        self._doors: list[Door] = []
        self._leased: dict[tuple[str, str, str, bool], tuple[Any, Door]] = {}

    def boto3(self, access_key: str, secret_key: str, *, secure: bool) -> Any:
        """A boto3 client, cached. Empty keys: an anonymous one."""
        kind = (access_key, secret_key, self._region, secure)
        if kind not in self._leased:
            waiting = _POOL.get(kind)
            client, door = waiting.pop() if waiting else _new_boto3(*kind)
            door.answer = self._answer
            self._leased[kind] = client, door
        return self._leased[kind][0]

    def minio(self, access_key: str, secret_key: str, *, secure: bool) -> Any:
        """A minio-py client of its own."""
        try:
            from minio import Minio
        except ModuleNotFoundError:
            raise extras.missing("minio", what="minio-py can't be used", extra="s3") from None
        door = Door()
        door.answer = self._answer
        self._doors.append(door)
        return Minio(
            HOST,
            access_key=access_key or None,
            secret_key=secret_key or None,
            secure=secure,
            region=self._region,
            http_client=Transport(door),
        )

    def close(self) -> None:
        for door in self._doors:
            door.answer = None
        for kind, (client, door) in self._leased.items():
            door.answer = None
            _POOL.setdefault(kind, []).append((client, door))
        self._leased.clear()
        self._doors.clear()


def _new_boto3(access_key: str, secret_key: str, region: str, secure: bool) -> tuple[Any, Door]:
    try:
        import boto3
        import botocore
        from botocore.config import Config
    except ModuleNotFoundError:
        raise extras.missing("boto3", what="S3 can't be spoken", extra="s3") from None
    client = boto3.session.Session().client(
        "s3",
        endpoint_url=f"http{'s' * secure}://{HOST}",
        aws_access_key_id=access_key or "none",
        aws_secret_access_key=secret_key or "none",
        region_name=region,
        config=Config(
            signature_version="s3v4" if access_key else botocore.UNSIGNED,
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 1},
            proxies={},
            user_agent=f"Boto3/{boto3.__version__}",
        ),
    )
    # user_agent: botocore's own costs an eighth of each call
    door = Door()
    client.meta.events.register_first("before-send.s3", _before_send(door))
    return client, door


def _before_send(door: Door) -> Callable[..., Any]:
    from botocore.awsrequest import AWSResponse
    from botocore.exceptions import ConnectionClosedError

    def before_send(request: Any, **_: Any) -> Any:
        response = door.ask(request.method, request.url, request.headers.items(), request.body)
        body = Body(response.body)
        if response.abort_after is not None:
            if not response.body:
                raise ConnectionClosedError(endpoint_url=request.url, error="Connection reset by peer")
            body = Body(response.body[: response.abort_after])
            if not response.close:
                body.failing = broken()
        return AWSResponse(request.url, response.status, response.headers, body)

    return before_send


class Transport(urllib3.PoolManager):
    """What minio-py takes for a pool of connections; it has none."""

    def __init__(self, door: Door) -> None:
        super().__init__(1)
        self._door = door

    def urlopen(self, method: str, url: str, redirect: bool = True, **options: Any) -> Any:  # type: ignore[override]
        body, headers = options.get("body"), options.get("headers")
        preload_content = options.get("preload_content", True)
        response = self._door.ask(method, url, (headers or {}).items(), body)
        content: Body = Body(response.body)
        if response.abort_after is not None:
            if not response.body:
                raise urllib3.exceptions.ProtocolError("Connection aborted.", ConnectionResetError(104, "reset"))
            content = Body(response.body[: response.abort_after])
            missing = len(response.body) - response.abort_after
            content.failing = broken() if not response.close else http.client.IncompleteRead(b"", missing)
        return urllib3.HTTPResponse(
            body=content,
            headers=response.headers,
            status=response.status,
            preload_content=preload_content,
            request_method=method,
            request_url=url,
            enforce_content_length=True,
        )
