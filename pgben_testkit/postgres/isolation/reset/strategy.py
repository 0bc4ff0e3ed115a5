"""Clean one database after each test: find what the test wrote in the server's log, and undo that alone."""

from __future__ import annotations

import threading
import time
import warnings
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.postgres.database import Database
from pgben_testkit.postgres.isolation.base import Maker
from pgben_testkit.postgres.isolation.reset import catalogue, journal, rows
from pgben_testkit.postgres.isolation.reset.journal import Journal, Touched
from pgben_testkit.postgres.isolation.reset.pristine import Pristine, Relation
from pgben_testkit.postgres.isolation.reset.rows import TooDifferent
from pgben_testkit.postgres.server import PostgresInfo, connect

if TYPE_CHECKING:
    import psycopg

STRANGERS = """
SELECT count(pg_terminate_backend(a.pid)) FILTER (WHERE held), count(*) FILTER (WHERE NOT held)
FROM (SELECT pid, coalesce(state, 'disabled') NOT IN ('idle', 'disabled')
             OR EXISTS (SELECT FROM pg_locks l WHERE l.pid = s.pid AND l.granted
                        AND l.locktype IN ('advisory', 'virtualxid', 'transactionid')) AS held
      FROM pg_stat_activity s
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend') a
"""
"""Ends whoever is within a transaction or holds an advisory lock: a test left them. Counts them, and the idle ones,
which are the application's. The locks tell also of sessions that hide their state (track_activities = off)."""
DATABASE = """
SELECT row(datdba, datacl, datconnlimit, datallowconn, datistemplate, shobj_description(oid, 'pg_database'))::text,
       (SELECT string_agg(setrole || ':' || setconfig::text, ';' ORDER BY setrole) FROM pg_db_role_setting
        WHERE setdatabase = d.oid),
       (SELECT count(*) FROM pg_shseclabel WHERE objoid = d.oid AND classoid = 'pg_database'::regclass),
       (SELECT count(*) FROM pg_subscription WHERE subdbid = d.oid),
       (SELECT count(*) FROM pg_prepared_xacts WHERE database = datname)
FROM pg_database d WHERE datname = current_database()
"""
"""What belongs to the database and stands in catalogues that all databases share."""
NOW = "SELECT pg_current_wal_insert_lsn()::text, (pg_snapshot_xmin(pg_current_snapshot())::text::bigint & 4294967295)"
SIZES = "SELECT oid::bigint, pg_relation_size(oid) FROM unnest(%s::oid[]) AS oid"
GROWN_BYTES = 256 * 1024
"""A table that has grown by this is vacuumed, as nobody else does here: dead rows make it slow to look at."""
MOST_LOG_BYTES = 2 * 1024 * 1024
"""Reading more of the log takes longer than a clone (24 ms for each MB)..."""
MOST_LOG_BYTES_CONNECTED = 32 * 1024 * 1024
"""...which ends the connections of an application: where there are any, more is read."""
PATIENCE_TURNS = 500
ACTIVE_SINCE = """
SELECT extract(epoch FROM clock_timestamp() - backend_start)::float8, application_name
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
  AND state_change > clock_timestamp() - make_interval(secs => %s)
"""
"""Connections that did something within so many seconds: how long ago each began, and what it calls itself."""


class LeftRunning(UserWarning):
    """A test left something running that wrote into its database after the test had ended."""


@dataclass(frozen=True)
class Moment:
    """A state of the database: position in the log, first transaction id that is later, the database's own facts."""

    position: str
    xid: int
    facts: tuple[Any, ...]


class Reset:
    """One database a process, under one name for all its tests. The undoing runs while pytest goes on."""

    name = "reset"

    def __init__(self, maker: Maker) -> None:
        """Raises:
        EnvironmentNotAble: the server can't do it.
        """
        why_not = unavailable(maker.info)
        if why_not:
            raise EnvironmentNotAble(
                "the isolation `reset` can't be used on this server",
                why=why_not,
                remedy="use --pgben-postgres-isolation=pool, or a server of PostgreSQL 15 or newer as superuser",
            )
        self._maker = maker
        self._database: Database | None = None
        self._connection: psycopg.Connection[Any] | None = None
        self._side: Future[tuple[Pristine, Journal, str]] | None = None
        self._baseline: Moment | None = None
        self._always: list[Relation] = []
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="pgben reset")
        self._undoing: Future[list[str]] | None = None
        self._lock = threading.Lock()
        self._tests: list[tuple[float, str]] = []
        """When each test of this process got the database (monotonic seconds), and its name."""
        self._released = 0.0

    def database(self) -> Database:
        """Return the one database, also for what lives longer than a test."""
        with self._lock:
            if self._database is None:
                database = self._maker.clone(self.name)
                self._connect(database)
                self._side = self._worker.submit(self._begin, database)
                self._database = database
            return self._database

    def _connect(self, database: Database) -> None:
        """Begin to watch a fresh clone."""
        if self._connection is not None:
            self._connection.close()
        connection = self._connection = connect(self._maker.info, database.name)
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET search_path = pg_catalog")
        self._baseline = self._moment(connection)

    @staticmethod
    def _moment(connection: psycopg.Connection[Any]) -> Moment:
        with connection.pipeline():
            facts = connection.execute(DATABASE)
            now = connection.execute(NOW)
        [(position, xid)] = now.fetchall()
        return Moment(position, xid, facts.fetchall()[0])

    def _begin(self, database: Database) -> tuple[Pristine, Journal, str]:
        """Make the untouched clone, in the background while the first test runs."""
        untouched = self._maker.clone(self.name)
        connection = connect(self._maker.info, untouched.name)
        row = connection.execute("SELECT oid::bigint FROM pg_database WHERE datname = %s", (database.name,)).fetchone()
        assert row is not None
        connection.execute("SET search_path = pg_catalog, public")
        pristine = Pristine(connection)
        self._always = [each for each in pristine.by_oid.values() if each.persistence == "u" and each.kind in "rS"]
        return pristine, Journal(connection, row[0]), untouched.name

    def acquire(self, test: str = "") -> Database:
        if self._undoing is not None:
            undoing, self._undoing = self._undoing, None
            undoing.result()
            self._look_again()
        self._tests.append((time.monotonic(), test))
        return self.database()

    def _look_again(self) -> None:
        """Undo what something wrote that the last test left running, and name that test."""
        if self._side is None or self._connection is None or self._baseline is None:
            return
        import psycopg

        _, log, _ = self._side.result()
        try:
            log.length(self._baseline.position)
            touched = log.touched(self._baseline.position)
        except psycopg.Error:  # that part of the log is gone, or the connection
            self._undo()
            return
        culprits = self._culprits() if touched else []
        changed = self._undo() if touched else []
        if changed:  # else the catalogue alone, by a connection that ended and took its temporary tables with it
            warnings.warn(
                f"something that {' or '.join(culprits)} left running wrote into its database after the"
                f" test had ended ({', '.join(sorted(changed))}); that was undone, but what it writes later falls upon"
                " other tests: end or await it in the test that starts it",
                LeftRunning,
                stacklevel=4,
            )

    def _culprits(self) -> list[str]:
        """Return the tests in which the connections began that did something since the last test ended.

        The last test, where no such connection is left.
        """
        assert self._connection is not None
        now = time.monotonic()
        rows = self._connection.execute(ACTIVE_SINCE, (now - self._released,)).fetchall()
        found = []
        for age, application in rows:
            test = next((name for began, name in reversed(self._tests) if began <= now - age), "")
            found.append(f"{test or 'an earlier test'}{f' (connection {application})' if application else ''}")
        last = self._tests[-1][1] if self._tests else ""
        return sorted(set(found)) or [last or "an earlier test"]

    def release(self, database: Database, *, keep: bool = False) -> str | None:
        kept = self._maker.copy(database) if keep and self._let_go() else None
        self._undoing = self._worker.submit(self._undo)
        self._released = time.monotonic()
        return kept

    def _let_go(self) -> bool:
        """Close our own connection, so that the database can be copied."""
        if self._connection is not None:
            self._connection.close()
        return True

    def _undo(self) -> list[str]:
        """Make the database as it was; return the names of what was not."""
        import psycopg

        assert self._database is not None
        with self._maker.stats.timed("postgres reset"):
            try:
                return self._undo_rows()
            except (psycopg.Error, TooDifferent) as error:
                # The schema is another one, or we were disconnected: a fresh clone is right after anything.
                with self._maker.stats.timed("postgres reset by a fresh clone"):
                    self._start_anew(self._database)
                why = str(error) if isinstance(error, TooDifferent) else type(error).__name__
                return [f"a fresh clone was made: {why}"]

    def _start_anew(self, database: Database) -> None:
        if self._connection is not None:
            self._connection.close()
        self._maker.clone_again(database)
        assert self._side is not None
        pristine, _, untouched = self._side.result()
        if pristine.connection.closed:  # somebody ended all connections of the server, or it was started again
            self._maker.drop(untouched)
            self._side = Future()
            self._side.set_result(self._begin(database))
        else:
            pristine.forget_moves()
            row = pristine.connection.execute(
                "SELECT oid::bigint FROM pg_database WHERE datname = %s", (database.name,)
            ).fetchone()
            assert row is not None
            self._side = Future()
            self._side.set_result((pristine, Journal(pristine.connection, row[0]), untouched))
        self._connect(database)

    def _undo_rows(self) -> list[str]:
        """Undo what the log tells of; return the names of the tables and sequences that were written.

        Raises:
            TooDifferent: only a fresh clone would make the database as it was.
        """
        connection, baseline = self._connection, self._baseline
        if connection is None or connection.closed or baseline is None or self._side is None:
            raise TooDifferent("the connection was closed")
        pristine, log, _ = self._side.result()
        connected, facts = self._end_strangers(connection)
        if facts != baseline.facts:
            raise TooDifferent("the database itself was altered")
        length, position = log.length(baseline.position)
        if length > (MOST_LOG_BYTES_CONNECTED if connected else MOST_LOG_BYTES):
            raise TooDifferent("much was written")
        touched = log.touched(baseline.position)
        changed = self._undo_touched(connection, pristine, touched, baseline.xid) if touched else []
        changed += self._undo_unlogged(connection, pristine, baseline.xid)
        self._vacuum(connection, [each for each in changed if each.kind == "r"])
        if touched or changed:
            self._baseline = self._moment(connection)
        else:
            self._baseline = replace(baseline, position=position)
        return [each.name for each in changed]

    @staticmethod
    def _end_strangers(connection: psycopg.Connection[Any]) -> tuple[int, tuple[Any, ...]]:
        """End the connections that a test left in a transaction; return how many others there are, and the facts."""
        for _ in range(PATIENCE_TURNS):
            with connection.pipeline():
                strangers = connection.execute(STRANGERS)
                facts = connection.execute(DATABASE)
            [(held, idle)] = strangers.fetchall()
            if not held:
                return int(idle), facts.fetchall()[0]
        raise TooDifferent("a connection does not end")

    @staticmethod
    def _undo_touched(
        connection: psycopg.Connection[Any], pristine: Pristine, touched: Touched, since_xid: int
    ) -> list[Relation]:
        """Undo what was written; return the tables and sequences that were."""
        replaced = catalogue.rewritten(connection, pristine, touched, since_xid)
        tables: dict[int, tuple[Relation, set[int]]] = {}
        sequences = {each.oid: each for each in replaced if each.kind == "S"}
        for each in replaced:
            if each.kind in ("r", "m"):
                each.scattered = True
                tables[each.oid] = (each, set())
        for file, blocks in touched.blocks.items():
            relation = pristine.files.get(file)
            if relation is None and not replaced:
                raise TooDifferent("a table was written that the template lacks")
            if relation is not None and not relation.catalogue and relation.kind in ("r", "m"):
                tables.setdefault(relation.oid, (relation, set()))[1].update(blocks)
        for file in touched.sequences:
            relation = pristine.files.get(file)
            if relation is not None:
                sequences[relation.oid] = relation
        for relation in sequences.values():
            pristine.sequence(pristine.details(relation))
        with connection.pipeline(), connection.transaction():
            for relation, blocks in tables.values():
                rows.undo(connection, pristine, relation, blocks, since_xid)
            for relation in sequences.values():
                last, called = pristine.sequence(relation)
                connection.execute("SELECT setval(%s::oid::regclass, %s, %s)", (relation.oid, last, called))
        return [*(relation for relation, _ in tables.values()), *sequences.values()]

    def _undo_unlogged(self, connection: psycopg.Connection[Any], pristine: Pristine, since_xid: int) -> list[Relation]:
        """Undo what was written into unlogged tables, which the log does not tell of: each is looked at."""
        changed = []
        for relation in self._always:
            pristine.details(relation)
            if relation.kind == "S":
                here = connection.execute(f"SELECT last_value, is_called FROM {relation.name}").fetchone()
                last, called = pristine.sequence(relation)
                if here != (last, called):
                    connection.execute("SELECT setval(%s::oid::regclass, %s, %s)", (relation.oid, last, called))
                continue
            later = f"coalesce(bool_or(xmin::text::bigint >= {since_xid}), false)"
            query = f"SELECT count(*), {later} FROM ONLY {relation.name}"
            there = pristine.connection.execute(query).fetchone()
            here = connection.execute(query).fetchone()
            assert here is not None and there is not None
            if here[1] or here[0] != there[0]:
                with connection.transaction():
                    rows.refill(connection, pristine, relation)
                changed.append(relation)
        return changed

    @staticmethod
    def _vacuum(connection: psycopg.Connection[Any], changed: list[Relation]) -> None:
        if not changed:
            return
        sizes = connection.execute(SIZES, ([each.oid for each in changed],)).fetchall()
        before = {each.oid: each for each in changed}
        for oid, size in sizes:
            if size > before[oid].size_bytes + GROWN_BYTES:
                connection.execute(f"VACUUM {before[oid].name}")

    def close(self) -> None:
        self._worker.shutdown(wait=True)
        if self._connection is not None:
            self._connection.close()
        if self._side is not None and self._side.exception() is None:
            pristine, _, untouched = self._side.result()
            pristine.connection.close()
            self._maker.drop(untouched)
        if self._database is not None:
            self._maker.drop(self._database.name)
            self._database = None


def unavailable(info: PostgresInfo) -> str:
    """Return why `reset` can't be used on a server, or an empty string."""
    if not info.superuser:
        return "only a superuser may read the server's log and put rows back without firing triggers"
    if info.version < journal.SINCE_VERSION:
        return f"it reads the server's log by the extension {journal.EXTENSION}, which came with PostgreSQL 15"
    with connect(info) as connection:
        row = connection.execute(
            "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = %s)", (journal.EXTENSION,)
        ).fetchone()
    return "" if row and row[0] else f"its extension {journal.EXTENSION} is not installed (it is part of contrib)"
