"""Start Redis in a container."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace

from pgben_testkit.redis.embedded import CONFIG
from pgben_testkit.redis.server import RedisInfo, version_when_ready
from pgben_testkit.services import engine as engines
from pgben_testkit.services.choose import Choice
from pgben_testkit.services.container import Recipe, ServerContainer
from pgben_testkit.services.run import Run
from pgben_testkit.services.server import Progress
from pgben_testkit.settings import Settings

PORT = 6379
SCRIPT = 'printf "%s" "$PGBEN_CONFIG" | redis-server -'
"""From standard input: a password on the command line could be read by everybody on the host."""


class ContainerRedis:
    """A server that we own, in a container that is thrown away."""

    def __init__(self, info: RedisInfo, container: ServerContainer) -> None:
        self.info = info
        self._container = container

    @classmethod
    def start(cls, run: Run, settings: Settings, choice: Choice, progress: Progress) -> ContainerRedis:
        """Running and answering."""
        began = time.perf_counter()
        engine = engines.running("redis")
        progress("starting Redis")
        password = secrets.token_urlsafe(18)
        config = f"{CONFIG}bind 0.0.0.0\ndatabases {settings.redis_databases}\nrequirepass {password}\n"
        recipe = Recipe(
            image=choice.image,
            command=["sh", "-c", SCRIPT],
            ports=[PORT],
            environment={"PGBEN_CONFIG": config},
            tmpfs={},
        )
        container = ServerContainer.start("redis", engine, recipe, run)
        info = RedisInfo(
            backend="container",
            how="",
            why=choice.why,
            host=container.host,
            port=container.ports[PORT],
            password=password,
            numbers=list(range(settings.redis_databases)),
        )
        version = version_when_ready(
            container, lambda: replace(info, port=container.ports[PORT]), settings.start_timeout
        )
        how = f"Redis {version} of {choice.image} in a container"
        return cls(replace(info, port=container.ports[PORT], how=how, ready_s=time.perf_counter() - began), container)

    def stop(self) -> None:
        """The container is removed, and its data with it."""
        self._container.stop()
