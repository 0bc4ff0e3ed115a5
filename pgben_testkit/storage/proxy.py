"""A proxy in front of a real S3 server, that does what a test's faults say. Signatures stay good: Host is passed on."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from pgben_testkit.services.listener import Listener
from pgben_testkit.storage.bucket import Bucket
from pgben_testkit.storage.faults import Fault, Faults, cut, refusal_xml, wait
from pgben_testkit.storage.side import Closed, Side, length_of


class Proxy(Listener):
    """Listens on 127.0.0.1 until `close`. `url` is where; what strikes is in `faults`."""

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname or "127.0.0.1", parts.port or 80)
        self.faults = Faults()
        super().__init__(self._pass_on, name="pgben s3 faults")

    def _pass_on(self, client: socket.socket) -> None:
        with socket.create_connection(self._upstream, timeout=60) as server:
            one, two = Side(client), Side(server)
            try:
                while self._exchange(one, two):
                    pass
            except Closed:
                pass  # either side is gone, and the other is closed with it

    def _exchange(self, client: Side, server: Side) -> bool:
        head = client.head()
        method, target = head.split(b" ", 2)[:2]
        path = target.decode("latin-1").partition("?")[0]
        bucket, _, key = unquote(path).removeprefix("/").partition("/")
        fault = self.faults.strike(method.decode("latin-1"), bucket, key)
        if fault is not None:
            wait(fault)
            refused = refusal_xml(fault, path)
            if refused is not None:
                self._refuse(client, method, *refused)
                return False
        server.socket.sendall(head)
        if b"100-continue" in head.lower():
            interim = server.head()
            client.socket.sendall(interim)
            if not interim.startswith(b"HTTP/1.1 100"):
                server.pass_body(interim, client, no_body=False)
                return False
        client.pass_body(head, server, no_body=method in (b"GET", b"HEAD", b"DELETE", b"OPTIONS"))
        answer = server.head()
        no_body = method == b"HEAD" or answer[9:12] in (b"204", b"304")
        if fault is None or fault.kind == "slow":
            client.socket.sendall(answer)
            server.pass_body(answer, client, no_body=no_body)
            return b"connection: close" not in answer.lower()
        return self._spoilt(fault, answer, server, client, no_body)

    @staticmethod
    def _spoilt(fault: Fault, answer: bytes, server: Side, client: Side, no_body: bool) -> bool:
        if fault.kind == "wrong_etag":
            client.socket.sendall(with_etag(answer))
            server.pass_body(answer, client, no_body=no_body)
            return True
        body = b"" if no_body else server.take(length_of(answer))
        if body:
            client.socket.sendall(answer + body[: cut(fault, len(body))])
        if fault.kind == "reset":
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    @staticmethod
    def _refuse(client: Side, method: bytes, status: int, body: bytes) -> None:
        head = (
            f"HTTP/1.1 {status} Fault\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n"
        ).encode()
        client.socket.sendall(head + (b"" if method == b"HEAD" else body))
        # What the client still sends is read for a moment: a reset would take the answer from it.
        client.socket.shutdown(socket.SHUT_WR)
        client.socket.settimeout(0.5)
        try:
            while client.socket.recv(65536):
                pass
        except OSError:
            pass  # it has the answer


def with_etag(head: bytes) -> bytes:
    lines = [
        b'ETag: "00000000000000000000000000000bad"' if line.lower().startswith(b"etag:") else line
        for line in head.split(b"\r\n")
    ]
    return b"\r\n".join(lines)


@dataclass(frozen=True)
class FaultyBucket(Bucket):
    """A bucket whose requests pass the proxy; `.faults` says what befalls them."""

    faults: Faults = field(kw_only=True, repr=False, compare=False)

    @classmethod
    @contextmanager
    def of(cls, bucket: Bucket) -> Iterator[FaultyBucket]:
        proxy = Proxy(bucket.endpoint)
        try:
            yield cls(
                bucket.name,
                proxy.url,
                bucket.access_key,
                bucket.secret_key,
                bucket.region,
                bucket.data,
                faults=proxy.faults,
            )
        finally:
            proxy.close()
