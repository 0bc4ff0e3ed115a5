"""`reset`: one database for all tests of a process; what a test committed is found and undone.

Found by looking at all tables, so that it doesn't depend on statistics or on when connections end: a row that a
test wrote has an xmin above the baseline's, a row that it removed is missing in the count. DDL is noted by event
triggers and answered with a fresh clone under the same name. Connections that hold nothing survive.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.postgres.database import Database
from pgben_testkit.postgres.isolation.base import Maker
from pgben_testkit.postgres.server import connect

if TYPE_CHECKING:
    import psycopg

SCHEMA = "pgben_testkit"
MOST_SEED_ROWS = 20_000
"""More rows than this in the template are dearer to look at after each test than a clone is."""

INSTALL = f"""
CREATE SCHEMA {SCHEMA};
CREATE TABLE {SCHEMA}.ddl (noted boolean);
CREATE FUNCTION {SCHEMA}.note_ddl() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() c
               WHERE NOT coalesce(starts_with(c.schema_name, 'pg_temp'), false))
    THEN INSERT INTO {SCHEMA}.ddl VALUES (true); END IF;
END $$;
CREATE FUNCTION {SCHEMA}.note_drop() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_event_trigger_dropped_objects() d WHERE NOT d.is_temporary)
    THEN INSERT INTO {SCHEMA}.ddl VALUES (true); END IF;
END $$;
CREATE EVENT TRIGGER pgben_ddl ON ddl_command_end EXECUTE FUNCTION {SCHEMA}.note_ddl();
CREATE EVENT TRIGGER pgben_drop ON sql_drop EXECUTE FUNCTION {SCHEMA}.note_drop();
ALTER EVENT TRIGGER pgben_ddl ENABLE ALWAYS;
ALTER EVENT TRIGGER pgben_drop ENABLE ALWAYS;
TRUNCATE {SCHEMA}.ddl
"""

TABLES = """
SELECT c.oid::bigint, quote_ident(n.nspname) || '.' || quote_ident(c.relname),
       (SELECT coalesce(string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum), '') FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pgben_testkit') AND n.nspname NOT LIKE 'pg\\_toast%'
ORDER BY 2
"""

STRANGERS = """
SELECT count(pg_terminate_backend(a.pid)) FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'
  AND (a.state IN ('idle in transaction', 'idle in transaction (aborted)', 'active', 'fastpath function call')
       OR EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.granted))
"""
"""Ends whoever is within a transaction or holds an advisory lock: a test left them. Idle ones are the application's."""

ODDITIES = f"""
SELECT EXISTS (SELECT FROM {SCHEMA}.ddl)
    OR EXISTS (SELECT FROM pg_largeobject_metadata)
    OR EXISTS (SELECT FROM pg_prepared_xacts WHERE database = current_database())
    OR EXISTS (SELECT FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
               WHERE d.datname = current_database())
    OR (SELECT count(*) <> 2 FROM pg_event_trigger WHERE evtname IN ('pgben_ddl', 'pgben_drop') AND evtenabled = 'A')
"""
"""What is answered with a fresh clone."""

NOW = "SELECT txid_current() & 4294967295"
SIZES = "SELECT oid::bigint, pg_relation_size(oid) FROM unnest(%s::oid[]) AS oid"
BLOATED_BYTES = 256 * 1024
"""From this size a table is vacuumed, as nobody else does here: dead rows make it slow to look at."""

SEQUENCES = "SELECT seqrelid::bigint, seqrelid::regclass::text FROM pg_sequence"


class Table:
    """A table of the template. `rows`: how many it has there."""

    def __init__(self, oid: int, name: str, columns: str) -> None:
        self.oid = oid
        self.name = name
        self.columns = columns
        self.rows = 0

    @property
    def snapshot(self) -> str:
        return f"{SCHEMA}.rows_{self.oid}"


class Reset:
    """One database a process, under one name for all its tests. The undoing runs while pytest goes on."""

    name = "reset"

    def __init__(self, maker: Maker) -> None:
        if not maker.info.superuser:
            raise EnvironmentNotAble(
                "the isolation `reset` can't be used on this server",
                why="it needs event triggers and session_replication_role, which only a superuser may use",
                remedy="give a superuser in PGBEN_POSTGRES_URL, or use --pgben-postgres-isolation=pool",
            )
        self._maker = maker
        self._database: Database | None = None
        self._connection: psycopg.Connection[Any] | None = None
        self._tables: list[Table] = []
        self._sequences: dict[int, tuple[int, bool]] = {}
        self._baseline = 0
        self._look = ""
        self._look_at_sequences = ""
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="pgben reset")
        self._undoing: Future[None] | None = None
        self._lock = threading.Lock()

    def database(self) -> Database:
        """The one database, also for what lives longer than a test."""
        with self._lock:
            if self._database is None:
                self._database = self._maker.clone(self.name)
                self._prepare()
            return self._database

    def too_large(self) -> bool:
        """Whether looking at the template's own rows would cost more than a clone."""
        self.database()
        return sum(each.rows for each in self._tables) > MOST_SEED_ROWS

    def _prepare(self) -> None:
        """The database has its notes and snapshots; the baseline is now."""
        assert self._database is not None
        if self._connection is not None:
            self._connection.close()
        connection = self._connection = connect(self._maker.info, self._database.name)
        connection.execute(INSTALL)
        connection.prepare_threshold = 0
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET plan_cache_mode = force_generic_plan")
        self._tables = [Table(*row) for row in connection.execute(TABLES).fetchall()]
        if self._tables:
            counts = " UNION ALL ".join(f"SELECT count(*) FROM ONLY {each.name}" for each in self._tables)
            for table, (rows,) in zip(self._tables, connection.execute(counts).fetchall(), strict=True):
                table.rows = rows
                if rows:
                    connection.execute(
                        f"CREATE TABLE {table.snapshot} AS SELECT {table.columns} FROM ONLY {table.name}"
                    )
        connection.execute(f"DELETE FROM {SCHEMA}.ddl")
        self._look_at_sequences = " UNION ALL ".join(
            f"SELECT {oid}, last_value, is_called FROM {name}" for oid, name in connection.execute(SEQUENCES).fetchall()
        )
        self._sequences = {}
        if self._look_at_sequences:
            rows = connection.execute(self._look_at_sequences).fetchall()
            self._sequences = {oid: (last, called) for oid, last, called in rows}
        self._look = " UNION ALL ".join(_look(index, table) for index, table in enumerate(self._tables))
        self._set_baseline()

    def _set_baseline(self) -> None:
        assert self._connection is not None
        row = self._connection.execute(NOW).fetchone()
        assert row is not None
        self._baseline = row[0]

    def acquire(self) -> Database:
        if self._undoing is not None:
            undoing, self._undoing = self._undoing, None
            undoing.result()
        return self.database()

    def release(self, database: Database, *, keep: bool = False) -> str | None:
        kept = self._maker.copy(database) if keep and self._let_go() else None
        self._undoing = self._worker.submit(self._undo)
        return kept

    def _let_go(self) -> bool:
        """Our own connection is closed, so that the database can be copied."""
        if self._connection is not None:
            self._connection.close()
        return True

    def _undo(self) -> None:
        import psycopg

        assert self._database is not None
        with self._maker.stats.timed("postgres reset"):
            try:
                if self._undo_rows():
                    return
            except psycopg.Error:
                pass  # a table is gone, a note was removed, we were disconnected: a fresh clone mends all of it
            if self._connection is not None:
                self._connection.close()
            self._maker.clone_again(self._database)
            self._prepare()

    def _undo_rows(self) -> bool:
        """The database is as it was; False where only a fresh clone would make it so."""
        connection = self._connection
        if connection is None or connection.closed:
            return False
        strangers, odd, dirty, moved = self._seen(connection)
        if strangers:
            for _ in range(500):
                row = connection.execute(STRANGERS).fetchone()
                if not row or not row[0]:
                    break
            _, odd, dirty, moved = self._seen(connection)
        if odd:
            return False
        if dirty or moved:
            with connection.pipeline():  # one round trip, and one transaction
                for table in dirty:
                    self._restore(connection, table)
                for oid in moved:
                    self._set_back(connection, oid)
            with connection.pipeline():
                sizes = connection.execute(SIZES, ([table.oid for table in dirty],))
                baseline = connection.execute(NOW)
            bloated = {oid for oid, size in sizes.fetchall() if size > BLOATED_BYTES}
            for table in dirty:
                if table.oid in bloated:
                    connection.execute(f"VACUUM {table.name}")
            self._baseline = baseline.fetchall()[0][0]
        return True

    def _seen(self, connection: psycopg.Connection[Any]) -> tuple[int, bool, list[Table], list[int]]:
        """Connections ended, whether a fresh clone is called for, tables and sequences that differ: one round trip."""
        with connection.pipeline():
            strangers = connection.execute(STRANGERS)
            oddities = connection.execute(ODDITIES)
            looks = connection.execute(self._look, {"base": self._baseline}) if self._look else None
            sequences = connection.execute(self._look_at_sequences) if self._look_at_sequences else None
        dirty = [self._tables[index] for (index,) in looks.fetchall()] if looks else []
        at = sequences.fetchall() if sequences else []
        moved = [oid for oid, last, called in at if self._sequences[oid] != (last, called)]
        return strangers.fetchall()[0][0], oddities.fetchall()[0][0], dirty, moved

    @staticmethod
    def _restore(connection: psycopg.Connection[Any], table: Table) -> None:
        connection.execute(f"DELETE FROM ONLY {table.name}")
        if table.rows:
            into = f"({table.columns}) OVERRIDING SYSTEM VALUE" if table.columns else ""
            connection.execute(f"INSERT INTO {table.name} {into} SELECT {table.columns} FROM {table.snapshot}")

    def _set_back(self, connection: psycopg.Connection[Any], oid: int) -> None:
        last, called = self._sequences[oid]
        connection.execute("SELECT setval(%s::oid::regclass, %s, %s)", (oid, last, called))

    def close(self) -> None:
        self._worker.shutdown(wait=True)
        if self._connection is not None:
            self._connection.close()
        if self._database is not None:
            self._maker.drop(self._database.name)
            self._database = None


def _look(index: int, table: Table) -> str:
    """A query that gives `index` if the table differs from the template."""
    if not table.rows:
        return f"SELECT {index} WHERE EXISTS (SELECT FROM ONLY {table.name})"
    return (
        f"SELECT {index} WHERE (SELECT count(*) <> {table.rows}"
        f" OR coalesce(bool_or(xmin::text::bigint > %(base)s), false) FROM ONLY {table.name})"
    )
