"""Listen on 127.0.0.1 with one thread for each connection: the base of fakes, gates, targets and receivers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

from pgben_testkit.errors import EnvironmentNotAble


class Broken(Exception):
    """The other side is gone, or sent what is no HTTP: nothing more can be said to it."""


class Listener:
    """A listening socket; `serve` has each connection in a thread of its own, and returns when it ends."""

    def __init__(self, serve: Callable[[socket.socket], None], port: int = 0, *, name: str) -> None:
        """Port 0: one that the kernel chooses. `name` is that of the threads.

        Raises:
            EnvironmentNotAble: the port is taken.
        """
        self._serve_one = serve
        self._name = name
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._listener.bind(("127.0.0.1", port))
        except OSError as error:
            self._listener.close()
            raise EnvironmentNotAble(
                f"nothing can listen on 127.0.0.1:{port}",
                why=error.strerror or str(error),
                remedy="use another port",
            ) from None
        self._listener.listen(256)
        self.port = int(self._listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True, name=self._name).start()

    def close(self) -> None:
        """Nobody is answered any more."""
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # closed before
        self._listener.close()
        with self._lock:
            connections, self._open = list(self._open), set()
        for each in connections:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # its own thread was quicker

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # closed
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True, name=self._name).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            self._serve_one(connection)
        except (OSError, Broken):
            pass  # the client is gone, and there is nobody to tell
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()
