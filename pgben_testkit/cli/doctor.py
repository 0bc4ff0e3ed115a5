"""Run `pgben-testkit doctor`: say what is wrong with the environment, before any test runs."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pgben_testkit import settings as settings_module
from pgben_testkit.checking import registry
from pgben_testkit.checking.finding import Finding, Place
from pgben_testkit.cli.findings import Wanted, deliver, explain_option, findings_options, judged, sarif
from pgben_testkit.cli.options import backend_option, progress, write
from pgben_testkit.errors import UsageProblem
from pgben_testkit.services.registry import Registry

if TYPE_CHECKING:
    from pgben_testkit.checking.result import Result
    from pgben_testkit.doctor.examine import Examined
    from pgben_testkit.env.assess import Assessment
    from pgben_testkit.env.contract import Contract


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
@click.option("--matrix/--no-matrix", default=None, help="Show who sets what (default: where there is drift).")
@click.option("--all", "everything", is_flag=True, help="Show every finding, not the five roots that matter most.")
@click.option("--init", is_flag=True, help="Draft a contract from code and sources (pgben.env.toml, or --contract).")
@click.option(
    "--write-env",
    "env_file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a complete environment for tests to FILE, as .env.test: keys that sign, free ports, the addresses of"
    " warm servers. It is kept out of git and never printed.",
)
@click.option("--force", is_flag=True, help="With --init and --write-env: write over a file that is there.")
@findings_options
@explain_option
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
    matrix: bool | None,
    everything: bool,
    init: bool,
    env_file: Path | None,
    force: bool,
    backend: str | None,
    wanted: Wanted,
) -> None:
    """Say what is wrong with the environment of the project in ROOT, and what to do.

    Exit codes: 0 fine, 1 findings, 2 usage, 3 the environment is not able.
    """
    root = root.resolve()
    wanted.check()
    ini, unreadable = _ini(root)
    added = Registry.installed().options()
    settings = settings_module.read(root=root, command_line={"backend": backend}, ini=ini, added=added)
    sources = tuple(each.resolve() for each in sources)
    folders = tuple(each.resolve() for each in code)
    if init:
        _init(root, contract_name, sources, folders, with_code=not no_code, force=force, exclude=exclude)
        return
    if env_file is not None:
        from pgben_testkit.cli.write_env import write_env

        write_env(root, env_file, _contract(root, contract_name or settings.env_contract), settings, force=force)
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
        from pgben_testkit.doctor.examine import examine

        examined = examine(
            settings, ports=assessment.ports if assessment else (), progress=functools.partial(progress(), "doctor")
        )
    known = {each.place.path for each in assessment.findings if each.check == "env/input"} if assessment else set()
    found = (
        *(each for each in unreadable if each.place.path not in known),
        *(assessment.findings if assessment else ()),
        *(examined.findings if examined else ()),
        *_unmarked(root, dumps),
    )
    groups = {"env": variables, "checking": variables, "doctor": examined is not None, "lgpd": bool(dumps)}
    ran = [rule.id for rule in registry.rules(name for name, done in groups.items() if done)]
    result = judged(found, assessment.disabled if assessment else (), wanted, ran=ran)
    deliver(
        _written(root, assessment, examined, result, wanted, list(groups), matrix=matrix, everything=everything),
        result,
        wanted,
    )


def _ini(root: Path) -> tuple[dict[str, str], tuple[Finding, ...]]:
    """The project's ini values; of a file that can't be parsed none, and a finding."""
    try:
        return settings_module.ini_of(root), ()
    except settings_module.BrokenIni as error:
        from pgben_testkit.env.sources.base import unreadable

        place = Place(str(error.path.relative_to(root)), error.line)
        return {}, (unreadable(place, f"it is not {error.kind}, so none of its settings count", "correct that line"),)


def _unmarked(root: Path, dumps: Sequence[Path]) -> list[Finding]:
    if not dumps:
        return []
    from pgben_testkit.lgpd.checks import CHECKS, Dump

    return [each for path in dumps for each in CHECKS.run(Dump(path.resolve(), root))]


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
    root: Path,
    assessment: Assessment | None,
    examined: Examined | None,
    result: Result,
    wanted: Wanted,
    groups: Sequence[str],
    *,
    matrix: bool | None,
    everything: bool,
) -> str:
    if wanted.form == "json":
        from pgben_testkit.report.doctor import as_json

        return json.dumps(as_json(assessment, examined, result), indent=2, ensure_ascii=False)
    if wanted.form == "sarif":
        return sarif(result, registry.rules(groups), root)
    from pgben_testkit.report.doctor import draw

    plain = wanted.output is not None
    return draw(root, assessment, examined, result, matrix=matrix, plain=plain, everything=everything)
