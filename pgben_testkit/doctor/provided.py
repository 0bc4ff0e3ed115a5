"""Give what the warm servers of a project provide, as the variables that applications read."""

from __future__ import annotations

from collections.abc import Callable

from pgben_testkit.services import warm
from pgben_testkit.services.registry import Registry
from pgben_testkit.settings import Settings


def values(settings: Settings, progress: Callable[[str], None] = lambda _: None) -> dict[str, str]:
    """Return the variables of each warm server of the project in `settings.root`; empty where none runs.

    What is made for them, as a database, goes with the server (`pgben-testkit down`).
    """
    found: dict[str, str] = {}
    for service in Registry.installed():
        facts = warm.find(service, settings)
        if facts is not None:
            progress(f"asking the warm {service.name} server")
            found |= service.leave(service.info(facts))
    return found
