"""Say what a look at the machine is: a module with a rule and a function that yields facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from pgben_testkit.checking.fact import Fact
from pgben_testkit.checking.finding import Place, Rule
from pgben_testkit.settings import Settings

Ports = Sequence[tuple[int, Place]]
"""The ports of this machine that the project's compose files publish, each with its place."""


class Look(Protocol):
    """A module that looks at one side of the machine."""

    RULE: Rule

    def look(self, settings: Settings, ports: Ports) -> Iterable[Fact]:
        """Yield what is so, fine or not, for the project with `settings` that publishes `ports`."""
