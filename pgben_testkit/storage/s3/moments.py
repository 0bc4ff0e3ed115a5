"""Write and read moments as S3 does."""

from __future__ import annotations

import functools
import re
import time
from calendar import timegm
from datetime import datetime


def iso(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(moment)) + f"{int(moment * 1000) % 1000:03d}Z"


def http_date(moment: float) -> str:
    return _http_date(int(moment))


@functools.lru_cache(64)
def _http_date(second: int) -> str:
    from email.utils import formatdate

    return formatdate(second, usegmt=True)


def moment_of(text: str) -> float | None:
    """Return the seconds since 1970 of an ISO 8601 time stamp, or None where it is none."""
    if not re.match(r"\d{4}-\d\d-\d\d", text):
        return None
    try:
        found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text).replace("Z", "+00:00"))
        return found.timestamp() if found.tzinfo else timegm(found.timetuple())
    except (ValueError, OverflowError):
        return None
