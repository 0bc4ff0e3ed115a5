"""An Alertmanager of ours: the real program, alone in its cluster, its data in the run's folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pgben_testkit.observability.servers.configured import read_yaml
from pgben_testkit.observability.servers.running import Running

DEFAULT_CONFIG: dict[str, Any] = {
    "route": {
        "receiver": "webhook",
        "group_by": ["alertname"],
        "group_wait": "30s",
        "group_interval": "5m",
        "repeat_interval": "4h",
    },
    "receivers": [{"name": "webhook", "webhook_configs": [{"url": "http://webhook.invalid/", "send_resolved": True}]}],
}
"""Where the user has none: Alertmanager's own times, one webhook."""


def read_config(path: Path) -> dict[str, Any]:
    """A configuration whose templates are named absolutely, so that it can be run from another place.

    Raises:
        UsageProblem: no such file, or no YAML.
    """
    config = read_yaml(path)
    config["templates"] = [str(path.resolve().parent / each) for each in config.get("templates") or []]
    return config


_GAVE_UP = re.compile(r'Notify for alerts failed.*?err="?([^"]+?)/\w+\[\d+\]: (.*)')
"""Alertmanager writes this when it gives a message up: receiver, integration and reason."""
LOG_LINES = 5_000


class Alertmanager(Running):
    """A running one."""

    title = "Alertmanager"
    config_name = "alertmanager.yml"
    checker = "amtool check-config"

    @classmethod
    def words(cls, folder: Path) -> list[str]:
        return [f"--storage.path={folder}/data", "--cluster.listen-address="]

    def groups(self) -> list[dict[str, Any]]:
        """Its groups of alerts that are not resolved, as the API gives them."""
        found: list[dict[str, Any]] = self.http.json("/api/v2/alerts/groups")
        return found

    def gave_up(self) -> list[tuple[str, str]]:
        """Return (receiver, reason) of each message that it gave up, from its log, in order."""
        return [
            (found[1], found[2].strip().rstrip('"').replace('\\"', '"'))
            for line in self.process.log_tail(LOG_LINES).splitlines()
            if (found := _GAVE_UP.search(line))
        ]

    def alerts(self) -> list[dict[str, Any]]:
        """Its alerts that are not resolved, suppressed ones included, as the API gives them."""
        found: list[dict[str, Any]] = self.http.json("/api/v2/alerts")
        return found
