"""One kept connection to a server of ours on loopback: what a driver asks hundreds of times a second."""

from __future__ import annotations

import http.client
import json
from typing import Any

from pgben_testkit.errors import EnvironmentNotAble


class HttpFailed(EnvironmentNotAble):
    """The server did not answer, or not with a success. `status` is 0 where nothing came."""

    def __init__(self, what: str, *, why: str = "", remedy: str = "", status: int = 0) -> None:
        super().__init__(what, why=why, remedy=remedy)
        self.status = status


class Http:
    """Requests to 127.0.0.1:`port`, one after the other. Not for two threads at a time."""

    def __init__(self, name: str, port: int, *, timeout_s: float = 10.0) -> None:
        self.name = name
        self.port = port
        self.timeout_s = timeout_s
        self._connection: http.client.HTTPConnection | None = None

    def get(self, path: str) -> bytes:
        return self._ask("GET", path, None)

    def json(self, path: str) -> Any:
        return json.loads(self._ask("GET", path, None))

    def post(self, path: str, body: bytes = b"", kind: str = "application/json") -> bytes:
        return self._ask("POST", path, body, {"Content-Type": kind})

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str] | None = None) -> bytes:
        """Raises HttpFailed: refused, too late, or a status of 400 and more."""
        for fresh in (False, True):
            if self._connection is None:
                fresh = True
                self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout_s)
            try:
                self._connection.request(method, path, body, headers or {})
                answer = self._connection.getresponse()
                data = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if not fresh and not isinstance(error, TimeoutError):
                    continue  # a kept connection that the server closed meanwhile
                raise HttpFailed(f"{self.name} does not answer", why=f"{type(error).__name__}: {error}") from None
            if answer.status >= 400:
                raise HttpFailed(
                    f"{self.name} answers {answer.status} to {path.partition('?')[0]}",
                    why=data.decode("utf-8", "replace").strip()[:500],
                    status=answer.status,
                )
            return data
        raise AssertionError("unreachable")
