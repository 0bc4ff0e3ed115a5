"""Run `pgben-testkit psql`: open a database of the project in psql."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click

from pgben_testkit.cli.options import backend_option, progress, read_settings
from pgben_testkit.errors import EnvironmentNotAble, UsageProblem
from pgben_testkit.postgres.server import PostgresInfo
from pgben_testkit.postgres.service import SERVICE
from pgben_testkit.services.warm import warm_runs
from pgben_testkit.services.world import OwnedWorld


@click.command()
@click.option("--database", "-d", metavar="NAME", help="A database that is there: one that --pgben-keep-failed kept.")
@backend_option
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(database: str | None, backend: str | None, arguments: tuple[str, ...]) -> None:
    """Open psql on a fresh database with the project's schema, removed when psql ends. ARGUMENTS are psql's.

    \b
    pgben-testkit psql
    pgben-testkit psql -- -c 'SELECT count(*) FROM cidadao'
    pgben-testkit psql --database pgben_abc_main_3_kept
    """
    program = shutil.which("psql")
    if program is None:
        raise EnvironmentNotAble(
            "there is no psql on PATH",
            why="the wheel of the embedded PostgreSQL brings the server alone",
            remedy="install it (Debian: apt-get install postgresql-client)",
        )
    if database is not None:
        sys.exit(_opened(program, _server_with(database), database, arguments))
    world = OwnedWorld.open(read_settings(backend), announce=progress())
    try:
        lent = world.desk.ask("lend", service=SERVICE.name)
        code = _opened(program, SERVICE.info(world.desk.info(SERVICE.name).as_dict()), lent["name"], arguments)
    finally:
        world.close()
    sys.exit(code)


def _server_with(database: str) -> PostgresInfo:
    """Return the server of this project, warm or kept for a failed test, that has the database.

    Raises:
        UsageProblem: no such server has it.
    """
    from pgben_testkit.postgres.admin import Admin
    from pgben_testkit.postgres.server import connect

    seen = []
    for trace in warm_runs():
        facts = (trace.warm or {}).get("servers", {}).get(SERVICE.name)
        if not facts or Path(str((trace.warm or {}).get("root"))) != Path.cwd():
            continue
        info = SERVICE.info(facts)
        admin = Admin(connect(info))
        try:
            names = admin.names_like("")
        finally:
            admin.close()
        if database in names:
            return info
        seen += [name for name in names if name.endswith("_kept")]
    raise UsageProblem(
        f"no running server of this project has the database {database}",
        why=f"kept databases: {', '.join(seen)}" if seen else "no warm server of this folder holds kept databases",
        remedy="name one of these" if seen else "run the tests with --pgben-keep-failed first",
    )


def _opened(program: str, info: PostgresInfo, database: str, arguments: tuple[str, ...]) -> int:
    from pgben_testkit.postgres.console import password_file

    line = [program, "-h", info.host, "-p", str(info.port), "-U", info.user, "-d", database, *arguments]
    return subprocess.run(line, env=os.environ | {"PGPASSFILE": str(password_file(info))}, check=False).returncode
