"""`rollback`: one connection whose work is undone by ROLLBACK. The fastest, for code that takes a connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pgben_testkit.postgres.database import Database
from pgben_testkit.postgres.isolation.base import Maker

if TYPE_CHECKING:
    import psycopg


class Rollback:
    """A database of its own for this process, that no test ever commits to."""

    name = "rollback"

    def __init__(self, maker: Maker) -> None:
        self._maker = maker
        self._database: Database | None = None
        self._connection: psycopg.Connection[Any] | None = None

    def acquire(self, test: str = "") -> Database:
        if self._database is None:
            self._database = self._maker.clone(self.name)
        return self._database

    def release(self, database: Database, *, keep: bool = False) -> str | None:
        """Nothing to keep: what was not committed is gone with the transaction."""
        return None

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection within a transaction that is rolled back at the end.

        `connection.transaction()` inside it makes savepoints; `connection.commit()` raises psycopg's
        ProgrammingError. The session's state goes too (temporary tables, SET, LISTEN, session locks).
        """
        database = self.acquire()
        if self._connection is None or self._connection.closed or self._connection.broken:
            self._connection = database.connect(autocommit=True, prepare_threshold=None)
        connection = self._connection
        try:
            with connection.transaction(force_rollback=True):
                yield connection
        finally:
            if not connection.closed:
                connection.execute("DISCARD ALL")

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._database is not None:
            self._maker.drop(self._database.name)
            self._database = None
