"""Where each service would come from, and whether its image is there."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.env.doctor import Fact, Level, Ports, is_wanted
from pgben_testkit.errors import TestkitError
from pgben_testkit.findings import Rule
from pgben_testkit.services.choose import choose
from pgben_testkit.services.supply import STARTERS, offer
from pgben_testkit.settings import Settings

RULE = Rule("doctor/backends", "error", "A service can't be had from anywhere")


def look(settings: Settings, ports: Ports) -> Iterator[Fact]:
    for service in STARTERS:
        try:
            choice = choose(offer(service, settings), settings)
        except TestkitError as error:
            level: Level = "error" if is_wanted(service, settings) else "note"
            yield Fact(RULE, level, service, error.what, error.why, error.remedy)
            continue
        if choice.kind == "container" and choice.pull:
            yield Fact(
                RULE,
                "note",
                service,
                f"the image {choice.image} is not here yet",
                "the first run pulls it, and waits for that",
                f"pull it now: docker pull {choice.image}",
            )
        else:
            image = f" {choice.image}" if choice.image else ""
            yield Fact(RULE, "ok", service, f"{service} comes {choice.kind}{image} ({choice.why})")
