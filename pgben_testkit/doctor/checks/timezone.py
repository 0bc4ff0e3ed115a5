"""Look at time zones: whether the office's zone and this machine's own are known."""

from __future__ import annotations

import os
import time
import zoneinfo
from collections.abc import Iterator

from pgben_testkit.checking.fact import Fact
from pgben_testkit.checking.finding import Rule
from pgben_testkit.doctor.look import Ports
from pgben_testkit.settings import Settings

RULE = Rule("doctor/timezone", "warning", "A time zone is not known on this machine")
OFFICE = "America/Sao_Paulo"
REMEDY = "install the zones (Debian: apt-get install tzdata, or pip install tzdata)"


def look(settings: Settings, ports: Ports) -> Iterator[Fact]:
    """Yield whether the zone of the office is installed, and whether TZ names a zone."""
    if not is_known(OFFICE):
        yield Fact(
            RULE.id, "error", OFFICE, f"the zone {OFFICE} is not known here", "the tz database is not installed", REMEDY
        )
    own = os.environ.get("TZ", "").removeprefix(":")
    if own and not own.startswith("/") and not is_known(own) and not any(each.isdigit() for each in own):
        yield Fact(
            RULE.id,
            "warning",
            "TZ",
            f"TZ is {own!r}, which is not a zone",
            "the C library then uses UTC and does not say so",
            "correct TZ, or unset it",
        )
    elif is_known(OFFICE):
        yield Fact(RULE.id, "ok", OFFICE, f"this machine is at {time.tzname[0]}, and knows {OFFICE}")


def is_known(name: str) -> bool:
    """Return whether the time zone `name` is installed."""
    try:
        zoneinfo.ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return False
    return True
