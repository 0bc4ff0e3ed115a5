"""Define the interface of the strategies, and make the databases that they share."""

from __future__ import annotations

import itertools
import threading
import warnings
from typing import Protocol

from pgben_testkit.postgres.admin import Admin
from pgben_testkit.postgres.database import Database
from pgben_testkit.postgres.server import PostgresInfo, connect
from pgben_testkit.services.stats import Stats


class Isolation(Protocol):
    """Databases for the tests of one process, one test at a time."""

    name: str

    def acquire(self, test: str = "") -> Database:
        """Return a database in the state of the template; `test` names who gets it."""

    def release(self, database: Database, *, keep: bool = False) -> str | None:
        """The test is over. `keep`: leave what it wrote for a person to look at; the kept database's name."""

    def close(self) -> None:
        """Every database of this strategy is gone, but for those kept."""


class Maker:
    """Makes and drops databases of one process, on a connection of its own: one thread at a time, by a lock."""

    _numbers = itertools.count(1)

    def __init__(self, info: PostgresInfo, run_id: str, worker: str, stats: Stats) -> None:
        self.info = info
        self.stats = stats
        self.prefix = f"pgben_{run_id}_{worker}_"
        self._admin: Admin | None = None
        self._lock = threading.Lock()

    def _connected(self) -> Admin:
        if self._admin is None or self._admin.connection.closed:
            self._admin = Admin(connect(self.info))
        return self._admin

    def clone(self, isolation: str) -> Database:
        """A new database, a copy of the template."""
        name = f"{self.prefix}{next(self._numbers)}"
        with self._lock, self.stats.timed("postgres clone"):
            self._connected().clone(self.info.template, name)
        return self.database(name, isolation)

    def clone_again(self, database: Database) -> None:
        """Make the database of this name a fresh copy of the template; who was connected is not any more."""
        import psycopg

        with self._lock, self.stats.timed("postgres clone"):
            admin = self._connected()
            try:
                admin.drop(database.name)
            except psycopg.Error as error:
                self._stuck(admin.put_aside(database.name), error)
            admin.clone(self.info.template, database.name)

    def _stuck(self, name: str, error: Exception) -> None:
        """Say that a database stays until the server is stopped: no reason to end the run."""
        message = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        warnings.warn(f"the database {name} can't be dropped, and is left: {message}", UserWarning, stacklevel=3)

    def copy(self, database: Database) -> str:
        """A copy of the database as it is now; its name. Who was connected is not any more."""
        name = f"{self.prefix}{next(self._numbers)}_kept"
        with self._lock:
            admin = self._connected()
            admin.disconnect_all(database.name)
            admin.connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{database.name}"')
        return name

    def drop(self, name: str) -> None:
        """Drop a database; one that can't be dropped is named in a warning and left."""
        import psycopg

        with self._lock, self.stats.timed("postgres drop"):
            try:
                self._connected().drop(name)
            except psycopg.errors.ObjectInUse as error:
                self._stuck(name, error)

    def database(self, name: str, isolation: str) -> Database:
        return Database(self.info.host, self.info.port, name, self.info.user, self.info.password, isolation)

    def close(self) -> None:
        with self._lock:
            if self._admin is not None:
                self._admin.close()
                self._admin = None
