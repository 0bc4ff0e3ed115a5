"""A case: one thing that S3 does or refuses, tried on a server; and the register of all."""

from __future__ import annotations

import fnmatch
import importlib
from collections.abc import Callable
from dataclasses import dataclass

from pgben_testkit.storage.conformance.outcome import Client
from pgben_testkit.storage.conformance.target import Target

MODULES = (
    "objects",
    "metadata",
    "conditions",
    "listings",
    "copies",
    "multiparts",
    "denials",
    "presigned",
    "forms",
    "versions",
    "locks",
    "encryption",
    "policies",
    "lists",
    "configurations",
    "integrity",
    "names",
    "limits",
    "rubbish",
    "miniopy",
    "node",
)


@dataclass(frozen=True)
class Case:
    """`id` is `group/name`; `needs` the capability that it is evidence for; `denial`: it is about a refusal."""

    id: str
    needs: str
    client: Client
    summary: str
    run: Callable[[Target], None]
    denial: bool = False


_CASES: dict[str, Case] = {}


def case(
    id: str, *, needs: str, client: Client = "boto3", denial: bool = False
) -> Callable[[Callable[[Target], None]], Callable[[Target], None]]:
    """Registers a function as a case; its docstring's first line is the summary."""

    def register(run: Callable[[Target], None]) -> Callable[[Target], None]:
        if id in _CASES and _CASES[id].run.__qualname__ != run.__qualname__:
            raise ValueError(f"two cases {id}")
        _CASES[id] = Case(id, needs, client, (run.__doc__ or "").strip().splitlines()[0], run, denial)
        return run

    return register


def add(made: Case) -> None:
    _CASES[made.id] = made


def cases(only: str = "*", client: str = "") -> list[Case]:
    """All cases whose id matches the glob, in the order of their modules."""
    for name in MODULES:
        importlib.import_module(f"pgben_testkit.storage.conformance.{name}")
    return [
        each for each in _CASES.values() if fnmatch.fnmatchcase(each.id, only) and (not client or each.client == client)
    ]
