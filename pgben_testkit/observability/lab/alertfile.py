"""Files about alerts, of either kind: scenarios, or promtool's unit tests. Told apart by what is in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from pgben_testkit.observability.lab import located, scenario, testfile, unittests
from pgben_testkit.observability.lab.outcome import Outcome
from pgben_testkit.services.run import Run
from pgben_testkit.services.server import Announce, silent
from pgben_testkit.settings import Settings

Kind = Literal["scenarios", "unit tests"]


def kind(path: Path) -> Kind:
    """Raises UsageProblem: it is neither, or can't be read."""
    source = located.read(path)
    if scenario.is_one(source):
        return "scenarios"
    if testfile.is_one(source):
        return "unit tests"
    raise source.wrong(
        "this is no file about alerts",
        why="it has neither scenarios: nor tests:",
        remedy="name a scenario file, or a unit-test file of promtool's",
    )


def names(path: Path) -> tuple[str, ...]:
    """Of its scenarios or test groups; the whole file is read, so what is wrong in it is told.

    Raises:
        UsageProblem: with the line.
    """
    if kind(path) == "scenarios":
        return tuple(each.name for each in scenario.read(path))
    return tuple(each.name for each in testfile.read(path).groups)


def run(
    path: Path,
    *,
    run: Run,
    settings: Settings,
    announce: Announce = silent,
    ask_promtool: bool = True,
    wanted: Callable[[str], bool] = lambda name: True,
) -> Iterator[Outcome]:
    """Outcomes as they come.

    Raises:
        UsageProblem: the file, or what it stands on, is wrong.
        EnvironmentNotAble: a program is missing; the laboratory has lost time.
    """
    if kind(path) == "scenarios":
        return scenario.run_file(path, run=run, settings=settings, announce=announce, wanted=wanted)
    return unittests.run_file(path, unittests.Setting(run, settings, announce, ask_promtool), wanted)
