"""Look where each service would come from, and whether its image is there."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.fact import Fact, Level
from pgben_testkit.checking.finding import Rule
from pgben_testkit.doctor.look import Ports
from pgben_testkit.errors import TestkitError
from pgben_testkit.services.choose import choose
from pgben_testkit.services.registry import Registry
from pgben_testkit.settings import Settings

RULE = Rule("doctor/backends", "error", "A service can't be provided in any way")


def look(settings: Settings, ports: Ports) -> Iterator[Fact]:
    """Yield for each service the backend that a run would choose. Starts and pulls nothing."""
    for service in Registry.installed():
        try:
            choice = choose(service.offer(settings), settings)
        except TestkitError as error:
            level: Level = "error" if service.is_wanted(settings) else "note"
            yield Fact(RULE.id, level, service.name, error.what, error.why, error.remedy)
            continue
        if choice.kind == "container" and choice.pull:
            yield Fact(
                RULE.id,
                "note" if service.is_wanted(settings) else "ok",
                service.name,
                f"the image {choice.image} is not on this machine yet",
                "the first run pulls it, and waits for that",
                f"pull it now: docker pull {choice.image}",
            )
        else:
            image = f" {choice.image}" if choice.image else ""
            yield Fact(RULE.id, "ok", service.name, f"{service.name} comes {choice.kind}{image} ({choice.why})")
