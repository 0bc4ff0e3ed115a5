"""Look whether a container engine answers."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.fact import Fact
from pgben_testkit.checking.finding import Rule
from pgben_testkit.doctor.look import Ports
from pgben_testkit.services import engine
from pgben_testkit.services.registry import Registry
from pgben_testkit.settings import Settings

RULE = Rule("doctor/engine", "error", "No container engine answers")


def look(settings: Settings, ports: Ports) -> Iterator[Fact]:
    """Yield whether an engine answers; that none does is an error only where a service has to come from it."""
    found = engine.find()
    if isinstance(found, engine.Engine):
        yield Fact(RULE.id, "ok", "engine", f"{found.name} answers at {found.host}")
        return
    needed = [name for name in Registry.installed().names() if settings.backend_of(name) == "container"]
    yield Fact(
        RULE.id,
        "error" if needed else "ok",
        "engine",
        "no container engine answers" if needed else "no container engine answers, and none is needed",
        reason=found.why + (f"; {', '.join(needed)} should come from it" if needed else ""),
        remedy="start Docker or Podman, or choose --pgben-backend=embedded" if needed else "",
    )
