"""Hold what one process has of the run: its databases and buckets, on servers that the run's owner started."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pgben_testkit.services.asking import Asks
from pgben_testkit.services.desk import Desk
from pgben_testkit.services.registry import Registry
from pgben_testkit.services.server import Announce, silent
from pgben_testkit.services.service import InfoT, Service, Space, SpaceT
from pgben_testkit.services.stats import Stats
from pgben_testkit.services.supply import Supply
from pgben_testkit.settings import Settings


@dataclass
class World:
    """The world of one process. `asks` reaches the owner of the servers; `worker` goes into every name."""

    settings: Settings
    asks: Asks
    worker: str = "main"
    stats: Stats = field(default_factory=Stats)
    _spaces: dict[str, Space] = field(default_factory=dict)

    def info(self, service: Service[InfoT, Any]) -> InfoT:
        """Return the facts of the server of `service`, started now if it does not run yet."""
        return service.info(self.asks.ask("server", service=service.name))

    def space(self, service: Service[Any, SpaceT]) -> SpaceT:
        """Return what this process has on the server of `service`, opened at the first call."""
        if service.name not in self._spaces:
            self._spaces[service.name] = service.open(
                self.info(service), self.asks, worker=self.worker, settings=self.settings, stats=self.stats
            )
        found: SpaceT = self._spaces[service.name]  # type: ignore[assignment]  # opened by this very service
        return found

    def close(self) -> None:
        """Give back what this process has; its owner stops the servers."""
        while self._spaces:
            _, space = self._spaces.popitem()
            space.close()


@dataclass
class OwnedWorld:
    """The world of the process that owns the run's servers, with the desk where other processes ask."""

    world: World
    desk: Desk
    supply: Supply

    @classmethod
    def open(
        cls,
        settings: Settings,
        *,
        announce: Announce = silent,
        worker: str = "main",
        registry: Registry | None = None,
    ) -> OwnedWorld:
        """Open a world in which nothing runs yet: each server is started when it is first asked for."""
        supply = Supply(settings, announce, registry=registry)
        desk = Desk(supply)
        return cls(World(settings, desk, worker), desk, supply)

    def close(self, *, keep_running: bool = False) -> None:
        """Give all back, then stop the servers, or leave them to `pgben-testkit down`."""
        try:
            self.world.close()
        finally:
            self.desk.close()
            self.supply.close(keep_running=keep_running)
