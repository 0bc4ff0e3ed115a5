"""Look for servers and folders that an earlier run left."""

from __future__ import annotations

import os
from collections.abc import Iterator

from pgben_testkit.checking.fact import Fact
from pgben_testkit.checking.finding import Rule
from pgben_testkit.doctor.look import Ports
from pgben_testkit.errors import TestkitError
from pgben_testkit.services.reap import has_servers, processes_of
from pgben_testkit.services.run import claim, traces
from pgben_testkit.settings import Settings

RULE = Rule("doctor/leftovers", "warning", "An earlier run left servers or folders")


def look(settings: Settings, ports: Ports) -> Iterator[Fact]:
    """Yield a fact for each killed run that left something, or one that says that none did."""
    try:
        found = list(traces())
    except TestkitError as error:
        yield Fact(RULE.id, "error", "records", error.what, error.why, error.remedy)
        return
    warm = 0
    clean = True
    for trace in found:
        lock = claim(trace)
        if lock is None:
            continue
        try:
            if trace.warm is not None and has_servers(trace):
                warm += 1
                continue
            processes = len(processes_of(trace))
            clean = False
            yield Fact(
                RULE.id,
                "warning",
                trace.id,
                f"the run {trace.id} was killed and left {processes} processes",
                f"its project is {trace.owner.get('root', '?')}",
                "`pgben-testkit down` removes it, and so does the next run",
            )
        finally:
            os.close(lock)
    if clean:
        kept = f"; {warm} warm run{'s' * (warm != 1)} (`pgben-testkit status`)" if warm else ""
        yield Fact(RULE.id, "ok", "runs", f"no killed run left anything{kept}")
