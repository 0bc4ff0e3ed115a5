"""Run `pgben-testkit logs`: show what the project's warm servers print."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import click

from pgben_testkit.errors import UsageProblem
from pgben_testkit.services.run import Trace
from pgben_testkit.services.warm import warm_runs

LOOK_AGAIN_S = 0.2


@click.command()
@click.argument("service", required=False)
@click.option("--lines", "-n", default=20, show_default=True, type=click.IntRange(min=0), help="Show the last N lines.")
@click.option("--follow", "-f", is_flag=True, help="Go on showing what is printed, until ctrl-C.")
def logs(service: str | None, lines: int, follow: bool) -> None:
    """Show the logs of the servers that `up` keeps running for the project in this folder, or of SERVICE alone."""
    files = {path.stem: path for trace in _of_this_folder() for path in sorted(_data(trace).glob("*.log"))}
    contained = {
        str(each["name"]): trace.id
        for trace in _of_this_folder()
        for each in trace.owned()
        if each["kind"] == "container"
    }
    names = sorted({*files, *contained})
    if not names:
        raise UsageProblem(
            "no warm server of this folder has a log", why="`up` keeps none running here", remedy="pgben-testkit up"
        )
    if service is not None and not any(_belongs(name, service) for name in names):
        raise UsageProblem(f"no warm server is called {service}", why=f"there are {', '.join(names)}")
    wanted = [name for name in names if service is None or _belongs(name, service)]
    for name in wanted:
        if name in files:
            text = files[name].read_text("utf-8", "replace").splitlines()
            for line in text[len(text) - min(lines, len(text)) :]:
                click.echo(f"{name}: {line}")
    for name, run_id in contained.items():
        if name in wanted:
            for line in _of_container(run_id, name, lines):
                click.echo(f"{name}: {line}")
    if follow:
        _follow({name: path for name, path in files.items() if name in wanted})


def _belongs(name: str, service: str) -> bool:
    """Tell whether the log `name` is of the service: storage-gate belongs to storage."""
    return name == service or name.startswith(f"{service}-")


def _of_this_folder() -> Iterator[Trace]:
    return (trace for trace in warm_runs() if trace.warm and trace.warm["root"] == os.getcwd())


def _data(trace: Trace) -> Path:
    return Path(str(trace.owner.get("data", "")))


def _of_container(run_id: str, name: str, lines: int) -> list[str]:
    """Return the last lines that the engine has of the container `name` of a run."""
    from pgben_testkit.services.engine import containers_of

    texts = [container.logs(tail=lines) for container in containers_of(run_id, name=name)]
    return [line for text in texts for line in text.decode("utf-8", "replace").splitlines()]


def _follow(files: dict[str, Path]) -> None:
    ends = {name: path.stat().st_size for name, path in files.items()}
    while any(path.exists() for path in files.values()):
        for name, path in files.items():
            if path.exists() and path.stat().st_size > ends[name]:
                with path.open("rb") as log:
                    log.seek(ends[name])
                    new = log.read()
                ends[name] += len(new)
                for line in new.decode("utf-8", "replace").splitlines():
                    click.echo(f"{name}: {line}")
        time.sleep(LOOK_AGAIN_S)
