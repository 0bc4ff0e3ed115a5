"""The fixtures of Redis: thin over `redis/`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from pgben_testkit.pytest_world import world_of

if TYPE_CHECKING:
    from pgben_testkit.redis.server import RedisInfo
    from pgben_testkit.redis.space import RedisDb


@pytest.fixture(scope="session")
def pgben_redis(request: pytest.FixtureRequest) -> RedisInfo:
    """The Redis server of this run: `host`, `port`, `password`, `how` it was provided."""
    return world_of(request.config).redis


@pytest.fixture
def pgben_redis_db(request: pytest.FixtureRequest) -> Iterator[RedisDb]:
    """An empty Redis database of this test's own: `.url`, `.host`, `.port`, `.number`, `.client()`, `.env()`."""
    from pgben_testkit.redis.space import RedisDb

    world = world_of(request.config)
    with world.stats.timed("redis wait"):
        lent = world.asks.ask("redis-db")
    yield RedisDb.from_answer(lent)
    world.asks.ask("give-back", name=lent["name"])
