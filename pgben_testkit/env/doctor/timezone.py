"""Time zones: the office's is known, and this machine's own makes sense."""

from __future__ import annotations

import os
import time
import zoneinfo
from collections.abc import Iterator

from pgben_testkit.env.doctor import Fact, Ports
from pgben_testkit.findings import Rule
from pgben_testkit.settings import Settings

RULE = Rule("doctor/timezone", "warning", "A time zone is not known on this machine")
OFFICE = "America/Sao_Paulo"
REMEDY = "install the zones (Debian: apt-get install tzdata, or pip install tzdata)"


def look(settings: Settings, ports: Ports) -> Iterator[Fact]:
    if not is_known(OFFICE):
        yield Fact(
            RULE, "error", OFFICE, f"the zone {OFFICE} is not known here", "the tz database is not installed", REMEDY
        )
    own = os.environ.get("TZ", "").removeprefix(":")
    if own and not own.startswith("/") and not is_known(own) and not any(each.isdigit() for each in own):
        yield Fact(
            RULE,
            "warning",
            "TZ",
            f"TZ is {own!r}, which is no zone",
            "the C library then takes UTC, in silence",
            "mend TZ, or unset it",
        )
    elif is_known(OFFICE):
        yield Fact(RULE, "ok", OFFICE, f"this machine is at {time.tzname[0]}, and knows {OFFICE}")


def is_known(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return False
    return True
