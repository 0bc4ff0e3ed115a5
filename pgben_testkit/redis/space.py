"""Give a test an empty numbered database of the run's Redis, lent by the run's owner."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pgben_testkit.errors import UsageProblem
from pgben_testkit.redis.server import RedisInfo, connect
from pgben_testkit.services.asking import Asks, Client, Owner
from pgben_testkit.services.stats import Stats

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

    def client(self, *, decode_responses: bool = True) -> redis.Redis:
        """Return a redis-py client. Its answers are text, or bytes with `decode_responses=False`.

        Close it, or let it end with the test.
        """
        info = RedisInfo(
            backend="", how="", why="", host=self.host, port=self.port, password=self.password, user=self.user
        )
        return connect(info, self.number, decode_responses=decode_responses)

    def env(self) -> dict[str, str]:
        """PGBen's names for it."""
        return {
            "REDIS_HOST": self.host,
            "REDIS_PORT": str(self.port),
            "REDIS_PASSWORD": self.password,
            "REDIS_DB": str(self.number),
            "REDIS_URL": self.url,
            "DISABLE_REDIS": "false",
        }

    @classmethod
    def from_answer(cls, lent: dict[str, Any]) -> RedisDb:
        """What `lend` answered."""
        env = lent["env"]
        return cls(env["REDIS_HOST"], int(env["REDIS_PORT"]), int(env["REDIS_DB"]), env["REDIS_PASSWORD"], lent["user"])


class RedisDatabases:
    """The databases of one process: each is lent by the run's owner for one test."""

    def __init__(self, asks: Asks, stats: Stats) -> None:
        self._asks = asks
        self._stats = stats
        self._held: set[str] = set()

    def acquire(self) -> RedisDb:
        """Return an empty database that nobody else has."""
        with self._stats.timed("redis wait"):
            lent = self._asks.ask("lend", service="redis")
        self._held.add(lent["name"])
        return RedisDb.from_answer(lent)

    def release(self, database: RedisDb) -> None:
        """Give the database back; the owner empties it."""
        self._held.remove(_name(database.number))
        self._asks.ask("give-back", name=_name(database.number))

    def close(self) -> None:
        """Give back what is still held."""
        while self._held:
            self._asks.ask("give-back", name=self._held.pop())


def _name(number: int) -> str:
    return f"redis-{number}"


def lend(info: RedisInfo, owner: Owner, client: Client) -> dict[str, Any]:
    """Lend an empty database until the client gives it back or ends: `{"name": "redis-3", "env": {...}, "url": ...}`.

    Raises:
        UsageProblem: all databases are lent.
    """
    with owner.lock:
        free: list[int] = owner.state.setdefault("redis-free", list(reversed(info.numbers)))
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
        with owner.lock:
            free.append(number)

    client.holds[_name(number)] = take_back
    return {"name": _name(number), "env": made.env(), "url": made.url, "user": info.user}
