"""Use a Redis server that somebody else runs: only databases of it that are empty, claimed for this run."""

from __future__ import annotations

import time
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from pgben_testkit.errors import EnvironmentNotAble, UsageProblem
from pgben_testkit.redis.server import RedisInfo, connect, library
from pgben_testkit.services.choose import Choice
from pgben_testkit.services.run import Run, is_alive, owner_prefix
from pgben_testkit.settings import Settings

CLAIM = "pgben-testkit:claim:"
"""+ number: a key in the address's own database that holds the id of the run which uses that number."""
CLAIM_LIFE_S = 24 * 3600
"""A claim of another machine's dead run ends by itself; S3 and Redis have no locks that a dead holder gives back."""


class BorrowedRedis:
    """A server that we don't own, with the databases that this run claimed."""

    def __init__(self, info: RedisInfo, home: int, run_id: str) -> None:
        self.info = info
        self._home = home
        self._run_id = run_id

    def stop(self) -> None:
        """The claimed databases are empty and free again. Twice is fine."""
        with connect(self.info, self._home) as home:
            for number in self.info.numbers:
                if home.get(f"{CLAIM}{number}") == self._run_id:
                    with connect(self.info, number) as client:
                        client.flushdb()
                    home.delete(f"{CLAIM}{number}")


def parse(url: str) -> tuple[RedisInfo, int]:
    """The address in a `redis://user:password@host:port/number` URL, and the number.

    Raises:
        UsageProblem: not such a URL; it is not shown, since it may hold a password.
    """
    parts = urlsplit(url)
    number = parts.path.strip("/") or "0"
    try:
        port = parts.port or 6379
    except ValueError:
        port = 0
    if parts.scheme != "redis" or not parts.hostname or not port or not number.isdecimal():
        raise UsageProblem(
            "redis_url is not the address of a Redis server",
            why="it needs the form redis://user:password@host:port/number",
            remedy="correct PGBEN_REDIS_URL (it is not shown here: it may hold a password)",
        )
    info = RedisInfo(
        backend="external",
        how="",
        why="",
        host=parts.hostname,
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )
    return info, int(number)


def reach(run: Run, settings: Settings, choice: Choice) -> BorrowedRedis:
    """The external server, answering, with as many of its databases as are free claimed for this run.

    Raises:
        EnvironmentNotAble: it doesn't answer, or none of its databases is empty.
    """
    info, home = parse(settings.redis_url)
    return borrow(info, home, run, settings, choice.why)


def borrow(info: RedisInfo, home: int, run: Run, settings: Settings, why: str) -> BorrowedRedis:
    """Claims in the database `home` of the server. A run that is dead loses its claims."""
    began = time.perf_counter()
    redis = library()
    try:
        with connect(info, home) as client:
            version = str(client.info("server")["redis_version"])
            count = int(client.config_get("databases").get("databases", 16))
            numbers: list[int] = []
            for number in range(count):
                if len(numbers) == settings.redis_databases:
                    break
                if number != home and _claim(info, home, number, run.id):
                    numbers.append(number)
    except redis.RedisError as error:
        raise EnvironmentNotAble(
            f"the external Redis at {info.host}:{info.port} can't be used",
            why=str(error),
            remedy="start it, or correct PGBEN_REDIS_URL",
        ) from None
    if not numbers:
        raise EnvironmentNotAble(
            f"the external Redis at {info.host}:{info.port} has no free database",
            why=f"of {count} each holds data that is not ours, or is used by another run",
            remedy="empty one, raise its `databases`, or use a Redis of your own",
        )
    how = f"Redis {version} at {info.host}:{info.port}"
    ready_s = time.perf_counter() - began
    return BorrowedRedis(replace(info, how=how, why=why, numbers=numbers, ready_s=ready_s), home, run.id)


def _claim(info: RedisInfo, home: int, number: int, run_id: str) -> bool:
    """Whether the database is this run's now: it was empty, or a dead run of this owner's had it."""
    key = f"{CLAIM}{number}"
    with connect(info, home) as claims, connect(info, number) as client:
        holder = claims.get(key)
        if holder is not None:
            if not str(holder).startswith(owner_prefix()) or is_alive(str(holder)):
                return False
            if claims.getset(key, run_id) != holder:
                return False  # somebody was faster; the key says who, and both go on to the next number
            claims.expire(key, CLAIM_LIFE_S)
            client.flushdb()
            return True
        return client.dbsize() == 0 and bool(claims.set(key, run_id, nx=True, ex=CLAIM_LIFE_S))
