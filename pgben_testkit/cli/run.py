"""Run `pgben-testkit run -- COMMAND`: start any suite, in any language, with fresh servers in its environment."""

from __future__ import annotations

import functools
import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import click

from pgben_testkit.cli.options import backend_option, progress, read_settings
from pgben_testkit.errors import EnvironmentNotAble, UsageProblem
from pgben_testkit.services.reap import end_left_of
from pgben_testkit.services.registry import Registry
from pgben_testkit.services.run import RUN_VARIABLE
from pgben_testkit.services.world import OwnedWorld
from pgben_testkit.settings import Settings

FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
NODE_MODULES = Path(__file__).resolve().parent.parent / "node"
NODE_HELPER = NODE_MODULES / "pgben-testkit"


class WithServices(click.Command):
    """A command with `--FLAG[=BACKEND]` and `--no-FLAG` for each service, of other packages too.

    `--s3` alone is `--s3=auto`: what comes after it is never taken for its value. `--per-worker` before another option
    or `--` is one for each processor: Jest starts no more unless it is told to.
    """

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        return [*_service_options(), *super().get_params(ctx)]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        options = [each for each in self.get_params(ctx) if isinstance(each, click.Option)]
        optional = {each.opts[0] for each in options if each.metavar == BACKEND_SHOWN}
        takes_value = {name for each in options if not each.is_flag for name in each.opts} - optional
        made, position = list(args), 0
        while position < len(made) and made[position].startswith("-") and made[position] != "--":
            if made[position] in optional:
                made[position] += "=auto"
            elif made[position] == "--per-worker" and "".join(made[position + 1 : position + 2]).startswith("--"):
                made[position] = f"--per-worker={os.cpu_count() or 1}"
            position += 2 if made[position] in takes_value else 1
        return super().parse_args(ctx, made)


BACKEND_SHOWN = "[=BACKEND]"


@functools.cache
def _registry() -> Registry:
    return Registry.installed()


def _service_options() -> list[click.Option]:
    """Return the options of all services: `with_NAME` and `without_NAME` are what `run` is called with."""
    made = []
    for service in _registry():
        backends = click.Choice(service.backends)
        default = " (given unless a service is named)" if service.usual else ""
        shown = f"Give {service.gives}{default}; backends: {', '.join(service.backends)}."
        made += [
            click.Option(
                [f"--{service.flag}", f"with_{service.name}"], type=backends, metavar=BACKEND_SHOWN, help=shown
            ),
            click.Option(
                [f"--no-{service.flag}", f"without_{service.name}"], is_flag=True, help=f"Do not give {service.gives}."
            ),
        ]
    return made


def _asked(given: Mapping[str, Any], settings: Settings) -> tuple[list[str], Settings]:
    """Return the services that the command is to have, and the settings with the backends that were named.

    Raises:
        UsageProblem: `--s3` and `--no-s3` together.
    """
    named = {each.name: given[f"with_{each.name}"] for each in _registry() if given[f"with_{each.name}"]}
    without = {each.name for each in _registry() if given[f"without_{each.name}"]}
    for name in without & set(named):
        flag = _registry().get(name).flag
        raise UsageProblem(f"--{flag} and --no-{flag} together", why="they say the contrary", remedy="leave one out")
    for name, backend in named.items():
        if backend != "auto":
            settings = settings.with_backend(name, backend)
    return [name for name in named or _registry().usual() if name not in without], settings


@click.command(cls=WithServices, context_settings={"allow_interspersed_args": False})
@click.option("--schema/--no-schema", default=True, help="Load the project's schema into the database.")
@click.option(
    "--per-worker",
    type=click.IntRange(min=1),
    metavar="[N]",
    help="A database for each of N Jest workers; without N: one a processor.",
)
@click.option(
    "--env-map",
    type=click.Path(dir_okay=False, path_type=Path),
    help='TOML file with a table [env]: NAME = "text with {DB_HOST} and the like".',
)
@backend_option
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run(
    schema: bool,
    per_worker: int | None,
    env_map: Path | None,
    backend: str | None,
    command: tuple[str, ...],
    **services: Any,
) -> None:
    """Run COMMAND with a database and a bucket of its own: DB_*, PG*, DATABASE_URL, MINIO_*, REDIS_*, PGBEN_DESK.

    Signals are forwarded, the exit code is the command's, everything is cleaned up after it.
    """
    settings = read_settings(backend, schema=schema, registry=_registry())
    names, settings = _asked(services, settings)
    if per_worker and "postgres" not in names:
        raise UsageProblem(
            "--per-worker without a database", why="it is databases that it multiplies", remedy="add --db"
        )
    templates = read_env_map(env_map) if env_map else {}
    world = OwnedWorld.open(settings, announce=progress(), registry=_registry())
    with _stopped_by_signals():
        try:
            env = provide(world, names, per_worker=per_worker or 0, templates=templates)
            code, signalled = execute(command, env)
            if signalled:
                end_left_of(world.supply.run)
        finally:
            world.close()
    sys.exit(code)


def provide(
    world: OwnedWorld, names: Sequence[str], *, per_worker: int = 0, templates: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables of a fresh world, those of the map (`templates`) included.

    A worker's database N has its variables as PGBEN_WORKER_N_DB_NAME and the like; so has what the map makes of them.
    """
    for name in names:
        world.supply.prestart(name)
    env = {"PGBEN_DESK": str(world.desk.open()), RUN_VARIABLE: world.supply.run.id}
    env["NODE_PATH"] = os.pathsep.join(filter(None, [str(NODE_MODULES), os.environ.get("NODE_PATH")]))
    for name in names:
        env |= world.desk.ask("lend", service=name)["env"]
    workers = [world.desk.ask("lend", service="postgres")["env"] for _ in range(per_worker)]
    if workers:
        env["PGBEN_WORKERS"] = str(per_worker)
        env["NODE_OPTIONS"] = node_options(os.environ.get("NODE_OPTIONS", ""))
    mapped = fill(templates, env)
    for number, own in enumerate(workers, 1):
        for name, value in (own | fill(templates, env | own)).items():
            env[f"PGBEN_WORKER_{number}_{name}"] = value
    return env | mapped


def node_options(given: str, helper: Path = NODE_HELPER) -> str:
    """These options of Node and the hook that gives each Jest worker its own database; its path quoted for Node."""
    path = str(helper / "per-worker.cjs").replace("\\", "\\\\").replace('"', '\\"')
    return f'{given} --require "{path}"'.strip()


def read_env_map(path: Path) -> dict[str, str]:
    """The table [env] of a mapping file.

    Raises:
        UsageProblem: no such file, not TOML, or no table of strings.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8")).get("env")
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageProblem(f"the map {path} can't be read", why=str(error), remedy="see --env-map in --help") from None
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise UsageProblem(f"the map {path} has no table [env] of strings", remedy='write [env] and NAME = "{DB_HOST}"')
    return table


def fill(templates: Mapping[str, str], env: Mapping[str, str]) -> dict[str, str]:
    """Each template with `{NAME}` replaced by our variable NAME."""

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in env:
            known = sorted(each for each in env if each not in ("NODE_PATH", "NODE_OPTIONS", RUN_VARIABLE))
            raise UsageProblem(
                f"the map asks for {{{name}}}",
                why="we give " + ", ".join(known),
                remedy="name one of these, or ask for its service with --db, --s3 or --redis",
            )
        return env[name]

    for name, text in templates.items():
        if open_brace := re.search(r"\{[A-Z][A-Z0-9_]+(?![A-Z0-9_}])", text):
            raise UsageProblem(f"the map's {name} has {open_brace.group()} without an end", remedy="close it with }")
    return {name: re.sub(r"\{([A-Z0-9_]+)\}", value, text) for name, text in templates.items()}


def execute(command: tuple[str, ...], env: Mapping[str, str]) -> tuple[int, bool]:
    """The command's exit code, 128 + n where signal n ended it, and whether it was sent a signal that should end it.
    Ctrl-C reaches it from the terminal itself."""
    process: subprocess.Popen[bytes] | None = None
    early: list[int] = []
    ended = False

    def forward(number: int, _: FrameType | None) -> None:
        nonlocal ended
        ended |= number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
        if process is None:
            early.append(number)  # the command is being started at this moment: it gets the signal when it is there
        else:
            process.send_signal(number)

    before = {number: signal.signal(number, forward) for number in FORWARDED}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, forward if not sys.stdin.isatty() else _nothing)
    try:
        process = subprocess.Popen(command, env=os.environ | env)
        while early:
            process.send_signal(early.pop(0))
        code = process.wait()
    except OSError as error:
        raise EnvironmentNotAble(
            f"the command {command[0]} can't be started", why=error.strerror or str(error), remedy="check its name"
        ) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code, ended


def _nothing(number: int, frame: FrameType | None) -> None:
    """The child has the same terminal and got the same ctrl-C: we wait for what it does."""


class _stopped_by_signals:
    """Until the command runs, and after it, SIGTERM ends us as ctrl-C does: with everything cleaned up."""

    def __enter__(self) -> None:
        self._before = signal.signal(signal.SIGTERM, self._stop)

    @staticmethod
    def _stop(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGTERM, self._before)


@click.command("node-helper")
def node_helper() -> None:
    """The folder of the Node helper: npm install --no-save "$(pgben-testkit node-helper)"

    For TypeScript and ES modules; `require` finds it under `run` without.
    """
    click.echo(NODE_HELPER)
