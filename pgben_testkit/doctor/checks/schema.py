"""Look whether the project's schema loads: tried on a server, as the first test would."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.fact import Fact
from pgben_testkit.checking.finding import Rule
from pgben_testkit.doctor.look import Ports
from pgben_testkit.postgres.examine import load_schema
from pgben_testkit.settings import Settings

RULE = Rule("doctor/schema", "error", "The schema does not load")
STARTS_A_SERVER = True


def look(settings: Settings, ports: Ports) -> Iterator[Fact]:
    """Yield whether the schema that `settings` name loads."""
    yield from load_schema(settings)
