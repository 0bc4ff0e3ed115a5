"""`up`, `status`, `down`: servers that stay between runs."""

from __future__ import annotations

import json
import os
from typing import Any

import click

from pgben_testkit.cli.options import backend_option, progress, read_settings
from pgben_testkit.services.reap import reap_dead, remove
from pgben_testkit.services.run import claim, traces
from pgben_testkit.services.supply import STARTERS, USUAL
from pgben_testkit.services.warm import find, warm_runs
from pgben_testkit.world import OwnedWorld


@click.command()
@click.option(
    "--only",
    type=click.Choice(list(STARTERS)),
    multiple=True,
    help="This service; may be repeated (default: postgres and storage).",
)
@backend_option
def up(only: tuple[str, ...], backend: str | None) -> None:
    """Start this project's servers and leave them running: its next runs find them."""
    settings = read_settings(backend)
    only = only or USUAL
    if settings.backend_of("storage") == "fake" and "storage" in only:
        # It is threads of the process that asks for it: there is nothing to leave running.
        only = tuple(each for each in only if each != "storage")
        click.echo("storage: the fake can't be kept warm, and needs no warming")
        if not only:
            return
    wanted = [service for service in only if find(service, settings) is None]
    for service in only:
        if service not in wanted:
            click.echo(f"{service}: already warm")
    if not wanted:
        return
    world = OwnedWorld.open(settings, announce=progress())
    try:
        for service in wanted:
            world.supply.prestart(service)
        infos = [world.supply.get(service).info for service in wanted]
    except BaseException:
        world.close()
        raise
    world.close(keep_running=True)
    for info in infos:
        click.echo(f"{info.service}: {info.how}, ready after {info.ready_s * 1000:.0f} ms")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def status(as_json: bool) -> None:
    """Show the warm servers of this user and machine. No password is shown."""
    found: list[dict[str, Any]] = []
    for trace in warm_runs():
        assert trace.warm is not None
        for service, info in trace.warm["servers"].items():
            place = info.get("url") or f"{info.get('host')}:{info.get('port')}"
            found.append(
                {
                    "run": trace.id,
                    "project": trace.warm["root"],
                    "service": service,
                    "how": info["how"],
                    "address": place,
                }
            )
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    if not found:
        click.echo("no warm servers")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("service", "address", "how", "project")
    for each in found:
        table.add_row(each["service"], each["address"], each["how"], each["project"])
    Console().print(table)


@click.command()
@click.option("--all", "everywhere", is_flag=True, help="Those of all projects, not of this folder alone.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def down(everywhere: bool, as_json: bool) -> None:
    """Stop the warm servers, and remove what killed runs left."""
    ended = 0
    for trace in list(traces()):
        if trace.warm is None or not (everywhere or trace.warm.get("root") == os.getcwd()):
            continue
        lock = claim(trace)
        if lock is not None:
            try:
                remove(trace)
                ended += 1
            finally:
                os.close(lock)
    left = len(reap_dead())
    if as_json:
        click.echo(json.dumps({"stopped": ended, "removed": left}))
        return
    click.echo(f"stopped {ended} warm run{'s' * (ended != 1)}, removed what {left} killed one{'s' * (left != 1)} left")
    if not ended and (others := sorted({str(trace.warm["root"]) for trace in warm_runs() if trace.warm})):
        click.echo(f"none is of this folder; those of {', '.join(others)} stay: run it there, or with --all")
