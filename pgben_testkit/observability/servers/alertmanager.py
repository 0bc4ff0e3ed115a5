"""An Alertmanager of ours: the real program, alone in its cluster, its data in the run's folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pgben_testkit.errors import EnvironmentNotAble, UsageProblem
from pgben_testkit.observability.servers.configured import as_yaml, folders, read_yaml
from pgben_testkit.observability.servers.http import Http, HttpFailed
from pgben_testkit.observability.servers.programs import Startable
from pgben_testkit.observability.servers.prometheus import refusal
from pgben_testkit.services.process import free_ports
from pgben_testkit.services.run import Run
from pgben_testkit.services.server import Started

DEFAULT_CONFIG: dict[str, Any] = {
    "route": {
        "receiver": "webhook", "group_by": ["alertname"], "group_wait": "30s", "group_interval": "5m",
        "repeat_interval": "4h",
    },
    "receivers": [{"name": "webhook", "webhook_configs": [{"url": "http://webhook.invalid/", "send_resolved": True}]}],
}  # fmt: skip
"""Where the user has none: Alertmanager's own times, one webhook."""


def read_config(path: Path) -> dict[str, Any]:
    """A configuration whose templates are named absolutely, so that it can be run from another place.

    Raises:
        UsageProblem: no such file, or no YAML.
    """
    config = read_yaml(path)
    config["templates"] = [str(path.resolve().parent / each) for each in config.get("templates") or []]
    return config


class Alertmanager:
    """Running. `http` is one connection to it, for one thread; `url` its address for everybody."""

    def __init__(self, program: Startable, process: Started, port: int, folder: Path) -> None:
        self.program = program
        self.process = process
        self.port = port
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self.http = Http("Alertmanager", port)

    @classmethod
    def start(
        cls, program: Startable, config: Mapping[str, Any], *, run: Run, name: str, flags: Sequence[str] = (),
        timeout_s: float = 60.0, spawned: Callable[[Started], None] = lambda process: None,
    ) -> Alertmanager:  # fmt: skip
        """Ready. `config` is a whole configuration as data; `name` is unique in the run; `spawned` gets it as soon
        as it runs.

        Raises:
            UsageProblem: Alertmanager refuses the configuration; in its own words.
            EnvironmentNotAble: it did not start.
        """
        folder = run.data / name
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / "alertmanager.yml").write_text(as_yaml(config), "utf-8")
        [port] = free_ports(1)
        words = [
            f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", "--log.level=warn", *flags,
        ]  # fmt: skip
        process = program.start(name, words, run=run, folder=folder, reads=folders(config))
        server = cls(program, process, port, folder)
        try:
            spawned(process)
            process.wait_ready(server.ready, retry=(HttpFailed,), timeout_s=timeout_s, interval_s=0.003)
        except BaseException as error:  # ctrl-C too: nobody else knows of it yet
            refused = refusal(process.log_tail())  # a container's goes with it
            server.stop()
            if refused and isinstance(error, EnvironmentNotAble):
                raise UsageProblem(
                    "Alertmanager refuses the configuration", why=refused, remedy="amtool check-config says the same"
                ) from None
            raise
        return server

    def groups(self) -> list[dict[str, Any]]:
        """Its groups of alerts that are not resolved, as the API gives them."""
        found: list[dict[str, Any]] = self.http.json("/api/v2/alerts/groups")
        return found

    def alerts(self) -> list[dict[str, Any]]:
        """Its alerts that are not resolved, suppressed ones included, as the API gives them."""
        found: list[dict[str, Any]] = self.http.json("/api/v2/alerts")
        return found

    def ready(self) -> None:
        """It answers. Raises HttpFailed."""
        self.http.get("/-/ready")

    def stop(self) -> None:
        """Ended; its data goes with the run. Twice is fine."""
        self.http.close()
        self.process.stop()
