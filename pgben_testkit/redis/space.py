"""What a test gets: a numbered, empty database of the run's Redis, lent by the run's owner."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pgben_testkit.errors import UsageProblem
from pgben_testkit.redis.server import RedisInfo, connect
from pgben_testkit.services.desk import Client, Desk

if TYPE_CHECKING:
    import redis


@dataclass(frozen=True)
class RedisDb:
    """An empty database. Keys are its own; publish/subscribe, scripts and CONFIG belong to the whole server."""

    host: str
    port: int
    number: int
    password: str = field(repr=False)
    user: str = ""

    @property
    def url(self) -> str:
        """`redis://...`, password included."""
        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}@" if self.password else ""
        return f"redis://{login}{self.host}:{self.port}/{self.number}"

    def client(self) -> redis.Redis:
        """A redis-py client, answers decoded to text. Close it, or let it end with the test."""
        info = RedisInfo(
            backend="", how="", why="", host=self.host, port=self.port, password=self.password, user=self.user
        )
        return connect(info, self.number)

    def env(self) -> dict[str, str]:
        """PGBen's names for it."""
        return {
            "REDIS_HOST": self.host,
            "REDIS_PORT": str(self.port),
            "REDIS_PASSWORD": self.password,
            "REDIS_DB": str(self.number),
            "DISABLE_REDIS": "false",
        }

    @classmethod
    def from_answer(cls, lent: dict[str, Any]) -> RedisDb:
        """What `lend` answered."""
        env = lent["env"]
        return cls(env["REDIS_HOST"], int(env["REDIS_PORT"]), int(env["REDIS_DB"]), env["REDIS_PASSWORD"], lent["user"])


def lend(desk: Desk, client: Client, request: dict[str, Any]) -> dict[str, Any]:
    """A database until the client gives it back or ends: `{"name": "redis-3", "env": {...}, "url": ...}`."""
    info = RedisInfo.from_dict(desk.supply.get("redis").info.as_dict())
    with desk.lock:
        free: list[int] = desk.state.setdefault("redis-free", list(reversed(info.numbers)))
        if not free:
            raise UsageProblem(
                "no Redis database is left",
                why=f"all {len(info.numbers)} are held at this moment",
                remedy="raise --pgben-redis-databases",
            )
        number = free.pop()
    made = RedisDb(info.host, info.port, number, info.password, info.user)

    def take_back() -> None:
        with connect(info, number) as server:
            server.flushdb()
        with desk.lock:
            free.append(number)

    name = f"redis-{number}"
    client.holds[name] = take_back
    return {"name": name, "env": made.env(), "url": made.url, "user": info.user}
