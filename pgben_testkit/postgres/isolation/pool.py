"""`pool`: copy the template as `clone` does, but ahead of time, in a background thread that also drops the copies."""

from __future__ import annotations

import threading
from collections import deque

from pgben_testkit.postgres.database import Database
from pgben_testkit.postgres.isolation.base import Maker


class Pool:
    """`size` databases are ready while tests take longer than the copying."""

    name = "pool"

    def __init__(self, maker: Maker, size: int) -> None:
        self._maker = maker
        self._size = size
        self._ready: deque[Database] = deque()
        self._used: deque[str] = deque()
        self._changed = threading.Condition()
        self._error: Exception | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._work, daemon=True, name="pgben database pool")
        self._thread.start()

    def _work(self) -> None:
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(self._has_work)
                    if self._closing:
                        return
                    used = self._used.popleft() if len(self._ready) >= self._size or len(self._used) > 8 else None
                if used is not None:
                    self._maker.drop(used)
                else:
                    made = self._maker.clone(self.name)
                    with self._changed:
                        self._ready.append(made)
                        self._changed.notify_all()
        except Exception as error:  # handed to the test that waits, which raises it
            with self._changed:
                self._error = error
                self._changed.notify_all()

    def _has_work(self) -> bool:
        return self._closing or bool(self._used) or len(self._ready) < self._size

    def acquire(self, test: str = "") -> Database:
        with self._changed:
            self._changed.wait_for(lambda: self._ready or self._error)
            if not self._ready:
                assert self._error is not None
                raise self._error
            database = self._ready.popleft()
            self._changed.notify_all()
            return database

    def release(self, database: Database, *, keep: bool = False) -> str | None:
        if keep:
            return database.name
        with self._changed:
            self._used.append(database.name)
            self._changed.notify_all()
        return None

    def close(self) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        for name in [*self._used, *(each.name for each in self._ready)]:
            self._maker.drop(name)
