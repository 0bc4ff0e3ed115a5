"""Describe a Redis server to every process, and open connections to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Protocol

from pgben_testkit import extras
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

    def address(self, *, with_password: bool = False) -> str:
        from urllib.parse import quote

        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}@" if self.password else ""
        return f"redis://{login if with_password else ''}{self.host}:{self.port}"

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> RedisInfo:
        names = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in data.items() if name in names})


def library() -> Any:
    """redis-py.

    Raises:
        EnvironmentNotAble: it is not installed.
    """
    return extras.need("redis", "redis", what="Redis can't be used", extra="redis")


def connect(info: RedisInfo, number: int, *, timeout_s: float = 5.0, decode_responses: bool = True) -> redis.Redis:
    """A redis-py client of one numbered database.

    Raises:
        EnvironmentNotAble: redis-py is not installed.
    """
    library()
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return Redis(
        host=info.host,
        port=info.port,
        db=number,
        username=info.user or None,
        password=info.password or None,
        socket_connect_timeout=timeout_s,
        decode_responses=decode_responses,
        retry=Retry(NoBackoff(), 0),  # its own would turn each answer of a server that is starting into seconds
    )


class Starting(Protocol):
    """A process or a container that was just started."""

    def wait_ready(
        self, probe: Callable[[], object], *, retry: tuple[type[Exception], ...], timeout_s: float
    ) -> None: ...

    def stop(self) -> None: ...


def version_when_ready(server: Starting, info: Callable[[], RedisInfo], timeout_s: float) -> str:
    """The server answered where `info` says it is at the moment; its version. Stopped where it doesn't within
    `timeout_s`."""
    version = ""

    def probe() -> None:
        nonlocal version
        with connect(info(), 0, timeout_s=2.0) as client:
            version = str(client.info("server")["redis_version"])

    try:
        redis = library()
        not_yet = (redis.ConnectionError, redis.TimeoutError, redis.BusyLoadingError)
        server.wait_ready(probe, retry=not_yet, timeout_s=timeout_s)
    except BaseException:
        server.stop()
        raise
    return version
