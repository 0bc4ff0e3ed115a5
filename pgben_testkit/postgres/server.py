"""Describe a PostgreSQL server to every process, and open connections to it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from pgben_testkit.services.server import ServerInfo

if TYPE_CHECKING:
    import psycopg

MAINTENANCE_DATABASE = "postgres"


@dataclass(frozen=True, kw_only=True)
class PostgresInfo(ServerInfo):
    """Where the server is and who we are on it. `version` as the server numbers it: 150018 is 15.18.

    `template` is the database that holds the user's schema, sealed, to be cloned; empty until it was made.
    """

    service: str = "postgres"
    host: str
    port: int
    user: str
    password: str
    version: int
    maintenance: str = MAINTENANCE_DATABASE
    template: str = ""
    superuser: bool = True

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PostgresInfo:
        names = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in data.items() if name in names})

    @property
    def dsn(self) -> str:
        """The address of the maintenance database, password included."""
        return self.address(with_password=True)

    def address(self, *, with_password: bool = False) -> str:
        from urllib.parse import quote

        login = quote(self.user, safe="")
        if self.password and with_password:
            login += ":" + quote(self.password, safe="")
        return f"postgresql://{login}@{self.host}:{self.port}/{quote(self.maintenance, safe='')}"

    def __repr__(self) -> str:
        return f"<PostgreSQL at {self.host}:{self.port}, {self.how}>"


def import_driver_meanwhile() -> None:
    """Begin to import psycopg, 100 ms of work, while somebody copies files or waits for an engine."""

    def work() -> None:
        import psycopg  # noqa: F401

    threading.Thread(target=work, daemon=True, name="import psycopg").start()


def connect(
    info: PostgresInfo, database: str = "", *, autocommit: bool = True, timeout_s: int = 10
) -> psycopg.Connection[Any]:
    """A connection to a database of the server, the maintenance database if none is named."""
    import psycopg

    return psycopg.connect(
        host=info.host,
        port=info.port,
        user=info.user,
        password=info.password or None,
        dbname=database or info.maintenance,
        autocommit=autocommit,
        connect_timeout=timeout_s,
        application_name="pgben-testkit",
        prepare_threshold=None,
    )
