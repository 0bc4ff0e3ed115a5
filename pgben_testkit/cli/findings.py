"""Give every command that has findings the same options: what to leave out, the baseline, the format, the exit code."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pgben_testkit import __version__
from pgben_testkit.checking.finding import SEVERITIES, Finding, Rule, worst
from pgben_testkit.cli.options import check_writable, write
from pgben_testkit.errors import EXIT_FINDINGS, EXIT_OK, UsageProblem

if TYPE_CHECKING:
    from pgben_testkit.checking.baseline import Baseline
    from pgben_testkit.checking.disable import Disabled
    from pgben_testkit.checking.result import Result

FORMATS = ("table", "json", "sarif")
_OPTIONS = (
    click.option("--ignore", multiple=True, metavar="CHECK", help="Leave out a check, as env/drift; may be repeated."),
    click.option(
        "--baseline",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Accept the findings in this file, and fail on new ones alone.",
    ),
    click.option("--update-baseline", is_flag=True, help="Write today's findings to the file of --baseline."),
    click.option("--format", "form", type=click.Choice(FORMATS), default="table", help="How the result is written."),
    click.option("--json", "form", flag_value="json", help="The same as --format json."),
    click.option("--sarif", "form", flag_value="sarif", help="The same as --format sarif: for code hosts."),
    click.option(
        "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Write the result to this file."
    ),
    click.option(
        "--fail-on",
        type=click.Choice([*SEVERITIES, "never"]),
        default="warning",
        show_default=True,
        help="The least severity that makes the exit code 1.",
    ),
)
Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class Wanted:
    """Hold what the command line says about findings: the values of the shared options."""

    ignore: tuple[str, ...]
    baseline: Path | None
    update_baseline: bool
    form: str
    output: Path | None
    fail_on: str

    def check(self) -> None:
        """Make sure before long work that the options mean something.

        Raises:
            UsageProblem: an ignored check does not exist, the baseline or the output can't be used.
        """
        check_writable(self.output)
        if self.ignore:
            from pgben_testkit.checking import registry

            registry.demand(self.ignore, by="--ignore")
        if self.update_baseline and self.baseline is None:
            raise UsageProblem("--update-baseline has no file", remedy="name it: --baseline FILE --update-baseline")
        if self.update_baseline:
            check_writable(self.baseline)
        self.read_baseline()

    def read_baseline(self) -> Baseline | None:
        """Return the baseline; an empty one where it is to be made and is not there yet; None without --baseline."""
        if self.baseline is None:
            return None
        from pgben_testkit.checking import baseline

        return {} if self.update_baseline and not self.baseline.exists() else baseline.read(self.baseline)


def findings_options(command: Command) -> Command:
    """Add the shared options to a command, which gets them as one argument `wanted`."""

    @functools.wraps(command)
    def with_wanted(**given: Any) -> Any:
        own = {name: given.pop(name) for name in Wanted.__dataclass_fields__}
        return command(wanted=Wanted(**own), **given)

    for option in reversed(_OPTIONS):
        with_wanted = option(with_wanted)
    return with_wanted  # type: ignore[return-value]


def explain(check: str | None) -> None:
    """Print the page of `check` and end the program; do nothing where it is None.

    Raises:
        UsageProblem: there is no such check.
    """
    if check is None:
        return
    from pgben_testkit.checking import registry

    registry.demand([check], by="--explain")
    click.echo(registry.page(check).rstrip())
    sys.exit(EXIT_OK)


explain_option = click.option(
    "--explain",
    metavar="CHECK",
    is_eager=True,
    expose_value=False,
    callback=lambda *given: explain(given[2]),
    help="Print the page of a check, as env/missing, and do nothing else.",
)


def judged(found: Sequence[Finding], disabled: Sequence[Disabled], wanted: Wanted, *, ran: Collection[str]) -> Result:
    """Hold `found` against the options; write the baseline where that is asked for, and end the program then.

    `ran` are the ids of the checks that ran: an entry of the baseline for another check is neither gone nor removed.
    """
    from pgben_testkit.checking import baseline
    from pgben_testkit.checking.result import judge

    before = wanted.read_baseline()
    result = judge(found, disabled, ignore=wanted.ignore, baseline=before, ran=ran)
    if wanted.update_baseline and wanted.baseline is not None and before is not None:
        everything = [*result.findings, *result.accepted]
        after = baseline.updated(everything, before, ran=frozenset(ran) - frozenset(wanted.ignore))
        write(wanted.baseline, baseline.as_text(after))
        gone = sum(count for _, count in result.gone)
        new = len(result.findings)
        click.echo(f"{wanted.baseline}: {sum(after.values())} findings accepted ({new} new, {gone} removed)")
        sys.exit(EXIT_OK)
    return result


def sarif(result: Result, rules: Iterable[Rule], root: Path) -> str:
    """Return `result` as the text of a SARIF file."""
    from pgben_testkit.report.sarif import log

    made = log(
        result.findings,
        rules,
        version=__version__,
        root=root,
        disabled=result.disabled,
        accepted=result.accepted,
        gone=result.gone,
    )
    return json.dumps(made, indent=2, ensure_ascii=False)


def deliver(text: str, result: Result, wanted: Wanted) -> None:
    """Write `text` where the options say, and end the program with the exit code that `result` makes."""
    if wanted.output is not None:
        write(wanted.output, text)
    elif text:
        click.echo(text)
    sys.exit(exit_code(result.findings, wanted.fail_on))


def exit_code(findings: Sequence[Finding], fail_on: str) -> int:
    """Return 1 where one of `findings` is as bad as `fail_on` or worse, else 0."""
    found = worst(findings)
    if found is None or fail_on == "never":
        return EXIT_OK
    order: tuple[str, ...] = SEVERITIES
    return EXIT_FINDINGS if order.index(found) <= order.index(fail_on) else EXIT_OK
