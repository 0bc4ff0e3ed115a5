"""Bring a user's alert rules and routes to life on the real programs, in time that jumps.

Everything is declared first (rules, configurations, targets); the programs start when time is first asked to pass.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability import durations
from pgben_testkit.observability.lab.alert import Alert
from pgben_testkit.observability.lab.driver import Driver
from pgben_testkit.observability.lab.feed import Feed, Load
from pgben_testkit.observability.lab.flushes import GroupKey
from pgben_testkit.observability.lab.journal import Journal
from pgben_testkit.observability.lab.lab_clock import LabClock
from pgben_testkit.observability.lab.plan import Plan
from pgben_testkit.observability.lab.rules import AlertRule
from pgben_testkit.observability.lab.scrapes import AlertNow
from pgben_testkit.observability.lab.stage import Stage
from pgben_testkit.observability.lab.target import Target
from pgben_testkit.observability.lab.timeline import Timeline
from pgben_testkit.observability.receivers.receivers import Receivers
from pgben_testkit.observability.servers import programs
from pgben_testkit.observability.servers.alertmanager import Alertmanager
from pgben_testkit.observability.servers.configured import Endpoint
from pgben_testkit.observability.servers.prometheus import Prometheus
from pgben_testkit.observability.servers.provided import Find, finder
from pgben_testkit.services.run import Run
from pgben_testkit.services.server import Announce, silent
from pgben_testkit.settings import Settings

_numbers = itertools.count(1)


class Laboratory:
    """Run the alerts of one test.

    `pace` is `jump`, `scaled` (all durations divided), `real`, or `auto`: the first of these that works here.
    """

    def __init__(
        self,
        run: Run,
        *,
        folder: Path,
        pace: str = "auto",
        find: Find = programs.find,
        prometheus_flags: Sequence[str] = (),
        always: Collection[str] = (),
        announce: Callable[[str], None] = lambda step: None,
    ) -> None:
        self._always = always
        self._pace_wanted = pace
        self._announce = announce
        self._plan = Plan(folder)
        number = next(_numbers)
        self._stage = Stage(run, number, self._plan, find, prometheus_flags)
        self._clock = LabClock()
        self._receivers = Receivers.start(
            now=self._clock.utc, sender_now=self._clock.program_utc, folder=run.data / f"receivers-{number}"
        )
        self.inbox = self._receivers.inbox
        self._feed = Feed(self.inbox, self._clock)
        self._asked_for: set[str] = set()
        self.timeline = Timeline(self.clock())
        self._journal = Journal(self.timeline)
        self._alerts: tuple[tuple[AlertNow, ...], tuple[AlertNow, ...]] = ((), ())

    @classmethod
    def of(cls, settings: Settings, run: Run, announce: Announce = silent) -> Laboratory:
        """Return a laboratory on the rules and configurations that `settings` names."""
        made = cls(
            run,
            folder=settings.root,
            pace=settings.alerts_pace,
            find=finder(settings, announce),
            always=settings.alerts_always,
            announce=lambda step: announce("alerts", step),
        )
        try:
            if settings.prometheus_config:
                made.load_prometheus(settings.prometheus_config)
            if settings.alertmanager_config:
                made.load_alertmanager(settings.alertmanager_config)
            made.load_rules(*settings.alert_rules)
        except BaseException:
            made.close()
            raise
        return made

    # What is declared

    def load_rules(self, *patterns: str | Path) -> None:
        """Load rule files (paths or globs, relative to the project) besides those of the Prometheus configuration.

        Raises:
            UsageProblem: the laboratory has started, or nothing matches.
        """
        self._not_started("load_rules")
        for each in patterns:
            self._plan.load_rules(each)

    def load_prometheus(self, path: str | Path) -> None:
        """Load the Prometheus configuration at `path` with its rule files; only targets and addresses are replaced."""
        self._not_started("load_prometheus")
        self._plan.load_prometheus(path)

    def load_alertmanager(self, path: str | Path) -> None:
        """Load the Alertmanager configuration at `path`; only its receivers' addresses and secrets are replaced."""
        self._not_started("load_alertmanager")
        self._plan.load_alertmanager(path)

    def start_at(self, moment: datetime | str) -> None:
        """Begin the laboratory's time at `moment`, in the future (with a zone, or UTC): for mute times.

        Raises:
            UsageProblem: `moment` is in the past; clocks only jump forward.
        """
        self._not_started("start_at")
        found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        self._plan.start_at = found if found.tzinfo else found.replace(tzinfo=UTC)
        if self._plan.start_at.timestamp() < self.clock():
            raise UsageProblem(
                f"{moment} is in the past", why="clocks jump forward", remedy="name a moment of the future"
            )

    def target(self, job: str, instance: str = "", **labels: str) -> Target:
        """Return the synthetic target of the scrape job `job`: the only one, or the one called `instance`.

        It is made if there is none. `labels` are what its service discovery would give it, names beginning with `__`
        included.

        Raises:
            UsageProblem: the configuration has no such job.
        """
        self._defaults()
        found = [each for each in self._feed.targets if each.job == job and instance in ("", each.instance)]
        if found:
            return found[0]
        self._plan.prometheus.job(job)
        if instance and not labels:
            self._plan.may_have(job, instance)
        return self._add_target(job, instance or f"{job}:0", labels)

    def connect(self, job: str, url: str, *, instance: str = "", may_fail: bool = False, **labels: str) -> None:
        """Scrape the real endpoint `url` (`http://host:port`, on this machine) as a target of `job`."""
        self._defaults()
        parts = urlsplit(url if "//" in url else f"//{url}")
        name = instance or self._plan.instances(job)[0]
        for each in [each for each in self._feed.targets if each.job == job and each.instance == name]:
            self._feed.targets.remove(each)
            each.close()
        self._plan.add(job, Endpoint(parts.netloc, name, labels))
        if may_fail:
            self._feed.may_be_down.add((job, name))
        self._note(f"{job} is the real {parts.netloc}{parts.path}")
        self._stage.changed(self._clock)

    def remove(self, target: Target) -> None:
        """Remove `target`, as if service discovery found it no more: its `up` ends, and its series are stale."""
        self._feed.targets.remove(target)
        self._plan.remove(target.job, target.instance)
        self._note(f"{target} is gone")
        self._stage.changed(self._clock)
        target.close()

    def load(self, paced: Load) -> None:
        """Call `paced` at each step with the seconds that have passed, to make the load that belongs to them."""
        self._feed.loads.append(paced)

    def alert(self, name: str, **labels: str) -> Alert:
        """Return the alert called `name`, narrowed to the instances that have `labels`.

        Raises:
            UsageProblem: no rule file has it; the text names the nearest ones.
        """
        rules = self._plan.rules_of(name)
        self._asked_for.add(name)
        return Alert(self, rules, labels)

    @property
    def rules(self) -> dict[str, list[AlertRule]]:
        """Return alert name -> its rules, of all loaded files."""
        return self._plan.rules

    # What happens

    def clock(self) -> float:
        """Return the laboratory's time, unix seconds."""
        return self._clock.now()

    @property
    def now(self) -> datetime:
        """Return the laboratory's time, UTC."""
        return self._clock.utc()

    @property
    def pace(self) -> str:
        """Return how time passes: `jumped clock`, `durations divided by 100`, `real time`."""
        self.start()
        assert self._stage.choice
        return self._stage.choice.pace.name

    @property
    def why_not_jumped(self) -> str:
        """Return why clocks do not jump; empty where they do, or were not asked to."""
        return self._stage.choice.why_not_jumped if self._stage.choice else ""

    @property
    def why_not_scaled(self) -> str:
        """Return why durations are not divided; empty where they are, or were not asked to be."""
        return self._stage.choice.why_not_scaled if self._stage.choice else ""

    @property
    def changes(self) -> str:
        """Return what was replaced in the configurations, as text; empty before the start."""
        return self._stage.changes

    @property
    def prometheus(self) -> Prometheus:
        """Return the running Prometheus; start it if need be."""
        self.start()
        assert self._stage.prometheus
        return self._stage.prometheus

    @property
    def alertmanager(self) -> Alertmanager:
        """Return the running Alertmanager; start it if need be."""
        self.start()
        assert self._stage.alertmanager
        return self._stage.alertmanager

    @property
    def driver(self) -> Driver:
        """Return what leads the programs through time."""
        self.start()
        assert self._stage.driver
        return self._stage.driver

    def advance(self, duration: str) -> None:
        """Let `duration` pass, with everything that is due in it."""
        self.start()
        self.run_until(self.clock() + durations.seconds(duration))

    def run_until(self, end: float, done: Callable[[], bool] = lambda: False) -> bool:
        """Let time pass until `done` or `end` (unix seconds); return whether it was `done`."""
        self.start()
        begin = self.clock()

        def tell() -> None:
            passed, limit = round(self.clock() - begin), round(end - begin)
            self._announce(f"{durations.text(passed)} of at most {durations.text(limit)}")

        try:
            return self.driver.run_until(self._clock.program(end), done, tell)
        finally:
            self._announce("")
            self._note_deliveries()

    def no_other_alerts(self, *besides: str) -> None:
        """Check that no alert has fired but those that the test asked for by `alert`, and those named in `besides`.

        Raises:
            AssertionError: others have fired; the text has their timelines.
        """
        __tracebackhide__ = True
        self.start()
        allowed = {*self._asked_for, *self._always, *besides}
        fired = {each.alert for each in self.timeline.events if each.kind == "state" and each.text.startswith("firing")}
        others = sorted(fired - allowed)
        if others:
            stories = "\n\n".join(Alert(self, self.rules[name], {}).story() for name in others)
            raise AssertionError(f"other alerts have fired: {', '.join(others)}\n{stories}")

    def start(self) -> None:
        """Start the programs, and wait until each target was scraped and each rule evaluated. May be called twice.

        Raises:
            UsageProblem: a program refuses its configuration.
            EnvironmentNotAble: a program is missing or does not start.
        """
        if self._started:
            return
        self._defaults()
        self._stage.start(self._pace_wanted, self._clock, self._receivers, self._feed, self._evaluated)
        self.timeline.began = self.clock()
        self._note(f"started at {self.now:%Y-%m-%d %H:%M:%S} UTC, {self.pace}")
        if self.why_not_scaled:
            self._note(f"not in scaled time: {' '.join(self.why_not_scaled.split())}")

    def close(self) -> None:
        """Stop the programs, targets and receivers. May be called twice."""
        self._stage.close()
        self._feed.close()
        self._receivers.close()

    def story(self) -> str:
        """Return what happened to each alert that was asked for, and what was replaced in the configurations."""
        told = [Alert(self, self.rules[name], {}).story() for name in sorted(self._asked_for)]
        return "\n\n".join([*told, *filter(None, [self.changes])])

    def state_changes(self, alert: str) -> list[tuple[float, str]]:
        """Return (unix time, `pending`, `firing` or `inactive`) of each change of `alert`."""
        return [
            (each.at, each.text.split()[0])
            for each in self.timeline.events
            if each.kind == "state" and each.alert == alert
        ]

    # Inside

    @property
    def _started(self) -> bool:
        return self._stage.driver is not None

    def _not_started(self, what: str) -> None:
        if self._started:
            raise UsageProblem(
                f"{what} after the start",
                why="the programs run with the configuration that they began with",
                remedy=f"call {what} before anything that lets time pass",
            )

    def _defaults(self) -> None:
        """Each job of the configuration has its static targets, synthetic, until others take their place."""
        if self._plan.endpoints or self._started:
            return
        for job in self._plan.prometheus.jobs.values():
            for address, labels in job.targets:
                self._add_target(job.name, address, labels)

    def _add_target(self, job: str, instance: str, labels: Mapping[str, str]) -> Target:
        made = Target(job, instance, self.clock, self._note, clock=self._clock.program_now, shorter=self._clock.shorter)
        self._feed.targets.append(made)
        self._plan.add(job, Endpoint(made.address, instance, labels))
        self._stage.changed(self._clock)
        return made

    def _note(self, text: str) -> None:
        self.timeline.add(self.clock(), "feed", text)

    def _evaluated(self) -> None:
        """Note what has changed: called by the driver after each evaluation."""
        self._note_deliveries()
        self._journal.alerts(self.clock(), self.driver_alerts())

    def groups_of(self, alert: AlertNow) -> set[GroupKey]:
        """Return Alertmanager's groups of `alert`, by its labels and Prometheus' external ones."""
        return self.driver.dispatch.keys({**self._plan.external_labels, **alert.labels})

    def flushed_since(self, group: GroupKey, since: float) -> bool:
        """Return whether Alertmanager has flushed `group` since the moment `since`."""
        return self.driver.dispatch.flushed_since(group, self._clock.program(since))

    def last_scrape(self, job: str, instance: str) -> float | None:
        """Return when `instance` of `job` was last scraped, unix seconds; None if it was not."""
        return next(
            (
                self._clock.laboratory(each.last)
                for each in self.driver.watch.scrapes.values()
                if (each.job, each.instance) == (job, instance) and each.last
            ),
            None,
        )

    @property
    def longest_flush_s(self) -> float:
        """Return the longest time between an alert and the flush of its group."""
        routes = self.driver.dispatch.root.walk()
        return self._clock.longer(max(max(route.wait_s, route.interval_s) for route in routes))

    @property
    def longest_evaluation_s(self) -> float:
        """Return the longest interval of a rule group."""
        groups = self.driver.watch.groups.values()
        return self._clock.longer(max((each.interval_s for each in groups), default=self._clock.shorter(15.0)))

    def driver_alerts(self) -> tuple[AlertNow, ...]:
        """Return the pending and firing alerts of the last evaluation."""
        found = self._stage.driver.alerts if self._stage.driver else ()
        if self._alerts[0] is not found:
            since = self._clock.laboratory
            self._alerts = (found, tuple(replace(each, since=since(each.since)) for each in found))
        return self._alerts[1]

    def _note_deliveries(self) -> None:
        self._journal.deliveries(self.inbox.all, self.rules)
