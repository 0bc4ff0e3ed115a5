"""Prometheus and Alertmanager as the settings give them: this machine's programs, or images of a container engine."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.observability.servers import programs
from pgben_testkit.observability.servers.programs import PROCESS_ENV, Startable
from pgben_testkit.services import engine as engines
from pgben_testkit.services import images
from pgben_testkit.services.choose import Offer, settle
from pgben_testkit.services.container import Recipe, ServerContainer
from pgben_testkit.services.run import Run
from pgben_testkit.services.server import Announce, Started, silent
from pgben_testkit.settings import Settings

OFFICIAL = {"prometheus": "prom/prometheus:v2.42.0", "alertmanager": "prom/alertmanager:v0.25.0"}
"""Taken where the program is missing and an engine has them; pulled only for who names them."""
ENTRY_POINTS = {"prometheus": "/bin/prometheus", "alertmanager": "/bin/alertmanager"}
"""Of the official images, from their Dockerfiles."""

Find = Callable[[str], Startable]
"""`prometheus` or `alertmanager` -> what it is started from. Raises EnvironmentNotAble: it can't be had."""


@dataclass(frozen=True)
class ProgramImage:
    """An image that a program is in, on an engine of this machine."""

    name: str
    image: str
    engine: engines.Engine

    def __str__(self) -> str:
        return f"{self.name} ({self.image} in a container)"

    def start(self, name: str, words: Sequence[str], *, run: Run, folder: Path, reads: Sequence[Path]) -> Started:
        """A container in this machine's network, that listens on loopback as a program here would; as this user, so
        that it reads what we can. Its data is in memory.

        Raises:
            EnvironmentNotAble: the engine is on another machine, or refuses.
        """
        must_be_local(self.engine)
        data = folder / "data"
        data.mkdir(exist_ok=True)  # where the memory is mounted, in a folder that is read-only inside
        data.chmod(0o1777)  # which the memory takes over, whatever its own options say; it belongs to root
        recipe = Recipe(
            image=self.image,
            command=[ENTRY_POINTS[self.name], *words],
            ports=[],
            environment=PROCESS_ENV,
            tmpfs={str(data): "mode=1777"},
            user=f"{os.getuid()}:{os.getgid()}",
            host_network=True,
            reads=sorted({folder, *reads}),
        )
        return ServerContainer.start(name, self.engine, recipe, run)


def must_be_local(engine: engines.Engine) -> None:
    """The engine's containers can share this machine's network and folders.

    Raises:
        EnvironmentNotAble: it is not Linux, or the engine is reached over the network.
    """
    if sys.platform == "linux" and engine.host.startswith("unix://"):
        return
    where = f"this is {sys.platform}" if sys.platform != "linux" else f"the engine is at {engine.host}"
    raise EnvironmentNotAble(
        "Prometheus and Alertmanager can't run in containers here",
        why=f"they need this machine's network and folders, so Linux and an engine on a local socket; {where}",
        remedy="install the programs, and name no image of them",
    )


def finder(settings: Settings, announce: Announce = silent) -> Find:
    """What `provided` finds, by name."""
    return lambda name: provided(name, settings, announce)


def provided(name: str, settings: Settings, announce: Announce = silent) -> Startable:
    """The image that the settings name, pulled where that is allowed; without one the program, or, where there is
    none, the official image, if an engine has it. The backend `embedded` means the program.

    Raises:
        EnvironmentNotAble: none of it can be had.
    """
    given: tuple[str, ...] = getattr(settings, f"{name}_image")
    if given and settings.backend != "embedded":
        offer = Offer(name, "", given, lambda: "an image was asked for", f"name another --pgben-{name}-image")
        choice = settle(offer, replace(settings, backend="container"), lambda step: announce(name, step))
        announce(name, "")
        return ProgramImage(name, choice.image, engines.running(name))
    try:
        return programs.find(name, getattr(settings, f"{name}_bin"))
    except EnvironmentNotAble:
        wanted = settings.backend != "embedded" and not getattr(settings, f"{name}_bin")
        engine = engines.find() if wanted and engines.library_installed() else None
        if isinstance(engine, engines.Engine) and images.find(engine, OFFICIAL[name]):
            return ProgramImage(name, OFFICIAL[name], engine)
        raise
