"""Read and write HTTP/1.1 on a socket: the one door of the fake's server, of the gate and of the proxy of faults.

h11 reads every head and every chunk. A body of known length is read from the socket past h11, and heads of responses
are written past it: together that costs a fifth of a small exchange, and there is nothing to parse in either.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus

import h11

HEAD_BYTES_MAX = 65536
"""Bytes of a head that are read before the connection is refused; S3's own limit is far below."""
PIECE_BYTES = 1 << 18
"""Bytes of a body that are read at once."""
REASONS = {status.value: status.phrase for status in HTTPStatus}
Pair = tuple[bytes, bytes]


class Closed(Exception):
    """The other side has ended the connection, or has sent something after which nothing can be read."""


class Malformed(Exception):
    """The other side has sent a head that is not HTTP/1.1. `too_long`: the head is longer than HEAD_BYTES_MAX."""

    def __init__(self, why: str, *, too_long: bool = False) -> None:
        super().__init__(why)
        self.too_long = too_long


@dataclass(frozen=True)
class RequestHead:
    """Hold the head of a request. `headers` have their names as they were sent; `lower` in lower case."""

    method: str
    target: str
    headers: list[Pair]
    lower: dict[bytes, bytes]
    keep: bool

    @property
    def chunked(self) -> bool:
        """Tell whether the body comes in chunks."""
        return b"transfer-encoding" in self.lower

    @property
    def continues(self) -> bool:
        """Tell whether the client waits for `100 Continue` before it sends the body."""
        return self.lower.get(b"expect", b"").lower() == b"100-continue"


@dataclass(frozen=True)
class ResponseHead:
    """Hold the head of a response, as `RequestHead` does. `bodiless`: no body follows, whatever the headers say."""

    status: int
    reason: bytes
    headers: list[Pair]
    lower: dict[bytes, bytes]
    bodiless: bool

    @property
    def chunked(self) -> bool:
        """Tell whether the body comes in chunks."""
        return not self.bodiless and b"transfer-encoding" in self.lower

    @property
    def text(self) -> dict[str, str]:
        """Return the headers as text, by their lower-case names."""
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in self.lower.items()}

    @property
    def ends(self) -> bool:
        """Tell whether the server ends the connection after this response."""
        if b"close" in self.lower.get(b"connection", b"").lower():
            return True
        return not self.bodiless and not self.chunked and b"content-length" not in self.lower

    def bytes(self) -> bytes:
        """Return the head to be sent on as it came."""
        return written(b"HTTP/1.1 %d %s" % (self.status, self.reason), self.headers)


class Stream:
    """Read requests or responses from a connection, one after the other. Not for use by several threads.

    After a head the body must be read with `pieces` or `body`, before the next head.
    """

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._ahead = b""
        self._missing: int | None = 0  # bytes of the body that are not read yet; None: until the connection ends
        self._chunks: h11.Connection | None = None

    def request(self) -> RequestHead | None:
        """Return the head of the next request, or None where the client has ended the connection.

        Raises:
            Malformed: it is not HTTP/1.1.
            Closed: the connection ends in the middle of it.
        """
        self._ahead = self._ahead.lstrip(b"\r\n")
        while not self._ahead:
            piece = self.socket.recv(65536)
            if not piece:
                return None
            self._ahead = piece.lstrip(b"\r\n")
        self._escape_target()
        parser = h11.Connection(h11.SERVER, HEAD_BYTES_MAX)
        event = self._head(parser)
        if not isinstance(event, h11.Request):
            return None
        lower = joined(event.headers)
        self._begin(parser, lower, b"0")
        keep = event.http_version == b"1.1" and b"close" not in lower.get(b"connection", b"").lower()
        return RequestHead(
            event.method.decode("latin-1"), event.target.decode("latin-1"), event.headers.raw_items(), lower, keep
        )

    def _escape_target(self) -> None:
        """Escape what is not ASCII in the first line: curl sends paths in UTF-8 as they are, h11 refuses them."""
        line, end, rest = self._ahead.partition(b"\r\n")
        if not line.isascii():
            self._ahead = b"".join(b"%c" % byte if byte < 128 else b"%%%02X" % byte for byte in line) + end + rest

    def ask(self, method: str, target: str, headers: Iterable[Pair]) -> Question:
        """Return a request whose response this stream can read; nothing is sent yet.

        Raises:
            ValueError: a header that HTTP does not allow.
        """
        parser = h11.Connection(h11.CLIENT, HEAD_BYTES_MAX)
        try:
            head = parser.send(h11.Request(method=method, target=target, headers=list(headers)))
        except h11.LocalProtocolError as error:
            raise ValueError(str(error)) from None
        return Question(self, parser, head or b"", method)

    def answer(self, parser: h11.Connection, method: str, *, interim: bool) -> ResponseHead:
        """Return the head of the response to what `parser` has sent; called by `Question.answer`."""
        event = self._head(parser)
        while isinstance(event, h11.InformationalResponse) and not interim:
            event = self._head(parser)
        if not isinstance(event, h11.Response | h11.InformationalResponse):
            raise Closed
        lower = joined(event.headers)
        bodiless = method == "HEAD" or event.status_code in (204, 304) or event.status_code < 200
        if bodiless:
            self._ahead, self._missing, self._chunks = bytes(parser.trailing_data[0]), 0, None
        else:
            self._begin(parser, lower, b"")
        return ResponseHead(event.status_code, bytes(event.reason), event.headers.raw_items(), lower, bodiless)

    def _head(self, parser: h11.Connection) -> h11.Event | type[h11.PAUSED]:
        if self._ahead:
            parser.receive_data(self._ahead)
            self._ahead = b""
        try:
            while True:
                event = parser.next_event()
                if event is not h11.NEED_DATA:
                    return event  # type: ignore[return-value]
                parser.receive_data(self.socket.recv(65536))
        except h11.RemoteProtocolError as error:
            if parser.trailing_data[1]:
                raise Closed from None  # the head was cut off: nobody waits for an answer to it
            raise Malformed(str(error), too_long=error.error_status_hint == 431) from None

    def _begin(self, parser: h11.Connection, headers: dict[bytes, bytes], unstated: bytes) -> None:
        """Prepare to read the body that `headers` announce; a length `unstated` as b"" means until the end."""
        if b"transfer-encoding" in headers:
            self._chunks, self._missing = parser, 0
            return
        length = headers.get(b"content-length", unstated)
        self._ahead, self._chunks = bytes(parser.trailing_data[0]), None
        self._missing = int(length) if length else None

    @property
    def unread(self) -> int:
        """Return how many bytes of a body of known length were not read yet."""
        return self._missing or 0

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as it comes, decoded.

        Raises:
            Closed: it ends early, or its chunks are malformed.
        """
        if self._chunks is not None:
            yield from self._decoded(self._chunks)
            return
        while self._missing != 0:
            if self._ahead:
                piece = self._ahead if self._missing is None else self._ahead[: self._missing]
                self._ahead = self._ahead[len(piece) :]
            else:
                try:
                    piece = self.socket.recv(PIECE_BYTES if self._missing is None else min(self._missing, PIECE_BYTES))
                except OSError:
                    raise Closed from None
            if not piece and self._missing is None:
                self._missing = 0
                return
            if not piece:
                raise Closed
            if self._missing is not None:
                self._missing -= len(piece)
            yield piece

    def _decoded(self, parser: h11.Connection) -> Iterator[bytes]:
        try:
            while True:
                event = parser.next_event()
                if isinstance(event, h11.Data):
                    yield bytes(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    break
                elif event is h11.NEED_DATA:
                    parser.receive_data(self.socket.recv(PIECE_BYTES))
                else:
                    raise Closed
        except h11.RemoteProtocolError:
            raise Closed from None
        self._ahead, self._chunks = bytes(parser.trailing_data[0]), None

    def body(self, most: int | None = None) -> bytes:
        """Return the whole body.

        Raises:
            Closed: it ends early, its chunks are malformed, or it has more than `most` bytes.
        """
        if self._chunks is None and self._missing is not None and self._missing <= len(self._ahead):
            taken, self._ahead, self._missing = self._ahead[: self._missing], self._ahead[self._missing :], 0
            return taken
        found, size = [], 0
        for piece in self.pieces():
            size += len(piece)
            if most is not None and size > most:
                raise Closed
            found.append(piece)
        return b"".join(found)

    def pass_on(self, other: socket.socket, *, chunked: bool) -> None:
        """Send the body to `other` as it comes, in chunks where `chunked`.

        Raises:
            Closed: it ends early, or its chunks are malformed.
        """
        for piece in self.pieces():
            other.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        if chunked:
            other.sendall(b"0\r\n\r\n")

    def linger(self) -> None:
        """End the connection after what was sent has arrived."""
        # What the client still sends is read for a moment: a reset would take the answer from it.
        try:
            self.socket.shutdown(socket.SHUT_WR)
            self.socket.settimeout(0.5)
            for _ in range(64):
                if not self.socket.recv(65536):
                    return
        except OSError:
            return


@dataclass(frozen=True)
class Question:
    """Hold a request: the `head` to be sent, and where the response to it is read."""

    stream: Stream
    parser: h11.Connection
    head: bytes
    method: str

    def answer(self, *, interim: bool = False) -> ResponseHead:
        """Return the head of the response, or of a `100 Continue` before it where `interim`.

        Raises:
            Malformed: it is not HTTP/1.1.
            Closed: the server has ended the connection.
        """
        return self.stream.answer(self.parser, self.method, interim=interim)


def joined(headers: Iterable[Pair]) -> dict[bytes, bytes]:
    """Return `headers` by name, repeated ones joined by commas."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        found[name] = found[name] + b"," + value if name in found else value
    return found


def written(first: bytes, headers: Iterable[Pair]) -> bytes:
    """Return a head: the line `first`, then `headers`."""
    return first + b"\r\n" + b"".join(b"%b: %b\r\n" % pair for pair in headers) + b"\r\n"


def status_line(status: int) -> bytes:
    """Return the first line of a response."""
    return f"HTTP/1.1 {status} {REASONS.get(status, '')}".encode()
