"""From due to due: what leads Prometheus and Alertmanager through time, and never past anything that they should do.

Each step jumps to the next moment at which a scrape, an evaluation or a flush of a group is due, wakes the programs,
and waits until that has been made and told on: evaluated alerts sent, groups flushed, messages delivered. What was
missed or failed ends the run with an error: a wrong verdict would be worse than none.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Protocol

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.observability.durations import text
from pgben_testkit.observability.lab import goroutines
from pgben_testkit.observability.lab.clock import ClockNotAble
from pgben_testkit.observability.lab.flushes import CLEANUP_S, Dispatch, Flushes, GroupKey
from pgben_testkit.observability.lab.pace import Pace
from pgben_testkit.observability.lab.scrapes import AlertNow, Group, Key, Scrape, Watch
from pgben_testkit.observability.servers.alertmanager import Alertmanager
from pgben_testkit.observability.servers.http import HttpFailed
from pgben_testkit.observability.servers.prometheus import Prometheus
from pgben_testkit.observability.servers.running import Running
from pgben_testkit.services.server import Started

MARGIN_S = 0.002
"""A jump goes this much past what is due: timers fire when their time is over, not at it."""
TOGETHER_S = 0.05
"""Dues so near to each other are met by one jump: less than the jitter of a real Prometheus."""
WAIT_S = 15.0
"""Seconds of the real clock that something which is due may take; programs that stand still are found so."""
HOP_S = 0.5
"""While it is not known when things are due: Prometheus' discovery takes 5 s, a first scrape up to its interval."""
RESENT_S = 90.0
"""What fired before Prometheus knew its Alertmanager is dropped, and sent again a minute later."""
DISCOVERY_S = 60.0
SETTLE_S = 600.0
POLL_S = 0.0004
ENDING_S = 0.3
IDLE_S = 15.0
"""An Alertmanager with nothing due still looks after itself, each 30 s: empty groups go then, and must be gone."""
TELL_STEPS = 50
COUNTED_S = 1.0
"""A flush that is due so soon after we last counted may be counted already: our own work takes real time."""
SILENT_TRIES = 15
"""So often we look whether a flush that may tell nobody has told somebody after all."""
NOTIFIES = ("prometheus/notifier.", "prometheus/rules.(*Group).Eval")
BEGINS = ("prometheus/scrape.", "prometheus/rules.")
DISPATCHES = ("alertmanager/dispatch.", "alertmanager/notify", "alertmanager/provider")
RETRIES = "notify.RetryStage.exec"
_FLUSHES = re.compile(rb"\nalertmanager_nflog_queries_total (\S+)")


class LostTime(EnvironmentNotAble):
    """Something that was due was not made, or failed: no verdict can be had from this run."""


class Feeder(Protocol):
    """Whoever stands behind the targets."""

    def held_until(self) -> float | None:
        """When a scrape that a slow target holds back will end, answered or given up; None where none is."""

    def holds(self, job: str, instance: str) -> bool:
        """Whether a scrape of this target is being held back beyond now."""

    def may_have_failed(self, job: str, instance: str, at: float) -> bool:
        """Whether the scrape of this target that was made at this moment was meant to fail."""

    def deliveries_held(self) -> bool:
        """Whether a receiver lets a message wait until its sender gives up."""

    def lasted(self, since: float, until: float) -> None:
        """The time between these is over, unix seconds: make the load that belongs to it."""


class Driver:
    """Leads one Prometheus and one Alertmanager. `on_evaluated` is called after each evaluation has been told on."""

    def __init__(
        self,
        pace: Pace,
        prometheus: Prometheus,
        alertmanager: Alertmanager,
        dispatch: Dispatch,
        feeder: Feeder,
        on_evaluated: Callable[[], None],
    ) -> None:
        self.pace = pace
        self.prometheus = prometheus
        self.alertmanager = alertmanager
        self.dispatch = dispatch
        self._scaled = pace.scale.factor != 1
        self.watch = Watch(prometheus, runs_on=self._scaled)
        self.steps = 0
        self._feeder = feeder
        self._on_evaluated = on_evaluated
        self._firing: frozenset[tuple[str, Key]] = frozenset()
        self._asked = 0.0
        self._counted = 0.0
        self._resent_until = 0.0
        self._woken = 0.0
        self._unsettled = False
        self._retrying_since: float | None = None
        self._lived = self.now

    @property
    def now(self) -> float:
        return self.pace.now()

    @property
    def alerts(self) -> tuple[AlertNow, ...]:
        """Pending and firing alerts, as of the last evaluation."""
        return self.watch.alerts

    def settle(self, targets: int) -> None:
        """All `targets` were scraped, all groups evaluated, and Prometheus knows its Alertmanager: at the beginning,
        and after each change of its configuration."""
        began = self.now
        self._unsettled = True
        while True:
            self.watch.read_targets()
            self.watch.read_scrapes()
            self.watch.read_rules()
            discovered = self.prometheus.http.json("/api/v1/alertmanagers")["data"]["activeAlertmanagers"]
            if discovered and len(self.watch.scrapes) == targets and not self._unknown():
                break
            lost = len(self.watch.scrapes) != targets and self.now - began > DISCOVERY_S
            if lost or self.now - began > SETTLE_S:
                raise LostTime("Prometheus does not begin its work", why=self._not_begun(targets, bool(discovered)))
            self.step(self.now + HOP_S)
        self._unsettled = False
        self._resent_until = self.now + RESENT_S
        self._count_flushes()

    def _unknown(self) -> list[Scrape | Group]:
        return [each for each in self.watch.things if not each.last]

    def _not_begun(self, targets: int, discovered: bool) -> str:
        if len(self.watch.scrapes) != targets:
            return (
                f"of {targets} targets {len(self.watch.scrapes)} are left after discovery; relabel_configs may "
                "drop the others, for want of a label that their service discovery would give"
            )
        waiting = ", ".join(map(str, self._unknown()))
        return f"not yet made: {waiting}" if waiting else "it finds no Alertmanager"

    def run_until(
        self, end: float, done: Callable[[], bool] = lambda: False, tell: Callable[[], None] = lambda: None
    ) -> bool:
        """Steps until `done`, looked at after each, or until `end` (unix time); whether it is done. `tell` is called
        now and then."""
        while not done():
            if self.now >= end - MARGIN_S:
                return False
            self.step(end)
            if self.steps % TELL_STEPS == 0:
                tell()
        return True

    def step(self, end: float) -> None:
        """To the next due moment, or to `end` if that comes first."""
        try:
            self._step(end)
        except (HttpFailed, ClockNotAble):
            time.sleep(ENDING_S)  # one that crashes breaks its connections first
            for each in (self.prometheus.process, self.alertmanager.process):
                ended(each)
            raise

    def _step(self, end: float) -> None:
        self.steps += 1
        things = self.watch.things
        dues = [each.due for each in things if each.last and not self._held(each)]
        dues += self.dispatch.dues
        dues += [each for each in (self._feeder.held_until(), self._retry_due()) if each]
        first = min(dues, default=end)
        target = max((each for each in dues if each <= first + TOGETHER_S), default=first)
        self._advance(max(min(target, end) + MARGIN_S - self.now, 0.0))
        now = self.now
        self._wake()
        if self._unsettled:
            self._at_rest(self.prometheus, BEGINS, "Prometheus' first scrapes")
        due = [each for each in things if each.last and each.due <= now]
        evaluated = any(isinstance(each, Group) for each in due)
        if due:
            self._made(due)
            self._check(due)
        if evaluated or self._unsettled:
            self._told(now)
        self._flushed(now)
        if evaluated:
            self._on_evaluated()

    def _advance(self, seconds: float) -> None:
        self.pace.advance(seconds)
        now = self.now
        if seconds > 0:
            self._feeder.lasted(self._lived, now)
            self._lived = now

    def _wake(self) -> None:
        """Go looks for timers that are due when a request arrives."""
        self.prometheus.http.get("/-/healthy")
        now = self.now
        if self._unsettled or self.dispatch.dues or self._retrying_since or now - self._woken > IDLE_S:
            self.alertmanager.http.get("/-/healthy")
            self._woken = now

    def _made(self, due: list[Scrape | Group]) -> None:
        """Everything that is due was made, scrapes that are being held back excepted."""
        before = {id(each): each.last for each in due}
        deadline = time.monotonic() + WAIT_S
        asked = False
        while True:
            waiting = [each for each in due if each.last <= before[id(each)] and not self._held(each)]
            scrapes = [each for each in waiting if isinstance(each, Scrape)]
            groups = [each for each in waiting if isinstance(each, Group)]
            if not scrapes and not groups:
                return
            if asked:
                self._alive(deadline, " and ".join(str(each) for each in waiting[:3]))
            asked = True
            if scrapes:
                self.watch.read_scrapes()
            if groups:
                self.watch.read_rules()

    def _held(self, each: Scrape | Group) -> bool:
        return isinstance(each, Scrape) and self._feeder.holds(each.job, each.instance)

    def _check(self, made: list[Scrape | Group]) -> None:
        """Nothing was missed, and what was just made has not failed, unless it is meant to."""
        missed = [each for each in self.watch.things if each.missed]
        if missed:
            raise LostTime(
                f"{missed[0]} was missed",
                why="the programs stood still, or this machine is too slow for the pace: more than one and a half "
                "intervals lie between two of them",
                remedy="run it again; on a machine that is always so slow, in fewer processes",
            )
        for each in made:
            if isinstance(each, Scrape) and not each.up and not self._may_have_failed(each):
                raise LostTime(f"{each} failed", why=self._scrape_error(each), remedy="mend the target")
        for name, why in self.watch.failed_rules:
            raise LostTime(f"the rule {name} can't be evaluated", why=why, remedy="mend its expression")

    def _may_have_failed(self, scrape: Scrape) -> bool:
        return self._feeder.may_have_failed(scrape.job, scrape.instance, scrape.failed_at)

    def _scrape_error(self, scrape: Scrape) -> str:
        for each in self.prometheus.targets():
            if (each["labels"].get("job"), each["labels"].get("instance")) == (scrape.job, scrape.instance):
                return str(each["lastError"])
        return "the target is gone"

    def _told(self, now: float) -> None:
        """New and resolved alerts have reached Alertmanager, and are in their groups there."""
        firing = frozenset((each.rule, each.key) for each in self.alerts if each.state == "firing")
        if firing == self._firing and not (firing and (self._unsettled or now < self._resent_until)):
            return
        self._firing = firing
        self._at_rest(self.prometheus, NOTIFIES, "Prometheus' sending of alerts")
        self._at_rest(self.alertmanager, DISPATCHES, "Alertmanager's taking of alerts")
        self._arrived(now)

    def _flushed(self, now: float) -> None:
        """The groups that are due have been looked at, and what they send was delivered, or is being retried."""
        due = self.dispatch.due_at(now)
        if due:
            loud = [each for each in due if each.listed and not each.may_be_silent]
            certain = [each for each in loud if min(each.due) > self._counted + (0.0 if self._scaled else COUNTED_S)]
            wanted = self._asked + max(len(certain), 1)
            tries = 0
            began = time.monotonic()
            while (missing := self._flush_count() < wanted) and (
                certain or tries < SILENT_TRIES or (loud and time.monotonic() < began + COUNTED_S / 2)
            ):
                self._alive(began + WAIT_S, "Alertmanager's flush of a group")
                tries += 1
            came = tries > 0 and not missing
        if due or self._retrying_since is not None:
            self._at_rest(self.alertmanager, DISPATCHES, "the delivery of messages", self._feeder.deliveries_held)
            self._note_retries(now)
            self._count_flushes()
        if due:
            self._arrived(now)
            for each in due:
                self.dispatch.flushed(each, self._flushed_at(each, now, seen=came and len(due) == 1))

    def _flushed_at(self, group: Flushes, now: float, *, seen: bool) -> float:
        """When it was. Where time does not wait for us, that was when it was due, unless we saw it come: our own delays
        would add up, and the group be looked at too late."""
        return min(group.due) if self._scaled and not seen else now

    def _note_retries(self, now: float) -> None:
        found = goroutines.parse(self.alertmanager.http.get(goroutines.PATH), DISPATCHES)
        if not any(RETRIES in frame for each in found for frame in each.frames) and not self._feeder.deliveries_held():
            self._retrying_since = None
        elif self._retrying_since is None:
            if self._scaled:
                raise _unscaled(
                    "Alertmanager tries a message again",
                    f"between two tries it waits half a second and more: {text(self.pace.scale.longer(0.5))} here",
                )
            self._retrying_since = now

    def _arrived(self, now: float) -> None:
        joined = self.dispatch.arrived(self.alertmanager.groups(), now)
        if not self._scaled:
            return
        for key in joined:
            raise _unscaled(
                f"the group {shown(key)} was filled again too soon after it had been emptied",
                f"Alertmanager removes empty groups each 30 s of its clock: {text(self.pace.scale.longer(CLEANUP_S))} "
                "here, in which a new alert comes with the old group's next flush and not after its group_wait",
                f"let {text(self.pace.scale.longer(CLEANUP_S + 5))} pass between the two, or ",
            )
        muted = [key for key, each in self.dispatch.groups.items() if each.listed and each.route.may_mute]
        if muted:
            raise _unscaled(
                f"the route of the group {shown(muted[0])} has mute or active times",
                "they are times of the day by Alertmanager's own clock, which is not the laboratory's",
            )

    def _retry_due(self) -> float | None:
        """Alertmanager waits between attempts, half a second first, half as long again each time, with chance in it."""
        if self._retrying_since is None:
            return None
        return self.now + max(0.1, 0.15 * (self.now - self._retrying_since))

    def _at_rest(
        self,
        server: Running,
        packages: tuple[str, ...],
        what: str,
        or_else: Callable[[], bool] = lambda: False,
    ) -> None:
        deadline = time.monotonic() + WAIT_S
        while self._busy(server, packages) and not or_else():
            self._alive(deadline, what)

    def _busy(self, server: Running, packages: tuple[str, ...]) -> bool:
        profile = server.http.get(goroutines.PATH)
        return bool(goroutines.busy(goroutines.parse(profile, packages), packages))

    def _count_flushes(self) -> None:
        self._asked = self._flush_count()
        self._counted = self.now

    def _flush_count(self) -> float:
        found = _FLUSHES.search(self.alertmanager.http.get("/metrics"))
        return float(found[1]) if found else 0.0

    def _alive(self, deadline: float, what: str) -> None:
        """A moment's rest, then on.

        Raises:
            LostTime: a program has ended, or what we wait for does not come.
        """
        for process in (self.prometheus.process, self.alertmanager.process):
            ended(process)
        if time.monotonic() > deadline:
            raise LostTime(
                f"{what} was due and did not come within {WAIT_S:g} s",
                why="the program stands still, or can't do it; the ends of the logs:\n"
                + "\n".join(f"    {line}" for line in self._logs()),
                remedy="see whether the disk is full or the process was stopped",
            )
        time.sleep(POLL_S)

    def _logs(self) -> list[str]:
        return [
            line
            for each in (self.prometheus.process, self.alertmanager.process)
            for line in each.log_tail(5).splitlines()
        ]


def shown(key: GroupKey) -> str:
    receiver, labels = key
    return f"{{{', '.join(f'{name}={value}' for name, value in labels)}}} of the receiver {receiver}"


def _unscaled(what: str, why: str, remedy: str = "") -> LostTime:
    return LostTime(
        f"{what}, which divided durations can't show",
        why=why,
        remedy=f"{remedy}use jumped clocks or real time (pgben_alerts_pace)",
    )


def ended(process: Started) -> None:
    """Raises LostTime if the process has ended, with the end of its log."""
    code = process.poll()
    if code is not None:
        raise LostTime(
            f"{process.name} has ended (exit code {code})",
            why="its log ends with:\n    " + process.log_tail(5),
            remedy="somebody killed it, or it ran out of memory",
        )
