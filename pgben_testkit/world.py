"""What one process has of the run: its databases and buckets, from servers that the run's owner started."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pgben_testkit.services.desk import Asks, Desk
from pgben_testkit.services.server import Announce, silent
from pgben_testkit.services.stats import Stats
from pgben_testkit.services.supply import Supply
from pgben_testkit.settings import Settings

if TYPE_CHECKING:
    from pgben_testkit.postgres.databases import Databases
    from pgben_testkit.postgres.server import PostgresInfo
    from pgben_testkit.redis.server import RedisInfo
    from pgben_testkit.storage.bucket import Buckets
    from pgben_testkit.storage.server import StorageInfo


@dataclass
class World:
    """One a process. `asks` reaches the owner of the servers; `run_id` and `worker` go into every name."""

    settings: Settings
    asks: Asks
    worker: str = "main"
    stats: Stats = field(default_factory=Stats)
    session_database: bool = False
    """Whether an application lives on the one database that `reset` cleans."""
    _databases: Databases | None = None
    _buckets: Buckets | None = None

    @property
    def postgres(self) -> PostgresInfo:
        from pgben_testkit.postgres.server import PostgresInfo

        return PostgresInfo.from_dict(self.asks.ask("server", service="postgres"))

    @property
    def storage(self) -> StorageInfo:
        from pgben_testkit.storage.server import StorageInfo

        return StorageInfo.from_dict(self.asks.ask("server", service="storage"))

    @property
    def redis(self) -> RedisInfo:
        from pgben_testkit.redis.server import RedisInfo

        return RedisInfo.from_dict(self.asks.ask("server", service="redis"))

    @property
    def databases(self) -> Databases:
        if self._databases is None:
            from pgben_testkit.postgres.databases import Databases

            self._databases = Databases(
                self.postgres,
                run_id=self.asks.ask("run")["id"],
                worker=self.worker,
                pool_size=self.settings.postgres_pool_size,
                stats=self.stats,
            )
        return self._databases

    @property
    def buckets(self) -> Buckets:
        if self._buckets is None:
            from pgben_testkit.storage.bucket import Buckets

            self._buckets = Buckets(self.storage, self.asks, self.stats)
        return self._buckets

    def close(self) -> None:
        """This process's databases and buckets are gone; the servers are their owner's to stop."""
        if self._databases is not None:
            self._databases.close()
            self._databases = None
        if self._buckets is not None:
            self._buckets.close()
            self._buckets = None


@dataclass
class OwnedWorld:
    """The world of the process that owns the run's servers, with the desk where others ask."""

    world: World
    desk: Desk
    supply: Supply

    @classmethod
    def open(cls, settings: Settings, *, announce: Announce = silent, worker: str = "main") -> OwnedWorld:
        """Nothing is started yet: each server is, when first asked for."""
        supply = Supply(settings, announce)
        desk = Desk(supply)
        return cls(World(settings, desk, worker), desk, supply)

    def close(self, *, keep_running: bool = False) -> None:
        """All is given back, then the servers are stopped, or left to `pgben-testkit down`."""
        try:
            self.world.close()
        finally:
            self.desk.close()
            self.supply.close(keep_running=keep_running)
