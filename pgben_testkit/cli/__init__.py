"""Give the command line: one thin module a command."""

from __future__ import annotations

import sys
from typing import Any

import click

from pgben_testkit import __version__
from pgben_testkit.cli.alerts import alerts
from pgben_testkit.cli.check import check
from pgben_testkit.cli.completion import completion
from pgben_testkit.cli.doctor import doctor
from pgben_testkit.cli.factories import factories
from pgben_testkit.cli.logs import logs
from pgben_testkit.cli.psql import psql
from pgben_testkit.cli.run import node_helper, run
from pgben_testkit.cli.storage import storage
from pgben_testkit.cli.warm import down, status, up
from pgben_testkit.errors import TestkitError

INTERRUPTED = 130
"""The exit code of ctrl-C, as a shell has it: 128 and the number of the signal."""


class Commands(click.Group):
    """Ctrl-C is told in a word, and apart from what fails."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort):
            click.echo("pgben-testkit: interrupted", err=True)
            ctx.exit(INTERRUPTED)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pgben-testkit")
@click.option("--quiet", "-q", is_flag=True, help="Tell nothing of long steps; results and errors are told.")
def commands(quiet: bool) -> None:
    """A real world for every test: databases and buckets, for suites in any language.

    Exit codes: 0 fine, 1 failing tests, 2 usage, 3 the environment is not able, 130
    interrupted. `run` exits as its command does.
    """


for each in (run, up, status, logs, psql, down, doctor, check, alerts, factories, storage, node_helper, completion):
    commands.add_command(each)


def main() -> None:
    """The entry point: our own errors in three lines and with their exit code, no traceback."""
    try:
        commands()
    except TestkitError as error:
        click.echo(f"pgben-testkit: {error}", err=True)
        sys.exit(error.exit_code)
