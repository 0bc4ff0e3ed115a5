"""Look for the programs of the servers, and their versions."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from pgben_testkit.checking.fact import Fact, Level
from pgben_testkit.checking.finding import Rule
from pgben_testkit.doctor.look import Ports
from pgben_testkit.services.registry import Registry
from pgben_testkit.services.version import version_of
from pgben_testkit.settings import Settings

RULE = Rule("doctor/binaries", "warning", "A server's program is missing or too old")
MONITORING = ("prometheus", "promtool", "alertmanager", "amtool")


def look(settings: Settings, ports: Ports) -> Iterator[Fact]:
    """Yield a fact for each service's program, and for those of the monitoring."""
    with ThreadPoolExecutor(4) as pool:
        given = {"prometheus": settings.prometheus_bin, "alertmanager": settings.alertmanager_bin}
        versions = {name: pool.submit(_monitoring, name, given.get(name, "")) for name in MONITORING}
        for service in Registry.installed():
            yield from service.examine(settings)
        found = {name: each.result() for name, each in versions.items()}
    here = [f"{name} {version}" for name, version in found.items() if version]
    missing = [name for name, version in found.items() if not version]
    if here:
        yield Fact(RULE.id, "ok", "monitoring", ", ".join(here))
    if missing:
        asked = settings.metrics_catalogue or settings.prometheus_bin or settings.alertmanager_bin
        level: Level = "note" if here and asked else "ok"
        yield Fact(
            RULE.id,
            level,
            "monitoring",
            f"not on PATH: {', '.join(missing)}",
            "only tests of the monitoring need them",
            "Debian: apt-get install prometheus prometheus-alertmanager",
        )


def _monitoring(name: str, given: str) -> str:
    """Return the version of the program that the alert laboratory would start."""
    from pgben_testkit.observability.servers.programs import NAMES

    path = given or next(filter(None, map(shutil.which, NAMES[name])), "")
    return version_of([path, "--version"]) if path else ""
