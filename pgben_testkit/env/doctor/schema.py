"""The project's schema loads: tried on a server, as the first test would."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.env.doctor import Fact, Ports
from pgben_testkit.errors import TestkitError
from pgben_testkit.findings import Place, Rule
from pgben_testkit.settings import Settings

RULE = Rule("doctor/schema", "error", "The schema does not load")


def look(settings: Settings, ports: Ports) -> Iterator[Fact]:
    if not (settings.postgres_schema or settings.postgres_migrate):
        yield Fact(RULE, "ok", "schema", "none is named (pgben_postgres_schema, pgben_postgres_migrate)")
        return
    from pgben_testkit.postgres import schema
    from pgben_testkit.services.supply import Supply

    supply = None
    try:
        found = schema.of(settings)
        supply = Supply(settings)
        info = supply.get("postgres").info
    except TestkitError as error:
        yield Fact(RULE, "error", "schema", error.what, error.why, error.remedy)
        return
    finally:
        if supply is not None:
            supply.close()
    count = len(found.files)
    what = f"{count} file{'s' * (count != 1)}" + (" and the migrate command" if found.command else "")
    yield Fact(RULE, "ok", "schema", f"{what} load on {info.how}", place=Place(str(settings.root)))
