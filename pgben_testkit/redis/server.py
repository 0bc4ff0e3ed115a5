"""A Redis server as everybody sees it, and connections to it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.services.server import ServerInfo

if TYPE_CHECKING:
    import redis


@dataclass(frozen=True, kw_only=True)
class RedisInfo(ServerInfo):
    """Where the server is. `numbers`: the databases of it that may be used; 0 comes first where it is ours."""

    service: str = "redis"
    host: str
    port: int
    password: str = field(repr=False)
    user: str = ""
    numbers: list[int] = field(default_factory=list)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> RedisInfo:
        names = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in data.items() if name in names})


def connect(info: RedisInfo, number: int, *, timeout_s: float = 5.0) -> redis.Redis:
    """A redis-py client of one numbered database.

    Raises:
        EnvironmentNotAble: redis-py is not installed.
    """
    try:
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ModuleNotFoundError:
        raise EnvironmentNotAble(
            "Redis can't be used", why="redis-py is not installed", remedy="pip install 'pgben-testkit[redis]'"
        ) from None
    return Redis(
        host=info.host, port=info.port, db=number, username=info.user or None, password=info.password or None,
        socket_connect_timeout=timeout_s, decode_responses=True,
        retry=Retry(NoBackoff(), 0),  # its own would turn each answer of a server that is starting into seconds
    )  # fmt: skip


def not_yet() -> tuple[type[Exception], ...]:
    """The errors that a server which is still starting answers with."""
    import redis

    return redis.ConnectionError, redis.TimeoutError, redis.BusyLoadingError
