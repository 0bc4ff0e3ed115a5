"""Hold all that checks look at: the contract, the sources, the code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from pgben_testkit.checking.finding import Finding, Place
from pgben_testkit.env import images
from pgben_testkit.env.code.read import Code
from pgben_testkit.env.contract import STAGE_FROM, Contract, is_runtime, stage_of
from pgben_testkit.env.secret import Shown, looks_secret
from pgben_testkit.env.sources.base import Declared, KubeObject, Reference, Source, Unfilled
from pgben_testkit.env.tree import Tree
from pgben_testkit.env.variable import Variable


@dataclass(frozen=True)
class Ground:
    """Hold what was read of a project, or of a test run.

    `code` None: it was not read. `run`: this is the environment of a test run that is about to begin. `part`: only
    these sources were named, so others may set what none of them sets. `defaults` are those of `${NAME:-default}`;
    `keys` the places of private keys in files.
    """

    contract: Contract | None
    sources: tuple[Source, ...]
    code: Code | None = None
    problems: tuple[Finding, ...] = ()
    references: tuple[Reference, ...] = ()
    unused: tuple[KubeObject, ...] = ()
    unfilled: tuple[Unfilled, ...] = ()
    defaults: tuple[Declared, ...] = ()
    keys: tuple[Place, ...] = ()
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
        if self.contract is None:
            return stage_of(source.values(), STAGE_FROM, source.stage)
        return self.contract.stage(source.values(), source.stage)

    @cached_property
    def applications(self) -> tuple[Source, ...]:
        """Return the sources that are each the whole environment of an application of the contract."""
        if self.contract is None:
            return tuple(each for each in self.sources if each.complete and not images.known(each.image))
        contract = self.contract
        return tuple(
            each
            for each in self.sources
            if each.complete
            and (bool(contract.applications) or not images.known(each.image))
            and (
                self.is_ours(each)
                if each.kind in ("dotenv", "process")
                else contract.is_application(each.name, (declared.name for declared in each.declared))
            )
        )

    def is_images(self, name: str) -> bool:
        """Return whether an image of others that the project starts reads `name`: POSTGRES_DB, GF_SECURITY_..."""
        return images.reads((each.image for each in self.sources), name)

    def needs(self, source: Source, name: str) -> bool:
        """Return whether the application of `source` may need `name`: no code says that another one alone reads it."""
        folder = self._folder_of(source)
        if folder is None or self.code is None:
            return True
        read_in: set[str] = self._read_in.get(name, set())
        return not read_in or any(path.startswith(folder) for path in read_in)

    @cached_property
    def _read_in(self) -> dict[str, set[str]]:
        """Return for each name the files whose code, that of tests left out, reads it."""
        found: dict[str, set[str]] = {}
        for each in self.code.reads if self.code else ():
            if not each.test:
                found.setdefault(each.name, set()).add(each.place.path)
        return found

    def _folder_of(self, source: Source) -> str | None:
        """Return the folder of the code that a service or container runs, with a slash; None where that is not known.

        It is the folder that its image is built from, or the package that has the image's name.
        """
        if self.tree is None:
            return None
        if source.built_from is not None and source.built_from.is_relative_to(self.tree.root):
            shown = source.built_from.relative_to(self.tree.root).as_posix()
            return f"{shown}/" if shown != "." else ""
        if source.kind == "dotenv":
            folder = source.place.path.rpartition("/")[0]
            return f"{folder}/" if folder in self.tree.packages and folder else None
        name = source.image.partition("@")[0].rpartition("/")[2].partition(":")[0]
        fitting = [each for each in self.tree.packages if each and each.rpartition("/")[2] == name]
        return f"{fitting[0]}/" if name and len(fitting) == 1 else None

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
        return self.contract.variable(name) is None and name not in self.used_names and not self.is_images(name)
