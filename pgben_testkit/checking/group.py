"""Find the checks of one package: each module of the package is a check."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from pgben_testkit.checking.finding import Finding, Rule, ordered

Subject = TypeVar("Subject")
Looked = TypeVar("Looked", contravariant=True)


class Ruled(Protocol):
    """A module that carries a rule."""

    @property
    def RULE(self) -> Rule: ...


class Check(Ruled, Protocol[Looked]):
    """A module that is a check: pure, so the same `subject` always gives the same findings."""

    def check(self, subject: Looked, /) -> Iterable[Finding]: ...


@dataclass(frozen=True)
class Group(Generic[Subject]):
    """Hold the checks that look at one kind of subject.

    `name` is the first part of their ids; `package` is the importable name of the package whose modules they are. The
    module `counter_down` of the group `metrics` has the id `metrics/counter-down`. `pages` is the folder of their
    pages; None: the kit's own.
    """

    name: str
    package: str
    pages: Path | None = None

    def modules(self) -> tuple[str, ...]:
        """Return the names of the package's modules, sorted. Imports the package, and none of its modules."""
        path = importlib.import_module(self.package).__path__
        return tuple(sorted(each.name for each in pkgutil.iter_modules(path) if not each.ispkg))

    def id_of(self, module: str) -> str:
        """Return the id of the check in `module`."""
        return f"{self.name}/{module.replace('_', '-')}"

    def ids(self) -> tuple[str, ...]:
        """Return the ids of all checks of the group."""
        return tuple(map(self.id_of, self.modules()))

    def load(self, module: str) -> Ruled:
        """Import the check in `module`."""
        loaded: Ruled = importlib.import_module(f"{self.package}.{module}")
        return loaded

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules of all checks of the group."""
        return tuple(self.load(each).RULE for each in self.modules())

    def run(self, subject: Subject, *, skip: Collection[str] = ()) -> tuple[Finding, ...]:
        """Run all checks over `subject` but those whose ids are in `skip`; return the findings by place, each once."""
        found: list[Finding] = []
        for module in self.modules():
            if self.id_of(module) not in skip:
                check: Check[Subject] = importlib.import_module(f"{self.package}.{module}")
                found += check.check(subject)
        return ordered(found)
