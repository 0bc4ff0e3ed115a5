"""Write what the environment cost, for `--pgben-stats`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import median

from pgben_testkit.services.server import Server
from pgben_testkit.services.stats import Stats


def lines(servers: Mapping[str, Server], stats: Stats) -> Iterator[str]:
    """A line for each server, then one for each kind of work: how often, median, total."""
    for name, server in servers.items():
        yield f"{name}: ready after {server.info.ready_s * 1000:.0f} ms, {server.info.how}"
    for what, spent in sorted(stats.spent.items()):
        yield f"{what}: {len(spent)} times, median {median(spent) * 1000:.1f} ms, total {sum(spent):.2f} s"
