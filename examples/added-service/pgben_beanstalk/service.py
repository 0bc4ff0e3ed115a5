"""Say what beanstalkd is to pgben-testkit: how it is offered, started, lent, kept warm and looked at."""

from __future__ import annotations

import itertools
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import greenstalk

from pgben_testkit.checking.fact import PROGRAMS, Fact
from pgben_testkit.errors import EnvironmentNotAble, UsageProblem
from pgben_testkit.services import engine
from pgben_testkit.services.asking import Asks, Client, Owner
from pgben_testkit.services.choose import Choice
from pgben_testkit.services.container import Recipe, ServerContainer
from pgben_testkit.services.process import Account, ServerProcess, free_ports
from pgben_testkit.services.run import Run
from pgben_testkit.services.server import Progress, Server, ServerInfo, Started
from pgben_testkit.services.service import Service
from pgben_testkit.services.stats import Stats
from pgben_testkit.settings import Settings

PORT = 11300
"""beanstalkd's own port, which a container of it listens on."""


@dataclass(frozen=True, kw_only=True)
class BeanstalkInfo(ServerInfo):
    """Where the server is."""

    service: str = "beanstalk"
    host: str
    port: int

    def address(self, *, with_password: bool = False) -> str:
        return f"{self.host}:{self.port}"


class OwnServer:
    """A beanstalkd that we started, as a process or in a container."""

    def __init__(self, info: BeanstalkInfo, started: Started) -> None:
        self.info = info
        self._started = started

    def stop(self) -> None:
        self._started.stop()


class OthersServer:
    """A beanstalkd that somebody else runs: external, or kept warm."""

    def __init__(self, info: BeanstalkInfo) -> None:
        self.info = info

    def stop(self) -> None:
        """Leave it running: what was lent has been given back before."""


@dataclass(frozen=True)
class Tube:
    """A tube of its own."""

    name: str
    host: str
    port: int

    def client(self) -> greenstalk.Client:
        """Return a client that puts into this tube and takes from it. The caller closes it."""
        return greenstalk.Client((self.host, self.port), use=self.name, watch=self.name)

    def env(self) -> dict[str, str]:
        return {"BEANSTALK_HOST": self.host, "BEANSTALK_PORT": str(self.port), "BEANSTALK_TUBE": self.name}


class Tubes:
    """The tubes of one process, lent by the owner of the server."""

    def __init__(self, asks: Asks, stats: Stats) -> None:
        self._asks = asks
        self._stats = stats

    def acquire(self) -> Tube:
        with self._stats.timed("beanstalk wait"):
            env = self._asks.ask("lend", service="beanstalk")["env"]
        return Tube(env["BEANSTALK_TUBE"], env["BEANSTALK_HOST"], int(env["BEANSTALK_PORT"]))

    def release(self, tube: Tube) -> None:
        self._asks.ask("give-back", name=tube.name)

    def close(self) -> None:
        """Nothing is held between tests; what a killed process held, the owner takes back."""


class Beanstalk(Service[BeanstalkInfo, Tubes]):
    """A beanstalkd server, and named tubes on it."""

    name = "beanstalk"
    title = "beanstalkd"
    flag = "beanstalk"
    gives = "a tube of a beanstalkd"

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def program(self, settings: Settings) -> Path | None:
        """Return the program to start, or None. A named one that is not there is an error of the settings."""
        given = self.setting(settings, "bin")
        if given and not Path(given).is_file():
            raise UsageProblem(f"beanstalk_bin names {given}", why="there is no such file", remedy="name a beanstalkd")
        found = given or shutil.which("beanstalkd")
        return Path(found) if found else None

    def why_not_embedded(self, settings: Settings) -> str:
        return "" if self.program(settings) else "there is no beanstalkd on PATH"

    def embedded_remedy(self) -> str:
        return "install it (apt-get install beanstalkd), or name a program with --pgben-beanstalk-bin"

    def embedded(self, run: Run, settings: Settings, choice: Choice, progress: Progress) -> Server:
        program = self.program(settings)
        if program is None:
            raise EnvironmentNotAble(
                "no embedded beanstalkd", why=self.why_not_embedded(settings), remedy=self.embedded_remedy()
            )
        progress("starting beanstalkd")
        [port] = free_ports(1)
        info = BeanstalkInfo(
            backend="embedded", how=f"beanstalkd ({program})", why=choice.why, host="127.0.0.1", port=port
        )
        process = ServerProcess.start(
            self.name,
            [program, "-l", info.host, "-p", str(port)],
            run=run,
            log=run.data / "beanstalk.log",
            account=Account(None, None),
        )
        return _when_ready(info, process, settings.start_timeout)

    def container(self, run: Run, settings: Settings, choice: Choice, progress: Progress) -> Server:
        progress("starting beanstalkd in a container")
        recipe = Recipe(
            image=choice.image, command=["beanstalkd", "-l", "0.0.0.0", "-p", str(PORT)], ports=[PORT], tmpfs={}
        )
        started = ServerContainer.start(self.name, engine.running(self.name), recipe, run)
        how = f"{choice.image} in a container"
        info = BeanstalkInfo(backend="container", how=how, why=choice.why, host=started.host, port=started.ports[PORT])
        return _when_ready(info, started, settings.start_timeout)

    def external(self, run: Run, settings: Settings, choice: Choice, progress: Progress) -> Server:
        host, _, port = str(self.setting(settings, "url")).removeprefix("beanstalk://").partition(":")
        info = BeanstalkInfo(
            backend="external", how=f"beanstalkd at {host}", why=choice.why, host=host, port=int(port or PORT)
        )
        try:
            _greet(info)
        except OSError as error:
            raise EnvironmentNotAble(
                f"the external beanstalkd at {info.address()} can't be used",
                why=str(error),
                remedy="start it, or correct PGBEN_BEANSTALK_URL",
            ) from None
        return OthersServer(info)

    def borrow(self, info: BeanstalkInfo, run: Run, settings: Settings, progress: Progress) -> Server:
        return OthersServer(info)

    def info(self, facts: Mapping[str, Any]) -> BeanstalkInfo:
        names = {each.name for each in fields(BeanstalkInfo)}
        return BeanstalkInfo(**{name: value for name, value in facts.items() if name in names})

    def open(self, info: BeanstalkInfo, asks: Asks, *, worker: str, settings: Settings, stats: Stats) -> Tubes:
        return Tubes(asks, stats)

    def lend(self, owner: Owner, client: Client, request: Mapping[str, Any]) -> dict[str, Any]:
        info = self.info(owner.info(self.name).as_dict())
        tube = Tube(f"pgben-{owner.run_id}-{next(self._numbers)}", info.host, info.port)

        def empty() -> None:
            with tube.client() as emptied:
                for peek in (emptied.peek_ready, emptied.peek_delayed, emptied.peek_buried):
                    try:
                        while True:
                            emptied.delete(peek())
                    except greenstalk.NotFoundError:
                        continue  # this state of the tube is empty

        client.holds[tube.name] = empty
        return {"name": tube.name, "env": tube.env()}

    def examine(self, settings: Settings) -> Iterator[Fact]:
        """Look at the program, for `pgben-testkit doctor`."""
        found = self.program(settings)
        if found is None:
            why, remedy = self.why_not_embedded(settings), self.embedded_remedy()
            yield Fact(PROGRAMS, self.lack(settings), self.name, "there is no beanstalkd", why, remedy)
        else:
            yield Fact(PROGRAMS, "ok", self.name, f"beanstalkd ({found})")


def _greet(info: BeanstalkInfo) -> None:
    with greenstalk.Client((info.host, info.port)) as client:
        client.stats()


def _when_ready(info: BeanstalkInfo, started: Started, timeout_s: float) -> OwnServer:
    began = time.perf_counter()
    try:
        started.wait_ready(lambda: _greet(info), retry=(OSError,), timeout_s=timeout_s)
    except BaseException:
        started.stop()
        raise
    return OwnServer(replace(info, ready_s=time.perf_counter() - began), started)


SERVICE = Beanstalk()
