"""Look where each service would come from, and whether its image is there."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.fact import Fact, Level
from pgben_testkit.checking.finding import Rule
from pgben_testkit.doctor.look import Ports
from pgben_testkit.doctor.services import is_wanted
from pgben_testkit.errors import TestkitError
from pgben_testkit.services.choose import choose
from pgben_testkit.services.supply import STARTERS, offer
from pgben_testkit.settings import Settings

RULE = Rule("doctor/backends", "error", "A service can't be provided in any way")


def look(settings: Settings, ports: Ports) -> Iterator[Fact]:
    """Yield for each service the backend that a run would choose. Starts and pulls nothing."""
    for service in STARTERS:
        try:
            choice = choose(offer(service, settings), settings)
        except TestkitError as error:
            level: Level = "error" if is_wanted(service, settings) else "note"
            yield Fact(RULE.id, level, service, error.what, error.why, error.remedy)
            continue
        if choice.kind == "container" and choice.pull:
            yield Fact(
                RULE.id,
                "note",
                service,
                f"the image {choice.image} is not on this machine yet",
                "the first run pulls it, and waits for that",
                f"pull it now: docker pull {choice.image}",
            )
        else:
            image = f" {choice.image}" if choice.image else ""
            yield Fact(RULE.id, "ok", service, f"{service} comes {choice.kind}{image} ({choice.why})")
