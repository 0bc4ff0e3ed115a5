"""Serve the fake on a socket of 127.0.0.1, with a thread for each connection: for Node and other processes."""

from __future__ import annotations

import socket
from collections.abc import Callable

from pgben_testkit.services.listener import Listener
from pgben_testkit.storage.connection import Connection
from pgben_testkit.storage.http1 import Closed
from pgben_testkit.storage.s3.wire import Request, Response

Answer = Callable[[Request], Response]


class Served(Listener):
    """Listen for the fake. `url` is the address; the fake closes it with itself."""

    def __init__(self, answer: Answer, port: int, access_key: str, secret_key: str, region: str) -> None:
        """Raises:
        EnvironmentNotAble: the port is taken.
        """
        self.access_key, self.secret_key, self.region = access_key, secret_key, region

        def serve(connection: socket.socket) -> None:
            client = Connection(connection)
            try:
                while exchange(client, answer):
                    pass
            except Closed:
                return  # the client is gone in the middle of a request

        super().__init__(serve, port, name="pgben s3 fake")

    def env(self, bucket: str = "pgben-documentos") -> dict[str, str]:
        """Return PGBen's variables (`MINIO_*`) for `bucket` on this server."""
        from pgben_testkit.storage.bucket import Bucket

        return Bucket(bucket, self.url, self.access_key, self.secret_key, self.region).env()


def exchange(client: Connection, answer: Answer) -> bool:
    """Serve one request; return whether the connection goes on."""
    request = client.request()
    if request is None:
        return False
    request.body = client.body()
    return client.write(request, answer(request))
