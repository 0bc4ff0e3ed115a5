"""Say what PostgreSQL is to the kit: how it is offered, started, lent and kept warm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pgben_testkit.services.service import Service

if TYPE_CHECKING:
    from pgben_testkit.checking.fact import Fact
    from pgben_testkit.postgres.databases import Databases
    from pgben_testkit.postgres.server import PostgresInfo
    from pgben_testkit.services.asking import Asks, Client, Owner
    from pgben_testkit.services.choose import Choice
    from pgben_testkit.services.run import Run
    from pgben_testkit.services.server import Progress, Server
    from pgben_testkit.services.stats import Stats
    from pgben_testkit.settings import Settings


class Postgres(Service["PostgresInfo", "Databases"]):
    """A PostgreSQL server with the project's schema in a sealed template, and databases cloned from it."""

    name = "postgres"
    title = "PostgreSQL"
    flag = "db"
    gives = "a database"
    usual = True
    image_story = "pull or load the image by hand, or name another with --pgben-postgres-image"
    warm_settings = ("bin", "url", "image", "options", "locale")
    """A new schema is no reason to start a new server: it makes a new template."""

    def is_wanted(self, settings: Settings) -> bool:
        return super().is_wanted(settings) or bool(settings.postgres_schema or settings.postgres_migrate)

    def why_not_embedded(self, settings: Settings) -> str:
        from pgben_testkit.postgres import binaries

        return "" if binaries.find(settings) else binaries.NONE_FOUND

    def embedded_remedy(self) -> str:
        from pgben_testkit.postgres import binaries

        return binaries.REMEDY

    def modules(self, settings: Settings) -> Sequence[str]:
        return tuple(f"pgben_testkit.postgres.{name}" for name in ("schema", "embedded", "external", "container"))

    def borrow(self, info: PostgresInfo, run: Run, settings: Settings, progress: Progress) -> Server:
        from pgben_testkit.postgres import schema, template
        from pgben_testkit.postgres.external import Borrowed

        return Borrowed(template.ensure(info, schema.of(settings, run.id), run.id, progress), run)

    def external(self, run: Run, settings: Settings, choice: Choice, progress: Progress) -> Server:
        from pgben_testkit.postgres import schema
        from pgben_testkit.postgres.external import reach

        return reach(run, settings, schema.of(settings, run.id), choice, progress)

    def container(self, run: Run, settings: Settings, choice: Choice, progress: Progress) -> Server:
        from pgben_testkit.postgres import schema
        from pgben_testkit.postgres.container import ContainerPostgres

        return ContainerPostgres.start(run, settings, schema.of(settings, run.id), choice, progress)

    def embedded(self, run: Run, settings: Settings, choice: Choice, progress: Progress) -> Server:
        from pgben_testkit.postgres import schema
        from pgben_testkit.postgres.embedded import EmbeddedPostgres

        return EmbeddedPostgres.start(run, settings, schema.of(settings, run.id), choice, progress)

    def info(self, facts: Mapping[str, Any]) -> PostgresInfo:
        from pgben_testkit.postgres.server import PostgresInfo

        return PostgresInfo.from_dict(facts)

    def open(self, info: PostgresInfo, asks: Asks, *, worker: str, settings: Settings, stats: Stats) -> Databases:
        from pgben_testkit.postgres.databases import Databases

        run_id = asks.ask("run")["id"]
        return Databases(info, run_id=run_id, worker=worker, pool_size=settings.postgres_pool_size, stats=stats)

    def lend(self, owner: Owner, client: Client, request: Mapping[str, Any]) -> dict[str, Any]:
        """Lend a fresh database: `{"name": ..., "env": {"DB_HOST": ...}, "url": ...}`."""
        from pgben_testkit.postgres.isolation.base import Maker
        from pgben_testkit.services.stats import Stats

        info = self.info(owner.info(self.name).as_dict())
        with owner.lock:
            maker: Maker | None = owner.state.get("database-maker")
            if maker is None:
                maker = owner.state["database-maker"] = Maker(info, owner.run_id, "lent", Stats())
        database = maker.clone("clone")
        client.holds[database.name] = lambda: maker.drop(database.name)
        return {"name": database.name, "env": database.env(), "url": database.url("node")}

    def examine(self, settings: Settings) -> Iterator[Fact]:
        from pgben_testkit.postgres.examine import examine

        return examine(self, settings)

    def leave(self, info: PostgresInfo) -> dict[str, str]:
        from pgben_testkit.postgres.leave import leave_database

        return leave_database(info)


SERVICE = Postgres()
