"""Hold the databases of one process: make each strategy when it is first used, and choose between them."""

from __future__ import annotations

from collections.abc import Callable

from pgben_testkit.errors import UsageProblem
from pgben_testkit.postgres.database import Database
from pgben_testkit.postgres.isolation.base import Isolation, Maker
from pgben_testkit.postgres.isolation.clone import Clone
from pgben_testkit.postgres.isolation.pool import Pool
from pgben_testkit.postgres.isolation.reset.strategy import Reset, unavailable
from pgben_testkit.postgres.isolation.rollback import Rollback
from pgben_testkit.postgres.server import PostgresInfo
from pgben_testkit.services.stats import Stats


class Databases:
    """Isolated databases on one server. `worker` sets this process's names apart from the others' of the run."""

    def __init__(
        self, info: PostgresInfo, *, run_id: str, worker: str = "main", pool_size: int = 3, stats: Stats | None = None
    ) -> None:
        self.info = info
        self.stats = stats or Stats()
        self._maker = Maker(info, run_id, worker, self.stats)
        # A thread that makes databases ahead must not hold up one that resets: a maker of its own.
        self._ahead = Maker(info, run_id, worker, self.stats)
        self._strategies: dict[str, Isolation] = {}
        self._for_the_session = False
        self._fastest: str | None = None
        self._make: dict[str, Callable[[], Isolation]] = {
            "clone": lambda: Clone(self._maker),
            "pool": lambda: Pool(self._ahead, pool_size),
            "reset": lambda: Reset(self._maker),
            "rollback": lambda: Rollback(self._maker),
        }

    def strategy(self, name: str) -> Isolation:
        """The strategy; `auto` is `reset` where the server allows it, else `pool`."""
        if name == "auto":
            name = self._fastest_safe()
        if name not in self._make:
            raise UsageProblem(f"no isolation {name!r}", why=f"there are auto, {', '.join(self._make)}")
        if name not in self._strategies:
            self._strategies[name] = self._make[name]()
        return self._strategies[name]

    def for_the_session(self) -> Database:
        """Return the one database that `reset` cleans after each test: from now on `auto` is `reset`."""
        self._for_the_session = True
        return self.reset().database()

    def _fastest_safe(self) -> str:
        if self._for_the_session:
            return "reset"
        if self._fastest is None:
            self._fastest = "pool" if unavailable(self.info) else "reset"
        return self._fastest

    def reset(self) -> Reset:
        found = self.strategy("reset")
        assert isinstance(found, Reset)
        return found

    def rollback(self) -> Rollback:
        found = self.strategy("rollback")
        assert isinstance(found, Rollback)
        return found

    def close(self) -> None:
        for each in self._strategies.values():
            each.close()
        self._strategies.clear()
        self._maker.close()
        self._ahead.close()
