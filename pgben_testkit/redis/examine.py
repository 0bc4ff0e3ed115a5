"""Examine Redis: the program of the embedded server."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.fact import PROGRAMS, Fact
from pgben_testkit.errors import TestkitError
from pgben_testkit.redis import embedded
from pgben_testkit.services.registry import AnyService
from pgben_testkit.services.version import version_of
from pgben_testkit.settings import Settings


def examine(service: AnyService, settings: Settings) -> Iterator[Fact]:
    """Yield whether the program of a Redis server is there and runs.

    Few projects use Redis, so a missing program is fine where nothing asks for it.
    """
    try:
        found = embedded.find(settings)
    except TestkitError as error:
        yield Fact(PROGRAMS, "error", "redis", error.what, error.why, error.remedy)
        return
    if found is None:
        if not service.is_wanted(settings):
            yield Fact(PROGRAMS, "ok", "redis", "no program of a Redis server was found, and none is asked for")
            return
        level = service.lack(settings)
        what = "no program of a Redis server was found"
        yield Fact(PROGRAMS, level, "redis", what, embedded.NONE_FOUND, embedded.REMEDY)
        return
    version = version_of([str(found), "--version"])
    if version:
        name = "Valkey" if "valkey" in found.name else "Redis"
        yield Fact(PROGRAMS, "ok", "redis", f"{name} {version} ({found})")
    else:
        why = f"{found} --version prints no version"
        yield Fact(PROGRAMS, "error", "redis", "the program of the Redis server can't be run", why, embedded.REMEDY)
