"""Say what Redis is to the kit: how it is offered, started, lent and kept warm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pgben_testkit.services.service import Service

if TYPE_CHECKING:
    from pgben_testkit.checking.fact import Fact
    from pgben_testkit.redis.server import RedisInfo
    from pgben_testkit.redis.space import RedisDatabases
    from pgben_testkit.services.asking import Asks, Client, Owner
    from pgben_testkit.services.choose import Choice
    from pgben_testkit.services.run import Run
    from pgben_testkit.services.server import Progress, Server
    from pgben_testkit.services.stats import Stats
    from pgben_testkit.settings import Settings


class Redis(Service["RedisInfo", "RedisDatabases"]):
    """A Redis server, and numbered databases of it."""

    name = "redis"
    title = "Redis"
    flag = "redis"
    gives = "a numbered Redis database"
    image_story = "pull or load the image by hand, or name another with --pgben-redis-image"
    warm_settings = ("bin", "url", "image", "databases")

    def why_not_embedded(self, settings: Settings) -> str:
        from pgben_testkit.redis import embedded

        return "" if embedded.find(settings) else embedded.NONE_FOUND

    def embedded_remedy(self) -> str:
        from pgben_testkit.redis import embedded

        return embedded.REMEDY

    def modules(self, settings: Settings) -> Sequence[str]:
        return tuple(f"pgben_testkit.redis.{name}" for name in ("embedded", "external", "container"))

    def borrow(self, info: RedisInfo, run: Run, settings: Settings, progress: Progress) -> Server:
        from pgben_testkit.redis import external

        return external.borrow(info, 0, run, settings, info.how)

    def external(self, run: Run, settings: Settings, choice: Choice, progress: Progress) -> Server:
        from pgben_testkit.redis import external

        return external.reach(run, settings, choice)

    def container(self, run: Run, settings: Settings, choice: Choice, progress: Progress) -> Server:
        from pgben_testkit.redis.container import ContainerRedis

        return ContainerRedis.start(run, settings, choice, progress)

    def embedded(self, run: Run, settings: Settings, choice: Choice, progress: Progress) -> Server:
        from pgben_testkit.redis.embedded import EmbeddedRedis

        return EmbeddedRedis.start(run, settings, choice, progress)

    def info(self, facts: Mapping[str, Any]) -> RedisInfo:
        from pgben_testkit.redis.server import RedisInfo

        return RedisInfo.from_dict(facts)

    def open(self, info: RedisInfo, asks: Asks, *, worker: str, settings: Settings, stats: Stats) -> RedisDatabases:
        from pgben_testkit.redis.space import RedisDatabases

        return RedisDatabases(asks, stats)

    def lend(self, owner: Owner, client: Client, request: Mapping[str, Any]) -> dict[str, Any]:
        """Lend an empty numbered database: `{"name": "redis-3", "env": {...}, "url": ..., "user": ...}`."""
        from pgben_testkit.redis.space import lend

        return lend(self.info(owner.info(self.name).as_dict()), owner, client)

    def examine(self, settings: Settings) -> Iterator[Fact]:
        from pgben_testkit.redis.examine import examine

        return examine(self, settings)

    def leave(self, info: RedisInfo) -> dict[str, str]:
        from pgben_testkit.redis.space import RedisDb

        number = info.numbers[-1] if info.numbers else 0
        return RedisDb(info.host, info.port, number, info.password, info.user).env()


SERVICE = Redis()
