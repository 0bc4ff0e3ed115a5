"""Hold all that checks look at: the contract, the sources, the code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from pgben_testkit.checking.finding import Finding
from pgben_testkit.env.code.read import Code
from pgben_testkit.env.contract import Contract, is_runtime
from pgben_testkit.env.secret import Shown, looks_secret
from pgben_testkit.env.sources.base import Declared, KubeObject, Reference, Source, Unfilled
from pgben_testkit.env.tree import Tree
from pgben_testkit.env.variable import Variable


@dataclass(frozen=True)
class Ground:
    """Hold what was read of a project, or of a test run.

    `code` None: it was not read. `run`: this is the environment of a test run that is about to begin. `part`: only
    these sources were named, so others may set what none of them sets.
    """

    contract: Contract | None
    sources: tuple[Source, ...]
    code: Code | None = None
    problems: tuple[Finding, ...] = ()
    references: tuple[Reference, ...] = ()
    unused: tuple[KubeObject, ...] = ()
    unfilled: tuple[Unfilled, ...] = ()
    used_names: frozenset[str] = frozenset()
    tree: Tree | None = None
    run: bool = False
    part: bool = False

    @property
    def contract_name(self) -> str:
        """Return the path of the contract in words."""
        return self.contract.path if self.contract else "no contract"

    @cached_property
    def shown(self) -> Shown:
        """Return what decides how much of a value may be shown. It knows every secret of every source."""
        return Shown.knowing(
            each.value
            for source in self.sources
            for each in source.declared
            if each.value and self.is_secret(each.name)
        )

    def is_secret(self, name: str) -> bool:
        """Return whether the value of `name` must not be shown."""
        variable = self.contract.variable(name) if self.contract else None
        return variable.is_secret if variable else looks_secret(name)

    def show(self, declared: Declared) -> str:
        """Return the value of `declared` as it may be printed."""
        return self.shown.value(declared.value or "", secret=self.is_secret(declared.name))

    def committed(self, path: str) -> bool:
        """Return whether the file at `path` is in the repository."""
        return self.tree is not None and self.tree.committed(path)

    def stage(self, source: Source) -> str:
        """Return the stage of `source`: by its own APP_ENV or the like, else by its file name; `test` in a test run."""
        if self.run:
            return "test"
        return self.contract.stage(source.values(), source.stage) if self.contract else source.stage

    @cached_property
    def applications(self) -> tuple[Source, ...]:
        """Return the sources that are each the whole environment of an application of the contract."""
        if self.contract is None:
            return tuple(each for each in self.sources if each.complete)
        contract = self.contract
        return tuple(
            each
            for each in self.sources
            if each.complete
            and (
                self.is_ours(each)
                if each.kind in ("dotenv", "process")
                else contract.is_application(each.name, (declared.name for declared in each.declared))
            )
        )

    def is_ours(self, source: Source) -> bool:
        """Return whether the contract is about `source`: it lies in the project's root, or sets one of its variables.

        A file in another folder that sets none of them belongs to another program.
        """
        return "/" not in source.place.path or next(self.variables(source), None) is not None

    def variables(self, source: Source) -> Iterator[tuple[Variable, Declared]]:
        """Yield what the contract knows of `source`, under its own name or an alias."""
        for declared in source.declared:
            variable = self.contract.variable(declared.name) if self.contract else None
            if variable is not None:
                yield variable, declared

    def has(self, source: Source, variable: Variable) -> Declared | None:
        """Return the declaration of `variable` in `source`, by its name or an alias; None where there is none."""
        named = source.named()
        for name in (variable.name, *(alias.name for alias in variable.aliases)):
            if name in named:
                return named[name]
        return None

    def is_unknown(self, name: str) -> bool:
        """Return whether `name` is neither in the contract nor a name that we know from elsewhere."""
        if self.contract is None or is_runtime(name) or self.contract.ignores(name):
            return False
        return self.contract.variable(name) is None and name not in self.used_names
