"""An Alertmanager of ours: the real program, alone in its cluster, its data in the run's folder."""

from __future__ import annotations

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

    def alerts(self) -> list[dict[str, Any]]:
        """Its alerts that are not resolved, suppressed ones included, as the API gives them."""
        found: list[dict[str, Any]] = self.http.json("/api/v2/alerts")
        return found
