"""Cases: how large anything may be, told by headers before a byte is sent."""

from __future__ import annotations

import socket
import time
from urllib.parse import urlsplit

from pgben_testkit.storage.conformance.case import case
from pgben_testkit.storage.conformance.outcome import Differs
from pgben_testkit.storage.conformance.sigv4 import signed_headers
from pgben_testkit.storage.conformance.target import Target, answers, same
from pgben_testkit.storage.s3.answer import Answer


def plain(t: Target, head: bytes, wait_s: float = 4) -> Answer:
    """The answer to bytes on a connection of their own, with no client's help."""
    parts = urlsplit(t.endpoint)
    with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=wait_s) as connection:
        received = b""
        try:
            connection.sendall(head)
            while b"\r\n\r\n" not in received or b"</Error>" not in received:
                piece = connection.recv(65536)
                if not piece:
                    break
                received += piece
                if received.startswith(b"HTTP/1.1 100"):
                    break
        except TimeoutError:
            if not received:
                raise Differs("no answer") from None
        except OSError:
            if not received:
                raise Differs("the connection was broken off with no answer") from None
    first, _, rest = received.partition(b"\r\n")
    words = first.split(b" ")
    if len(words) < 2 or not words[1].isdigit():
        raise Differs(f"no HTTP answer: {received[:60]!r}")
    return Answer(int(words[1]), {}, rest.partition(b"\r\n\r\n")[2])


def _announced(t: Target, length: int, extra: dict[str, str] | None = None) -> Answer:
    path = f"/{t.shared}/{t.key()}"
    made = signed_headers(
        t.keys, "PUT", path, {}, {"host": t.host, **(extra or {})}, b"", payload="UNSIGNED-PAYLOAD", now=time.time()
    )
    lines = "".join(f"{name}: {value}\r\n" for name, value in made.items())
    return plain(t, f"PUT {path} HTTP/1.1\r\n{lines}content-length: {length}\r\nexpect: 100-continue\r\n\r\n".encode())


@case("limits/5-gib", needs="size_limit", denial=True)
def five_gib(t: Target) -> None:
    """A PUT that announces more than 5 GiB is EntityTooLarge before its body."""
    answers(_announced(t, (5 << 30) + 1), 400, "EntityTooLarge")


@case("limits/no-length", needs="length_required", denial=True)
def no_length(t: Target) -> None:
    """A PUT with no Content-Length is 411 MissingContentLength."""
    path = f"/{t.shared}/{t.key()}"
    made = signed_headers(t.keys, "PUT", path, {}, {"host": t.host}, b"", payload="UNSIGNED-PAYLOAD", now=time.time())
    lines = "".join(f"{name}: {value}\r\n" for name, value in made.items())
    answers(plain(t, f"PUT {path} HTTP/1.1\r\n{lines}connection: close\r\n\r\n".encode()), 411, "MissingContentLength")


@case("limits/length-rubbish", needs="length_required", denial=True)
def length_rubbish(t: Target) -> None:
    """A Content-Length that is no number is 400."""
    for length in ("-1", "abc", ""):
        head = f"PUT /{t.shared}/{t.key()} HTTP/1.1\r\nhost: {t.host}\r\ncontent-length: {length}\r\n"
        same(plain(t, f"{head}connection: close\r\n\r\n".encode()).status, 400, f"status for {length!r}")


@case("limits/header-64k", needs="header_limit", denial=True)
def header_64k(t: Target) -> None:
    """A header of 64 KB is refused."""
    key = t.put()
    answer = plain(t, f"GET /{t.shared}/{key} HTTP/1.1\r\nhost: {t.host}\r\nx-a: {'x' * 65536}\r\n\r\n".encode())
    same(answer.status in (400, 431), True, f"refused ({answer.status})")


@case("limits/delete-1001", needs="delete_limit", denial=True)
def delete_1001(t: Target) -> None:
    """DeleteObjects of 1001 keys is MalformedXML."""
    import base64
    import hashlib

    body = ("<Delete>" + "<Object><Key>a</Key></Object>" * 1001 + "</Delete>").encode()
    md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
    answers(t.raw("POST", f"/{t.shared}", {"delete": ""}, body=body, headers={"content-md5": md5}), 400, "MalformedXML")
