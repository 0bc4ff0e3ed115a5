"""Where each service would come from, and whether its image is there."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.env.doctor import Fact, Level, Ports
from pgben_testkit.errors import TestkitError
from pgben_testkit.findings import Rule
from pgben_testkit.services.choose import choose
from pgben_testkit.services.registry import Registry
from pgben_testkit.settings import Settings

RULE = Rule("doctor/backends", "error", "A service can't be had from anywhere")


def look(settings: Settings, ports: Ports) -> Iterator[Fact]:
    for service in Registry():
        try:
            choice = choose(service.offer(settings), settings)
        except TestkitError as error:
            level: Level = "error" if service.is_wanted(settings) else "note"
            yield Fact(RULE, level, service.name, error.what, error.why, error.remedy)
            continue
        if choice.kind == "container" and choice.pull:
            yield Fact(
                RULE,
                "note",
                service.name,
                f"the image {choice.image} is not here yet",
                "the first run pulls it, and waits for that",
                f"pull it now: docker pull {choice.image}",
            )
        else:
            image = f" {choice.image}" if choice.image else ""
            yield Fact(RULE, "ok", service.name, f"{service.name} comes {choice.kind}{image} ({choice.why})")
