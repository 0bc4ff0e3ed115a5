"""Describe the database that a test gets, in every form in which programs read its address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pgben_testkit.errors import UsageProblem

if TYPE_CHECKING:
    import psycopg

SCHEMES = {
    "libpq": "postgresql",
    "psycopg": "postgresql",
    "psycopg2": "postgresql",
    "asyncpg": "postgresql",
    "node": "postgres",
    "typeorm": "postgres",
    "jdbc": "jdbc:postgresql",
    "sqlalchemy": "postgresql+psycopg",
    "sqlalchemy+psycopg": "postgresql+psycopg",
    "sqlalchemy+psycopg2": "postgresql+psycopg2",
    "sqlalchemy+asyncpg": "postgresql+asyncpg",
    "sqlalchemy+pg8000": "postgresql+pg8000",
}
"""driver -> the scheme of the URLs it reads, from each driver's own documentation."""


@dataclass(frozen=True)
class Database:
    """An isolated database. Commits, many connections and other processes are fine in it.

    `isolation` is the strategy that keeps it apart: clone, pool, reset or rollback.
    """

    host: str
    port: int
    name: str
    user: str
    password: str
    isolation: str = "clone"

    @property
    def dsn(self) -> str:
        """`postgresql://user:password@host:port/name`"""
        return self.url()

    def url(self, driver: str = "libpq") -> str:
        """The address as `driver` reads it.

        Raises:
            UsageProblem: a driver that we don't know.
        """
        if driver.startswith("postgresql+"):  # as SQLAlchemy itself writes it
            driver = driver.replace("postgresql", "sqlalchemy", 1)
        if driver not in SCHEMES:
            raise UsageProblem(
                f"no URL form for the driver {driver!r}",
                why=f"known: {', '.join(SCHEMES)}",
                remedy="name one of these, or put the URL together from host, port, name, user and password",
            )
        place = f"{self.host}:{self.port}/{quote(self.name, safe='')}"
        user, password = quote(self.user, safe=""), quote(self.password, safe="")
        if driver == "jdbc":
            return f"{SCHEMES[driver]}://{place}?user={user}&password={password}"
        login = f"{user}:{password}" if password else user
        return f"{SCHEMES[driver]}://{login}@{place}"

    def env(self) -> dict[str, str]:
        """Return the address as a child process reads it: PGBen's DB_*, libpq's PG*, and DATABASE_URL."""
        return {
            "DB_HOST": self.host,
            "DB_PORT": str(self.port),
            "DB_USER": self.user,
            "DB_PASS": self.password,
            "DB_NAME": self.name,
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
            "PGDATABASE": self.name,
            "DATABASE_URL": self.dsn,
        }

    def connect(self, **options: Any) -> psycopg.Connection[Any]:
        """A new psycopg connection, the caller's to close; `options` as for `psycopg.connect`."""
        import psycopg

        return psycopg.connect(
            host=self.host, port=self.port, dbname=self.name, user=self.user, password=self.password, **options
        )

    def __repr__(self) -> str:
        return f"<Database {self.name} on {self.host}:{self.port}, {self.isolation}>"
