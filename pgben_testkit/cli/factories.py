"""`pgben-testkit factories`: what a scenario makes, and whether a dump has people in it who are not synthetic."""

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
    """Synthetic data: scenarios, and the audit of dumps."""


@factories.command()
@click.argument("scenario", default="fila de analise")
@click.option("--solicitacoes", default=500, show_default=True, help="Requests that the office has.")
@click.option("--seed", default="0", show_default=True, help="The same seed makes the same office.")
@click.option("--into", metavar="URL", help="Store it in this database (postgresql://...), which has PGBen's schema.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.option("--list", "listing", is_flag=True, help="Say which scenarios there are.")
def preview(scenario: str, solicitacoes: int, seed: str, into: str | None, as_json: bool, listing: bool) -> None:
    """Show what the SCENARIO makes: counts by table, status and month. Nothing is stored without --into."""
    from pgben_testkit.factories.maker import Fabrica
    from pgben_testkit.factories.scenarios import PLANS

    if listing:
        if as_json:
            click.echo(json.dumps({name: plan.meaning for name, plan in PLANS.items()}, indent=2))
            return
        for name, plan in PLANS.items():
            click.echo(f"{name}: {plan.meaning}")
        return
    connection = _connected(into) if into else None
    try:
        maker = Fabrica(seed=seed, test="preview", connect=(lambda: connection) if connection else None)
        made = maker.cenario(scenario, solicitacoes=solicitacoes, store=connection is not None)
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
            why=type(error).__name__ + (": the address is no URL that libpq reads" if "invalid" in str(error) else ""),
            remedy="give postgresql://user@host:port/database; a password may come from PGPASSWORD or PGPASSFILE",
        ) from None


@factories.command()
@click.argument("dump", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def audit(dump: Path, as_json: bool) -> None:
    """Look for people in DUMP (pg_dump's SQL, .gz or archive) who lack the mark of synthetic data. Exit code 1: found.

    Places are shown, values never.
    """
    from pgben_testkit.factories.dumps import audit as look
    from pgben_testkit.report.scenario import findings

    found = look(dump)
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=2))
    else:
        click.echo("\n".join(findings(found)))
        if not found.clean:
            click.echo("These may be real people: remove the dump, and make data with the factories instead.", err=True)
    if not found.clean:
        sys.exit(EXIT_FINDINGS)
