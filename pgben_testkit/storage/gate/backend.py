"""Ask the server behind the gate, by requests that the gate has signed."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from pgben_testkit.storage.http1 import Closed, Malformed, ResponseHead, Stream, request_head
from pgben_testkit.storage.s3.answer import Answer
from pgben_testkit.storage.s3.failures import S3Failure, failure
from pgben_testkit.storage.s3.signature import Identity, authorization

TIMEOUT_S = 120
"""Seconds that the server may say nothing: a Complete of many parts, a copy of something large."""
HOP = frozenset(
    {
        "authorization",
        "connection",
        "content-length",
        "expect",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-amz-content-sha256",
        "x-amz-date",
    }
)
"""Headers that are about the client's connection or signature, not ours."""
UNSIGNED = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True)
class Outgoing:
    """Describe a request to the server. `path` and `query` are escaped; without `identity` it is not signed; `size` is
    that of the body."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    identity: Identity | None = None
    payload: str = UNSIGNED
    size: int = 0

    def head(self, region: str, host: str) -> bytes:
        """Return the head as it goes to the server, signed by `identity`.

        Raises:
            S3Failure: a header that HTTP does not allow.
        """
        headers = {name: value for name, value in self.headers.items() if name not in HOP}
        headers.setdefault("host", host)
        if self.identity is not None:
            headers["x-amz-date"] = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
            headers["x-amz-content-sha256"] = self.payload
            signed = {name: value for name, value in headers.items() if name.startswith("x-amz-") or name == "host"}
            headers["authorization"] = authorization(self.identity, region, self.method, self.path, self.query, signed)
        if self.size or self.method in ("PUT", "POST"):
            headers["content-length"] = str(self.size)
        target = f"{self.path}?{self.query}" if self.query else self.path
        pairs = [
            (name.encode("latin-1"), value.strip().encode("latin-1", "replace")) for name, value in headers.items()
        ]
        try:
            return request_head(self.method, target, pairs)
        except ValueError as error:  # out of the field of a form: no header that was read holds such a thing
            raise failure("InvalidArgument", f"A value can't be sent in a header: {error}") from None


def path_of(bucket: str, key: str = "") -> str:
    """Return the escaped path of `key` in `bucket`."""
    path = "/" + "/".join(part for part in (bucket, key) if part)
    return quote(path, safe="/-_.~", errors="surrogateescape")


class Backend:
    """Hold one connection to the server, made when it is needed and again when the server has ended it.

    Not for use by several threads. A response must be read, by `rest` or `stream.pass_on` with `finish` after it,
    before the next request.
    """

    def __init__(self, port: int, admin: Identity, region: str) -> None:
        self.admin = admin
        self._port, self._region = port, region
        self._stream: Stream | None = None
        self._cut = False

    @property
    def stream(self) -> Stream:
        """Return the stream that the body of the last response is read from."""
        assert self._stream is not None, "no request was sent"
        return self._stream

    def finish(self) -> None:
        """Keep the connection for the next request, unless the body of the last request was never whole."""
        if self._cut:
            self.close()

    def close(self) -> None:
        """End the connection."""
        if self._stream is not None:
            self._stream.socket.close()
            self._stream = None
        self._cut = False

    def _connected(self) -> Stream:
        if self._stream is not None and _readable(self._stream.socket):
            self.close()  # the server sends something that was not asked for: it ends the connection
        if self._stream is None:
            try:
                made = socket.create_connection(("127.0.0.1", self._port), timeout=TIMEOUT_S)
            except OSError:
                raise failure("ServiceUnavailable", "The server behind the gate can't be reached.") from None
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._stream = Stream(made)
        return self._stream

    def send(self, request: Outgoing, body: Iterable[bytes | memoryview]) -> ResponseHead:
        """Send `request` with `body`; return the head of the response.

        Raises:
            S3Failure: ServiceUnavailable where nothing listens, InternalError where no response came.
        """
        stream = self._connected()
        head = request.head(self._region, f"127.0.0.1:{self._port}")
        self._push(stream.socket, head, body)
        try:
            return stream.response(request.method)
        except (OSError, Closed, Malformed):
            self.close()
            raise self._ended() from None

    def _push(self, server: socket.socket, head: bytes, body: Iterable[bytes | memoryview]) -> None:
        self._cut = True  # until the end of the body: what was cut off must never be taken for whole
        try:
            for piece in body:
                if head and len(piece) < 65536:
                    piece = head + piece
                elif head:
                    server.sendall(head)
                head = b""
                server.sendall(piece)
            if head:
                server.sendall(head)
        except (BrokenPipeError, ConnectionResetError):
            return  # the server has answered before the end of the body: its answer is read
        except OSError:
            self.close()
            raise self._ended() from None
        except BaseException:
            self.close()
            raise
        self._cut = False

    @staticmethod
    def _ended() -> S3Failure:
        return failure("InternalError", "The server behind the gate ended the connection.")

    def rest(self, head: ResponseHead) -> Answer:
        """Return the whole response that begins with `head`.

        Raises:
            S3Failure: InternalError where the server ends the connection before the end.
        """
        try:
            body = self.stream.body()
        except (OSError, Closed):
            self.close()
            raise self._ended() from None
        if head.ends:
            self.close()
        self.finish()
        return Answer(head.status, head.text, body)

    def ask(
        self, method: str, path: str, query: str = "", headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """Ask the server a question of the gate's own, as the administrator."""
        outgoing = Outgoing(method, path, query, headers or {}, self.admin, size=len(body))
        return self.rest(self.send(outgoing, (body,) if body else ()))


def _readable(connection: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))
