"""Compare environments: which of them has which variable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pgben_testkit.env.ground import Ground
from pgben_testkit.env.sources.base import Declared, Source

Cell = Literal["set", "runtime", "empty", "absent", "unknown"]


@dataclass(frozen=True)
class Drift:
    """Describe a variable that some environments have and others lack."""

    name: str
    declared: tuple[Declared, ...]
    lacking: tuple[Source, ...]


@dataclass(frozen=True)
class Matrix:
    """Hold variables as rows and environments as columns; no value is in it."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]


def environments(ground: Ground) -> tuple[Source, ...]:
    """Return what is compared: whole environments of the application, without this shell's."""
    return tuple(each for each in ground.applications if each.kind != "process")


def drifting(ground: Ground) -> Iterator[Drift]:
    """Yield each variable of the contract that some environments have and others should have and lack.

    Left out: a required one (that it lacks is told as missing), one that a condition gives a choice on, and stages
    that it is not for.
    """
    if ground.contract is None:
        return
    chosen: frozenset[str] = frozenset().union(*(each.names() for each in ground.contract.conditions))
    for variable in ground.contract.variables.values():
        if variable.name in chosen:
            continue
        declared, lacking = [], []
        for source in environments(ground):
            stage = ground.stage(source)
            found = ground.has(source, variable)
            if found is not None:
                if stage not in variable.forbidden_in:
                    declared.append(found)
            elif not (
                source.open
                or not variable.concerns(source.name)
                or not ground.needs(source, variable.name)
                or variable.is_required(stage)
                or stage in variable.forbidden_in
                or (variable.only and variable.only != stage)
                or (variable.required_in and stage not in variable.required_in)
            ):
                lacking.append(source)
        if declared and lacking:
            yield Drift(variable.name, tuple(declared), tuple(lacking))


def matrix(ground: Ground) -> Matrix:
    """Return the matrix of all variables of the contract that any environment sets.

    Without a contract: of all variables that any environment declares.
    """
    columns = environments(ground)
    names = (
        list(ground.contract.variables)
        if ground.contract
        else sorted({each.name for source in columns for each in source.declared})
    )
    rows = []
    for name in names:
        variable = ground.contract.variables[name] if ground.contract else None
        cells = tuple(
            _cell(ground.has(source, variable) if variable else source.named().get(name), source) for source in columns
        )
        if any(cell not in ("absent", "unknown") for cell in cells):
            rows.append((name, cells))
    return Matrix(tuple(each.title for each in columns), tuple(rows))


def _cell(declared: Declared | None, source: Source) -> Cell:
    if declared is None:
        return "unknown" if source.open else "absent"
    if declared.value is None:
        return "runtime"
    return "set" if declared.value else "empty"
