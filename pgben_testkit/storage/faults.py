"""Hold the faults that a test asks for: what an S3 server does on a bad day, on the fake and by a proxy."""

from __future__ import annotations

import fnmatch
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, get_args

from pgben_testkit.errors import UsageProblem

FaultKind = Literal[
    "slow", "slow_down", "reset", "truncated", "wrong_etag", "clock_skew", "bucket_gone", "disk_full", "internal_error"
]
KINDS: tuple[str, ...] = get_args(FaultKind)
REFUSALS: dict[str, tuple[int, str, str]] = {
    "slow_down": (503, "SlowDown", "Please reduce your request rate."),
    "clock_skew": (
        403,
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
    ),
    "bucket_gone": (404, "NoSuchBucket", "The specified bucket does not exist"),
    "disk_full": (
        507,
        "XMinioStorageFull",
        "Storage backend has reached its minimum free drive threshold. Please delete a few objects to proceed.",
    ),
    "internal_error": (500, "InternalError", "We encountered an internal error. Please try again."),
}
"""Faults that answer without doing anything: (status, code, message). A full disk refuses writes alone."""
WRITES = frozenset({"PUT", "POST"})


@dataclass
class Fault:
    """One fault. `methods` empty: all. `key` is a glob over the key, `bucket` over the bucket's name. `times`: how
    often it strikes, None for ever. `seconds`: how much `slow` waits before the answer. `after_bytes`: how much of the
    body comes before `reset` and `truncated` cut it; None: half. `hits` counts."""

    kind: str
    methods: frozenset[str] = frozenset()
    bucket: str = "*"
    key: str = "*"
    times: int | None = None
    seconds: float = 1.0
    after_bytes: int | None = None
    hits: int = field(default=0, compare=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UsageProblem(f"no fault {self.kind!r}", why=f"there are {', '.join(KINDS)}")
        least = {"times": 1, "seconds": 0, "after_bytes": 0}
        for name, value in least.items():
            given = getattr(self, name)
            if given is not None and given < value:
                raise UsageProblem(f"a fault with {name}={given}", why=f"it is {value} at least")

    def strikes(self, method: str, bucket: str, key: str) -> bool:
        if self.times is not None and self.hits >= self.times:
            return False
        if self.kind == "disk_full" and method not in WRITES:
            return False
        return (
            (not self.methods or method in self.methods)
            and fnmatch.fnmatchcase(bucket, self.bucket)
            and fnmatch.fnmatchcase(key, self.key)
        )


class Faults:
    """Hold the faults of one fake or proxy. Safe for use by several threads."""

    def __init__(self) -> None:
        self._active: list[Fault] = []
        self._lock = threading.Lock()

    def add(
        self,
        kind: str,
        *,
        method: str | tuple[str, ...] = (),
        bucket: str = "*",
        key: str = "*",
        times: int | None = None,
        seconds: float = 1.0,
        after_bytes: int | None = None,
    ) -> Fault:
        """Add a fault: from now on, requests that match are struck.

        Raises:
            UsageProblem: no fault of this kind, or a number that can't be.
        """
        methods = (method,) if isinstance(method, str) else method
        fault = Fault(kind, frozenset(each.upper() for each in methods), bucket, key, times, seconds, after_bytes)
        with self._lock:
            self._active.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        with self._lock:
            self._active = [each for each in self._active if each is not fault]

    def clear(self) -> None:
        with self._lock:
            self._active = []

    @contextmanager
    def during(
        self,
        kind: str,
        *,
        method: str | tuple[str, ...] = (),
        bucket: str = "*",
        key: str = "*",
        times: int | None = None,
        seconds: float = 1.0,
        after_bytes: int | None = None,
    ) -> Iterator[Fault]:
        """Add a fault for the length of a `with`; `.hits` says how often it struck."""
        fault = self.add(
            kind, method=method, bucket=bucket, key=key, times=times, seconds=seconds, after_bytes=after_bytes
        )
        try:
            yield fault
        finally:
            self.remove(fault)

    def strike(self, method: str, bucket: str, key: str) -> Fault | None:
        """Return the first fault that this request meets, counted; None where there is none."""
        if not self._active:
            return None
        with self._lock:
            for fault in self._active:
                if fault.strikes(method, bucket, key):
                    fault.hits += 1
                    return fault
        return None


def refusal_xml(fault: Fault, resource: str) -> tuple[int, bytes] | None:
    """Return `(status, body)` of a fault that answers by itself, else None."""
    if fault.kind not in REFUSALS:
        return None
    from xml.sax.saxutils import escape

    status, code, message = REFUSALS[fault.kind]
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message>'
        f"<Resource>{escape(resource)}</Resource><RequestId>FAULT</RequestId></Error>"
    )
    return status, text.encode()


def cut(fault: Fault, length: int) -> int:
    """Return how many bytes of a body of this length come through."""
    return min(length, length // 2 if fault.after_bytes is None else fault.after_bytes)


def wait(fault: Fault) -> None:
    if fault.kind == "slow":
        time.sleep(fault.seconds)
