"""Lists factories by name without importing them: a factory's module is imported when it is first asked for."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING

from pgben_testkit.errors import OURS_HIDDEN, UsageProblem
from pgben_testkit.factories.extra import missing_extra

if TYPE_CHECKING:
    from pgben_testkit.factories.engine.data_factory import DataFactory


class Catalog:
    """Knows the factories of one package.

    `places`: name -> (module within `package`, class), in the order in which their tables are filled. `aliases`:
    table -> name, for the tables that are not called as their factories.
    """

    def __init__(self, package: str, places: Mapping[str, tuple[str, str]], aliases: Mapping[str, str]) -> None:
        self._package = package
        self._places = places
        self._found: dict[str, type[DataFactory]] = {}
        self.names = tuple(places)
        self.classes = {class_name: module for module, class_name in places.values()}
        """class -> module"""
        self.aliases = aliases
        self.table_of = {name: table for table, name in aliases.items()}
        """name -> table, for the factories that are not called as their tables"""
        self.order = {self.table_of.get(name, name): place for place, name in enumerate(places)}
        """table -> its place in the order of filling"""

    def factory_of(self, what: str | type[DataFactory]) -> type[DataFactory]:
        """Return the factory `what`: a name, a table, or the class itself (a subclass of the user's too).

        Raises:
            UsageProblem: there is no such factory; the message lists those that there are.
        """
        __tracebackhide__ = OURS_HIDDEN
        if isinstance(what, str):
            return self._found.get(what) or self._named(what)
        from pgben_testkit.factories.engine.data_factory import DataFactory

        if isinstance(what, type) and issubclass(what, DataFactory):
            return what
        raise UsageProblem(f"{what!r} is not a factory", why="it must be a factory's name, or a subclass of a factory")

    def _named(self, name: str) -> type[DataFactory]:
        __tracebackhide__ = OURS_HIDDEN
        place = self._places.get(self.aliases.get(name, name))
        if place is None:
            close = difflib.get_close_matches(name, self.names, 1)
            raise UsageProblem(
                f"there is no factory {name!r}" + (f"; did you mean {close[0]!r}?" if close else ""),
                why=f"factories: {', '.join(self.names)}",
                remedy="for a table of your own: pgben_factory.for_table(...)",
            )
        module, class_name = place
        found: type[DataFactory] = getattr(self.module(module), class_name)
        self._found[name] = found
        return found

    def module(self, name: str) -> ModuleType:
        """Import the module `name` of the factories.

        Raises:
            EnvironmentNotAble: the extra is not installed.
        """
        try:
            return importlib.import_module(f"{self._package}.{name}")
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] in ("factory", "faker"):
                raise missing_extra("factory-boy") from None
            raise
