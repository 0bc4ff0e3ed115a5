"""Run `up`, `status` and `down`: keep servers running between runs, show them, stop them."""

from __future__ import annotations

import json
import os
from typing import Any

import click

from pgben_testkit.cli.options import backend_option, progress, read_settings
from pgben_testkit.services.reap import reap_dead, remove
from pgben_testkit.services.registry import Registry
from pgben_testkit.services.run import claim, traces
from pgben_testkit.services.warm import find, warm_runs
from pgben_testkit.services.world import OwnedWorld


@click.command()
@click.option(
    "--only",
    multiple=True,
    metavar="SERVICE",
    help="Start this service; may be repeated (default: postgres and storage).",
)
@backend_option
def up(only: tuple[str, ...], backend: str | None) -> None:
    """Start this project's servers and leave them running: its next runs find them."""
    registry = Registry.installed()
    settings = read_settings(backend, registry=registry)
    wanted = []
    for service in map(registry.get, only or registry.usual()):
        if why_not := service.why_not_warm(settings):
            click.echo(f"{service.name}: {why_not}")
        elif find(service, settings) is not None:
            click.echo(f"{service.name}: already warm")
        else:
            wanted.append(service.name)
    if not wanted:
        return
    world = OwnedWorld.open(settings, announce=progress(), registry=registry)
    try:
        for name in wanted:
            world.supply.prestart(name)
        infos = [world.supply.get(name).info for name in wanted]
    except BaseException:
        world.close()
        raise
    world.close(keep_running=True)
    for info in infos:
        click.echo(f"{info.service}: {info.how}, ready after {info.ready_s * 1000:.0f} ms")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.option("--show-passwords", is_flag=True, help="Show passwords and secret keys, to enter them in other programs.")
def status(as_json: bool, show_passwords: bool) -> None:
    """Show the warm servers of this user and machine, with the addresses that other programs can use."""
    registry = Registry.installed()
    found: list[dict[str, Any]] = []
    for trace in warm_runs():
        assert trace.warm is not None
        for name, facts in trace.warm["servers"].items():
            if name not in registry.names():
                continue  # of a package that has been uninstalled since; `down` ends it all the same
            info = registry.get(name).info(facts)
            found.append(
                {
                    "address": facts.get("url") or f"{facts.get('host')}:{facts.get('port')}",
                    "run": trace.id,
                    "project": trace.warm["root"],
                    "service": name,
                    "how": info.how,
                    "url": info.address(with_password=show_passwords),
                }
            )
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    if not found:
        click.echo("no warm servers")
        return
    for each in found:  # an address is to be copied: no table that cuts it
        click.echo(f"{each['service']}: {each['url']}\n    {each['how']}\n    project {each['project']}")
    if not show_passwords:
        click.echo("passwords are hidden: --show-passwords shows them")


@click.command()
@click.option("--all", "everywhere", is_flag=True, help="Those of all projects, not of this folder alone.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
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
