"""One line at the top of a run: what will provide each server, and why."""

from __future__ import annotations

from collections.abc import Iterable

from pgben_testkit.errors import TestkitError
from pgben_testkit.services.choose import choose
from pgben_testkit.services.supply import offer
from pgben_testkit.settings import Settings


def line(settings: Settings, services: Iterable[str]) -> str:
    """`pgben: postgres embedded (why), storage embedded (why)`; asks the engine's socket at most."""
    parts = []
    for service in services:
        try:
            offered = offer(service, settings)
            choice = choose(offered, settings)
            note = f", {offered.embedded_note}" if choice.kind == "embedded" and offered.embedded_note else ""
            parts.append(f"{service} {choice.kind}{note} ({choice.why})")
        except TestkitError as error:
            parts.append(f"{service} none ({error.why or error.what})")
    return "pgben: " + ", ".join(parts)
