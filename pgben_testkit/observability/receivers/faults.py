"""Trouble on demand: what the next attempts on a channel meet."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

Kind = Literal["fail", "refuse", "time_out", "drop", "bounce", "greylist"]


@dataclass(frozen=True)
class Fault:
    """`status`: the code that is answered, with `body` and, after `retry_after_s` seconds, an invitation to return;
    `seconds`: how long nothing is answered, None until the other side gives up; `address`: whom it meets, empty for
    everybody."""

    kind: Kind
    status: int = 0
    body: str = ""
    retry_after_s: int | None = None
    seconds: float | None = None
    address: str = ""
    tries: int = 1
    """Of greylisting: how often a sender and recipient are put off."""


class Faults:
    """The faults that wait on one channel, in the order in which they were asked for. Safe over threads."""

    def __init__(self) -> None:
        self.ever = False
        """Whether a fault was ever asked for."""
        self._waiting: list[tuple[Fault, int | None]] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault, times: int | None) -> None:
        """`times`: None until `clear()`."""
        self.ever = True
        with self._lock:
            self._waiting.append((fault, times))

    def take(self, *kinds: Kind, address: str = "") -> Fault | None:
        """The first that is of one of the kinds and meets this address; one of its times is used up."""
        with self._lock:
            for index, (fault, times) in enumerate(self._waiting):
                if fault.kind not in kinds or fault.address.lower() not in ("", address.lower()):
                    continue
                if times is not None:
                    self._waiting[index : index + 1] = [(fault, times - 1)] if times > 1 else []
                return fault
        return None

    def __len__(self) -> int:
        return len(self._waiting)

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()
