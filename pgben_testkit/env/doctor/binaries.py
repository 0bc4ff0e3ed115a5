"""The programs of the servers, and their versions."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from pgben_testkit.env.doctor import Fact, Level, Ports, is_wanted
from pgben_testkit.errors import TestkitError
from pgben_testkit.findings import Rule
from pgben_testkit.postgres import binaries as postgres
from pgben_testkit.settings import Settings
from pgben_testkit.storage import weed

RULE = Rule("doctor/binaries", "warning", "A server's program is missing or too old")
MONITORING = ("prometheus", "promtool", "alertmanager", "amtool")
ANSWER_TIMEOUT_S = 10.0
_VERSION = re.compile(r"\d+\.\d+(?:\.\d+)?(?:[-+.]\w+)*")


def look(settings: Settings, ports: Ports) -> Iterator[Fact]:
    with ThreadPoolExecutor(4) as pool:
        given = {"prometheus": settings.prometheus_bin, "alertmanager": settings.alertmanager_bin}
        versions = {name: pool.submit(_monitoring, name, given.get(name, "")) for name in MONITORING}
        yield from _postgres(settings)
        yield from _storage(settings)
        found = {name: each.result() for name, each in versions.items()}
    here = [f"{name} {version}" for name, version in found.items() if version]
    lacking = [name for name, version in found.items() if not version]
    if here:
        yield Fact(RULE, "ok", "monitoring", ", ".join(here))
    if lacking:
        level: Level = "note" if here else "ok"
        yield Fact(
            RULE,
            level,
            "monitoring",
            f"not on PATH: {', '.join(lacking)}",
            "only tests of the monitoring need them",
            "Debian: apt-get install prometheus prometheus-alertmanager",
        )


def _postgres(settings: Settings) -> Iterator[Fact]:
    try:
        found = postgres.find(settings)
    except TestkitError as error:
        yield Fact(RULE, "error", "postgres", error.what, error.why, error.remedy)
        return
    if found is None:
        level = _lacking("postgres", settings.postgres_url, settings)
        yield Fact(RULE, level, "postgres", "no PostgreSQL server's programs", postgres.NONE_FOUND, postgres.REMEDY)
        return
    try:
        version = found.version()
    except (OSError, subprocess.CalledProcessError) as error:
        why = f"{found.folder / 'postgres'} does not run: {type(error).__name__}"
        yield Fact(RULE, "error", "postgres", "PostgreSQL's program can't be run", why, postgres.REMEDY)
        return
    major = int(re.split(r"\D", version)[0] or 0)
    if major < postgres.OLDEST_MAJOR:
        why = f"{found.folder} has {version}"
        yield Fact(
            RULE,
            "error",
            "postgres",
            f"PostgreSQL {version} is too old",
            why,
            f"install {postgres.OLDEST_MAJOR} or newer",
        )
        return
    yield Fact(RULE, "ok", "postgres", f"PostgreSQL {version} ({found.origin}, {found.folder})")


def _lacking(service: str, url: str, settings: Settings) -> Level:
    """How bad it is that a program is not there: not at all where an external server is used."""
    return "ok" if url else "warning" if is_wanted(service, settings) else "note"


def _storage(settings: Settings) -> Iterator[Fact]:
    try:
        found = weed.find(settings)
    except TestkitError as error:
        yield Fact(RULE, "error", "storage", error.what, error.why, error.remedy)
        return
    if found is None:
        level = _lacking("storage", settings.storage_url, settings)
        yield Fact(RULE, level, "storage", "no S3 server's program", weed.NONE_FOUND, weed.REMEDY)
        return
    version = _version([str(found), "version"])
    if version:
        yield Fact(RULE, "ok", "storage", f"SeaweedFS {version} ({found})")
    else:
        yield Fact(
            RULE, "error", "storage", "the S3 server's program can't be run", f"{found} version gives none", weed.REMEDY
        )


def _monitoring(name: str, given: str) -> str:
    """The version of what the alert laboratory would start."""
    from pgben_testkit.observability.servers.programs import NAMES

    path = given or next(filter(None, map(shutil.which, NAMES[name])), "")
    return _version([path, "--version"]) if path else ""


def _version(command: list[str]) -> str:
    try:
        asked = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=ANSWER_TIMEOUT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = _VERSION.search(asked.stdout + asked.stderr)
    return match[0] if match else ""
