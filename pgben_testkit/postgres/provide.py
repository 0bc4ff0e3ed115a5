"""A PostgreSQL server for this run: somebody else's, or our own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pgben_testkit.postgres import binaries as programs
from pgben_testkit.postgres import schema as schemas
from pgben_testkit.postgres import template
from pgben_testkit.postgres.server import PostgresInfo
from pgben_testkit.services.choose import Choice, Offer, choose
from pgben_testkit.services.run import Run
from pgben_testkit.services.server import Progress, Server
from pgben_testkit.settings import Settings


def chosen(settings: Settings) -> Choice:
    """The backend that `start` will use; starts nothing. A container of PostgreSQL is not provided yet."""

    def why_not_embedded() -> str:
        return "" if programs.find(settings) else programs.NONE_FOUND

    offer = Offer("postgres", settings.postgres_url, [], why_not_embedded, programs.REMEDY)
    return choose(offer, settings.backend_of("postgres"), may_pull=True)


def start(run: Run, settings: Settings, progress: Progress, warm: dict[str, Any] | None) -> Server:
    """The server with the template of the user's schema on it.

    Raises:
        TestkitError: it can't be had, or the schema doesn't load.
    """
    schema = schemas.of(settings)
    if warm is not None:
        from pgben_testkit.postgres.external import Borrowed

        info = PostgresInfo.from_dict(warm)
        info = replace(info, how=f"{info.how}, kept warm by `pgben-testkit up`")
        return Borrowed(template.ensure(info, schema, run.id, progress), run)
    choice = chosen(settings)
    if choice.kind == "external":
        from pgben_testkit.postgres.external import reach

        return reach(run, settings, schema, choice, progress)
    from pgben_testkit.postgres.embedded import EmbeddedPostgres

    return EmbeddedPostgres.start(run, settings, schema, choice, progress)
