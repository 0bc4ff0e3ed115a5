"""Start Prometheus and Alertmanager on a plan, redirected to this machine, and lead them through time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pgben_testkit.observability import durations
from pgben_testkit.observability.lab.choice import Choice
from pgben_testkit.observability.lab.clock import ClockNotAble
from pgben_testkit.observability.lab.driver import Driver, LostTime
from pgben_testkit.observability.lab.feed import Feed
from pgben_testkit.observability.lab.flushes import Dispatch
from pgben_testkit.observability.lab.lab_clock import LabClock
from pgben_testkit.observability.lab.plan import Plan
from pgben_testkit.observability.lab.routing import mute_receivers, tree
from pgben_testkit.observability.lab.scaled_config import alertmanager_flags, prometheus_flags, scaled_alertmanager
from pgben_testkit.observability.lab.scaled_prometheus import ScaledPrometheus
from pgben_testkit.observability.receivers.receivers import Receivers
from pgben_testkit.observability.servers.alertmanager import Alertmanager
from pgben_testkit.observability.servers.configured import diff
from pgben_testkit.observability.servers.prometheus import Prometheus
from pgben_testkit.observability.servers.provided import Find
from pgben_testkit.services.run import Run


@dataclass
class Stage:
    """Hold the programs of one laboratory. `number` tells it from other laboratories of the process."""

    run: Run
    number: int
    plan: Plan
    find: Find
    flags: Sequence[str]
    """More flags for Prometheus."""
    choice: Choice | None = None
    prometheus: Prometheus | None = None
    alertmanager: Alertmanager | None = None
    driver: Driver | None = None
    changes: str = field(default="")
    """What was replaced in the configurations, as text."""

    def start(
        self, wanted: str, clock: LabClock, receivers: Receivers, feed: Feed, evaluated: Callable[[], None]
    ) -> None:
        """Start both programs at the pace `wanted`, and wait until each target was scraped and each rule evaluated.

        Raises:
            UsageProblem: a program refuses its configuration.
            EnvironmentNotAble: a program is missing or does not start.
        """
        redirected, changes = receivers.redirect(self.plan.alerting)
        began = time.monotonic()
        self.choice = choice = Choice.of(wanted, self.plan, self.run.data / f"rules-{self.number}")
        clock.follow(choice.pace)
        try:
            alerting = self._start_alertmanager(redirected, choice)
        except ClockNotAble as error:  # this machine's clocks jump, and not those of its containers
            choice.without_jumps(error.why)
            clock.follow(choice.pace)
            alerting = self._start_alertmanager(redirected, choice)
        choice.begin(time.monotonic() - began)
        here = self._prometheus_config(clock)
        told = [
            *map(str, changes),
            diff(redirected, alerting, "alertmanager.yml"),
            diff(self.plan.prometheus.data, here, self.plan.prometheus.name),
            choice.scaled.changes if choice.scaled else "",
        ]
        self.changes = "\n".join(filter(None, told))
        self.prometheus = self._start_prometheus(here, choice)
        assert self.alertmanager
        self.driver = Driver(
            choice.pace,
            self.prometheus,
            self.alertmanager,
            Dispatch(tree(alerting), mute_receivers(alerting)),
            feed,
            evaluated,
        )
        self.driver.settle(self.plan.target_count)
        if choice.scaled:
            self._until_scaled(clock)

    def changed(self, clock: LabClock) -> None:
        """Tell a running Prometheus which targets it has now.

        Raises:
            LostTime: durations are divided, and Prometheus would see the change minutes too late.
        """
        if self.driver is None or self.prometheus is None:
            return
        if clock.is_scaled:
            raise LostTime(
                "targets came or went after the start, which divided durations can't show",
                why=f"Prometheus looks for its targets each 5 s of its clock: {clock.longer(5):g} s here",
                remedy="name all targets before the start and let them be down(), up() or vanish(); or use jumped "
                "clocks or real time (pgben_alerts_pace)",
            )
        self.prometheus.reload(self._prometheus_config(clock))
        self.driver.settle(self.plan.target_count)

    def close(self) -> None:
        """Stop both programs. May be called twice."""
        if self.choice is not None:
            self.choice.pace.close()
        for server in (self.prometheus, self.alertmanager):
            if server is not None:
                server.stop()

    def _start_prometheus(self, config: Mapping[str, Any], choice: Choice) -> Prometheus:
        scale = choice.pace.scale
        kind, flags = (ScaledPrometheus, prometheus_flags(scale)) if choice.scaled else (Prometheus, [])
        made = kind.start(
            self.find("prometheus"),
            config,
            run=self.run,
            name=f"prometheus-{self.number}",
            flags=[*flags, *self.flags],
            spawned=choice.pace.lead,
        )
        if isinstance(made, ScaledPrometheus):
            made.scale = scale
        return made

    def _start_alertmanager(self, config: Mapping[str, Any], choice: Choice) -> Mapping[str, Any]:
        """Start Alertmanager and return the configuration that it runs on."""
        run_on = scaled_alertmanager(config, choice.pace.scale) if choice.scaled else config
        self.alertmanager = Alertmanager.start(
            self.find("alertmanager"),
            run_on,
            run=self.run,
            name=f"alertmanager-{self.number}",
            flags=alertmanager_flags(choice.pace.scale) if choice.scaled else [],
            spawned=choice.pace.lead,
        )
        return run_on

    def _prometheus_config(self, clock: LabClock) -> dict[str, Any]:
        assert self.alertmanager
        here = self.plan.configuration(f"127.0.0.1:{self.alertmanager.port}")
        scaled = self.choice.scaled if self.choice else None
        return scaled.prometheus(here, clock.scale) if scaled else here

    def _until_scaled(self, clock: LabClock) -> None:
        """Let time pass until durations are divided.

        Raises:
            LostTime: the alerts are on already.
        """
        assert self.driver
        origin = clock.scale.program_origin
        late = self.driver.now - origin
        if late > 0:
            raise LostTime(
                f"Prometheus began its work {durations.text(round(late, 1))} too late",
                why="alerts are on from a moment that was fixed before it started, and minutes may have passed since",
                remedy="run it again; on a machine that is always so slow, in fewer processes",
            )
        self.driver.run_until(origin)
