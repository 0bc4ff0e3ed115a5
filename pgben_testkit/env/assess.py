"""Read a whole project, or the environment of a test run, and run every check over it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pgben_testkit.checking import comments
from pgben_testkit.checking.disable import Disabled, settle
from pgben_testkit.checking.finding import Finding, Place
from pgben_testkit.env import checks, drift, tree
from pgben_testkit.env.code import read as code_reading
from pgben_testkit.env.contract import Contract
from pgben_testkit.env.ground import Ground
from pgben_testkit.env.recognise import recognised
from pgben_testkit.env.sources import dotenv, find, private_keys, process, pytest_env, setup
from pgben_testkit.env.sources.base import Declared, Gathered, Source


@dataclass(frozen=True)
class Assessment:
    """Hold what was read and what was found. `ground` keeps the values: never print it.

    `fits` is the built-in contract that a project without a contract looks like.
    """

    contract: Contract | None
    ground: Ground
    findings: tuple[Finding, ...]
    matrix: drift.Matrix
    ports: tuple[tuple[int, Place], ...]
    took_s: float
    disabled: tuple[Disabled, ...] = ()
    fits: str = ""

    @property
    def bad(self) -> tuple[Finding, ...]:
        """Return errors and warnings: what makes the exit code 1."""
        return tuple(each for each in self.findings if each.severity != "note")


def of_project(
    root: Path,
    contract: Contract | None,
    *,
    sources: Sequence[Path] = (),
    code: Sequence[Path] | None = None,
    with_code: bool = True,
    exclude: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Assessment:
    """Assess the project below `root` (an absolute path) against `contract`.

    Without `sources` the sources are looked for in the whole tree. `code` are the folders that code is in; None: the
    whole tree.
    """
    began = time.perf_counter()
    strange = Gathered()
    if sources:
        files, strange = find.named([Path(each) for each in sources], root)
        if with_code and code is not None:
            files.code = tree.walk(root, code=list(code)).code
    else:
        files = tree.walk(root, code=list(code) if code is not None else None, exclude=exclude)
    progress("reading the sources")
    gathered, ports = find.gather(files)
    read = code_reading.read(files.code, root, progress) if with_code and (files.code or code) else None
    found: list[Source] = [*gathered.sources, *(setup.read(read.writes, root) if read else ())]
    if environ is not None:
        found.append(process.read(environ))
    ground = Ground(
        contract=contract,
        sources=tuple(found),
        code=read,
        problems=(*strange.problems, *gathered.problems, *(read.problems if read else ())),
        references=tuple(gathered.references),
        unused=tuple(gathered.unused),
        unfilled=tuple(gathered.unfilled),
        defaults=tuple(gathered.defaults),
        keys=private_keys.find(files.keys, root),
        used_names=frozenset(gathered.used_names),
        tree=files,
        part=bool(sources),
    )
    complete = not (sources or exclude) and (with_code and code is None)
    return _assessed(ground, tuple(ports), began, _commentable(ground, root), root, complete=complete)


def of_test_run(
    root: Path,
    contract: Contract,
    environ: Mapping[str, str],
    *,
    files: Sequence[Path],
    settings_file: Path | None = None,
) -> Assessment:
    """Assess the environment that a test run begins with: `environ` over the `.env` `files`, the first file on top.

    A value that pytest-env set is blamed on the line of the `settings_file` that has it.
    """
    began = time.perf_counter()
    into = Gathered()
    declared: dict[str, Declared] = {}
    for path in reversed(files):
        shown = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
        source = dotenv.read(path, shown, into, environ=dict(environ))
        declared |= source.named() if source else {}
    places: dict[str, Declared] = {}
    if settings_file is not None:
        shown = str(settings_file.relative_to(root)) if settings_file.is_relative_to(root) else str(settings_file)
        source = pytest_env.read(settings_file, shown, Gathered())
        places = source.named() if source else {}
    for name, value in environ.items():
        own = places.get(name) or declared.get(name)
        same = own is not None and own.value == value
        declared[name] = Declared(name, value, own.place if own and same else Place(process.TITLE))
    source = Source(
        "the test run",
        "process",
        Place("the test run"),
        tuple(declared.values()),
        complete=True,
        stage="test",
        folder=root,
    )
    ground = Ground(
        contract=contract, sources=(source,), problems=tuple(into.problems), unfilled=tuple(into.unfilled), run=True
    )
    paths = [*files, *([settings_file] if settings_file else []), root / contract.path]
    return _assessed(ground, (), began, paths, root, complete=False)


def _commentable(ground: Ground, root: Path) -> list[Path]:
    """Return the files of the project in which a comment may switch a check off."""
    files = ground.tree
    paths = [root / ground.contract.path] if ground.contract else []
    if files is not None:
        paths += [
            *files.dotenv,
            *files.compose,
            *files.dockerfiles,
            *files.kustomizations,
            *files.yaml,
            *files.settings,
        ]
    return paths + list(ground.code.commented if ground.code else ())


def _assessed(
    ground: Ground,
    ports: tuple[tuple[int, Place], ...],
    began: float,
    commentable: Sequence[Path],
    root: Path,
    *,
    complete: bool,
) -> Assessment:
    found = checks.run(ground)
    findings, disabled = settle(found, comments.of_files(commentable, root), ran=checks.CHECKS.ids(), complete=complete)
    matrix = drift.matrix(ground)
    fits = recognised(ground) if ground.contract is None else ""
    return Assessment(ground.contract, ground, findings, matrix, ports, time.perf_counter() - began, disabled, fits)


def values(assessment: Assessment) -> dict[str, str]:
    """Return the raw values in the `assessment` of a test run, for the names that its contract knows."""
    [source] = assessment.ground.sources
    return {
        variable.name: declared.value
        for variable, declared in assessment.ground.variables(source)
        if declared.value is not None
    }


def default_files(root: Path) -> list[Path]:
    """Return the `.env` files that a test run in `root` reads where none are named, the most specific first."""
    return [path for path in (root / ".env.test", root / ".env") if os.path.isfile(path)]
