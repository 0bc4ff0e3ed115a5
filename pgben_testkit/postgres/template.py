"""The template: the user's schema in a sealed database, made once on a server, cloned for every test."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from pgben_testkit.postgres.admin import Admin
from pgben_testkit.postgres.database import Database
from pgben_testkit.postgres.schema import Schema
from pgben_testkit.postgres.server import PostgresInfo, connect
from pgben_testkit.services.server import Progress

PREFIX = "pgben_template_"


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
                    build(info, admin, name, schema, progress)
    finally:
        admin.close()
    return replace(info, template=name)


def build(info: PostgresInfo, admin: Admin, name: str, schema: Schema, progress: Progress) -> None:
    """Make and seal the template `name`. The caller sees to it that nobody else does."""
    progress("loading the schema into the template database")
    admin.create_empty(name)
    try:
        schema.load(Database(info.host, info.port, name, info.user, info.password))
        facts: dict[str, Any] = {"made": int(time.time())}
        admin.seal(name, facts)
    except BaseException:
        admin.drop(name)
        raise
