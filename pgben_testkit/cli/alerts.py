"""Run `pgben-testkit alerts`: bring alerts to life on the real Prometheus and Alertmanager."""

from __future__ import annotations

import json
import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pgben_testkit import settings as settings_module
from pgben_testkit.cli.options import check_writable, progress, write
from pgben_testkit.errors import (
    EXIT_ENVIRONMENT,
    EXIT_FINDINGS,
    EXIT_OK,
    EnvironmentNotAble,
    TestkitError,
    UsageProblem,
)

if TYPE_CHECKING:
    from pgben_testkit.observability.lab.outcome import Outcome
    from pgben_testkit.settings import Settings


@click.group()
def alerts() -> None:
    """See alerts go pending, fire, be delivered and resolve, in time that jumps.

    Exit codes: 0 fine, 1 something failed, 2 usage, 3 this machine is not able.
    """


@alerts.command("run")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--prometheus-config", metavar="FILE", help="Default: the ini key pgben_prometheus_config.")
@click.option(
    "--alert-rules", metavar="GLOB", multiple=True, help="Rule files; repeatable. Default: pgben_alert_rules."
)
@click.option("--alertmanager-config", metavar="FILE", help="Default: the ini key pgben_alertmanager_config.")
@click.option("--prometheus-bin", metavar="FILE", help="The prometheus program. Default: the one on the PATH.")
@click.option("--alertmanager-bin", metavar="FILE", help="The alertmanager program. Default: the one on the PATH.")
@click.option("--prometheus-image", metavar="IMAGE", help="Prometheus in a container of this image instead.")
@click.option("--alertmanager-image", metavar="IMAGE", help="Alertmanager in a container of this image instead.")
@click.option("--pace", type=click.Choice(settings_module.PACES), help="How time passes (default: auto).")
@click.option("-k", "words", metavar="WORDS", default="", help="Only those whose name has all of these words.")
@click.option("-n", "processes", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes at once.")
@click.option("--promtool/--no-promtool", default=True, help="Ask promtool about its unit tests too (default: yes).")
@click.option("--junit", metavar="FILE", type=click.Path(path_type=Path), help="Write JUnit's XML.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def run_files(
    files: tuple[Path, ...],
    words: str,
    processes: int,
    promtool: bool,
    junit: Path | None,
    as_json: bool,
    **given: object,
) -> None:
    """Run alert scenarios, or promtool's unit-test files as they are.

    \b
    pgben-testkit alerts run alertas/*.alerts.yml
    pgben-testkit alerts run prometheus/tests/*.yml -k FalhasDeAutenticacao
    """
    from pgben_testkit.observability.lab import alertfile
    from pgben_testkit.report import outcomes as drawn

    check_writable(junit)
    settings = _settings(given)
    wanted = {path: [name for name in alertfile.names(path) if _has(name, words)] for path in files}
    if not any(wanted.values()):
        raise UsageProblem(f"no name has {words!r}", why="-k leaves nothing to run", remedy="mend the words")
    found: list[Outcome] = []
    _end_in_order()
    try:
        for each in _outcomes(wanted, settings, processes, promtool):
            found.append(each)
            if not as_json:
                click.echo(drawn.line(each))
    finally:
        if junit:
            write(junit, drawn.as_junit(found))
    if as_json:
        click.echo(json.dumps(drawn.as_data(found), indent=2, ensure_ascii=False))
    else:
        told = [drawn.details(each) for each in found]
        click.echo("\n" + "\n\n".join([*filter(None, told), drawn.counted(found)]))
    sys.exit(EXIT_FINDINGS if any(each.verdict == "failed" for each in found) else EXIT_OK)


def _settings(given: dict[str, Any]) -> Settings:
    root = Path.cwd()
    pace = given.pop("pace")
    line = {name: value or None for name, value in given.items()}
    return settings_module.read(root=root, command_line={**line, "alerts_pace": pace}, ini=settings_module.ini_of(root))


def _has(name: str, words: str) -> bool:
    return all(each.casefold() in name.casefold() for each in words.split())


Unit = tuple[Path, str]
"""A file and the name of a scenario or test group in it."""


def _outcomes(wanted: dict[Path, list[str]], settings: Settings, processes: int, promtool: bool) -> Iterator[Outcome]:
    units = [(path, name) for path, names in wanted.items() for name in dict.fromkeys(names)]
    if processes == 1 or len(units) == 1:
        from pgben_testkit.observability.lab import alertfile

        with _world(settings) as world:
            for path, names in wanted.items():
                yield from alertfile.run(
                    path, run=world, settings=settings, announce=progress(), ask_promtool=promtool, wanted=_among(names)
                )
        return
    with ProcessPoolExecutor(min(processes, len(units)), initializer=_end_in_order) as pool:
        jobs = [pool.submit(_in_process, unit, settings, promtool) for unit in units]
        try:
            for job in jobs:
                yield from job.result()
        except BaseException:
            for each in multiprocessing.active_children():
                each.terminate()
            pool.shutdown(cancel_futures=True)
            raise


def _end_in_order() -> None:
    """SIGTERM, which CI sends when it cancels a job, ends this process as ctrl-C does: its programs go first."""

    def end(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_IGN)
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, end)


def _in_process(unit: Unit, settings: Settings, promtool: bool) -> list[Outcome]:
    """In a process of its own: what is measured there has nothing to do with what runs here."""
    from pgben_testkit.observability.lab import alertfile

    path, name = unit
    with _world(settings) as world:
        return list(alertfile.run(path, run=world, settings=settings, ask_promtool=promtool, wanted=_among([name])))


def _among(names: list[str]) -> Callable[[str], bool]:
    return lambda name: name in names


class _world:
    """A run of this process: its programs are gone at the end."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __enter__(self) -> Any:
        from pgben_testkit.services.reap import reap_dead
        from pgben_testkit.services.run import Run

        reap_dead()
        self._run = Run.begin(self._settings)
        return self._run

    def __exit__(self, *_: object) -> None:
        self._run.end()


@alerts.command()
@click.option("--prometheus-bin", metavar="FILE", default="", help="The prometheus program.")
@click.option("--alertmanager-bin", metavar="FILE", default="", help="The alertmanager program.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def probe(prometheus_bin: str, alertmanager_bin: str, as_json: bool) -> None:
    """Say whether clocks can be jumped here, and which programs were found.

    Exit code 3 if Prometheus or Alertmanager is missing. Where clocks can't be jumped, scaled or real time is left.
    """
    from pgben_testkit.observability.lab.clock import why_not_able
    from pgben_testkit.observability.servers import programs

    given = {"prometheus": prometheus_bin, "alertmanager": alertmanager_bin}
    found: dict[str, Any] = {}
    missing: dict[str, TestkitError] = {}
    for name in programs.NAMES:
        try:
            found[name] = programs.find(name, given.get(name, ""))
        except EnvironmentNotAble as error:
            missing[name] = error
    why_not = why_not_able()
    if as_json:
        data = {
            "clock": {"jumps": not why_not, "why_not": why_not},
            "programs": {name: asdict(each) for name, each in found.items()},
            "missing": {name: error.as_dict() for name, error in missing.items()},
        }
        click.echo(json.dumps(data, indent=2, ensure_ascii=False))
    else:
        click.echo(f"clocks: {'jump' if not why_not else f'do not jump, scaled or real time is left: {why_not}'}")
        for name in programs.NAMES:
            click.echo(f"{name}: {found.get(name) or missing[name]}")
    able = not missing.keys() & set(programs.OLDEST)
    sys.exit(EXIT_OK if able else EXIT_ENVIRONMENT)
