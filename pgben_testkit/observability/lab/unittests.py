"""promtool's unit-test files, run as they are on the real Prometheus and Alertmanager.

Each input series is scraped from a target, each rule evaluated when it is due. Since scrapes and evaluations have
phases, what a file expects at `eval_time` must hold at some evaluation from one interval before to three after it
(the longer of the group's interval and the file's). promtool, where it is found, is asked too.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability.lab import placement, promtool, testfile
from pgben_testkit.observability.lab.agreement import (
    Alert,
    alerts_agree,
    alerts_written,
    samples_agree,
    samples_written,
)
from pgben_testkit.observability.lab.laboratory import Laboratory
from pgben_testkit.observability.lab.outcome import Outcome, Verdict
from pgben_testkit.observability.lab.rules import files
from pgben_testkit.observability.lab.scrapes import AlertNow
from pgben_testkit.observability.lab.testfile import AlertTest, ExpressionTest, TestFile, TestGroup
from pgben_testkit.observability.servers.configured import as_yaml, read_yaml
from pgben_testkit.observability.servers.provided import finder
from pgben_testkit.services.run import Run
from pgben_testkit.services.server import Announce, silent
from pgben_testkit.settings import Settings

BEFORE, AFTER = 1, 3
"""Intervals around `eval_time` in which an expectation may hold: a scrape may come one late, an evaluation another, and
where the two fall together it may miss that scrape."""
LOOKS_A_STEP = 4
"""An expression is asked so often in each interval of that span."""
CLOCK = re.compile(
    r"\b(?:time|minute|hour|day_of_week|day_of_month|day_of_year|days_in_month|month|year)\s*\(|\btimestamp\s*\("
)
"""Functions that show whether the clock began in 1970."""


@dataclass(frozen=True)
class Snapshot:
    """Firing and pending alerts after an evaluation; `at` in seconds after the beginning."""

    at: float
    alerts: tuple[AlertNow, ...]


@dataclass
class Setting:
    """What a group runs in."""

    run: Run
    settings: Settings
    announce: Announce = silent
    ask_promtool: bool = True
    before: Callable[[Laboratory], None] = lambda laboratory: None
    """Called before a group's programs start."""
    after: Callable[[Laboratory], None] = lambda laboratory: None
    """Called when all the time that a group speaks of is over, while its programs run."""
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 1_000_000)))

    def folder(self) -> Path:
        """A new one, for a configuration."""
        while True:
            made = self.run.data / f"unittest-{next(self._numbers)}"
            if not made.exists():
                made.mkdir(mode=0o700)
                return made


def run_file(path: Path, setting: Setting, wanted: Callable[[str], bool] = lambda name: True) -> Iterator[Outcome]:
    """The outcomes of all `tests` whose name is wanted, group by group.

    Raises:
        UsageProblem: not a file that promtool takes; a rule file that is not there, of which promtool only warns.
        EnvironmentNotAble: a program is missing; the laboratory has lost time.
    """
    file = testfile.read(path)
    files(file.rule_files)
    for group in file.groups:
        if wanted(group.name):
            yield from run_group(file, group, setting)


def run_group(file: TestFile, group: TestGroup, setting: Setting) -> list[Outcome]:
    """The outcome of each of its expectations, and promtool's."""
    outcomes = []
    if setting.ask_promtool and promtool.found():
        began = time.monotonic()
        said = promtool.asked(file, group)
        why = "" if said.passed else f"promtool says:\n{said.text}"
        verdict: Verdict = "passed" if said.passed else "failed"
        outcomes.append(
            Outcome(
                str(file.path),
                group.name,
                "promtool",
                verdict,
                about="promtool",
                why=why,
                line=group.line,
                took_s=time.monotonic() - began,
            )
        )
    laboratory = _laboratory(file, group, setting)
    try:
        setting.before(laboratory)
        outcomes += _Trial(file, group, laboratory).outcomes()
        setting.after(laboratory)
        return outcomes
    finally:
        laboratory.close()


def _laboratory(file: TestFile, group: TestGroup, setting: Setting) -> Laboratory:
    settings = setting.settings
    config = placement.configuration(
        placement.placed(group.series, group.interval_s),
        interval_s=group.interval_s,
        evaluation_s=file.evaluation_s,
        rule_files=file.rule_files,
        external_labels=dict(group.external_labels),
    )
    path = setting.folder() / "prometheus.yml"
    path.write_text(as_yaml(config), "utf-8")
    flags = [f"--web.external-url={group.external_url}", "--web.route-prefix=/"] if group.external_url else []
    made = Laboratory(
        setting.run,
        folder=settings.root,
        pace=settings.alerts_pace,
        find=finder(settings, setting.announce),
        prometheus_flags=flags,
        announce=lambda step: setting.announce("alerts", step and f"{group.name}: {step}"),
    )
    try:
        made.load_prometheus(path)
        if settings.alertmanager_config:
            made.load_alertmanager(settings.alertmanager_config)
    except BaseException:
        made.close()
        raise
    return made


class _Trial:
    """One group in one laboratory."""

    def __init__(self, file: TestFile, group: TestGroup, laboratory: Laboratory) -> None:
        self._file = file
        self._group = group
        self._laboratory = laboratory
        self._interval_s = max(group.interval_s, file.evaluation_s)
        self._places = placement.placed(group.series, group.interval_s)
        self._snapshots: list[Snapshot] = []
        self._beginning = 0.0
        self._expressions = _expressions(file)

    def outcomes(self) -> list[Outcome]:
        began = time.monotonic()
        self._live()
        took_s = time.monotonic() - began
        made = [self._alert(each) for each in self._group.alerts]
        made += [self._expression(each) for each in self._group.expressions]
        return [Outcome(**{**each.__dict__, "took_s": took_s / len(made)}) for each in made]

    def _live(self) -> None:
        """The whole time that the group speaks of passes, with all its series."""
        lab = self._laboratory
        for each in self._places:
            if each.there(0):
                each.appear(lab)
                if each.target is not None and not each.is_up(0):
                    each.target.down()
        lab.start()
        self._beginning = lab.clock()
        for each in self._places:
            each.begin(self._beginning, lab)
        end = self._beginning + self._group.length_s + AFTER * self._interval_s
        steps = int((end - self._beginning) / self._group.interval_s) + 1
        changes = [
            (place.begins(step), number, step)
            for number, place in enumerate(self._places)
            for step in place.changes(steps)
        ]
        for at, number, step in sorted(changes):
            if at < end:
                lab.run_until(at, self._look)
                self._places[number].become(step, lab)
        lab.run_until(end + 0.1, self._look)

    def _look(self) -> bool:
        found = self._laboratory.driver_alerts()
        if not self._snapshots or self._snapshots[-1].alerts is not found:
            self._snapshots.append(Snapshot(self._laboratory.clock() - self._beginning, found))
        return False

    def _span(self, at_s: float) -> tuple[float, float]:
        return at_s - BEFORE * self._interval_s, at_s + AFTER * self._interval_s + 0.1

    def _alert(self, test: AlertTest) -> Outcome:
        begin, end = self._span(test.at_s)
        seen = [_firing(each.alerts, test.name) for each in self._snapshots if begin <= each.at <= end]
        agreed = any(alerts_agree(test.expected, each) for each in seen) or (not seen and not test.expected)
        closest = max(seen, key=lambda each: (len(each) == len(test.expected), bool(each)), default=[])
        return self._outcome(
            "alert",
            test,
            test.name,
            agreed,
            alerts_written(test.expected),
            alerts_written(closest),
            self._story(test.name),
            _reads_clock(test.name, self._expressions),
        )

    def _expression(self, test: ExpressionTest) -> Outcome:
        begin, end = self._span(test.at_s)
        step_s = self._interval_s / LOOKS_A_STEP
        found: list[Sequence[tuple[dict[str, str], float]]] = []
        for number in range(round((end - begin) / step_s) + 1):
            at = self._beginning + max(begin + number * step_s, 0.0)
            samples = self._laboratory.prometheus.query(test.expression, at)
            found.append([(_stripped(each.labels), each.value) for each in samples])
            if samples_agree(test.expected, found[-1]):
                break
        agreed = samples_agree(test.expected, found[-1])
        shown = samples_written(found[-1 if agreed else LOOKS_A_STEP * (BEFORE + 1)])
        return self._outcome(
            "expression",
            test,
            test.expression,
            agreed,
            samples_written(test.expected),
            shown,
            "",
            _clock_in(test.expression, self._expressions, set()),
        )

    def _outcome(
        self,
        kind: str,
        test: AlertTest | ExpressionTest,
        about: str,
        agreed: bool,
        expected: str,
        found: str,
        story: str,
        reads_clock: bool,
    ) -> Outcome:
        why = ""
        if not agreed:
            why = f"at no evaluation from {BEFORE} interval before {test.eval_time} to {AFTER} after it"
        if not agreed and reads_clock:
            why += "; the expression reads the clock, which begins in 1970 for promtool and shows the date here"
        return Outcome(
            str(self._file.path),
            self._group.name,
            "alert" if kind == "alert" else "expression",
            "passed" if agreed else "not comparable" if reads_clock else "failed",
            about=about,
            eval_time=test.eval_time,
            expected=expected,
            found=found,
            why=why,
            story="" if agreed else story,
            line=test.line,
        )

    def _story(self, name: str) -> str:
        try:
            return self._laboratory.alert(name).story()
        except UsageProblem as error:  # a file may expect that an alert which is no more does not fire
            return str(error)


def _firing(alerts: Sequence[AlertNow], name: str) -> list[Alert]:
    return [
        (_stripped(each.labels), dict(each.annotations))
        for each in alerts
        if each.rule == name and each.state == "firing"
    ]


def _stripped(labels: object) -> dict[str, str]:
    """Without what scraping added to `up` where the file names no job or instance."""
    assert isinstance(labels, dict)
    added = {"job": placement.ABSENT_JOB, "instance": placement.ABSENT_INSTANCE}
    return {name: value for name, value in labels.items() if added.get(name) != value}


def _expressions(file: TestFile) -> dict[str, list[str]]:
    """Name of an alert or a recorded series -> the expressions of its rules."""
    found: dict[str, list[str]] = {}
    for path in files(file.rule_files):
        for group in read_yaml(path).get("groups") or []:
            for rule in group.get("rules") or []:
                name = str(rule.get("alert") or rule.get("record"))
                found.setdefault(name, []).append(str(rule.get("expr", "")))
    return found


def _reads_clock(name: str, rules: dict[str, list[str]]) -> bool:
    return any(_clock_in(each, rules, {name}) for each in rules.get(name, []))


def _clock_in(expression: str, rules: dict[str, list[str]], seen: set[str]) -> bool:
    """The expression, or one of a series that it reads, shows whether the clock began in 1970."""
    if CLOCK.search(expression):
        return True
    names = set(re.findall(r"[a-zA-Z_:][a-zA-Z0-9_:]*", expression)) & rules.keys() - seen
    return any(_clock_in(each, rules, seen | names) for name in names for each in rules[name])
