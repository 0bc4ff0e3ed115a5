"""Whether a container engine answers."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.env.doctor import Fact, Ports
from pgben_testkit.findings import Rule
from pgben_testkit.services import engine
from pgben_testkit.services.registry import Registry
from pgben_testkit.settings import Settings

RULE = Rule("doctor/engine", "error", "No container engine answers")


def look(settings: Settings, ports: Ports) -> Iterator[Fact]:
    found = engine.find()
    if isinstance(found, engine.Engine):
        yield Fact(RULE, "ok", "engine", f"{found.name} answers at {found.host}")
        return
    needed = [name for name in Registry().names() if settings.backend_of(name) == "container"]
    yield Fact(
        RULE,
        "error" if needed else "ok",
        "engine",
        "no container engine answers" if needed else "no container engine answers, and none is needed",
        reason=found.why + (f"; {', '.join(needed)} should come from it" if needed else ""),
        remedy="start Docker or Podman, or choose --pgben-backend=embedded" if needed else "",
    )
