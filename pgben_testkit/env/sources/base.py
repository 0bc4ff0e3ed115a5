"""Define what every kind of source gives: names with values and places, and what could not be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pgben_testkit.checking.finding import Finding, Place, Rule, Severity, finding
from pgben_testkit.files.problem import Problem

INPUT = Rule("env/input", "error", "A file that can't be read, or a line of it that says nothing")
SourceKind = Literal[
    "process", "dotenv", "compose", "configmap", "secret", "workload", "pytest-env", "tox", "dockerfile", "setup"
]
ON_THIS_MACHINE = frozenset({"process", "dotenv", "pytest-env", "tox"})
"""Kinds whose paths lie on this machine, so that it can be seen whether they exist."""


@dataclass(frozen=True)
class Declared:
    """Describe a name with its value in one place. `value` None: it is set, to something known only at run time.

    `refused`: why the platform takes no such value.
    """

    name: str
    value: str | None = field(repr=False)
    place: Place
    refused: str = ""


@dataclass(frozen=True)
class Source:
    """Hold one set of names: of a file, a service, a container or an object.

    `complete`: an application that starts from it gets this and no more, so that a missing name is missing.
    `application`: whether the contract is for it; None: its names decide. `example`: a template, whose values are
    meant to be replaced. `again` are declarations that a later one of the same name in the file made useless.
    `image_only`: a service that is built elsewhere, so that no code here has to read what it gets. `image` is the
    image that it starts, `built_from` the folder whose code it runs, where these are known.
    `open`: more comes from somewhere that can't be read (a field of the cluster, a file that isn't here).
    """

    title: str
    kind: SourceKind
    place: Place
    declared: tuple[Declared, ...]
    complete: bool = False
    example: bool = False
    stage: str = ""
    name: str = ""
    open: bool = False
    again: tuple[tuple[Declared, Declared], ...] = ()
    folder: Path | None = None
    image_only: bool = False
    image: str = ""
    built_from: Path | None = None

    def values(self) -> dict[str, str | None]:
        """Return the values by name."""
        return {each.name: each.value for each in self.declared}

    def named(self) -> dict[str, Declared]:
        """Return the declarations by name."""
        return {each.name: each for each in self.declared}


@dataclass(frozen=True)
class Reference:
    """Describe a Secret or ConfigMap, or a key of one, that a workload asks for and nothing defines.

    An empty `key` means the whole object.
    """

    object_kind: str
    name: str
    key: str
    place: Place
    by: str
    known_keys: tuple[str, ...] = ()
    known_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class KubeObject:
    """Name a ConfigMap or Secret that nothing uses."""

    object_kind: str
    name: str
    place: Place


@dataclass(frozen=True)
class Unfilled:
    """Describe a `${NAME}` in a value where NAME is set nowhere or refers to itself.

    `stops`: it is `${NAME:?}`, so nothing starts without it. `shell`: there is no file that would fill it, so that
    the shell may. `pod`: it is `$(NAME)` in a container.
    """

    name: str
    place: Place
    inside: str
    cycle: bool = False
    stops: bool = False
    shell: bool = False
    pod: bool = False


@dataclass
class Gathered:
    """Collect what the readers find."""

    sources: list[Source] = field(default_factory=list)
    problems: list[Finding] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    unused: list[KubeObject] = field(default_factory=list)
    unfilled: list[Unfilled] = field(default_factory=list)
    defaults: list[Declared] = field(default_factory=list)
    """What `${NAME:-default}` says: NAME with the default, whether or not something fills it."""
    used_names: set[str] = field(default_factory=set)
    """Names that a file reads itself, as compose does for `${NAME}`: they are not unknown."""
    used_files: set[Path] = field(default_factory=set)
    """Files that another source draws in whole (`env_file`, `envs`): by themselves they are no environment."""


def unreadable(place: Place, why: str, remedy: str, *, summary: str = "", severity: Severity | None = None) -> Finding:
    """Return the finding for input at `place` that can't be read."""
    what = summary or f"{place.path} can't be read"
    return finding(INPUT, place.path, place, what, reason=why, remedy=remedy, severity=severity)


def as_findings(problems: Iterable[Problem]) -> list[Finding]:
    """Return what is wrong with a file that was read, as findings."""
    return [unreadable(each.place, each.why, each.remedy, summary=each.summary) for each in problems]


def last_wins(found: list[Declared]) -> tuple[tuple[Declared, ...], tuple[tuple[Declared, Declared], ...]]:
    """Return each name once, as its last declaration, and the pairs `(without effect, that counts)`."""
    kept: dict[str, Declared] = {}
    again = []
    for each in found:
        if each.name in kept:
            again.append((kept[each.name], each))
        kept[each.name] = each
    return tuple(kept.values()), tuple(again)
