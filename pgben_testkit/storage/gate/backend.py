"""The server behind the gate: one connection to it, requests signed by us."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from pgben_testkit.storage.s3.answer import Answer
from pgben_testkit.storage.s3.failures import failure
from pgben_testkit.storage.s3.signature import Identity, authorization
from pgben_testkit.storage.side import Closed, Side

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
    """A request to the server. `path` and `query` are escaped; `identity` None: unsigned; `size` of the body."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    identity: Identity | None = None
    payload: str = UNSIGNED
    size: int = 0

    def head(self, region: str, host: str) -> bytes:
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
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{self.method} {target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1", "replace")


def path_of(bucket: str, key: str = "") -> str:
    path = "/" + "/".join(part for part in (bucket, key) if part)
    return quote(path, safe="/-_.~", errors="surrogateescape")


class Backend:
    """A connection to the server, made when it is needed and again when the server has ended it. Not for threads."""

    def __init__(self, port: int, admin: Identity, region: str) -> None:
        self.admin = admin
        self._port, self._region = port, region
        self._side: Side | None = None
        self._cut = False

    def finish(self) -> None:
        """The response was read: the connection serves again, unless the request's body was never whole."""
        if self._cut:
            self.close()

    def close(self) -> None:
        if self._side is not None:
            self._side.socket.close()
            self._side = None
        self._cut = False

    def _connected(self) -> Side:
        if self._side is not None and _readable(self._side.socket):
            self.close()  # the server says something unasked: it has hung up
        if self._side is None:
            try:
                made = socket.create_connection(("127.0.0.1", self._port), timeout=TIMEOUT_S)
            except OSError:
                raise failure("ServiceUnavailable", "The server behind the gate can't be reached.") from None
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._side = Side(made)
        return self._side

    def send(self, request: Outgoing, body: Iterable[bytes | memoryview]) -> tuple[Side, bytes]:
        """The request, sent; where its response is read from, and the head of it.

        Raises:
            S3Failure: ServiceUnavailable where nothing listens, InternalError where no response came.
        """
        side = self._connected()
        try:
            self._push(side, request, body)
            head = side.head()
            while head[9:12] == b"100":
                head = side.head()
        except (OSError, Closed):
            self.close()
            raise failure("InternalError", "The server behind the gate ended the connection.") from None
        return side, head

    def _push(self, side: Side, request: Outgoing, body: Iterable[bytes | memoryview]) -> None:
        head = request.head(self._region, f"127.0.0.1:{self._port}")
        self._cut = True  # until the end of the body: what was cut off must never be taken for whole
        try:
            for piece in body:
                if head and len(piece) < 65536:
                    piece = head + piece
                elif head:
                    side.socket.sendall(head)
                head = b""
                side.socket.sendall(piece)
            if head:
                side.socket.sendall(head)
        except (BrokenPipeError, ConnectionResetError):
            return  # the server has answered before the end of the body: its answer is read
        except BaseException:
            self.close()
            raise
        self._cut = False

    def ask(self, method: str, path: str, query: str = "", headers: Mapping[str, str] | None = None) -> Answer:
        """A question of the gate's own, as the administrator."""
        side, head = self.send(Outgoing(method, path, query, headers or {}, self.admin), ())
        try:
            status = int(head[9:12])
            body = b"" if method == "HEAD" or status in (204, 304) else side.read_body(head)
        except (OSError, Closed):
            self.close()
            raise failure("InternalError", "The server behind the gate ended the connection.") from None
        return Answer(status, headers_of(head), body)


def _readable(connection: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))


def headers_of(head: bytes) -> dict[str, str]:
    found = {}
    for line in head.split(b"\r\n")[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            found[name.decode("latin-1").lower()] = value.decode("latin-1").strip()
    return found
