"""Use a PostgreSQL server that somebody else runs: make our databases on it and remove them, nothing more."""

from __future__ import annotations

import time
import zlib
from urllib.parse import unquote, urlsplit

from pgben_testkit.errors import EnvironmentNotAble, UsageProblem
from pgben_testkit.postgres import template
from pgben_testkit.postgres.admin import Admin
from pgben_testkit.postgres.schema import Schema
from pgben_testkit.postgres.server import MAINTENANCE_DATABASE, PostgresInfo, connect
from pgben_testkit.services.choose import Choice
from pgben_testkit.services.run import Run
from pgben_testkit.services.server import Progress
from pgben_testkit.settings import Settings

LIFE_LOCK_CLASS = 0x7062
"""First half of the advisory lock that a run holds as long as it lives, on the server itself: so any run, on any
machine, can tell whose databases are left over."""
NAME_PREFIX = "pgben_"
RUN_ID_LENGTH = 12
ANSWER_S = 3.0
"""Seconds that an external server may take to answer: somebody else starts it, and we need not wait for that."""


class Borrowed:
    """A server that we don't own, with this run's databases on it."""

    def __init__(self, info: PostgresInfo, run: Run) -> None:
        self.info = info
        self._run_id = run.id
        self._life = Admin(connect(info))
        self._life.connection.execute("SELECT pg_advisory_lock(%s, %s)", (LIFE_LOCK_CLASS, _life_key(run.id)))
        drop_leftovers(self._life, run.id)

    def stop(self) -> None:
        """This run's databases are gone; the server and its templates stay."""
        if self._life.connection.closed:
            return
        for name in self._life.names_like(f"{NAME_PREFIX}{self._run_id}_"):
            self._life.drop(name)
        self._life.close()


def _life_key(run_id: str) -> int:
    return zlib.crc32(run_id.encode()) & 0x7FFFFFFF


def run_id_of(database: str) -> str | None:
    """The run that a database's name says it belongs to; None for a template and for what is not ours."""
    rest = database.removeprefix(NAME_PREFIX)
    run_id = rest[:RUN_ID_LENGTH]
    ours = rest != database and len(rest) > RUN_ID_LENGTH and rest[RUN_ID_LENGTH] == "_" and run_id.isalnum()
    return run_id if ours else None


def drop_leftovers(admin: Admin, own_run_id: str) -> list[str]:
    """Databases of runs that hold no life lock any more are gone; their names.

    pg_locks is asked and the lock not tried: advisory locks belong to the database that a session is in, and
    another run may use another maintenance database. A run's id is never used again, so the dead stay dead.
    """
    import psycopg

    rows = admin.connection.execute(
        "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND classid = %s", (LIFE_LOCK_CLASS,)
    ).fetchall()
    alive = {row[0] for row in rows}
    dropped = []
    for name in admin.names_like(NAME_PREFIX):
        run_id = run_id_of(name)
        if run_id is None or run_id == own_run_id or _life_key(run_id) in alive:
            continue
        try:
            admin.drop(name)
            dropped.append(name)
        except psycopg.errors.InsufficientPrivilege:
            continue  # another user's: theirs to remove
    return dropped


def reach(run: Run, settings: Settings, schema: Schema, choice: Choice, progress: Progress) -> Borrowed:
    """The external server, answering, with the template on it.

    Raises:
        EnvironmentNotAble: it doesn't answer within the start timeout, or we may not make databases on it.
    """
    began = time.perf_counter()
    info = parse(settings.postgres_url)
    version, may_create, superuser = _greet(info, settings.start_timeout, progress)
    if not may_create:
        raise EnvironmentNotAble(
            f"the user {info.user} may not create databases on {info.host}:{info.port}",
            why="it has neither CREATEDB nor SUPERUSER",
            remedy=f'as a superuser: ALTER ROLE "{info.user}" CREATEDB',
        )
    info = PostgresInfo(
        **{
            **info.as_dict(),
            "version": version,
            "superuser": superuser,
            "why": choice.why,
            "how": f"PostgreSQL {version // 10000}.{version % 10000} at {info.host}:{info.port}",
        }
    )
    info = template.ensure(info, schema, run.id, progress)
    return Borrowed(PostgresInfo.from_dict({**info.as_dict(), "ready_s": time.perf_counter() - began}), run)


def parse(url: str) -> PostgresInfo:
    """The address in a `postgresql://` URL.

    Raises:
        UsageProblem: not such a URL; it is not shown, since it may hold a password.
    """
    parts = urlsplit(url)
    try:
        port = parts.port or 5432
    except ValueError:
        port = 0
    if parts.scheme not in ("postgresql", "postgres") or not parts.hostname or not port:
        raise UsageProblem(
            "postgres_url is not the address of a PostgreSQL server",
            why="it needs the form postgresql://user:password@host:port/database",
            remedy="correct PGBEN_POSTGRES_URL (it is not shown here: it may hold a password)",
        )
    return PostgresInfo(
        backend="external",
        how="",
        why="",
        host=parts.hostname,
        port=port,
        user=unquote(parts.username or "postgres"),
        password=unquote(parts.password or ""),
        version=0,
        maintenance=unquote(parts.path.lstrip("/")) or MAINTENANCE_DATABASE,
    )


def _greet(info: PostgresInfo, timeout_s: float, progress: Progress) -> tuple[int, bool, bool]:
    import psycopg

    deadline = time.monotonic() + min(timeout_s, ANSWER_S)

    def greeting() -> tuple[int, bool, bool]:
        with connect(info, timeout_s=2) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper, rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
            assert row is not None
            return connection.info.server_version, bool(row[0]), bool(row[1])

    while True:
        try:
            return greeting()
        except psycopg.OperationalError as error:
            refused = "authentication" in str(error) or "does not exist" in str(error)
            if refused or time.monotonic() > deadline:
                raise EnvironmentNotAble(
                    f"the external PostgreSQL at {info.host}:{info.port} can't be used as {info.user}",
                    why=str(error).strip().splitlines()[0],
                    remedy="start it, or correct PGBEN_POSTGRES_URL",
                ) from None
            progress(f"waiting for {info.host}:{info.port}")
            time.sleep(0.1)
