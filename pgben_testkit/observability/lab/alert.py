"""What a test says of an alert, and what it is told when that is not so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability import durations
from pgben_testkit.observability.durations import text as duration
from pgben_testkit.observability.lab import timeline as drawn
from pgben_testkit.observability.lab.rules import AlertRule
from pgben_testkit.observability.lab.scrapes import AlertNow
from pgben_testkit.observability.lab.watched import Watched

STATES = ("inactive", "pending", "firing")
PATIENCE = "1h"
"""What an alert may take beyond its `for`, where a test names no time."""


class AlertFailed(AssertionError):
    """An alert did not do what the test says. The text has its timeline."""


class Alert:
    """One alert of a laboratory. Its verbs let time pass; each fails with the timeline in its text."""

    def __init__(self, laboratory: Watched, rules: Sequence[AlertRule], labels: Mapping[str, str]) -> None:
        self.rule = rules[0]
        self.name = self.rule.name
        self._laboratory = laboratory
        self._labels = {key: str(value) for key, value in labels.items()}

    # What is

    @property
    def instances(self) -> tuple[AlertNow, ...]:
        """Its pending and firing instances with the labels asked for, as of the last evaluation."""
        ours = [each for each in self._laboratory.driver_alerts() if each.rule == self.name]
        for name in self._labels:
            if ours and not any(name in each.labels for each in ours):
                raise UsageProblem(
                    f"{self.name} has no label {name}",
                    why=f"its labels are {', '.join(sorted(ours[0].labels))}",
                    remedy="ask for one of these",
                )
        wanted = self._labels.items()
        return tuple(each for each in ours if wanted <= each.labels.items())

    @property
    def state(self) -> str:
        """`firing` if any instance is, else `pending` if any is, else `inactive`."""
        return max((each.state for each in self.instances), key=STATES.index, default="inactive")

    @property
    def current(self) -> AlertNow:
        """The instance that has been on for longest.

        Raises:
            AlertFailed: there is none.
        """
        __tracebackhide__ = True
        found = sorted(self.instances, key=lambda each: (each.state != "firing", each.since))
        if not found:
            raise self._failed("has no instance: it is neither pending nor firing")
        return found[0]

    @property
    def value(self) -> float:
        """Its expression's value, as of the last evaluation."""
        __tracebackhide__ = True
        return self.current.value

    @property
    def annotations(self) -> Mapping[str, str]:
        """As a receiver gets them."""
        __tracebackhide__ = True
        return self.current.annotations

    @property
    def labels(self) -> Mapping[str, str]:
        """As a receiver gets them, but for external labels."""
        __tracebackhide__ = True
        return self.current.labels

    # What must come

    def becomes(self, state: str, *, within: str = PATIENCE) -> Alert:
        """It is in `state` (`inactive`, `pending`, `firing`) now or before `within` is over.

        Raises:
            AlertFailed: it is not.
        """
        __tracebackhide__ = True
        if state not in STATES:
            raise UsageProblem(f"no state is called {state!r}", why=f"there are {', '.join(STATES)}")
        self._laboratory.start()
        if not self._wait(lambda: self.state == state, within):
            raise self._failed(f"did not become {state} within {within}: it is {self.state}")
        return self

    def fires(
        self, *, after: str = "", within: str = "", labels: Mapping[str, str] | None = None, told: bool = True
    ) -> Alert:
        """It fires, has `labels`, and Alertmanager has looked at its group: what it sends has been delivered.

        `after`: how long it was pending; longer by more than two evaluations fails too. `within`: from now on; default:
        its `for` and an hour. `told=False` does not wait for Alertmanager.

        Raises:
            AlertFailed: it does not, or too early or late, or with other labels.
        """
        __tracebackhide__ = True
        lab = self._laboratory
        lab.start()
        limit = within or duration(self.rule.for_s + durations.seconds(PATIENCE))
        if not self._wait(lambda: self.state == "firing", limit):
            raise self._failed(f"did not fire within {limit}: it is {self.state}")
        firing_at, found = lab.clock(), self.current
        if after:
            self._was_pending_for(durations.seconds(after), after)
        wrong = {key: value for key, value in (labels or {}).items() if found.labels.get(key) != value}
        if wrong:
            told_labels = ", ".join(
                f"{key}={found.labels.get(key, '(none)')}, not {value}" for key, value in wrong.items()
            )
            raise self._failed(f"fires with other labels: {told_labels}")
        if told:
            self._told_since(firing_at)
        return self

    def resolves(self, *, within: str = PATIENCE, told: bool = True) -> Alert:
        """It is pending or firing no more before `within` is over, and Alertmanager has looked at its group since.

        Raises:
            AlertFailed: it still is.
        """
        __tracebackhide__ = True
        lab = self._laboratory
        lab.start()
        before = self.instances
        if not before and not lab.state_changes(self.name):
            raise self._failed("has nothing to resolve: it was neither pending nor firing")
        if not self._wait(lambda: self.state == "inactive", within):
            raise self._failed(f"did not resolve within {within}: it is {self.state}")
        if told:
            self._told_since(lab.clock(), before)
        return self

    def stays(self, state: str, *, during: str) -> Alert:
        """It is in `state`, now and for all of `during`.

        Raises:
            AlertFailed: it leaves it.
        """
        __tracebackhide__ = True
        self._laboratory.start()
        if self._wait(lambda: self.state != state, during):
            raise self._failed(f"did not stay {state} for {during}: it is {self.state}")
        return self

    def never_fires(self, *, during: str) -> Alert:
        """It does not fire for all of `during`; it may be pending.

        Raises:
            AlertFailed: it does.
        """
        __tracebackhide__ = True
        self._laboratory.start()
        if self._wait(lambda: self.state == "firing", during):
            raise self._failed(f"fires, and was never to fire during {during}")
        return self

    # How it went

    def story(self, moment: str = "") -> str:
        """Its timeline as text; `moment` is said of the last line."""
        lab = self._laboratory
        events = lab.timeline.of(self.name)
        begin, end = lab.timeline.began, lab.clock()
        lines = [
            f"{self.name}  ({self.rule.file})",
            f"  expr: {' '.join(self.rule.expression.split())}"
            + (f"   for: {duration(self.rule.for_s)}" if self.rule.for_s else ""),
        ]
        lines += [f"  {line}" for line in self._drawn(begin, end)]
        lines += [f"  {line}" for line in lab.timeline.lines(events)]
        if moment:
            lines.append(f"> {'+' + duration(round(end - begin, 1)):>10}  {moment}")
        return "\n".join(lines)

    def _drawn(self, begin: float, end: float) -> list[str]:
        from pgben_testkit.observability.lab.expression import without_condition

        lab = self._laboratory
        if end - begin < 1:
            return []
        rows = []
        expression = without_condition(self.rule.expression)
        for labels, points in lab.prometheus.query_range(expression, begin, end, max((end - begin) / drawn.WIDTH, 1.0))[
            :3
        ]:
            values = [value for _, value in points]
            shown = ",".join(f"{name}={value}" for name, value in sorted(labels.items()) if name != "__name__")
            rows.append(
                f"value  |{drawn.bars(drawn.sampled(points, begin, end))}|  "
                f"{min(values):g} to {max(values):g}, last {values[-1]:g}  {{{shown}}}"
            )
        if not rows:
            rows.append(f"value  |{' ' * drawn.WIDTH}|  no series: {expression} gave nothing at any time")
        states = drawn.states(lab.state_changes(self.name), begin, end)
        rows.append(f"state  |{states}|  . inactive, p pending, F firing; {duration(round(end - begin))} in all")
        return rows

    # Inside

    def _wait(self, done: Callable[[], bool], limit: str) -> bool:
        return self._laboratory.run_until(self._laboratory.clock() + durations.seconds(limit), done)

    def _was_pending_for(self, wanted_s: float, shown: str) -> None:
        __tracebackhide__ = True
        changes = [each for each in self._laboratory.state_changes(self.name)]
        fired = next(at for at, state in reversed(changes) if state == "firing")
        was_s = fired - self.current.since
        slack_s = 2 * self._laboratory.longest_evaluation_s
        if not wanted_s - 0.5 <= was_s <= wanted_s + slack_s:
            raise self._failed(f"fired after {duration(round(was_s, 1))} of being pending, not after {shown}")

    def _told_since(self, since: float, before: Sequence[AlertNow] = ()) -> None:
        """Alertmanager has flushed the groups of these instances after `since`."""
        lab = self._laboratory
        instances = self.instances or before
        groups = {key for each in instances for key in lab.groups_of(each)}
        end = since + lab.longest_flush_s + 60.0
        lab.run_until(end, lambda: all(lab.flushed_since(key, since) for key in groups))

    def _failed(self, what: str) -> AlertFailed:
        asked = ", ".join(f"{name}={value}" for name, value in self._labels.items())
        return AlertFailed(f"{self.name}{f' {{{asked}}}' if asked else ''} {what}\n{self.story(what)}")
