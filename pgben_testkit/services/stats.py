"""Measure what the environment cost: durations by name, gathered in each process and added up by the owner."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class Stats:
    """Seconds by what they were spent on. Safe from many threads."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = defaultdict(list)
        self._lock = threading.Lock()

    def add(self, what: str, seconds: float) -> None:
        with self._lock:
            self.spent[what].append(seconds)

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.add(what, time.perf_counter() - began)

    def merge(self, spent: Mapping[str, list[float]]) -> None:
        """Add what another process gathered (`dict(stats.spent)`)."""
        with self._lock:
            for what, seconds in spent.items():
                self.spent[what].extend(seconds)
