"""Make and remove databases on a server; each function says what is true afterwards."""

from __future__ import annotations

import json
import secrets
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pgben_testkit.errors import EnvironmentNotAble

if TYPE_CHECKING:
    import psycopg

STRATEGY_SINCE = 150000
"""From this version CREATE DATABASE knows STRATEGY, with the slower WAL_LOG as default; before it always copied."""
DROP_TIMEOUT_S = 10.0
POLL_S = 0.002


def quoted(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """`text` as an SQL string; for the commands that take no parameters."""
    escaped = text.replace("'", "''")
    if "\\" in escaped:
        return "E'" + escaped.replace("\\", "\\\\") + "'"
    return f"'{escaped}'"


_SUBSCRIPTIONS = """
SELECT format(step, s.subname) FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid,
    unnest(ARRAY['ALTER SUBSCRIPTION %%I DISABLE', 'ALTER SUBSCRIPTION %%I SET (slot_name = NONE)',
                 'DROP SUBSCRIPTION %%I']) WITH ORDINALITY AS steps (step, number)
WHERE d.datname = %(name)s
"""


class Admin:
    """A connection to the maintenance database in autocommit. One thread at a time."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self._settings_of: dict[str, list[str]] = {}

    def close(self) -> None:
        self.connection.close()

    def exists(self, name: str) -> bool:
        return self._one("SELECT 1 FROM pg_database WHERE datname = %s", name) is not None

    def _one(self, query: str, *values: Any) -> Any:
        row = self.connection.execute(query, values or None).fetchone()
        return row[0] if row else None

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """One holder a server at a time, over all processes and machines. Given back by a killed holder too."""
        key = zlib.crc32(name.encode())
        self.connection.execute("SELECT pg_advisory_lock(%s, %s)", (0x7067, key - 2**31))
        try:
            yield
        finally:
            self.connection.execute("SELECT pg_advisory_unlock(%s, %s)", (0x7067, key - 2**31))

    def create_empty(self, name: str) -> None:
        """An empty database in UTF-8 exists. A leftover of this name is gone."""
        self.drop(name)
        self.connection.execute(f"CREATE DATABASE {quoted(name)} TEMPLATE template0 ENCODING 'UTF8'")

    def seal(self, name: str, facts: dict[str, Any]) -> None:
        """The database is a template: complete, nobody connected, nobody can connect. The last step of making one."""
        self.connection.execute(f"ALTER DATABASE {quoted(name)} WITH ALLOW_CONNECTIONS false IS_TEMPLATE true")
        self.disconnect_all(name)
        self.describe(name, facts)

    def describe(self, name: str, facts: dict[str, Any]) -> None:
        """The sealed template carries these facts."""
        self.connection.execute(f"COMMENT ON DATABASE {quoted(name)} IS {literal(json.dumps({'pgben': facts}))}")

    def facts_of(self, name: str) -> dict[str, Any]:
        """What `seal` or `describe` wrote; empty where it was neither."""
        text = self._one("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", name)
        try:
            facts = json.loads(text or "{}").get("pgben", {})
        except (ValueError, AttributeError):
            return {}
        return facts if isinstance(facts, dict) else {}

    def is_sealed(self, name: str) -> bool:
        """Whether it is a template that was completed. Half-made ones answer no."""
        return bool(
            self._one(
                "SELECT datistemplate AND NOT datallowconn AND shobj_description(oid, 'pg_database') LIKE %s"
                " FROM pg_database WHERE datname = %s",
                '{"pgben"%',
                name,
            )
        )

    def clone(self, template: str, name: str) -> None:
        """A database like the sealed template exists, with its ALTER DATABASE settings, which PostgreSQL
        doesn't copy by itself. FILE_COPY: a third of the time of WAL_LOG, and it scales over workers."""
        strategy = " STRATEGY FILE_COPY" if self.connection.info.server_version >= STRATEGY_SINCE else ""
        self.connection.execute(f"CREATE DATABASE {quoted(name)} TEMPLATE {quoted(template)}{strategy}")
        for each in self.settings_of(template):
            self.connection.execute(f"ALTER DATABASE {quoted(name)} SET {each}")

    def settings_of(self, template: str) -> list[str]:
        """The `name TO value` settings of a template, read once: a template never changes."""
        if template not in self._settings_of:
            rows = self.connection.execute(
                "SELECT unnest(s.setconfig) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase"
                " WHERE d.datname = %s AND s.setrole = 0",
                (template,),
            ).fetchall()
            pairs = [row[0].partition("=") for row in rows]
            self._settings_of[template] = [f"{quoted(key)} TO {_setting(key, value)}" for key, _, value in pairs]
        return self._settings_of[template]

    def disconnect_all(self, name: str) -> None:
        """Nobody is connected to the database, unless somebody connects again. Polls: the server's own
        waits (DROP ... WITH FORCE) sleep 100 ms between looks."""
        deadline = time.monotonic() + DROP_TIMEOUT_S
        query = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s"
        while self._one(query, name):
            if time.monotonic() > deadline:
                raise EnvironmentNotAble(
                    f"connections to the database {name} don't end",
                    why=f"still there {DROP_TIMEOUT_S:g} s after they were told to",
                    remedy="look at pg_stat_activity: a backend that is stuck in the kernel, or rights that we lack",
                )
            time.sleep(POLL_S)

    def drop(self, name: str) -> None:
        """Drop the database, connections to it or not, template or not. Nothing to do where it does not exist."""
        if not self.exists(name):
            return
        self.connection.execute(f"ALTER DATABASE {quoted(name)} WITH ALLOW_CONNECTIONS false IS_TEMPLATE false")
        self.let_go(name)
        self.disconnect_all(name)
        self.connection.execute(f"DROP DATABASE IF EXISTS {quoted(name)}")

    def let_go(self, name: str) -> None:
        """End the prepared transactions and subscriptions that would keep the database from being dropped.

        Both can only be ended from within their own database, so that is opened for a moment. A subscription is
        cut off from its slot on the publisher, which stays.
        """
        import psycopg

        in_the_way = self.connection.execute(
            "SELECT 'ROLLBACK PREPARED ' || quote_literal(gid) FROM pg_prepared_xacts WHERE database = %(name)s"
            f" UNION ALL {_SUBSCRIPTIONS if self._is_superuser() else 'SELECT NULL WHERE false'}",
            {"name": name},
        ).fetchall()
        if not in_the_way:
            return
        self.connection.execute(f"ALTER DATABASE {quoted(name)} WITH ALLOW_CONNECTIONS true")
        info = self.connection.info
        with psycopg.connect(
            host=info.host, port=info.port, user=info.user, password=info.password, dbname=name, autocommit=True
        ) as inside:
            for (statement,) in in_the_way:
                inside.execute(statement)
        self.connection.execute(f"ALTER DATABASE {quoted(name)} WITH ALLOW_CONNECTIONS false")

    def _is_superuser(self) -> bool:
        """Tell whether we may look at pg_subscription: only a superuser makes subscriptions, before PostgreSQL 16."""
        return bool(self._one("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"))

    def put_aside(self, name: str) -> str:
        """Rename a database that can't be dropped, so that its name is free; return the new name."""
        aside = f"{name}_stuck_{secrets.token_hex(3)}"
        self.connection.execute(f"ALTER DATABASE {quoted(name)} RENAME TO {quoted(aside)}")
        return aside

    def names_like(self, prefix: str) -> list[str]:
        """The databases whose names begin so."""
        rows = self.connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", (prefix,))
        return [row[0] for row in rows.fetchall()]


LIST_SETTINGS = frozenset({"search_path", "temp_tablespaces", "session_preload_libraries", "local_preload_libraries"})


def _setting(key: str, value: str) -> str:
    """A stored value as ALTER DATABASE takes it: lists are kept quoted by the server, the rest is a string."""
    return value if key in LIST_SETTINGS and value else literal(value)
