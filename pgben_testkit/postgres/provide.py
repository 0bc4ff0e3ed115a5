"""A PostgreSQL server for this run: somebody else's, or our own."""

from __future__ import annotations

from typing import Any

from pgben_testkit.postgres import binaries as programs
from pgben_testkit.postgres import schema as schemas
from pgben_testkit.postgres import template
from pgben_testkit.postgres.server import PostgresInfo
from pgben_testkit.services.choose import Offer, settle
from pgben_testkit.services.run import Run
from pgben_testkit.services.server import Progress, Server
from pgben_testkit.settings import Settings

IMAGE_STORY = "pull or load the image by hand, or name another with --pgben-postgres-image"


def offer(settings: Settings) -> Offer:
    """What PostgreSQL can be had from."""

    def why_not_embedded() -> str:
        return "" if programs.find(settings) else programs.NONE_FOUND

    return Offer(
        "postgres", settings.postgres_url, settings.postgres_image, why_not_embedded, programs.REMEDY, IMAGE_STORY
    )


def start(run: Run, settings: Settings, progress: Progress, warm: dict[str, Any] | None) -> Server:
    """The server with the template of the user's schema on it.

    Raises:
        TestkitError: it can't be had, or the schema doesn't load.
    """
    schema = schemas.of(settings, run.id)
    if warm is not None:
        from pgben_testkit.postgres.external import Borrowed

        return Borrowed(template.ensure(PostgresInfo.from_dict(warm), schema, run.id, progress), run)
    choice = settle(offer(settings), settings, progress)
    if choice.kind == "external":
        from pgben_testkit.postgres.external import reach

        return reach(run, settings, schema, choice, progress)
    if choice.kind == "container":
        from pgben_testkit.postgres.container import ContainerPostgres

        return ContainerPostgres.start(run, settings, schema, choice, progress)
    from pgben_testkit.postgres.embedded import EmbeddedPostgres

    return EmbeddedPostgres.start(run, settings, schema, choice, progress)
