"""Serve S3 on one connection of a client: read requests, write responses. For the fake's server and for the gate."""

from __future__ import annotations

import socket
import struct

from pgben_testkit.storage.http1 import Closed, Malformed, Stream, status_line, written
from pgben_testkit.storage.s3.failures import S3Failure, failure
from pgben_testkit.storage.s3.payload import OBJECT_BYTES_MAX, length_allowed
from pgben_testkit.storage.s3.wire import Request, Response, of_head

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT")
"""Methods of HTTP. Another word is no request."""


class Connection:
    """Read requests from `connection` and write responses to it, until one of them ends it.

    `keep` tells whether the connection may serve another request after the one that was read last.
    """

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.stream = Stream(connection)
        self.keep = False
        self._waits = False

    def request(self) -> Request | None:
        """Return the next request without its body, or None where the connection ends.

        A request that is not HTTP, or whose headers announce a body that S3 refuses, is answered here.
        """
        try:
            head = self.stream.request()
        except Closed:
            return None
        except Malformed as error:
            self.refuse(failure("RequestHeaderSectionTooLarge") if error.too_long else not_http())
            return None
        if head is None:
            return None
        self.keep, self._waits = head.keep, head.continues
        try:
            if head.method not in METHODS:
                raise not_http()
            request = of_head(head.method, head.target, head.lower)
            length_allowed(request)
        except S3Failure as error:
            self.refuse(error)
            return None
        return request

    def proceed(self) -> None:
        """Send `100 Continue` where the client waits for it."""
        if self._waits:
            self.socket.sendall(CONTINUE)
            self._waits = False

    def body(self) -> bytes:
        """Return the whole body of the last request.

        Raises:
            Closed: it ends early, its chunks are malformed, or it is longer than S3 allows.
        """
        self.proceed()
        return self.stream.body(OBJECT_BYTES_MAX)

    def refuse(self, error: S3Failure) -> None:
        """Answer with `error` and end the connection."""
        body = error.xml("/", "0").encode()
        headers = [(b"Content-Type", b"application/xml"), (b"Content-Length", b"%d" % len(body))]
        self.socket.sendall(written(status_line(error.status), [*headers, (b"Connection", b"close")]) + body)
        self.stream.linger()

    def write(self, request: Request, response: Response) -> bool:
        """Send `response`; return whether the connection may serve another request."""
        keep = self.keep and not response.close
        pairs = [(name.encode("latin-1"), one_line(value)) for name, value in response.headers.items()]
        if not keep:
            pairs.append((b"Connection", b"close"))
        head = written(status_line(response.status), pairs)
        body = response.body if request.method != "HEAD" else b""
        if response.abort_after is None:
            self.socket.sendall(head + body if len(body) < 65536 else head)
            if len(body) >= 65536:
                self.socket.sendall(body)
            return keep
        if body:
            self.socket.sendall(head + body[: response.abort_after])
        if not response.close:
            reset(self.socket)
        return False


def not_http() -> S3Failure:
    """Return S3's error for a request that is not HTTP."""
    return S3Failure("BadRequest", "An error occurred when parsing the HTTP request.", 400, {}, {})


def reset(connection: socket.socket) -> None:
    """Make the connection end by RST, as that of a crashed server does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def one_line(value: str) -> bytes:
    """Return the value of a header as bytes, without line breaks."""
    if "\n" in value or "\r" in value:
        value = value.replace("\r", " ").replace("\n", " ")
    return value.encode("latin-1", "replace")
