"""The alert laboratory: a user's rules and routes on the real programs, in time that jumps.

Everything is declared first (rules, configurations, targets); the programs start when time is first asked to pass.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability import durations
from pgben_testkit.observability.lab.alert import Alert
from pgben_testkit.observability.lab.choice import Choice
from pgben_testkit.observability.lab.clock import ClockNotAble
from pgben_testkit.observability.lab.driver import Driver, LostTime
from pgben_testkit.observability.lab.feed import Feed, Load
from pgben_testkit.observability.lab.flushes import Dispatch, GroupKey
from pgben_testkit.observability.lab.journal import Journal
from pgben_testkit.observability.lab.plan import Plan
from pgben_testkit.observability.lab.routing import mute_receivers, tree
from pgben_testkit.observability.lab.rules import AlertRule
from pgben_testkit.observability.lab.scale import UNSCALED, Scale
from pgben_testkit.observability.lab.scaled_config import alertmanager_flags, prometheus_flags, scaled_alertmanager
from pgben_testkit.observability.lab.scaled_prometheus import ScaledPrometheus
from pgben_testkit.observability.lab.scrapes import AlertNow
from pgben_testkit.observability.lab.target import Target
from pgben_testkit.observability.lab.timeline import Timeline
from pgben_testkit.observability.receivers.receivers import Receivers
from pgben_testkit.observability.servers import programs
from pgben_testkit.observability.servers.alertmanager import Alertmanager
from pgben_testkit.observability.servers.configured import Endpoint, diff
from pgben_testkit.observability.servers.prometheus import Prometheus
from pgben_testkit.observability.servers.provided import Find, finder
from pgben_testkit.services.run import Run
from pgben_testkit.services.server import Announce, silent
from pgben_testkit.settings import Settings

_numbers = itertools.count(1)


class Laboratory:
    """One test's. `pace`: `jump`, `scaled` (all durations divided), `real`, or `auto`: the first that can be."""

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
        self._run = run
        self._pace_wanted = pace
        self._find = find
        self._flags = prometheus_flags
        self._announce = announce
        self._plan = Plan(folder)
        self._choice: Choice | None = None
        self._driver: Driver | None = None
        self._prometheus: Prometheus | None = None
        self._alertmanager: Alertmanager | None = None
        self._number = next(_numbers)
        self._receivers = Receivers.start(
            now=lambda: self.now,
            sender_now=lambda: datetime.fromtimestamp(self._program_clock(), UTC),
            folder=run.data / f"receivers-{self._number}",
        )
        self.inbox = self._receivers.inbox
        self._feed = Feed(inbox=self.inbox)
        self._asked_for: set[str] = set()
        self.timeline = Timeline(self.clock())
        self._journal = Journal(self.timeline)
        self._alerts: tuple[tuple[AlertNow, ...], tuple[AlertNow, ...]] = ((), ())
        self.changes = ""

    @classmethod
    def of(cls, settings: Settings, run: Run, announce: Announce = silent) -> Laboratory:
        """One on the rules and configurations that the settings name."""
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
        """Rule files, or globs of them, besides those of the Prometheus configuration; relative to the project.

        Raises:
            UsageProblem: the laboratory has started; nothing matches.
        """
        self._not_started("load_rules")
        for each in patterns:
            self._plan.load_rules(each)

    def load_prometheus(self, path: str | Path) -> None:
        """A whole Prometheus configuration, its rule files included: only targets and addresses are replaced."""
        self._not_started("load_prometheus")
        self._plan.load_prometheus(path)

    def load_alertmanager(self, path: str | Path) -> None:
        """An Alertmanager configuration: only its receivers' addresses and secrets are replaced."""
        self._not_started("load_alertmanager")
        self._plan.load_alertmanager(path)

    def start_at(self, moment: datetime | str) -> None:
        """The laboratory's time begins at this moment of the future (with a zone, or UTC): for mute times.

        Raises:
            UsageProblem: it lies in the past; clocks jump forward.
        """
        self._not_started("start_at")
        found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        self._plan.start_at = found if found.tzinfo else found.replace(tzinfo=UTC)
        if self._plan.start_at.timestamp() < self.clock():
            raise UsageProblem(f"{moment} is over", why="clocks jump forward", remedy="name a moment of the future")

    def target(self, job: str, instance: str = "", **labels: str) -> Target:
        """The synthetic target of a scrape job: its only one, or the one called `instance`, made if there is none.

        `labels` are what its service discovery would give it, names beginning with `__` included.

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
        """A real endpoint (`http://host:port`, on this machine) as the job's target, instead of a synthetic one."""
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
        self._changed()

    def remove(self, target: Target) -> None:
        """Service discovery does not find the target any more: it has no `up`, and its series are stale."""
        self._feed.targets.remove(target)
        self._plan.remove(target.job, target.instance)
        self._note(f"{target} is gone")
        self._changed()
        target.close()

    def load(self, paced: Load) -> None:
        """`paced` is called with the seconds that have passed, at each step: it makes the load that belongs to them."""
        self._feed.loads.append(paced)

    def alert(self, name: str, **labels: str) -> Alert:
        """The alert of this name, those of its instances that have these labels.

        Raises:
            UsageProblem: no rule file has it; with the nearest names.
        """
        rules = self._plan.rules_of(name)
        self._asked_for.add(name)
        return Alert(self, rules, labels)

    @property
    def rules(self) -> dict[str, list[AlertRule]]:
        """alert name -> its rules, of all loaded files."""
        return self._plan.rules

    # What happens

    def clock(self) -> float:
        """Unix time in the laboratory."""
        return self._scale.laboratory(self._program_clock())

    def _program_clock(self) -> float:
        """Unix time as the programs see it."""
        return self._choice.pace.now() if self._choice else time.time()

    @property
    def _scale(self) -> Scale:
        return self._choice.pace.scale if self._choice else UNSCALED

    @property
    def now(self) -> datetime:
        """The laboratory's time, UTC."""
        return datetime.fromtimestamp(self.clock(), UTC)

    @property
    def pace(self) -> str:
        """How time passes: `jumped clock`, `durations divided by 100`, `real time`."""
        self.start()
        assert self._choice
        return self._choice.pace.name

    @property
    def why_not_jumped(self) -> str:
        """Empty where clocks jump, or were not to."""
        return self._choice.why_not_jumped if self._choice else ""

    @property
    def why_not_scaled(self) -> str:
        """Empty where durations are divided, or were not to be."""
        return self._choice.why_not_scaled if self._choice else ""

    @property
    def prometheus(self) -> Prometheus:
        self.start()
        assert self._prometheus
        return self._prometheus

    @property
    def alertmanager(self) -> Alertmanager:
        self.start()
        assert self._alertmanager
        return self._alertmanager

    @property
    def driver(self) -> Driver:
        self.start()
        assert self._driver
        return self._driver

    def advance(self, duration: str) -> None:
        """This much time passes, with everything that is due in it."""
        self.start()
        self.run_until(self.clock() + durations.seconds(duration))

    def run_until(self, end: float, done: Callable[[], bool] = lambda: False) -> bool:
        """Time passes until `done` or `end`; whether it was done."""
        self.start()
        begin = self.clock()

        def tell() -> None:
            passed, limit = round(self.clock() - begin), round(end - begin)
            self._announce(f"{durations.text(passed)} of at most {durations.text(limit)}")

        try:
            return self.driver.run_until(self._scale.program(end), done, tell)
        finally:
            self._announce("")
            self._note_deliveries()

    def no_other_alerts(self, *besides: str) -> None:
        """Nothing has fired but alerts that the test has asked for by `alert`, and those named here.

        Raises:
            AssertionError: with the timelines of those that have.
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
        """The programs run, every target was scraped once and every rule evaluated. Twice is fine.

        Raises:
            UsageProblem: a program refuses its configuration.
            EnvironmentNotAble: a program is missing or does not begin.
        """
        if self._driver is not None:
            return
        self._defaults()
        redirected, changes = self._receivers.redirect(self._plan.alerting)
        began = time.monotonic()
        self._choice = choice = Choice.of(self._pace_wanted, self._plan, self._run.data / f"rules-{self._number}")
        try:
            alerting = self._started_alertmanager(redirected)
        except ClockNotAble as error:  # this machine's clocks jump, and not those of its containers
            choice.without_jumps(error.why)
            alerting = self._started_alertmanager(redirected)
        choice.begin(time.monotonic() - began)
        pace, scaled = choice.pace, choice.scaled
        assert self._alertmanager
        here = self._prometheus_config()
        told = [
            *map(str, changes),
            diff(redirected, alerting, "alertmanager.yml"),
            diff(self._plan.prometheus.data, here, self._plan.prometheus.name),
            scaled.changes if scaled else "",
        ]
        self.changes = "\n".join(filter(None, told))
        kind, flags = (ScaledPrometheus, prometheus_flags(pace.scale)) if scaled else (Prometheus, [])
        self._prometheus = kind.start(
            self._find("prometheus"),
            here,
            run=self._run,
            name=f"prometheus-{self._number}",
            flags=[*flags, *self._flags],
            spawned=pace.lead,
        )
        if isinstance(self._prometheus, ScaledPrometheus):
            self._prometheus.scale = pace.scale
        self._feed.scale = pace.scale
        self._driver = Driver(
            pace,
            self._prometheus,
            self._alertmanager,
            Dispatch(tree(alerting), mute_receivers(alerting)),
            self._feed,
            self._evaluated,
        )
        self._driver.settle(self._plan.target_count)
        if scaled:
            self._until_scaled()
        self.timeline.began = self.clock()
        self._note(f"started at {self.now:%Y-%m-%d %H:%M:%S} UTC, {pace.name}")
        if self.why_not_scaled:
            self._note(f"not in scaled time: {' '.join(self.why_not_scaled.split())}")

    def close(self) -> None:
        """Programs and targets are gone. Twice is fine."""
        if self._choice is not None:
            self._choice.pace.close()
        for server in (self._prometheus, self._alertmanager):
            if server is not None:
                server.stop()
        self._feed.close()
        self._receivers.close()

    def story(self) -> str:
        """What happened, by alert that was asked for, and what was replaced in the configurations."""
        told = [Alert(self, self.rules[name], {}).story() for name in sorted(self._asked_for)]
        return "\n\n".join([*told, *filter(None, [self.changes])])

    def state_changes(self, alert: str) -> list[tuple[float, str]]:
        """(unix time, `pending`, `firing` or `inactive`) of an alert's worst instance."""
        return [
            (each.at, each.text.split()[0])
            for each in self.timeline.events
            if each.kind == "state" and each.alert == alert
        ]

    # Inside

    def _not_started(self, what: str) -> None:
        if self._driver is not None:
            raise UsageProblem(
                f"{what} after the start",
                why="the programs run with the configuration that they began with",
                remedy=f"call {what} before anything that lets time pass",
            )

    def _defaults(self) -> None:
        """Each job of the configuration has its static targets, synthetic, until others take their place."""
        if self._plan.endpoints or self._driver is not None:
            return
        for job in self._plan.prometheus.jobs.values():
            for address, labels in job.targets:
                self._add_target(job.name, address, labels)

    def _add_target(self, job: str, instance: str, labels: Mapping[str, str]) -> Target:
        made = Target(
            job,
            instance,
            self.clock,
            self._note,
            clock=self._program_clock,
            shorter=lambda seconds: self._scale.shorter(seconds),
        )
        self._feed.targets.append(made)
        self._plan.add(job, Endpoint(made.address, instance, labels))
        self._changed()
        return made

    def _changed(self) -> None:
        """A running Prometheus learns of the targets that it has now."""
        if self._driver is not None and self._prometheus is not None:
            if self._scale is not UNSCALED:
                raise LostTime(
                    "targets came or went after the start, which divided durations can't show",
                    why=f"Prometheus looks for its targets each 5 s of its clock: {self._scale.longer(5):g} s here",
                    remedy="name all targets before the start and let them be down(), up() or vanish(); or use jumped "
                    "clocks or real time (pgben_alerts_pace)",
                )
            self._prometheus.reload(self._prometheus_config())
            self._driver.settle(self._plan.target_count)

    def _prometheus_config(self) -> dict[str, Any]:
        assert self._alertmanager
        here = self._plan.configuration(f"127.0.0.1:{self._alertmanager.port}")
        scaled = self._choice.scaled if self._choice else None
        return scaled.prometheus(here, self._scale) if scaled else here

    def _started_alertmanager(self, config: Mapping[str, Any]) -> Mapping[str, Any]:
        """The configuration that it runs on."""
        assert self._choice
        pace, scaled = self._choice.pace, self._choice.scaled
        run_on = scaled_alertmanager(config, pace.scale) if scaled else config
        self._alertmanager = Alertmanager.start(
            self._find("alertmanager"),
            run_on,
            run=self._run,
            name=f"alertmanager-{self._number}",
            flags=alertmanager_flags(pace.scale) if scaled else [],
            spawned=pace.lead,
        )
        return run_on

    def _until_scaled(self) -> None:
        """Raises LostTime: the alerts are on already."""
        assert self._driver
        late = self._driver.now - self._scale.program_origin
        if late > 0:
            raise LostTime(
                f"Prometheus began its work {durations.text(round(late, 1))} too late",
                why="alerts are on from a moment that was fixed before it started, and minutes may have passed since",
                remedy="run it again; on a machine that is always so slow, in fewer processes",
            )
        self._driver.run_until(self._scale.program_origin)

    def _note(self, text: str) -> None:
        self.timeline.add(self.clock(), "feed", text)

    def _evaluated(self) -> None:
        """Note what has changed: called by the driver after each evaluation."""
        self._note_deliveries()
        self._journal.alerts(self.clock(), self.driver_alerts())

    def groups_of(self, alert: AlertNow) -> set[GroupKey]:
        """Alertmanager's groups of an alert: by its labels and Prometheus' external ones."""
        return self.driver.dispatch.keys({**self._plan.external_labels, **alert.labels})

    def flushed_since(self, group: GroupKey, since: float) -> bool:
        """Alertmanager has looked at this group of its since then."""
        return self.driver.dispatch.flushed_since(group, self._scale.program(since))

    def last_scrape(self, job: str, instance: str) -> float | None:
        """When this target was last scraped; None if it was not."""
        return next(
            (
                self._scale.laboratory(each.last)
                for each in self.driver.watch.scrapes.values()
                if (each.job, each.instance) == (job, instance) and each.last
            ),
            None,
        )

    @property
    def longest_flush_s(self) -> float:
        """What may lie between an alert and the flush of its group."""
        routes = self.driver.dispatch.root.walk()
        return self._scale.longer(max(max(route.wait_s, route.interval_s) for route in routes))

    @property
    def longest_evaluation_s(self) -> float:
        """The longest interval of a rule group."""
        groups = self.driver.watch.groups.values()
        return self._scale.longer(max((each.interval_s for each in groups), default=self._scale.shorter(15.0)))

    def driver_alerts(self) -> tuple[AlertNow, ...]:
        """Pending and firing alerts, as of the last evaluation."""
        found = self._driver.alerts if self._driver else ()
        if self._alerts[0] is not found:
            since = self._scale.laboratory
            self._alerts = (found, tuple(replace(each, since=since(each.since)) for each in found))
        return self._alerts[1]

    def _note_deliveries(self) -> None:
        self._journal.deliveries(self.inbox.all, self.rules)
