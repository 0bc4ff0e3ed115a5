"""Find a value that does not fit the kind of its variable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pgben_testkit.checking.finding import Finding, Rule, finding
from pgben_testkit.env import kinds
from pgben_testkit.env.checks.boolean import reads_otherwise
from pgben_testkit.env.checks.weak_secret import PLACEHOLDER
from pgben_testkit.env.checks.whitespace import stripped
from pgben_testkit.env.ground import Ground
from pgben_testkit.env.sources.base import ON_THIS_MACHINE, Declared, Source
from pgben_testkit.env.variable import Variable

RULE = Rule("env/kind", "error", "A value is of the wrong kind")


def check(ground: Ground) -> Iterator[Finding]:
    for source in ground.sources:
        for variable, declared in ground.variables(source):
            why = wrong(ground, source, variable, declared)
            if why:
                yield finding(
                    RULE,
                    declared.name,
                    declared.place,
                    f"{declared.name} is not {kinds.KINDS[variable.kind].expects(variable)}",
                    reason=f"in {source.title} it is {ground.show(declared)}: {why}",
                    remedy=f"give it {kinds.KINDS[variable.kind].expects(variable)}",
                    related=(variable.place,),
                )


def wrong(ground: Ground, source: Source, variable: Variable, declared: Declared) -> str:
    """Return why the value of `declared` does not fit its kind; empty where it fits or another check reports it."""
    value = declared.value
    if value is None or declared.refused or not value.strip():
        return ""
    if source.example and (
        PLACEHOLDER.fullmatch(value.strip()) or variable.is_secret or variable.kind in ("path", "base64", "pem")
    ):
        return ""
    if variable.kind == "bool" and reads_otherwise(value, variable) is not None:
        return ""
    if stripped(value) != value and not _why(stripped(value), variable):
        return ""
    why = _why(value, variable)
    if not why and variable.kind == "path" and variable.exists and source.kind in ON_THIS_MACHINE:
        return _not_there(Path(value), source, ground)
    return why


def _why(value: str, variable: Variable) -> str:
    try:
        kinds.parse(value, variable)
    except ValueError as error:
        return str(error)
    return ""


def _not_there(path: Path, source: Source, ground: Ground) -> str:
    folders = [each for each in (source.folder, ground.tree.root if ground.tree else None, Path.cwd()) if each]
    try:
        there = path.exists() if path.is_absolute() else any((folder / path).exists() for folder in folders)
    except (OSError, ValueError):
        there = False
    return "" if there else "nothing is there"
