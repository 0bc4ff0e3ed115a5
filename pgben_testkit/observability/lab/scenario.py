"""Alert scenarios in YAML: what tests in Python say, for people who don't write Python."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability.lab import located, steps
from pgben_testkit.observability.lab.laboratory import Laboratory
from pgben_testkit.observability.lab.located import Located
from pgben_testkit.observability.lab.outcome import Outcome
from pgben_testkit.observability.lab.steps import Step
from pgben_testkit.services.run import Run
from pgben_testkit.services.server import Announce, silent
from pgben_testkit.settings import Settings

FILE_KEYS = ("prometheus", "alertmanager", "rules", "scenarios")
KEYS = ("name", "start_at", "steps")


class ScenarioFailed(AssertionError):
    """A step did not come true. `step` is which; the text has its line, what was wrong, and the timeline."""

    def __init__(self, scenario: Scenario, step: Step, why: str, story: str) -> None:
        text = f"{step.place}: {scenario.name}\n  step: {step.told}\n\n{why}"
        super().__init__(text + (f"\n\n{story}" if story and story.splitlines()[0] not in why else ""))
        self.step = step
        self.why = why


@dataclass(frozen=True)
class Scenario:
    """One of a file. `prometheus`, `alertmanager`, `rules`: the file's own, absolute, where it names some."""

    name: str
    file: str
    line: int
    steps: tuple[Step, ...]
    start_at: str = ""
    prometheus: str = ""
    alertmanager: str = ""
    rules: tuple[str, ...] = ()

    def settings(self, settings: Settings) -> Settings:
        """The project's, but for what the file names. Rules of a file take the place of the project's."""
        own = {
            name: value
            for name, value in (
                ("prometheus_config", self.prometheus),
                ("alertmanager_config", self.alertmanager),
                ("alert_rules", self.rules),
            )
            if value
        }
        if self.rules and not self.prometheus:
            own["prometheus_config"] = ""
        return replace(settings, **own)  # type: ignore[arg-type]

    def run(self, laboratory: Laboratory) -> None:
        """All its steps, in a new laboratory.

        Raises:
            ScenarioFailed: one does not come true.
            UsageProblem: one names what the configuration has not; with its line.
        """
        if self.start_at:
            laboratory.start_at(self.start_at)
        for each in self.steps:
            try:
                each.act(laboratory)
            except AssertionError as error:
                raise ScenarioFailed(self, each, str(error), laboratory.story()) from None
            except UsageProblem as error:
                raise UsageProblem(f"{each.place}: {error.what}", why=error.why, remedy=error.remedy) from None


def is_one(source: Located) -> bool:
    """It has what only scenario files have."""
    return isinstance(source.value, dict) and "scenarios" in source.value


def read(path: Path) -> tuple[Scenario, ...]:
    """The scenarios of a file.

    Raises:
        UsageProblem: not such a file, with line and nearest name.
    """
    return of(located.read(path), path)


def of(source: Located, path: Path) -> tuple[Scenario, ...]:
    top = source.mapping(FILE_KEYS, "a scenario file")
    if "scenarios" not in top:
        raise source.wrong("there are no scenarios", remedy="write scenarios: into it")
    folder = path.resolve().parent
    named = {each: str(folder / top[each].text(each)) for each in ("prometheus", "alertmanager") if each in top}
    rules = tuple(str(folder / each.text()) for each in top["rules"].items("rules")) if "rules" in top else ()
    found: list[Scenario] = []
    for each in top["scenarios"].items("scenarios"):
        keys = each.mapping(KEYS, "a scenario")
        name = keys["name"].text("name") if "name" in keys else ""
        if not name:
            raise each.wrong("a scenario has no name", remedy="write name: into it")
        if any(other.name == name for other in found):
            raise each.wrong(f"two scenarios are called {name!r}", remedy="give each a name of its own")
        taken = tuple(map(steps.read, keys["steps"].items("steps"))) if "steps" in keys else ()
        if not taken:
            raise each.wrong(f"{name} has no steps", remedy="write steps: into it")
        if not any(_expects(step) for step in keys["steps"].items()):
            raise each.wrong(
                f"{name} expects nothing",
                why="no step of it can fail",
                remedy="say what an alert does, or what is delivered",
            )
        made = Scenario(name, str(path), each.line, taken, _moment(keys.get("start_at")), rules=rules, **named)
        found.append(made)
    return tuple(found)


def _expects(step: Located) -> bool:
    return bool(
        {"alert", "delivered", "not_delivered", "no_other_alerts", "nothing_lost", "no_personal_data"}
        & step.mapping().keys()
    )


def _moment(source: Located | None) -> str:
    if source is None:
        return ""
    try:
        found = datetime.fromisoformat(source.text("start_at"))
    except ValueError as error:
        raise source.wrong("start_at is no moment", why=str(error), remedy="write 2030-01-07T10:00:00-03:00") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).isoformat()


def run_file(
    path: Path,
    *,
    run: Run,
    settings: Settings,
    announce: Announce = silent,
    wanted: Callable[[str], bool] = lambda name: True,
) -> Iterator[Outcome]:
    """The outcome of each scenario whose name is wanted, each in a laboratory of its own.

    Raises:
        UsageProblem: the file, or what it stands on, is wrong.
        EnvironmentNotAble: a program is missing; the laboratory has lost time.
    """
    for each in read(path):
        if wanted(each.name):
            yield run_one(each, run=run, settings=settings, announce=announce)


def run_one(scenario: Scenario, *, run: Run, settings: Settings, announce: Announce = silent) -> Outcome:
    began = time.monotonic()
    laboratory = Laboratory.of(scenario.settings(settings), run, announce)
    try:
        scenario.run(laboratory)
    except ScenarioFailed as error:
        return Outcome(
            scenario.file,
            scenario.name,
            "scenario",
            "failed",
            about=error.step.told,
            line=error.step.line,
            why=error.why,
            story=str(error),
            took_s=time.monotonic() - began,
        )
    finally:
        laboratory.close()
    return Outcome(
        scenario.file, scenario.name, "scenario", "passed", line=scenario.line, took_s=time.monotonic() - began
    )
