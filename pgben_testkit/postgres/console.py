"""Open a database in psql, without a password on the command line."""

from __future__ import annotations

from pathlib import Path

from pgben_testkit.postgres.server import PostgresInfo
from pgben_testkit.services.places import private_folder, state_dir


def password_file(info: PostgresInfo) -> Path:
    """Write the server's password where only this user can read it, as libpq's PGPASSFILE wants it."""
    file = private_folder(state_dir() / "pgpass") / str(info.port)
    file.touch(0o600)
    file.write_text(f"{info.host}:{info.port}:*:{info.user}:{info.password}\n", "utf-8")
    return file


def psql_line(info: PostgresInfo, name: str) -> str:
    """Return the shell command that opens the database `name`."""
    return f"PGPASSFILE={password_file(info)} psql -h {info.host} -p {info.port} -U {info.user} -d {name}"
