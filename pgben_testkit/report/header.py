"""One line at the top of a run: what will provide each server, and why."""

from __future__ import annotations

from pgben_testkit.errors import TestkitError
from pgben_testkit.services.choose import choose
from pgben_testkit.settings import Settings


def line(settings: Settings) -> str:
    """`pgben: postgres embedded (why) · storage embedded (why)`; asks the engine's socket at most."""
    from pgben_testkit.postgres import provide as postgres
    from pgben_testkit.redis import provide as redis
    from pgben_testkit.storage import provide as storage

    parts = []
    for name, module in (("postgres", postgres), ("storage", storage), ("redis", redis)):
        try:
            choice = choose(module.offer(settings), settings)
            parts.append(f"{name} {choice.kind} ({choice.why})")
        except TestkitError as error:
            parts.append(f"{name} none ({error.why or error.what})")
    return "pgben: " + ", ".join(parts)
