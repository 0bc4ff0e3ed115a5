"""Run `pgben-testkit factories`: show what a scenario makes, and find people in a dump who are not synthetic."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pgben_testkit.errors import EXIT_FINDINGS, EnvironmentNotAble

if TYPE_CHECKING:
    import psycopg


@click.group()
def factories() -> None:
    """Make synthetic data, and audit database dumps."""


@factories.command()
@click.argument("scenario", default="fila de analise")
@click.option("--solicitacoes", default=500, show_default=True, help="The number of requests that the office has.")
@click.option("--seed", default="0", show_default=True, help="The same seed makes the same office.")
@click.option(
    "--into",
    metavar="URL",
    help="Store the office in this database, which has PGBen's schema: postgresql://...",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--list", "listing", is_flag=True, help="List the scenarios.")
def preview(scenario: str, solicitacoes: int, seed: str, into: str | None, as_json: bool, listing: bool) -> None:
    """Show what the SCENARIO makes: counts by table, status and month. Nothing is stored without --into."""
    from pgben_testkit.factories.maker import Maker
    from pgben_testkit.factories.pgben.plans import PLANS

    if listing:
        if as_json:
            click.echo(json.dumps({name: plan.meaning for name, plan in PLANS.items()}, indent=2))
            return
        for name, plan in PLANS.items():
            click.echo(f"{name}: {plan.meaning}")
        return
    connection = _connected(into) if into else None
    try:
        maker = Maker(seed=seed, test="preview", connect=(lambda: connection) if connection else None)
        made = maker.scenario(scenario, solicitacoes=solicitacoes, store=connection is not None)
    finally:
        if connection is not None:
            connection.close()
    if as_json:
        click.echo(json.dumps(made.as_dict(), indent=2, ensure_ascii=False))
        return
    from rich.console import Console

    from pgben_testkit.report.scenario import picture

    Console(highlight=False).print(picture(made))


def _connected(url: str) -> psycopg.Connection:
    import psycopg

    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=10)
    except psycopg.Error as error:
        raise EnvironmentNotAble(
            "the database of --into can't be reached",
            why=type(error).__name__ + (": libpq can't read the address" if "invalid" in str(error) else ""),
            remedy="give postgresql://user@host:port/database; a password may come from PGPASSWORD or PGPASSFILE",
        ) from None


@factories.command()
@click.argument("dump", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def audit(dump: Path, as_json: bool) -> None:
    """Find people in DUMP (SQL of pg_dump, .gz or archive) without the mark of synthetic data. Exit code 1: some found.

    The output says where they are, and never shows a value.
    """
    from pgben_testkit.lgpd.dumps import audit as look
    from pgben_testkit.report.dump_audit import lines

    found = look(dump)
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=2))
    else:
        click.echo("\n".join(lines(found)))
        if not found.clean:
            click.echo("These may be real people: remove the dump, and make data with the factories instead.", err=True)
    if not found.clean:
        sys.exit(EXIT_FINDINGS)
