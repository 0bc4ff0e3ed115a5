"""`rollback`: give one connection and undo its work by ROLLBACK. The fastest, for code that takes a connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pgben_testkit.errors import UsageProblem
from pgben_testkit.postgres.database import Database
from pgben_testkit.postgres.isolation.base import Maker

if TYPE_CHECKING:
    import psycopg


class TransactionEnded(UsageProblem):
    """A test ended by SQL the transaction that was to be rolled back."""


def _begun(connection: psycopg.Connection[Any]) -> object:
    """Return what tells the transaction that the connection is in from any other; None outside one."""
    from psycopg.pq import TransactionStatus

    status = connection.info.transaction_status
    if status == TransactionStatus.INTRANS:
        return connection.execute("SELECT now(), pg_backend_pid()").fetchone()
    return None


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
        """Give a connection within a transaction that is rolled back at the end.

        `connection.transaction()` inside it makes savepoints; `connection.commit()` raises psycopg's
        ProgrammingError. The session's state goes too (temporary tables, SET, LISTEN, session locks).

        Raises:
            TransactionEnded: the transaction was ended by SQL (COMMIT, ROLLBACK), so that what came after it was
                committed. The database is thrown away: the next test gets a fresh one.
        """
        import psycopg

        database = self.acquire()
        if self._connection is None or self._connection.closed or self._connection.broken:
            self._connection = database.connect(autocommit=True, prepare_threshold=None)
        connection = self._connection
        connection.execute("BEGIN")
        began = _begun(connection)
        ended = False
        try:
            # psycopg's own block, one level down, is what makes commit() and a change of autocommit be refused.
            with connection.transaction(force_rollback=True):
                yield connection
        except psycopg.errors.InvalidSavepointSpecification:
            ended = True
        finally:
            if not connection.closed:
                ended = ended or _begun(connection) != began
                connection.execute("ROLLBACK")
                connection.execute("DISCARD ALL")
            if ended:
                self.close()
        if ended:
            raise TransactionEnded(
                "the transaction of pgben_transaction was ended by the test itself",
                why="it executed COMMIT or ROLLBACK as SQL, so that what it wrote afterwards was committed at once",
                remedy="ask for pgben_connection, where a commit is real; the database of this test is thrown away",
            )

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._database is not None:
            self._maker.drop(self._database.name)
            self._database = None
