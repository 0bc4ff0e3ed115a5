"""Make the template: load the user's schema into a sealed database once, to be cloned for every test."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Protocol

from pgben_testkit.postgres.admin import Admin
from pgben_testkit.postgres.database import Database
from pgben_testkit.postgres.prepared import UNUSED_DAYS
from pgben_testkit.postgres.schema import Schema
from pgben_testkit.postgres.server import PostgresInfo, connect
from pgben_testkit.services.server import Progress

PREFIX = "pgben_template_"
DAY_S = 86400.0


class Owned(Protocol):
    """A server that we started."""

    info: PostgresInfo

    def stop(self) -> None: ...


def name_of(schema: Schema, run_id: str) -> str:
    """The template's name: by what it is made from, or by the run where that can't be known."""
    key = schema.key()
    return f"{PREFIX}{key}" if key else f"pgben_{run_id}_template"


def ensure(info: PostgresInfo, schema: Schema, run_id: str, progress: Progress) -> PostgresInfo:
    """The server has the sealed template of this schema; `info` with its name.

    Made under a lock of the server's, so runs on many machines may ask at once; a half-made one is made anew.

    Raises:
        SchemaFailed: the schema doesn't load; nothing is left of it.
    """
    name = name_of(schema, run_id)
    admin = Admin(connect(info))
    try:
        if not admin.is_sealed(name):
            with admin.lock(name):
                if not admin.is_sealed(name):
                    _prune(admin)
                    build(info, admin, name, schema, progress)
        elif time.time() - admin.facts_of(name).get("used", 0) > DAY_S:
            admin.describe(name, admin.facts_of(name) | {"used": int(time.time())})
    finally:
        admin.close()
    return replace(info, template=name)


def complete(server: Owned, found: str, schema: Schema, run_id: str, progress: Progress) -> None:
    """The server's info names its template: the one `found` in its prepared data, else one that is made now, as of a
    schema that has no fingerprint. The server is stopped where that fails."""
    if found:
        server.info = replace(server.info, template=found)
        return
    try:
        server.info = ensure(server.info, schema, run_id, progress)
    except BaseException:
        server.stop()
        raise


def build(info: PostgresInfo, admin: Admin, name: str, schema: Schema, progress: Progress) -> None:
    """Make and seal the template `name`. The caller sees to it that nobody else does."""
    progress("loading the schema into the template database")
    admin.create_empty(name)
    try:
        schema.load(Database(info.host, info.port, name, info.user, info.password))
        _settle_sequences(info, name)
        now = int(time.time())
        admin.seal(name, {"made": now, "used": now})
    except BaseException:
        admin.drop(name)
        raise


SETTLE_SEQUENCES = """
DO $$ DECLARE each record; BEGIN
    FOR each IN SELECT seqrelid::bigint AS oid, seqrelid::regclass::text AS name FROM pg_catalog.pg_sequence LOOP
        EXECUTE format('SELECT pg_catalog.setval(%s::oid::regclass, last_value, is_called) FROM %s',
                       each.oid, each.name);
    END LOOP;
END $$
"""


def _settle_sequences(info: PostgresInfo, name: str) -> None:
    """Make the next value of every sequence be written into the server's log, where `reset` finds it.

    A sequence writes 32 values ahead, so that a value within them leaves no trace; `setval` ends that.
    """
    with connect(info, name) as connection:
        connection.execute("SET lock_timeout = '10s'")
        connection.execute(SETTLE_SEQUENCES)


def _prune(admin: Admin) -> None:
    """Templates that nobody used for two weeks are gone, where they are ours to drop: older schemas of somebody's
    project, left on a server that outlives them."""
    import psycopg

    for name in admin.names_like(PREFIX):
        used = admin.facts_of(name).get("used")
        if used is None or time.time() - used < UNUSED_DAYS * DAY_S:
            continue
        try:
            admin.drop(name)
        except psycopg.errors.InsufficientPrivilege:
            continue  # another user's
