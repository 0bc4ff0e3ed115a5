"""Examine PostgreSQL: its programs, and whether the project's schema loads."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

from pgben_testkit.checking.fact import PROGRAMS, Fact
from pgben_testkit.checking.finding import Place
from pgben_testkit.errors import TestkitError
from pgben_testkit.postgres import binaries
from pgben_testkit.services.registry import AnyService
from pgben_testkit.settings import Settings

SCHEMA = "doctor/schema"


def examine(service: AnyService, settings: Settings) -> Iterator[Fact]:
    """Yield whether the programs of a PostgreSQL server are there, run, and are new enough."""
    try:
        found = binaries.find(settings)
    except TestkitError as error:
        yield Fact(PROGRAMS, "error", "postgres", error.what, error.why, error.remedy)
        return
    if found is None:
        level = service.lack(settings)
        what = "no programs of a PostgreSQL server were found"
        yield Fact(PROGRAMS, level, "postgres", what, binaries.NONE_FOUND, binaries.REMEDY)
        return
    try:
        version = found.version()
    except (OSError, subprocess.CalledProcessError) as error:
        why = f"{found.folder / 'postgres'} does not run: {type(error).__name__}"
        yield Fact(PROGRAMS, "error", "postgres", "the program of PostgreSQL can't be run", why, binaries.REMEDY)
        return
    if int(re.split(r"\D", version)[0] or 0) < binaries.OLDEST_MAJOR:
        why = f"{found.folder} has {version}"
        remedy = f"install {binaries.OLDEST_MAJOR} or newer"
        yield Fact(PROGRAMS, "error", "postgres", f"PostgreSQL {version} is too old", why, remedy)
        return
    yield Fact(PROGRAMS, "ok", "postgres", f"PostgreSQL {version} ({found.origin}, {found.folder})")


def load_schema(settings: Settings) -> Iterator[Fact]:
    """Yield whether the schema of the project loads, tried on a server that is started for it and stopped again."""
    if not (settings.postgres_schema or settings.postgres_migrate):
        yield Fact(SCHEMA, "ok", "schema", "none is named (pgben_postgres_schema, pgben_postgres_migrate)")
        return
    from pgben_testkit.postgres import schema
    from pgben_testkit.services.supply import Supply

    supply = None
    try:
        found = schema.of(settings)
        supply = Supply(settings)
        info = supply.get("postgres").info
    except TestkitError as error:
        yield Fact(SCHEMA, "error", "schema", error.what, error.why, error.remedy)
        return
    finally:
        if supply is not None:
            supply.close()
    count = len(found.files)
    what = f"{count} file{'s' * (count != 1)}" + (" and the migrate command" if found.command else "")
    yield Fact(SCHEMA, "ok", "schema", f"{what} load on {info.how}", place=Place(str(settings.root)))
