"""Find and pull images: is one on the engine, pull it within a time limit, remember a pull that failed."""

from __future__ import annotations

import hashlib
import json
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.services.engine import Engine, ask, client
from pgben_testkit.services.places import private_folder, state_dir
from pgben_testkit.services.server import Progress

FAILURE_COUNTS_S = 3600.0
"""So long a failed pull is remembered, so that `auto` doesn't wait for it in every run."""


@dataclass(frozen=True)
class Image:
    """An image that the engine has. `id` is the digest of its content."""

    name: str
    id: str
    labels: dict[str, str]


def find(engine: Engine, name: str) -> Image | None:
    """The image of this name, asked on the socket in a millisecond or two; never pulled."""
    try:
        status, _, body = ask(engine.host, f"/images/{quote(name, safe='/:@')}/json")
    except OSError:
        return None
    if status != 200:
        return None
    facts = json.loads(body)
    return Image(name, facts["Id"], (facts.get("Config") or {}).get("Labels") or {})


def _failure_note(image: str) -> Path:
    folder = private_folder(state_dir() / "pull-failures")
    return folder / hashlib.sha256(image.encode()).hexdigest()[:16]


def pull_failed_lately(image: str) -> str:
    """Why pulling `image` failed within the last hour, or an empty string."""
    note = _failure_note(image)
    try:
        age_s = time.time() - note.stat().st_mtime
        return note.read_text("utf-8") if age_s < FAILURE_COUNTS_S else ""
    except OSError:
        return ""


def pull(engine: Engine, image: str, *, timeout_s: float, progress: Progress) -> None:
    """Pull `image` within `timeout_s`, telling `progress` how far it is.

    Raises:
        EnvironmentNotAble: refused, or not done in time. The failure is remembered for an hour.
    """
    events: queue.Queue[dict[str, Any] | Exception | None] = queue.Queue()

    def work() -> None:
        try:
            for event in _pull_events(engine, image):
                events.put(event)
            events.put(None)
        except Exception as error:  # handed to the waiting thread, which raises it
            events.put(error)

    threading.Thread(target=work, daemon=True, name=f"pull {image}").start()
    deadline = time.monotonic() + timeout_s
    layers: dict[str, tuple[int, int]] = {}
    while True:
        try:
            event = events.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise _pull_failed(image, f"not done after {timeout_s:g} s") from None
        if event is None:
            return
        if isinstance(event, Exception):
            raise _pull_failed(image, str(getattr(event, "explanation", None) or event))
        if "error" in event:
            raise _pull_failed(image, str(event["error"]))
        detail = event.get("progressDetail") or {}
        if detail.get("total"):
            layers[event.get("id", "")] = (detail.get("current", 0), detail["total"])
            got, total = (sum(column) for column in zip(*layers.values(), strict=True))
            progress(f"pulling {image}: {got / 1e6:.0f} of {total / 1e6:.0f} MB")


def _pull_events(engine: Engine, image: str) -> Iterator[dict[str, Any]]:
    name, _, tag = image.partition("@") if "@" in image else image.rpartition(":")
    if "/" in tag or not name:
        name, tag = image, "latest"
    yield from client(engine).client.api.pull(name, tag=tag, stream=True, decode=True)


def _pull_failed(image: str, why: str) -> EnvironmentNotAble:
    try:
        _failure_note(image).write_text(why, "utf-8")
    except OSError:
        pass  # a note only saves time; the error below is what counts
    return EnvironmentNotAble(
        f"the image {image} can't be pulled",
        why=why,
        remedy="pull or load it by hand, name another image, or choose --pgben-backend=embedded",
    )
