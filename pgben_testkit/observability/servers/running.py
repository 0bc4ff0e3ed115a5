"""What Prometheus and Alertmanager have in common as servers of ours: started on a configuration, ready, stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

from pgben_testkit.errors import EnvironmentNotAble, UsageProblem
from pgben_testkit.observability.servers.configured import as_yaml, folders
from pgben_testkit.observability.servers.http import Http, HttpFailed
from pgben_testkit.observability.servers.programs import Startable
from pgben_testkit.services.process import free_ports
from pgben_testkit.services.run import Run
from pgben_testkit.services.server import Started


class Running:
    """A running program. `http` is one connection to it, for one thread; `url` its address for everybody."""

    title: ClassVar[str]
    config_name: ClassVar[str]
    checker: ClassVar[str]
    """The command that says of a configuration what the program says."""

    def __init__(self, program: Startable, process: Started, port: int, folder: Path) -> None:
        self.program = program
        self.process = process
        self.port = port
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self.http = Http(self.title, port)

    @classmethod
    def words(cls, folder: Path) -> list[str]:
        """Of its command line, besides configuration, address and log level."""
        raise NotImplementedError

    @classmethod
    def start(
        cls,
        program: Startable,
        config: Mapping[str, Any],
        *,
        run: Run,
        name: str,
        flags: Sequence[str] = (),
        timeout_s: float = 60.0,
        spawned: Callable[[Started], None] = lambda process: None,
    ) -> Self:
        """Ready. `config` is a whole configuration as data; `name` is unique in the run; `spawned` gets it as soon
        as it runs.

        Raises:
            UsageProblem: it refuses the configuration; in its own words.
            EnvironmentNotAble: it did not start.
        """
        folder = run.data / name
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / cls.config_name).write_text(as_yaml(config), "utf-8")
        [port] = free_ports(1)
        words = [
            f"--config.file={folder}/{cls.config_name}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=warn",
            *cls.words(folder),
            *flags,
        ]
        process = program.start(name, words, run=run, folder=folder, reads=folders(config))
        server = cls(program, process, port, folder)
        try:
            spawned(process)
            process.wait_ready(server.ready, retry=(HttpFailed,), timeout_s=timeout_s, interval_s=0.003)
        except BaseException as error:  # ctrl-C too: nobody else knows of it yet
            why = refusal(process.log_tail())  # a container's goes with it
            server.stop()
            if why and isinstance(error, EnvironmentNotAble):
                raise cls.refused(why) from None
            raise
        return server

    @classmethod
    def refused(cls, why: str) -> UsageProblem:
        """The error for a configuration that it does not take."""
        return UsageProblem(f"{cls.title} refuses the configuration", why=why, remedy=f"{cls.checker} says the same")

    def ready(self) -> None:
        """It answers. Raises HttpFailed."""
        self.http.get("/-/ready")

    def stop(self) -> None:
        """Ended; its data goes with the run. Twice is fine."""
        self.http.close()
        self.process.stop()


def refusal(log: str) -> str:
    """The reason that a program's log gives for refusing its configuration, the nearest to the cause; or nothing."""
    reasons = []
    for line in log.splitlines():
        if "level=error" in line and any(each in line for each in ("loading groups failed", "config", "file=")):
            _, _, reason = line.partition("err=")
            reasons.append(reason.strip('"').replace('\\"', '"') or line)
            if "loading groups failed" in line:
                return reasons[-1]
    return reasons[0] if reasons else ""
