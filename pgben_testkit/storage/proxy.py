"""Pass requests on to a real S3 server, with the faults that a test asks for. Signatures stay good: Host is kept."""

from __future__ import annotations

import socket
from urllib.parse import unquote, urlsplit

from pgben_testkit.services.listener import Listener
from pgben_testkit.storage.connection import CONTINUE, reset
from pgben_testkit.storage.faults import Fault, Faults, cut, refusal_xml, wait
from pgben_testkit.storage.http1 import Closed, Malformed, ResponseHead, Stream, request_head, written


class Proxy(Listener):
    """Listen on 127.0.0.1 until `close`. `url` is the address; `faults` holds what is to go wrong."""

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname or "127.0.0.1", parts.port or 80)
        self.faults = Faults()
        super().__init__(self._pass_on, name="pgben s3 faults")

    def _pass_on(self, client: socket.socket) -> None:
        with socket.create_connection(self._upstream, timeout=60) as server:
            one, two = Stream(client), Stream(server)
            try:
                while self._exchange(one, two):
                    pass
            except (Closed, Malformed, ValueError):
                pass  # either side is gone or speaks no HTTP, and the other is closed with it

    def _exchange(self, client: Stream, server: Stream) -> bool:
        head = client.request()
        if head is None:
            return False
        path = head.target.partition("?")[0]
        bucket, _, key = unquote(path).removeprefix("/").partition("/")
        fault = self.faults.strike(head.method, bucket, key)
        if fault is not None:
            wait(fault)
            refused = refusal_xml(fault, path)
            if refused is not None:
                self._refuse(client, head.method, *refused)
                return False
        server.socket.sendall(request_head(head.method, head.target, head.headers))
        if head.continues:
            interim = server.response(head.method, interim=True)
            if interim.status != 100:
                client.socket.sendall(interim.bytes())
                server.pass_on(client.socket, chunked=interim.chunked)
                return False
            client.socket.sendall(CONTINUE)
        client.pass_on(server.socket, chunked=head.chunked)
        answer = server.response(head.method)
        if fault is None or fault.kind == "slow":
            client.socket.sendall(answer.bytes())
            server.pass_on(client.socket, chunked=answer.chunked)
            return head.keep and not answer.ends
        return self._spoilt(fault, answer, server, client)

    @staticmethod
    def _spoilt(fault: Fault, answer: ResponseHead, server: Stream, client: Stream) -> bool:
        if fault.kind == "wrong_etag":
            client.socket.sendall(with_etag(answer))
            server.pass_on(client.socket, chunked=answer.chunked)
            return True
        body = server.body()
        if body:
            client.socket.sendall(answer.bytes() + body[: cut(fault, len(body))])
        if fault.kind == "reset":
            reset(client.socket)
        return False

    @staticmethod
    def _refuse(client: Stream, method: str, status: int, body: bytes) -> None:
        headers = [(b"Content-Type", b"application/xml"), (b"Content-Length", b"%d" % len(body))]
        head = written(b"HTTP/1.1 %d Fault" % status, [*headers, (b"Connection", b"close")])
        client.socket.sendall(head + (b"" if method == "HEAD" else body))
        client.linger()


def with_etag(head: ResponseHead) -> bytes:
    """Return `head` with an ETag that no object has."""
    wrong = b'"00000000000000000000000000000bad"'
    headers = [(name, wrong if name.lower() == b"etag" else value) for name, value in head.headers]
    return written(b"HTTP/1.1 %d %b" % (head.status, head.reason), headers)
