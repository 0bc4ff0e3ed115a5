"""Run `pgben-testkit doctor --write-env FILE`: a complete environment for tests that satisfies the contract."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pgben_testkit.cli.options import progress
from pgben_testkit.errors import UsageProblem

if TYPE_CHECKING:
    from pgben_testkit.env.contract import Contract
    from pgben_testkit.settings import Settings

FOLDER = ".pgben-env"
"""Beside the file: key files and folders that values name."""


def write_env(root: Path, target: Path, contract: Contract | None, settings: Settings, *, force: bool) -> None:
    """Write an environment for tests to `target`, and say where it is; never what is in it.

    Without a contract the one that `--init` would draft is taken.

    Raises:
        UsageProblem: the file is there or committed, or no value for a variable can be made.
    """
    from pgben_testkit.doctor import provided
    from pgben_testkit.env import generate, private_file
    from pgben_testkit.env.contract import stage_of_path

    target = target if target.is_absolute() else root / target
    if private_file.is_committed(target, root):
        raise UsageProblem(
            f"{target} is in the repository",
            why="an environment with keys and passwords must not be committed",
            remedy="name another file, as .env.test.local, or take it out: git rm --cached",
        )
    if target.exists() and not force:
        raise UsageProblem(f"{target} is there already", remedy="name another file, or say --force")
    told = functools.partial(progress(), "doctor")
    contract = contract or _drafted(root, told)
    folder = target.parent / FOLDER
    made = generate.generate(
        contract,
        given=provided.values(settings, told),
        examples=_examples(root),
        folder=folder,
        stage=stage_of_path(target.name) or generate.STAGE,
    )
    ignored = private_file.keep_out_of_git([target, *([folder] if made.files else [])], root)
    for path, text in made.files.items():
        private_file.write(path, text)
    private_file.write(target, generate.as_dotenv(made.values))
    wrong = _wrong(root, contract, target)
    if wrong:
        raise UsageProblem(
            f"{target} does not satisfy the contract {contract.name}",
            why="; ".join(wrong),
            remedy="give those variables a default in the contract, or set them in the file",
        )
    secrets = sum(contract.variables[name].is_secret for name in made.values)
    servers = f", {len(made.given)} from warm servers" if made.given else ""
    counted = f"{len(made.values)} variables, {secrets} of them secrets{servers}"
    click.echo(f"{target}: {counted}; {ignored or 'not in a repository'}")


def _drafted(root: Path, told: Callable[[str], None]) -> Contract:
    from pgben_testkit.env import assess, contract_tables, draft

    rows = draft.rows(assess.of_project(root, None, progress=told).ground)
    if not rows:
        raise UsageProblem(
            "there is no contract, and nothing to draft one from",
            why=f"no variable is read or declared below {root}",
            remedy="write a contract, or name one with --contract",
        )
    return contract_tables.build(tomllib.loads(draft.toml(rows, root.name)), name="draft", shown="the draft", lines={})


def _examples(root: Path) -> dict[str, str]:
    """The values of the example files in the project's root."""
    from pgben_testkit.env.sources import dotenv
    from pgben_testkit.env.sources.base import Gathered

    found: dict[str, str] = {}
    for path in sorted(root.iterdir()):
        if path.is_file() and path.name.startswith((".env", "env.")) and dotenv.is_example(path):
            source = dotenv.read(path, path.name, Gathered())
            found |= {name: value for name, value in (source.values() if source else {}).items() if value}
    return found


def _wrong(root: Path, contract: Contract, target: Path) -> Sequence[str]:
    from pgben_testkit.env import assess

    found = assess.of_test_run(root, contract, {}, files=[target])
    return [each.summary for each in found.bad if each.severity == "error"]
