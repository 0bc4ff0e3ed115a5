"""Start PostgreSQL in a container, from an image with the migrated data folder baked in, on tmpfs."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.postgres import baked, cluster, template
from pgben_testkit.postgres.admin import Admin
from pgben_testkit.postgres.prepared import Facts
from pgben_testkit.postgres.schema import Schema
from pgben_testkit.postgres.server import PostgresInfo, connect, import_driver_meanwhile
from pgben_testkit.services import engine as engines
from pgben_testkit.services import images
from pgben_testkit.services.choose import Choice
from pgben_testkit.services.container import Recipe, ServerContainer
from pgben_testkit.services.engine import Engine
from pgben_testkit.services.run import Run
from pgben_testkit.services.server import Progress
from pgben_testkit.settings import Settings

PORT = 5432
RUN_HOME = "/pgben-run"
"""Where the data folder is copied to: a tmpfs, gone with the container."""


class ContainerPostgres:
    """A server that we own, in a container that is thrown away."""

    def __init__(self, info: PostgresInfo, container: ServerContainer) -> None:
        self.info = info
        self._container = container

    @classmethod
    def start(
        cls, run: Run, settings: Settings, schema: Schema, choice: Choice, progress: Progress
    ) -> ContainerPostgres:
        """Running and answering, the template on it. What had to be prepared stays on the engine as an image."""
        began = time.perf_counter()
        import_driver_meanwhile()
        engine = engines.running("postgres")
        base = images.find(engine, choice.image)
        if base is None:
            raise EnvironmentNotAble(
                "no container for postgres", why=f"{choice.image} is not on the engine any more", remedy="run again"
            )
        fingerprint = schema.key()
        key = baked.key_for(base, settings, fingerprint or "empty")

        @contextmanager
        def build() -> Iterator[tuple[ServerContainer, Facts]]:
            with _baking(engine, choice.image, settings, run, progress) as (container, info):
                name = ""
                if fingerprint is not None:
                    name = template.name_of(schema, run.id)
                    admin = Admin(connect(info))
                    try:
                        template.build(info, admin, name, schema, progress)
                    finally:
                        admin.close()
                baked.stop(container)
                progress("keeping the prepared image")
                yield container, Facts(_shown(info.version), info.password, name, "")

        ready = baked.find(engine, key, settings) or baked.make(engine, key, settings, build)
        server = _boot(engine, ready, settings, run)
        how = f"PostgreSQL {_shown(server.info.version)} of {choice.image} in a container on tmpfs"
        server.info = replace(server.info, how=how, why=choice.why)
        template.complete(server, ready.facts.template, schema, run.id, progress)
        server.info = replace(server.info, ready_s=time.perf_counter() - began)
        return server

    def stop(self) -> None:
        """The container is removed, and its data with it."""
        self._container.stop()


def _shown(version: int) -> str:
    return f"{version // 10000}.{version % 10000}"


def _answering(container: ServerContainer, password: str, settings: Settings) -> PostgresInfo:
    import psycopg

    info = PostgresInfo(
        backend="container",
        how="",
        why="",
        host=container.host,
        port=container.ports[PORT],
        user=cluster.USER,
        password=password,
        version=0,
    )

    def probe() -> None:
        nonlocal info
        info = replace(info, port=container.ports[PORT])
        with connect(info, timeout_s=2) as connection:
            connection.execute("SELECT 1")
            info = replace(info, version=connection.info.server_version)

    container.wait_ready(probe, retry=(psycopg.OperationalError,), timeout_s=settings.start_timeout)
    return info


def _boot(engine: Engine, ready: baked.Baked, settings: Settings, run: Run) -> ContainerPostgres:
    """A server on a copy of the baked data folder."""
    script = (
        f"{baked.FIND_PROGRAMS}; cp -R -p {baked.HOME}/data {RUN_HOME}/data && chmod 700 {RUN_HOME}/data"
        f" && exec postgres -D {RUN_HOME}/data {baked.flags((*cluster.SERVING, *settings.postgres_options))}"
    )
    recipe = Recipe(
        image=ready.image,
        command=["sh", "-c", script],
        ports=[PORT],
        user=baked.USER,
        environment={"LC_ALL": "C"},
        tmpfs={RUN_HOME: "rw,mode=1777"},
    )
    container = ServerContainer.start("postgres", engine, recipe, run)
    try:
        return ContainerPostgres(_answering(container, ready.facts.password, settings), container)
    except BaseException:
        container.stop()
        raise


@contextmanager
def _baking(
    engine: Engine, image: str, settings: Settings, run: Run, progress: Progress
) -> Iterator[tuple[ServerContainer, PostgresInfo]]:
    """A container with an empty cluster in the place that will be baked, and its running server."""
    progress(f"preparing an image from {image}")
    script = f"mkdir -p {baked.HOME} && chown {baked.USER} {baked.HOME} && chmod 755 {baked.HOME} && exec sleep 86400"
    recipe = Recipe(image=image, command=["sh", "-c", script], ports=[PORT], environment={}, tmpfs={}, user="root")
    container = ServerContainer.start("postgres-baking", engine, recipe, run)
    try:
        password = secrets.token_urlsafe(18)
        container.execute(f"until [ -O {baked.HOME} ]; do sleep 0.02; done", user=baked.USER)
        baked.initialise(container, password=password, locale=settings.postgres_locale, extra=settings.postgres_options)
        info = _answering(container, password, settings)
        with connect(info) as connection:
            connection.execute(f"ALTER ROLE {cluster.USER} PASSWORD '{cluster.cheap_verifier(password)}'")
        yield container, info
    finally:
        container.stop()
