"""Report a file, or a line of one, that could not be read."""

from __future__ import annotations

from collections.abc import Iterator

from pgben_testkit.checking.finding import Finding
from pgben_testkit.env.ground import Ground
from pgben_testkit.env.sources.base import INPUT

RULE = INPUT


def check(ground: Ground) -> Iterator[Finding]:
    yield from ground.problems
