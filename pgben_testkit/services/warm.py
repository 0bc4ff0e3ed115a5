"""Keep servers between runs: `up` leaves them, runs of the same project find them, `down` ends them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from pgben_testkit.services.reap import has_servers
from pgben_testkit.services.registry import AnyService, Registry
from pgben_testkit.services.run import Trace, claim, traces
from pgben_testkit.services.server import Server
from pgben_testkit.settings import Settings


def facts(settings: Settings, registry: Registry, servers: Mapping[str, Server]) -> dict[str, Any]:
    """Return what the record of a warm run says: whose it is and how its servers are reached."""
    return {
        "root": str(settings.root),
        "asked": {name: registry.get(name).asked(settings) for name in servers},
        "servers": {name: server.info.as_dict() for name, server in servers.items()},
    }


def warm_runs() -> list[Trace]:
    """The warm runs of this user and machine whose servers still run."""
    found = []
    for trace in traces():
        if trace.warm is None:
            continue
        lock = claim(trace)
        if lock is not None:
            try:
                if has_servers(trace):
                    found.append(trace)
            finally:
                os.close(lock)
    return found


def find(service: AnyService, settings: Settings) -> dict[str, Any] | None:
    """The facts of a warm server that fits this project and these settings, or None."""
    for trace in traces():
        if trace.warm is None or trace.warm.get("root") != str(settings.root):
            continue
        info = trace.warm["servers"].get(service.name)
        asked = trace.warm["asked"].get(service.name)
        if info and asked == service.asked(settings) and has_servers(trace):
            return {**info, "how": f"{info['how']}, kept warm by `pgben-testkit up`"}
    return None
