"""Examine S3: the program of the embedded server."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.fact import PROGRAMS, Fact
from pgben_testkit.errors import TestkitError
from pgben_testkit.services.registry import AnyService
from pgben_testkit.services.version import version_of
from pgben_testkit.settings import Settings
from pgben_testkit.storage import weed


def examine(service: AnyService, settings: Settings) -> Iterator[Fact]:
    """Yield whether the program of an S3 server is there and runs."""
    try:
        found = weed.find(settings)
    except TestkitError as error:
        yield Fact(PROGRAMS, "error", "storage", error.what, error.why, error.remedy)
        return
    if found is None:
        level = service.lack(settings)
        yield Fact(PROGRAMS, level, "storage", "no program of an S3 server was found", weed.NONE_FOUND, weed.REMEDY)
        return
    version = version_of([str(found), "version"])
    if version:
        yield Fact(PROGRAMS, "ok", "storage", f"SeaweedFS {version} ({found})")
    else:
        why = f"{found} version prints no version"
        yield Fact(PROGRAMS, "error", "storage", "the program of the S3 server can't be run", why, weed.REMEDY)
