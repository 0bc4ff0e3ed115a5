"""Leave a database on a warm server for an application that outlives a run."""

from __future__ import annotations

from pgben_testkit.postgres.database import Database
from pgben_testkit.postgres.server import PostgresInfo, connect

NAME = "pgben_env_test"


def leave_database(info: PostgresInfo) -> dict[str, str]:
    """Make the database, cloned from the project's schema where the server has it; return its variables."""
    from psycopg import sql

    with connect(info) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (NAME,)).fetchone():
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            template = info.template or "template1"
            connection.execute(statement.format(sql.Identifier(NAME), sql.Identifier(template)))
    return Database(info.host, info.port, NAME, info.user, info.password).env()
