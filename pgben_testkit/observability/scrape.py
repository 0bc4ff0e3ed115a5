"""Fetching an exposition: from an endpoint as Prometheus would, or from a file."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from pgben_testkit.errors import EnvironmentNotAble, UsageProblem
from pgben_testkit.observability.exposition import OPENMETRICS, Exposition, parse

ACCEPT = f"{OPENMETRICS};version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
"""As Prometheus 2.42 asks, without protobuf."""
TIMEOUT_S = 10.0
"""Prometheus' own default."""
LARGEST_BYTES = 50_000_000


def is_url(named: str) -> bool:
    return named.startswith(("http://", "https://"))


def read(named: str, *, timeout_s: float = TIMEOUT_S) -> Exposition:
    """What a URL or a file gives.

    Raises:
        UsageProblem: no such file, or it is no exposition.
        EnvironmentNotAble: the endpoint does not answer, or answers with an error.
    """
    return scrape(named, timeout_s=timeout_s) if is_url(named) else load(Path(named))


def load(path: Path) -> Exposition:
    """The exposition in a file; OpenMetrics where its last line says so."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise UsageProblem(f"{path} is larger than {LARGEST_BYTES} bytes", remedy="name the right file")
        text = path.read_text("utf-8")
    except OSError as error:
        raise UsageProblem(f"{path} can't be read", why=error.strerror or "", remedy="name a file or a URL") from None
    except UnicodeDecodeError:
        raise UsageProblem(f"{path} is no text in UTF-8", remedy="name the right file") from None
    return parse(text, source=str(path), openmetrics=text.rstrip().endswith("# EOF"))


def scrape(url: str, *, timeout_s: float = TIMEOUT_S) -> Exposition:
    """The exposition of an endpoint, in the format that it chooses. Login parts of the URL are not shown."""
    shown = _without_login(url)
    began = time.perf_counter()
    try:
        request = urllib.request.Request(url, headers={"Accept": ACCEPT, "User-Agent": "pgben-testkit"})
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:
            kind = answer.headers.get("Content-Type", "")
            data = answer.read(LARGEST_BYTES + 1)
    except urllib.error.HTTPError as error:
        raise EnvironmentNotAble(
            f"{shown} answers {error.code}", why="metrics come with 200", remedy="name the path where the metrics are"
        ) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", None) or error
        raise EnvironmentNotAble(
            f"{shown} does not answer", why=f"{type(error).__name__}: {why}", remedy="start it, or mend the address"
        ) from None
    took_s = time.perf_counter() - began
    if len(data) > LARGEST_BYTES:
        raise EnvironmentNotAble(f"{shown} gives more than {LARGEST_BYTES} bytes", remedy="name the right path")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise EnvironmentNotAble(f"{shown} gives no text in UTF-8", remedy="name the right path") from None
    found = parse(text, source=shown, openmetrics=kind.startswith(OPENMETRICS))
    return replace(found, took_s=took_s)


def _without_login(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
