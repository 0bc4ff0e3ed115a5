"""`pgben-testkit run -- COMMAND`: any suite, in any language, with a fresh world in its environment."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import FrameType

import click

from pgben_testkit.cli.options import backend_option, progress, read_settings
from pgben_testkit.errors import EnvironmentNotAble, UsageProblem
from pgben_testkit.services.reap import end_left_of
from pgben_testkit.services.run import RUN_VARIABLE
from pgben_testkit.world import OwnedWorld

FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
NODE_MODULES = Path(__file__).resolve().parent.parent / "node"
NODE_HELPER = NODE_MODULES / "pgben-testkit"


S3_BACKENDS = ("auto", "embedded", "external", "container", "fake")


class OptionalValues(click.Command):
    """`--s3` alone is `--s3=auto`: what comes after it is never taken for its value. `--per-worker` before another
    option or `--` is one for each processor: Jest starts no more unless it is told to."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        takes_value = {
            name for each in self.params if isinstance(each, click.Option) and not each.is_flag for name in each.opts
        } - {"--s3"}
        made, position = list(args), 0
        while position < len(made) and made[position].startswith("-") and made[position] != "--":
            if made[position] == "--s3":
                made[position] = "--s3=auto"
            elif made[position] == "--per-worker" and "".join(made[position + 1 : position + 2]).startswith("--"):
                made[position] = f"--per-worker={os.cpu_count() or 1}"
            position += 2 if made[position] in takes_value else 1
        return super().parse_args(ctx, made)


@click.command(cls=OptionalValues, context_settings={"allow_interspersed_args": False})
@click.option("--db/--no-db", default=None, help="A database (default: both, unless one is named).")
@click.option(
    "--s3",
    "s3",
    type=click.Choice(S3_BACKENDS),
    default=None,
    metavar="[=BACKEND]",
    help="A bucket; --s3=fake: of the fake in memory, --s3=embedded and the like: of that backend.",
)
@click.option("--no-s3", is_flag=True, help="No bucket.")
@click.option("--redis/--no-redis", default=False, help="A database of a Redis server.")
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
    db: bool | None,
    s3: str | None,
    no_s3: bool,
    redis: bool,
    schema: bool,
    per_worker: int | None,
    env_map: Path | None,
    backend: str | None,
    command: tuple[str, ...],
) -> None:
    """Run COMMAND with a database and a bucket of its own: DB_*, MINIO_*, REDIS_*, DATABASE_URL, PGBEN_DESK.

    Signals are forwarded, the exit code is the command's, everything is cleaned up after it.
    """
    if s3 and no_s3:
        raise UsageProblem("--s3 and --no-s3 together", why="they say the contrary", remedy="leave one out")
    with_s3 = bool(s3)
    if db is None and s3 is None and not no_s3 and not redis:
        db = with_s3 = True
    if per_worker and not db:
        raise UsageProblem(
            "--per-worker without a database", why="it is databases that it multiplies", remedy="add --db"
        )
    settings = read_settings(backend, schema=schema)
    if s3 and s3 != "auto":
        settings = replace(settings, storage_backend=s3)
    templates = read_env_map(env_map) if env_map else {}
    world = OwnedWorld.open(settings, announce=progress())
    with _stopped_by_signals():
        try:
            env = provide(world, db=bool(db), s3=with_s3, redis=redis, per_worker=per_worker or 0)
            env |= fill(templates, env)
            code, signalled = execute(command, env)
            if signalled:
                end_left_of(world.supply.run)
        finally:
            world.close()
    sys.exit(code)


def provide(world: OwnedWorld, *, db: bool, s3: bool, redis: bool, per_worker: int) -> dict[str, str]:
    """The variables of a fresh world. A worker's database N has its variables as PGBEN_WORKER_N_DB_NAME etc."""
    if s3:
        world.supply.prestart("storage")
    if redis:
        world.supply.prestart("redis")
    desk = str(world.desk.open())
    env = {"PGBEN_DESK": desk, RUN_VARIABLE: world.supply.run.id}
    env["NODE_PATH"] = os.pathsep.join(filter(None, [str(NODE_MODULES), os.environ.get("NODE_PATH")]))
    if db:
        lent = world.desk.ask("database")
        env |= lent["env"] | {"DATABASE_URL": lent["url"]}
        for number in range(1, per_worker + 1):
            own = world.desk.ask("database")
            for name, value in (own["env"] | {"DATABASE_URL": own["url"]}).items():
                env[f"PGBEN_WORKER_{number}_{name}"] = value
    if per_worker:
        env["PGBEN_WORKERS"] = str(per_worker)
        env["NODE_OPTIONS"] = node_options(os.environ.get("NODE_OPTIONS", ""))
    if s3:
        env |= world.desk.ask("bucket")["env"]
    if redis:
        lent = world.desk.ask("redis-db")
        env |= lent["env"] | {"REDIS_URL": lent["url"]}
    return env


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
            known = sorted(each for each in env if each.startswith(("DB_", "MINIO_", "REDIS_", "DATABASE_", "PGBEN_")))
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
