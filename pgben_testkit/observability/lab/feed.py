"""Hold what stands behind the targets of a laboratory: synthetic targets, real endpoints, and the load on those."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pgben_testkit.observability.lab.lab_clock import LabClock
from pgben_testkit.observability.lab.target import Target
from pgben_testkit.observability.receivers.inbox import Inbox

Load = Callable[[float], None]
"""It is called with the seconds of the laboratory that have passed, and makes the load that belongs to them."""


@dataclass
class Feed:
    """Show the driver the targets, in the programs' time, and the receivers at the other end."""

    inbox: Inbox
    clock: LabClock
    targets: list[Target] = field(default_factory=list)
    may_be_down: set[tuple[str, str]] = field(default_factory=set)
    """(job, instance) of real endpoints whose scrapes may fail."""
    loads: list[Load] = field(default_factory=list)

    def held_until(self) -> float | None:
        return min((each.held_until for each in self.targets if each.held_until), default=None)

    def holds(self, job: str, instance: str) -> bool:
        return any(each.held_until for each in self.targets if (each.job, each.instance) == (job, instance))

    def may_have_failed(self, job: str, instance: str, at: float) -> bool:
        return (job, instance) in self.may_be_down or any(
            each.may_have_failed(at) for each in self.targets if (each.job, each.instance) == (job, instance)
        )

    def deliveries_held(self) -> bool:
        """A receiver lets a message wait until its sender gives up."""
        return self.inbox.held > 0

    def lasted(self, since: float, until: float) -> None:
        for each in self.loads:
            each(self.clock.laboratory(until) - self.clock.laboratory(since))

    def close(self) -> None:
        for each in self.targets:
            each.close()
