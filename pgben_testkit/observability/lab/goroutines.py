"""What a Go program is doing, from its own profile: whether the parts of it that we wait for are at rest.

Prometheus and Alertmanager serve `/debug/pprof/goroutine?debug=2`, made while the whole program stands still: each
goroutine with its state and its frames. That is exact, where asking an API again after a while is a guess.
Source of the format: Go's runtime/traceback.go.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

PATH = "/debug/pprof/goroutine?debug=2"
PARKED = ("select", "chan receive", "sleep", "sync.Cond.Wait", "semacquire", "sync.WaitGroup.Wait", "select (no cases)")
"""States of a goroutine that waits for another, a timer or a message."""
WAITS_FOR_CHILDREN = "sync.(*WaitGroup).Wait"
"""Whoever is here rests when its children do, and they are in the profile themselves."""
_HEAD = re.compile(rb"goroutine \d+ (?:[^\[]*)\[([^\],]+)")


@dataclass(frozen=True)
class Goroutine:
    """Its state in Go's words, and its functions, innermost first, the runtime's left out."""

    state: str
    frames: tuple[str, ...]


def parse(profile: bytes, packages: Sequence[str]) -> list[Goroutine]:
    """The goroutines that are in a function of one of `packages` (`prometheus/notifier`)."""
    wanted = [each.encode() for each in packages]
    found = []
    for block in profile.split(b"\n\n"):
        if not any(each in block for each in wanted):
            continue
        head = _HEAD.match(block.lstrip())
        if not head:
            continue
        lines = block.split(b"\n")[1:]
        frames = [
            line.decode("utf-8", "replace")
            for line in lines
            if line and not line.startswith((b"\t", b"runtime.", b"sync.runtime_", b"created by "))
        ]
        if any(package in frame for package in packages for frame in frames):
            found.append(Goroutine(head[1].decode(), tuple(frames)))
    return found


def busy(goroutines: Sequence[Goroutine], packages: Sequence[str]) -> list[Goroutine]:
    """Those that are at work: running, ready to run, or waiting for something outside their package, as a socket."""
    return [each for each in goroutines if not _rests(each, packages)]


def _rests(each: Goroutine, packages: Sequence[str]) -> bool:
    if each.state not in PARKED:
        return False
    return each.frames[0].startswith(WAITS_FOR_CHILDREN) or any(package in each.frames[0] for package in packages)
