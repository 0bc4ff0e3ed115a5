"""One side of a connection that passes HTTP on: heads taken apart as little as it needs, bodies as they come."""

from __future__ import annotations

import socket

HEAD_BYTES_MAX = 1 << 20


class Closed(Exception):
    """One of the two sides is gone."""


class Side:
    """One side's bytes, read ahead."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._ahead = b""

    def _more(self) -> None:
        piece = self.socket.recv(65536)
        if not piece:
            raise Closed
        self._ahead += piece

    def head(self) -> bytes:
        """Up to and with the empty line."""
        while b"\r\n\r\n" not in self._ahead:
            if len(self._ahead) > HEAD_BYTES_MAX:
                raise Closed
            self._more()
        end = self._ahead.index(b"\r\n\r\n") + 4
        head, self._ahead = self._ahead[:end], self._ahead[end:]
        return head

    def take(self, size: int) -> bytes:
        while len(self._ahead) < size:
            self._more()
        taken, self._ahead = self._ahead[:size], self._ahead[size:]
        return taken

    def read_body(self, head: bytes) -> bytes:
        """The whole body that the head of a response announces."""
        if header_of(head, b"transfer-encoding").lower() != b"chunked":
            return self.take(length_of(head))
        pieces: list[bytes] = []
        while True:
            size = int(self._line().split(b";")[0], 16)
            if size == 0:
                while self._line().strip():
                    pass
                return b"".join(pieces)
            pieces.append(self.take(size))
            self.take(2)

    def _line(self) -> bytes:
        while b"\r\n" not in self._ahead:
            self._more()
        return self.take(self._ahead.index(b"\r\n") + 2)

    def pass_body(self, head: bytes, other: Side, *, no_body: bool) -> None:
        """The body that the head announces, to the other side as it comes."""
        if header_of(head, b"transfer-encoding").lower() == b"chunked":
            while True:
                while b"\r\n" not in self._ahead:
                    self._more()
                line = self.take(self._ahead.index(b"\r\n") + 2)
                size = int(line.split(b";")[0], 16)
                other.socket.sendall(line + self.take(size + 2 if size else 0))
                if size == 0:
                    other.socket.sendall(self.head() if not self._ahead.startswith(b"\r\n") else self.take(2))
                    return
        missing = 0 if no_body and not header_of(head, b"content-length") else length_of(head)
        if no_body and head.startswith(b"HTTP/"):
            missing = 0
        while missing:
            if not self._ahead:
                self._more()
            piece = self.take(min(missing, len(self._ahead)))
            other.socket.sendall(piece)
            missing -= len(piece)


def header_of(head: bytes, name: bytes) -> bytes:
    for line in head.split(b"\r\n")[1:]:
        found, _, value = line.partition(b":")
        if found.strip().lower() == name:
            return value.strip()
    return b""


def length_of(head: bytes) -> int:
    text = header_of(head, b"content-length")
    return int(text) if text.isdigit() else 0
