"""The fake on a socket of 127.0.0.1: HTTP/1.1 by hand, a thread a connection. For Node and other processes."""

from __future__ import annotations

import re
import socket
import struct
from collections.abc import Callable
from http import HTTPStatus

from pgben_testkit.services.listener import Broken, Listener
from pgben_testkit.storage.s3.failures import S3Failure, failure
from pgben_testkit.storage.s3.payload import OBJECT_BYTES_MAX, length_allowed
from pgben_testkit.storage.s3.wire import Request, Response, lowered

HEAD_BYTES_MAX = 65536
"""What is read of a head before the connection is refused; S3's own limit is far below."""
REASONS = {status.value: status.phrase for status in HTTPStatus}
REQUEST_LINE = re.compile(rb"([A-Z]{1,16}) (\S{1,60000}) HTTP/1\.([01])")
Answer = Callable[[Request], Response]


class Served(Listener):
    """The fake where it listens. `url` is where; closed with the fake."""

    def __init__(self, answer: Answer, port: int, access_key: str, secret_key: str, region: str) -> None:
        """Raises:
        EnvironmentNotAble: the port is taken.
        """
        self.access_key, self.secret_key, self.region = access_key, secret_key, region

        def serve(connection: socket.socket) -> None:
            reader = Reader(connection)
            while reader.exchange(answer):
                pass

        super().__init__(serve, port, name="pgben s3 fake")

    def env(self, bucket: str = "pgben-documentos") -> dict[str, str]:
        """PGBen's variables for it (`MINIO_*`)."""
        from pgben_testkit.storage.bucket import Bucket

        return Bucket(bucket, self.url, self.access_key, self.secret_key, self.region).env()


class Reader:
    """One connection: reads requests, writes responses."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._buffer = b""

    def exchange(self, answer: Answer) -> bool:
        """One request and its response; False where the connection ends."""
        head = self._head()
        if head is None:
            return False
        try:
            request, keep = parse_head(head)
            length_allowed(request)
        except S3Failure as error:
            self._refuse(error)
            return False
        if request.header("expect").lower() == "100-continue":
            self._socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.body = self._body(request)
        response = answer(request)
        return self._write(request, response, keep) and keep and not response.close

    def _head(self) -> bytes | None:
        while True:
            end = self._buffer.find(b"\r\n\r\n")
            if end >= 0:
                head, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
                return head
            if len(self._buffer) > HEAD_BYTES_MAX:
                self._refuse(failure("RequestHeaderSectionTooLarge"))
                return None
            piece = self._socket.recv(65536)
            if not piece:
                return None
            self._buffer = self._buffer + piece if self._buffer else piece.lstrip(b"\r\n")

    def _refuse(self, error: S3Failure) -> None:
        body = error.xml("/", "0").encode()
        self._socket.sendall(
            f"HTTP/1.1 {error.status} {REASONS.get(error.status, '')}\r\nContent-Type: application/xml\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
            + body
        )
        self._linger()

    def _linger(self) -> None:
        """The connection ends."""
        # What the client still sends is read for a moment: a reset would take the answer from it.
        try:
            self._socket.shutdown(socket.SHUT_WR)
            self._socket.settimeout(0.5)
            for _ in range(64):
                if not self._socket.recv(65536):
                    return
        except OSError:
            return

    def _take(self, size: int) -> bytes:
        """So many bytes of the connection."""
        if len(self._buffer) >= size:
            taken, self._buffer = self._buffer[:size], self._buffer[size:]
            return taken
        pieces, missing = [self._buffer], size - len(self._buffer)
        self._buffer = b""
        while missing:
            piece = self._socket.recv(min(missing, 1 << 20))
            if not piece:
                raise Broken
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def _line(self) -> bytes:
        while b"\r\n" not in self._buffer:
            piece = self._socket.recv(65536)
            if not piece or len(self._buffer) > HEAD_BYTES_MAX:
                raise Broken
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def _body(self, request: Request) -> bytes:
        if "chunked" in request.header("transfer-encoding").lower():
            pieces: list[bytes] = []
            total = 0
            while True:
                size_text = self._line().partition(b";")[0].strip()
                if not re.fullmatch(rb"[0-9a-fA-F]{1,9}", size_text):
                    raise Broken
                size = int(size_text, 16)
                total += size
                if total > OBJECT_BYTES_MAX:
                    raise Broken
                if size == 0:
                    while self._line():
                        pass
                    return b"".join(pieces)
                pieces.append(self._take(size))
                self._take(2)
        length = request.header("content-length", "0")
        return self._take(int(length)) if length.isdigit() and length != "0" else b""

    def _write(self, request: Request, response: Response, keep: bool) -> bool:
        """Sent; False where a fault broke it off."""
        lines = [f"HTTP/1.1 {response.status} {REASONS.get(response.status, '')}"]
        lines += [f"{name}: {one_line(value)}" for name, value in response.headers.items()]
        if not keep or response.close:
            lines.append("Connection: close")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
        body = response.body if request.method != "HEAD" else b""
        if response.abort_after is None:
            self._socket.sendall(head + body if len(body) < 65536 else head)
            if len(body) >= 65536:
                self._socket.sendall(body)
            return True
        if body:
            self._socket.sendall(head + body[: response.abort_after])
        if not response.close:
            reset(self._socket)
        return False


def reset(connection: socket.socket) -> None:
    """The connection ends by RST, as a crashed server's does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def one_line(value: str) -> str:
    return value if "\n" not in value and "\r" not in value else value.replace("\r", " ").replace("\n", " ")


def parse_head(head: bytes) -> tuple[Request, bool]:
    """The request without its body, and whether the connection stays.

    Raises:
        S3Failure: it is no HTTP/1.1.
    """
    first, *rest = head.split(b"\r\n")
    found = REQUEST_LINE.fullmatch(first)
    if found is None:
        raise S3Failure("BadRequest", "An error occurred when parsing the HTTP request.", 400, {}, {})
    pairs = []
    for line in rest:
        name, colon, value = line.partition(b":")
        if not colon or not name or name.strip() != name:
            raise S3Failure("BadRequest", "An error occurred when parsing the HTTP request.", 400, {}, {})
        pairs.append((name.decode("latin-1"), value))
    headers = lowered(pairs)
    target = found[2].decode("latin-1")
    if not target.startswith("/"):
        scheme, _, place = target.partition("://")
        target = "/" + place.partition("/")[2] if place and scheme in ("http", "https") else "/"
    path, _, query = target.partition("?")
    keep = "close" not in headers.get("connection", "").lower() and found[3] == b"1"
    return Request(found[1].decode(), path, query, headers), keep
