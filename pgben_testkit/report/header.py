"""Write the line at the top of a run: what will provide each server, and why."""

from __future__ import annotations

from collections.abc import Iterable

from pgben_testkit.errors import TestkitError
from pgben_testkit.services.choose import choose
from pgben_testkit.services.registry import AnyService
from pgben_testkit.services.server import Server
from pgben_testkit.settings import Settings


def line(settings: Settings, services: Iterable[AnyService], *, said: dict[str, str] | None = None) -> str:
    """`pgben: postgres embedded (why), storage embedded (why)`; asks the engine's socket at most. `said`: service ->
    backend, filled."""
    parts = []
    for service in services:
        try:
            offered = service.offer(settings)
            choice = choose(offered, settings)
            note = f", {offered.embedded_note}" if choice.kind == "embedded" and offered.embedded_note else ""
            parts.append(f"{service.name} {choice.kind}{note} ({choice.why})")
            if said is not None:
                said[service.name] = choice.kind
        except TestkitError as error:
            parts.append(f"{service.name} none ({error.why or error.what})")
    return "pgben: " + ", ".join(parts)


def corrections(said: dict[str, str], provided: Iterable[Server]) -> list[str]:
    """What came otherwise than the header said: an image that could not be pulled."""
    return [
        f"pgben: {info.service} came {info.backend}, not {said[info.service]} ({info.why})"
        for info in (each.info for each in provided)
        if said.get(info.service, info.backend) != info.backend
    ]
