"""`pgben-testkit doctor`: what is wrong with the environment, before any test runs."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pgben_testkit import __version__
from pgben_testkit import settings as settings_module
from pgben_testkit.cli.options import backend_option, check_writable, progress, write
from pgben_testkit.errors import EXIT_FINDINGS, EXIT_OK, UsageProblem
from pgben_testkit.findings import SEVERITIES, Finding, Place, Rule

if TYPE_CHECKING:
    from pgben_testkit.env.assess import Assessment
    from pgben_testkit.env.contract import Contract
    from pgben_testkit.env.doctor import Examined

FORMATS = ("table", "json", "sarif")


@click.command()
@click.argument("root", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--contract",
    "contract_name",
    metavar="FILE",
    help="The contract: a TOML file, python:module:Class, or a built-in one (pgben). Default: the ini key"
    " pgben_env_contract, else pgben.env.toml.",
)
@click.option(
    "--source",
    "sources",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Read this file or folder of settings alone; may be repeated. Default: all of ROOT.",
)
@click.option(
    "--code",
    multiple=True,
    metavar="DIR",
    type=click.Path(exists=True, path_type=Path),
    help="Code that reads variables; may be repeated. Default: all of ROOT, none with --source.",
)
@click.option("--no-code", is_flag=True, help="Read no code.")
@click.option(
    "--exclude",
    multiple=True,
    metavar="PATTERN",
    help="Leave out files and folders, as 'fixtures' or '*/legacy'; may be repeated.",
)
@click.option("--variables/--no-variables", default=True, help="Check the variables (default: yes).")
@click.option(
    "--ground/--no-ground",
    default=None,
    help="Look at engine, ports, disk, programs, schema (default: yes, not with --source).",
)
@click.option("--process/--no-process", default=True, help="Count this shell's environment as a source.")
@click.option(
    "--dump",
    "dumps",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A database dump in which nobody may lack the mark of synthetic data; may be repeated.",
)
@click.option("--ignore", multiple=True, metavar="CHECK", help="Leave out a check, as env/drift; may be repeated.")
@click.option("--matrix/--no-matrix", default=None, help="Show who sets what (default: where there is drift).")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", help="How the result is written.")
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.option("--sarif", "form", flag_value="sarif", help="The same as --format sarif: for code hosts.")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Write there, not here.")
@click.option(
    "--fail-on",
    type=click.Choice([*SEVERITIES, "never"]),
    default="warning",
    help="The least severity that makes the exit code 1 (default: warning).",
)
@click.option("--init", is_flag=True, help="Draft a contract from code and sources (pgben.env.toml, or --contract).")
@click.option("--force", is_flag=True, help="With --init: write over a contract that is there.")
@click.option(
    "--explain",
    metavar="CHECK",
    is_eager=True,
    expose_value=False,
    callback=lambda *given: _explain(given[2]),
    help="Print the page of a check, as env/missing, and do nothing else.",
)
@backend_option
def doctor(
    root: Path,
    contract_name: str | None,
    sources: tuple[Path, ...],
    code: tuple[Path, ...],
    no_code: bool,
    exclude: tuple[str, ...],
    variables: bool,
    ground: bool | None,
    process: bool,
    dumps: tuple[Path, ...],
    ignore: tuple[str, ...],
    matrix: bool | None,
    form: str,
    output: Path | None,
    fail_on: str,
    init: bool,
    force: bool,
    backend: str | None,
) -> None:
    """Say what is wrong with the environment of the project in ROOT, and what to do.

    Exit codes: 0 fine, 1 findings, 2 usage, 3 the environment is not able.
    """
    root = root.resolve()
    check_writable(output)
    ini, unreadable = _ini(root)
    settings = settings_module.read(root=root, command_line={"backend": backend}, ini=ini)
    sources = tuple(each.resolve() for each in sources)
    folders = tuple(each.resolve() for each in code)
    _known_checks(ignore)
    if init:
        _init(root, contract_name, sources, folders, with_code=not no_code, force=force, exclude=exclude)
        return
    assessment = examined = None
    if variables:
        assessment = _assess(
            root,
            contract_name or settings.env_contract,
            sources,
            folders,
            with_code=not no_code,
            process=process and not sources,
            exclude=exclude,
        )
    if ground if ground is not None else not sources:
        from pgben_testkit.env.doctor import examine

        examined = examine(
            settings, ports=assessment.ports if assessment else (), progress=functools.partial(progress(), "doctor")
        )
    told = {each.place.path for each in assessment.findings if each.check == "env/input"} if assessment else set()
    findings = tuple(
        each
        for each in (
            *(each for each in unreadable if each.place.path not in told),
            *(assessment.findings if assessment else ()),
            *(examined.findings if examined else ()),
            *_unmarked(root, dumps),
        )
        if each.check not in ignore
    )
    text = _written(form, root, assessment, examined, findings, matrix=matrix, to_file=output is not None)
    if output is not None:
        write(output, text)
    elif text:
        click.echo(text)
    sys.exit(_exit_code(findings, fail_on))


def _explain(check: str | None) -> None:
    if check is None:
        return
    from pgben_testkit.env.nearest import nearest
    from pgben_testkit.report import pages

    text = pages.page(check)
    if not text:
        meant = nearest(check, pages.ids())
        remedy = f"did you mean {meant}?" if meant else f"checks: {', '.join(pages.ids())}"
        raise UsageProblem(f"--explain names {check}, which is no check", remedy=remedy)
    click.echo(text.rstrip())
    sys.exit(EXIT_OK)


def _ini(root: Path) -> tuple[dict[str, str], tuple[Finding, ...]]:
    """The project's ini values; of a file that can't be parsed none, and a finding."""
    try:
        return settings_module.ini_of(root), ()
    except settings_module.BrokenIni as error:
        from pgben_testkit.env.sources.base import unreadable

        place = Place(str(error.path.relative_to(root)), error.line)
        return {}, (unreadable(place, f"it is no {error.kind}, so none of its settings count", "mend that line"),)


def _unmarked(root: Path, dumps: Sequence[Path]) -> list[Finding]:
    if not dumps:
        return []
    from pgben_testkit.lgpd import dump_check

    return [each for path in dumps for each in dump_check.look(path.resolve(), root)]


def _exit_code(findings: Sequence[Finding], fail_on: str) -> int:
    from pgben_testkit.report.findings import worst

    found = worst(findings)
    if found is None or fail_on == "never":
        return EXIT_OK
    order: tuple[str, ...] = SEVERITIES
    return EXIT_FINDINGS if order.index(found) <= order.index(fail_on) else EXIT_OK


def _known_checks(names: Sequence[str]) -> None:
    known = [rule.id for rule in _rules()] if names else []
    for name in names:
        if name not in known:
            from pgben_testkit.env.nearest import nearest

            meant = nearest(name, known)
            raise UsageProblem(
                f"--ignore names {name}, which is no check",
                remedy=f"did you mean {meant}?" if meant else f"checks: {', '.join(known)}",
            )


def _rules() -> tuple[Rule, ...]:
    from pgben_testkit.env import checks, doctor
    from pgben_testkit.lgpd import dump_check

    return (*checks.rules(), *doctor.rules(), dump_check.RULE)


def _assess(
    root: Path,
    named: str,
    sources: tuple[Path, ...],
    folders: tuple[Path, ...],
    *,
    with_code: bool,
    process: bool,
    exclude: tuple[str, ...],
) -> Assessment:
    import os

    from pgben_testkit.env import assess

    return assess.of_project(
        root,
        _contract(root, named),
        sources=sources,
        code=folders or None,
        with_code=with_code,
        exclude=exclude,
        environ=dict(os.environ) if process else None,
        progress=functools.partial(progress(), "doctor"),
    )


def _contract(root: Path, named: str) -> Contract | None:
    from pgben_testkit.env import contract_file

    if named:
        return contract_file.load(named, root)
    return contract_file.load(contract_file.FILE_NAME, root) if (root / contract_file.FILE_NAME).is_file() else None


def _init(
    root: Path,
    named: str | None,
    sources: tuple[Path, ...],
    folders: tuple[Path, ...],
    *,
    with_code: bool,
    force: bool,
    exclude: tuple[str, ...],
) -> None:
    from pgben_testkit.env import assess, contract_file, draft

    target = root / (named or contract_file.FILE_NAME)
    if target.exists() and not force:
        raise UsageProblem(f"the contract {target} is there already", remedy="name another with --contract, or --force")
    found = assess.of_project(
        root,
        None,
        sources=sources,
        code=folders or None,
        with_code=with_code,
        exclude=exclude,
        progress=functools.partial(progress(), "doctor"),
    )
    rows = draft.rows(found.ground)
    if not rows:
        raise UsageProblem(
            "there is nothing to draft a contract from",
            why=f"no variable is read or declared below {root}",
            remedy="name sources with --source and code with --code",
        )
    write(target, draft.toml(rows, root.name))
    required = sum(each.required for each in rows)
    click.echo(f"{target}: {len(rows)} variables, {required} required. Correct it, then run `pgben-testkit doctor`.")


def _written(
    form: str,
    root: Path,
    assessment: Assessment | None,
    examined: Examined | None,
    findings: tuple[Finding, ...],
    *,
    matrix: bool | None,
    to_file: bool,
) -> str:
    if form == "json":
        from pgben_testkit.report.doctor import as_json

        return json.dumps(as_json(assessment, examined, findings), indent=2, ensure_ascii=False)
    if form == "sarif":
        from pgben_testkit.report.sarif import log

        return json.dumps(log(findings, _rules(), version=__version__, root=root), indent=2, ensure_ascii=False)
    from pgben_testkit.report.doctor import draw

    return draw(root, assessment, examined, findings, matrix=matrix, plain=to_file)
