"""One line at the top of a run: what will provide each server, and why."""

from __future__ import annotations

import importlib
from collections.abc import Iterable

from pgben_testkit.errors import TestkitError
from pgben_testkit.services.choose import choose
from pgben_testkit.settings import Settings


def line(settings: Settings, services: Iterable[str]) -> str:
    """`pgben: postgres embedded (why), storage embedded (why)`; asks the engine's socket at most."""
    parts = []
    for service in services:
        module = importlib.import_module(f"pgben_testkit.{service}.provide")
        try:
            offer = module.offer(settings)
            choice = choose(offer, settings)
            note = f", {offer.embedded_note}" if choice.kind == "embedded" and offer.embedded_note else ""
            parts.append(f"{service} {choice.kind}{note} ({choice.why})")
        except TestkitError as error:
            parts.append(f"{service} none ({error.why or error.what})")
    return "pgben: " + ", ".join(parts)
