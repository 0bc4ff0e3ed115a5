"""Run a server's container: labelled with the run, recorded before it exists, published on loopback."""

from __future__ import annotations

import functools
import os
import socket
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.services.contained import REMOVED, ContainedProcess, exit_code
from pgben_testkit.services.engine import NAME_LABEL, Engine, client, containers_of
from pgben_testkit.services.process import LOG_TAIL_LINES
from pgben_testkit.services.ready import indented, wait_ready
from pgben_testkit.services.run import RUN_LABEL, Run

LOCAL = ("localhost", "127.0.0.1")
REFUSED_S = 3.0
"""A published port that refuses for so long while its container runs is published anew. Before Docker 23 the engine
loses the process behind a port (docker-proxy) when the thread that started it ends, as it may whenever another
container goes; nothing in the engine notices."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a container is started. `command` replaces the image's entry point, or is given to it; `tmpfs`: path ->
    mount options; `ports`: those inside that are published. `host_network`: it is in the machine's own network, and
    nothing is published; `reads`: folders of this machine that are there under the same names, read-only."""

    image: str
    command: Sequence[str]
    ports: Sequence[int]
    environment: Mapping[str, str] = field(default_factory=dict)
    tmpfs: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    keep_entrypoint: bool = False
    host_network: bool = False
    reads: Sequence[Path] = ()


class ServerContainer:
    """A running container of ours. No Ryuk: the run's record and label say what a dead run left."""

    def __init__(self, name: str, wrapped: Any, host: str, ports: Mapping[int, int], run: Run) -> None:
        self.name = name
        self.wrapped = wrapped
        self.host = host
        self.ports = ports
        self._run = run

    @classmethod
    def start(cls, name: str, engine: Engine, recipe: Recipe, run: Run) -> ServerContainer:
        """Started, its ports known; the kernel chose them.

        Raises:
            EnvironmentNotAble: the engine refuses, with its own words.
        """
        connected = client(engine)
        import docker.errors as refusals
        import requests.exceptions
        from docker.types import Mount

        here = os.environ.get("TESTCONTAINERS_HOST_OVERRIDE") or connected.host()
        local = here in LOCAL
        run.note("container", name)
        try:
            wrapped = connected.run(
                recipe.image,
                detach=True,
                environment=dict(recipe.environment),
                labels={RUN_LABEL: run.id, NAME_LABEL: name},
                tmpfs=dict(recipe.tmpfs),
                user=recipe.user or None,
                command=list(recipe.command) if recipe.keep_entrypoint else None,
                entrypoint=None if recipe.keep_entrypoint else list(recipe.command),
                ports={f"{port}/tcp": ("127.0.0.1", None) if local else None for port in recipe.ports},
                mounts=[Mount(str(each), str(each), type="bind", read_only=True) for each in recipe.reads],
                **({"network": "host"} if recipe.host_network else {}),
            )
        except BaseException as error:  # a container that was made and can't be started is left behind by the SDK
            for left in containers_of(run.id, name=name):
                left.remove(force=True, v=True)
            run.forget("container", name)
            if isinstance(error, refusals.DockerException | requests.exceptions.RequestException):
                raise _refused(name, recipe.image, error) from None
            raise
        container = cls(name, wrapped, "127.0.0.1" if local else here, {}, run)
        try:
            container._read_ports(recipe.ports)
        except (KeyError, TypeError, IndexError):  # it ended at once: its ports are gone with it
            log = container.log()
            container.stop()
            raise EnvironmentNotAble(
                f"the container of {name} ended at once",
                why=f"{recipe.image} says:\n" + indented(log),
                remedy="see whether the image is one of this service",
            ) from None
        except BaseException:
            container.stop()
            raise
        return container

    def _read_ports(self, wanted: Iterable[int]) -> None:
        self.wrapped.reload()
        published = self.wrapped.attrs["NetworkSettings"]["Ports"]
        self.ports = {port: int(published[f"{port}/tcp"][0]["HostPort"]) for port in wanted}

    def _publish_anew(self) -> None:
        """The ports answer again, with other numbers; what runs inside goes on."""
        networks = self.wrapped.client.networks
        for name in list(self.wrapped.attrs["NetworkSettings"]["Networks"]):
            networks.get(name).disconnect(self.wrapped)
            networks.get(name).connect(self.wrapped)
        self._read_ports(self.ports)

    def _refuses(self) -> bool:
        for port in self.ports.values():
            try:
                socket.create_connection((self.host, port), timeout=1).close()
            except ConnectionRefusedError:
                return True
            except OSError:
                pass  # something is there: the probe says what is wrong with it
        return False

    def wait_ready(
        self,
        probe: Callable[[], object],
        *,
        retry: tuple[type[Exception], ...],
        timeout_s: float,
        interval_s: float = 0.002,
    ) -> None:
        """Call `probe` until it returns; see `services.ready`. `ports` may change meanwhile: read them in the probe."""

        import docker.errors as refusals

        answered = time.monotonic()

        def ended() -> str:
            nonlocal answered
            try:
                self.wrapped.reload()
            except refusals.NotFound:
                return "somebody removed it"
            state = self.wrapped.attrs["State"]
            if not state["Running"]:
                return f"exit code {state['ExitCode']}"
            now = time.monotonic()
            if not self._refuses():
                answered = now
            elif now - answered > REFUSED_S:
                self._publish_anew()
                answered = now
            return ""

        wait_ready(
            f"the container of {self.name}",
            probe,
            retry=retry,
            timeout_s=timeout_s,
            interval_s=interval_s,
            ended=ended,
            log=self.log,
        )

    @functools.cached_property
    def process(self) -> ContainedProcess:
        """Its first process, as this machine's kernel knows it.

        Raises:
            EnvironmentNotAble: it is not in our sight; see `ContainedProcess`.
        """
        return ContainedProcess(self.wrapped, self._run.id)

    def poll(self) -> int | None:
        """The exit code, negative for a signal's; None while it runs. The kernel says it where `process` is
        known, else the engine."""
        if "process" in self.__dict__:
            return self.process.poll()
        import docker.errors as refusals

        try:
            self.wrapped.reload()
        except refusals.NotFound:
            return REMOVED
        return exit_code(self.wrapped.attrs["State"])

    def log_tail(self, lines: int = LOG_TAIL_LINES) -> str:
        """The last lines that it printed, or nothing."""
        return "\n".join(self._log_if_there().splitlines()[-lines:])

    def _log_if_there(self) -> str:
        import docker.errors as refusals

        try:
            return self.log()
        except refusals.APIError:
            return ""

    def log(self) -> str:
        """The last lines that it printed."""
        text: bytes = self.wrapped.logs(tail=LOG_TAIL_LINES)
        return text.decode("utf-8", "replace")

    def execute(self, script: str, *, user: str, environment: Mapping[str, str] | None = None) -> None:
        """A shell script done inside.

        Raises:
            EnvironmentNotAble: it failed, with the end of its output; or the container has ended, with its log's.
        """
        import docker.errors as refusals

        try:
            code, output = self.wrapped.exec_run(["sh", "-ec", script], user=user, environment=dict(environment or {}))
        except refusals.APIError as error:
            raise EnvironmentNotAble(
                f"the container of {self.name} takes no orders",
                why=f"the engine says: {error.explanation}; its log ends with:\n" + indented(self._log_if_there()),
                remedy="see whether the image is one of this service; the base images are named in the docs",
            ) from None
        if code != 0:
            raise EnvironmentNotAble(
                f"a step in the container of {self.name} failed (exit code {code})",
                why="its output ends with:\n    " + "\n    ".join(output.decode("utf-8", "replace").splitlines()[-8:]),
                remedy="see whether the image is one of this service; the base images are named in the docs",
            )

    def stop(self) -> None:
        """Removed with its volumes. Twice is fine."""
        import docker.errors as refusals

        try:
            self.wrapped.remove(force=True, v=True)
        except refusals.NotFound:
            pass
        if "process" in self.__dict__:
            self.process.close()
        self._run.forget("container", self.name)


def _refused(name: str, image: str, error: Exception) -> EnvironmentNotAble:
    words = getattr(error, "explanation", None) or str(error) or type(error).__name__
    return EnvironmentNotAble(
        f"the container of {name} can't be started",
        why=f"the engine says of {image}: {words}",
        remedy="mend what it names, or choose --pgben-backend=embedded",
    )
