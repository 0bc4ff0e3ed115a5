"""Run `pgben-testkit check`: hold what is exported against what should be."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pgben_testkit import settings as settings_module
from pgben_testkit.checking.checks import CHECKS as OF_COMMENTS
from pgben_testkit.cli.findings import Wanted, deliver, explain_option, findings_options, judged, sarif
from pgben_testkit.errors import UsageProblem

if TYPE_CHECKING:
    from pgben_testkit.checking.result import Result
    from pgben_testkit.observability.exposition import Exposition


@click.group()
def check() -> None:
    """Hold what is there against what should be.

    Exit codes: 0 fine, 1 findings, 2 usage, 3 the endpoint does not answer.
    """


@check.command()
@click.argument("where", metavar="URL|FILE")
@click.option(
    "--catalogue",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The catalogue in YAML. Default: the ini key pgben_metrics_catalogue.",
)
@click.option("--exporter", default="", help="Whose metrics these are. Default: the one that has most of them.")
@click.option("--before", metavar="FILE", help="An earlier exposition: counters are compared with it.")
@click.option(
    "--again-after",
    metavar="SECONDS",
    type=click.FloatRange(0, 3600),
    help="Scrape the URL twice, so long apart, and compare the counters.",
)
@click.option("--timeout", default=10.0, show_default=True, type=click.FloatRange(0.1, 600), help="Seconds to wait.")
@click.option("--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="Send this header; repeatable.")
@click.option(
    "--bearer-token-file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Send the token in FILE, as Prometheus does.",
)
@click.option(
    "--ca-file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Check the endpoint's certificate against these (PEM).",
)
@findings_options
@explain_option
def metrics(
    where: str,
    catalogue: Path | None,
    exporter: str,
    before: str | None,
    again_after: float | None,
    timeout: float,
    headers: tuple[str, ...],
    bearer_token_file: Path | None,
    ca_file: Path | None,
    wanted: Wanted,
) -> None:
    """Hold the metrics of an endpoint, or of a file with an exposition, against a catalogue.

    \b
    pgben-testkit check metrics http://localhost:3000/metrics --catalogue catalogue.yaml
    """
    from pgben_testkit.observability import catalogue as catalogues
    from pgben_testkit.observability import scrape
    from pgben_testkit.observability.checks.metrics import CHECKS
    from pgben_testkit.observability.held import hold
    from pgben_testkit.observability.metrics import look

    wanted.check()
    path = catalogue or _configured()
    if before and again_after is not None:
        raise UsageProblem("--before and --again-after both name the earlier scrape", remedy="give one of them")
    if again_after is not None and not scrape.is_url(where):
        raise UsageProblem("--again-after wants a URL", why=f"{where} is a file", remedy="name the earlier --before")
    loaded = catalogues.load(path)
    access = scrape.Access(dict(map(_header, headers)), bearer_token_file, ca_file)
    now = scrape.read(where, timeout_s=timeout, access=access)
    earlier = scrape.read(before, timeout_s=timeout) if before else None
    if again_after is not None:
        earlier = now
        time.sleep(again_after)
        now = scrape.read(where, timeout_s=timeout, access=access)
    named = exporter or loaded.likely(frozenset(now.families))
    found, disabled = look(hold(now, loaded, exporter=named, before=earlier))
    result = judged(found, disabled, wanted, ran=[*CHECKS.ids(), *OF_COMMENTS.ids()])
    deliver(_written(wanted.form, now, named, result), result, wanted)


def _header(given: str) -> tuple[str, str]:
    name, colon, value = given.partition(":")
    if not colon:
        raise UsageProblem("a --header has no colon", remedy="write --header 'NAME: VALUE'")
    return name.strip(), value.strip()


def _configured() -> Path:
    root = Path.cwd()
    named = settings_module.read(root=root, command_line={}, ini=settings_module.ini_of(root)).metrics_catalogue
    if not named:
        raise UsageProblem(
            "there is no catalogue of metrics",
            why="no --catalogue is given and the ini names none",
            remedy="give --catalogue FILE, or set pgben_metrics_catalogue in the ini",
        )
    return root / named


def _written(form: str, now: Exposition, exporter: str, result: Result) -> str:
    series = sum(len(each.samples) for each in now.families.values())
    if form == "json":
        facts = {
            "source": now.source,
            "exporter": exporter,
            "metrics": len(now.families),
            "samples": series,
            "size_bytes": now.size_bytes,
            "took_s": round(now.took_s, 4),
        }
        from pgben_testkit.report.findings_json import as_data

        return json.dumps({**facts, **as_data(result)}, indent=2, ensure_ascii=False)
    if form == "sarif":
        from pgben_testkit.observability.checks.metrics import CHECKS

        return sarif(result, [*CHECKS.rules(), *OF_COMMENTS.rules()], Path.cwd())
    from pgben_testkit.report.findings import as_text, aside, counted

    found = result.findings
    said = f"{len(now.families)} metrics and {series} samples of {exporter}: {counted(found)}"
    said = "\n".join([*aside(result), said])
    return f"{as_text(found)}\n\n{said}" if found else said
