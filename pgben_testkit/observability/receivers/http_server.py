"""An HTTP server on 127.0.0.1 for one channel: it reads the request, meets the faults, and tells the inbox."""

from __future__ import annotations

import select
import socket
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, cast
from urllib.parse import parse_qs, quote, unquote

from pgben_testkit.observability.receivers.delivery import ChannelName, Delivery, digest
from pgben_testkit.observability.receivers.faults import Fault
from pgben_testkit.observability.receivers.inbox import Inbox
from pgben_testkit.observability.receivers.view import Channel
from pgben_testkit.services.listener import Listener

PREFIX = "receiver"
"""First segment of a path that carries the receiver's name and the number of its integration after it."""
LARGEST_BYTES = 10_000_000
IDLE_S = 600.0
"""Seconds after which a kept connection with no request ends."""


@dataclass(frozen=True)
class Request:
    """`path`: without the receiver's prefix, percent-encoded as it came; `raw_path`: with it; names of `headers` are
    lower case."""

    method: str
    raw_path: str
    path: str
    raw_query: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    receiver: str = ""
    integration: int = 0

    @property
    def query(self) -> Mapping[str, list[str]]:
        return parse_qs(self.raw_query, keep_blank_values=True)


@dataclass(frozen=True)
class Answer:
    """`deliveries`: what was accepted; without any, `why` says in a word or two why not."""

    status: int
    body: bytes = b""
    kind: str = "text/plain; charset=utf-8"
    deliveries: Sequence[Delivery] = ()
    why: str = ""
    counts: bool = True
    """False: it was no attempt to deliver, as a question for a token."""


class HttpServer:
    """Serves from its making until `close()`. `url` has no trailing slash."""

    def __init__(
        self, inbox: Inbox, channel_name: ChannelName, channel: Channel[Any], answer: Callable[[Request], Answer]
    ) -> None:
        self.channel_name = channel_name
        self.channel = channel
        self.inbox = inbox
        self.answer = answer
        self._lock = threading.Lock()
        self._connections: dict[socket.socket, bool] = {}
        """Connection -> a request is being handled on it."""
        self._listener = Listener(self._serve, name=f"pgben-{channel_name}")
        self.url = self._listener.url
        channel.on_refuse.append(self._end_kept)

    def close(self) -> None:
        self._listener.close()

    def busy(self, connection: socket.socket, busy: bool) -> None:
        with self._lock:
            self._connections[connection] = busy

    def _serve(self, connection: socket.socket) -> None:
        if self.channel.faults.take("refuse"):
            reset(connection)
            self.inbox.failed(self.channel_name, "refused")
            return
        self.busy(connection, False)
        try:
            _Handler(connection, ("127.0.0.1", 0), cast("Any", self))
        finally:
            with self._lock:
                self._connections.pop(connection, None)

    def _end_kept(self) -> None:
        """A client that keeps a connection would not notice that new ones are refused."""
        with self._lock:
            idle = [each for each, busy in self._connections.items() if not busy]
        for each in idle:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # ended already


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "pgben-testkit"
    sys_version = ""
    timeout = IDLE_S
    wbufsize = -1
    server: HttpServer  # type: ignore[assignment]  # not a socketserver's: we are called by a Listener

    def _any(self) -> None:
        server, connection = self.server, cast("socket.socket", self.connection)
        with server.inbox.handling():
            server.busy(connection, True)
            try:
                self._one(server)
                self.wfile.flush()
            finally:
                server.busy(connection, False)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

    def _one(self, server: HttpServer) -> None:
        body = self._body()
        if body is None:
            return
        request = _request(self.command, self.path, self.headers.items(), body)
        fault = server.channel.faults.take("fail", "refuse", "time_out", "drop")
        if fault:
            self._struck(fault, request)
            return
        try:
            answer = server.answer(request)
        except (
            Exception
        ) as error:  # a bug of ours, or a package that lacks: told to both sides, then shown with its frames
            self._told(f"error of ours: {type(error).__name__}: {error}".splitlines()[0], request, 500)
            self._say(500, b"")
            self.wfile.flush()
            raise
        if answer.deliveries:
            server.inbox.deliver(answer.deliveries, status=answer.status, message=digest(request.body))
        elif answer.counts:
            self._told(answer.why, request, answer.status)
        self._say(answer.status, answer.body, answer.kind)

    def _struck(self, fault: Fault, request: Request) -> None:
        self.close_connection = fault.kind != "fail"
        if fault.kind == "fail":
            self._told("failed", request, fault.status)
            again = {} if fault.retry_after_s is None else {"Retry-After": str(fault.retry_after_s)}
            self._say(fault.status, fault.body.encode(), headers=again)
        elif fault.kind == "time_out":
            self._told("timed out", request)
            with self.server.inbox.holding():
                _wait_closed(self.connection, fault.seconds)
        elif fault.kind == "drop":
            self._told("dropped", request)
        else:
            self._told("refused", request)
            reset(self.connection)

    def _told(self, why: str, request: Request, status: int = 0) -> None:
        self.server.inbox.failed(
            self.server.channel_name,
            why,
            status=status,
            receiver=request.receiver,
            integration=request.integration,
            message=digest(request.body),
        )

    def _body(self) -> bytes | None:
        """None where there is none to be had: the answer is given."""
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            pieces: list[bytes] = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(pieces)
        said = self.headers.get("Content-Length", "0")
        if not said.isdigit() or int(said) > LARGEST_BYTES:
            self.close_connection = True
            self._say(413 if said.isdigit() else 400, b"")
            return None
        body = self.rfile.read(int(said))
        return body if len(body) == int(said) else None

    def _say(
        self,
        status: int,
        body: bytes,
        kind: str = "text/plain; charset=utf-8",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        phrases = {each.value: each.phrase for each in HTTPStatus}
        self.send_response(status, phrases.get(status, "Failed"))
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it: the inbox has the attempts."""


def with_receiver(url: str, receiver: str, integration: int) -> str:
    """The URL with the receiver's prefix before its path."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host}/{PREFIX}/{quote(receiver, safe='')}/{integration}{slash}{path}"


def _request(method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes) -> Request:
    raw_path, _, query = target.partition("?")
    path, receiver, integration = raw_path, "", 0
    parts = raw_path.split("/", 4)
    if len(parts) >= 4 and parts[1] == PREFIX and parts[3].isdigit():
        receiver, integration = unquote(parts[2]), int(parts[3])
        path = "/" + (parts[4] if len(parts) == 5 else "")
    return Request(
        method, raw_path, path, query, {name.lower(): value for name, value in headers}, body, receiver, integration
    )


def reset(connection: socket.socket) -> None:
    """The other side sees a reset when the connection is closed, not an end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _wait_closed(connection: socket.socket, seconds: float | None) -> None:
    """Until the other side closes, `seconds` at most; by `poll`, since a run may have more than 1,024 descriptors."""
    poll = select.poll()
    poll.register(connection, select.POLLIN | select.POLLHUP)
    poll.poll(None if seconds is None else int(seconds * 1000))
