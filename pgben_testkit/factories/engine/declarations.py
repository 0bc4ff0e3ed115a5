"""Declares relations between objects, beside the declarations of factory-boy."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pgben_testkit.errors import OURS_HIDDEN
from pgben_testkit.factories.engine.record import Record
from pgben_testkit.factories.extra import missing_extra

try:
    from factory import LazyAttribute
except ModuleNotFoundError:
    raise missing_extra("factory-boy") from None

if TYPE_CHECKING:
    from pgben_testkit.factories.engine.identity import Draw


def record_of(table: str) -> type[Record]:
    """Make the class of the records of `table`."""
    name = "".join(part.capitalize() for part in table.split("_"))
    return type(name, (Record,), {"table": table, "__module__": __name__})


class Relation(LazyAttribute):  # type: ignore[misc]
    """Declares the object of another factory that an object refers to. It is made if neither it nor its id was given.

    `with_` returns the arguments of the other factory for this object. `shared`: the objects of a batch have it in
    common. `when`: the attribute is None if this returns False for the object.
    """

    def __init__(
        self,
        factory_name: str,
        with_: Callable[[Any], dict[str, Any]] | None = None,
        *,
        shared: bool = False,
        when: Callable[[Any], bool] | None = None,
    ) -> None:
        super().__init__(self.make)
        self.factory_name = factory_name
        self.with_ = with_
        self.shared = shared
        self.when = when
        self.attribute = ""
        self.id_attribute = ""

    def make(self, o: Any) -> Any:
        """Return the object that `o` refers to: the given one, one that has the given id, or a new one."""
        __tracebackhide__ = OURS_HIDDEN
        draw: Draw = o.s
        maker = draw.maker
        if self.id_attribute in draw.given:
            identifier = getattr(o, self.id_attribute)
            return None if identifier is None else maker.existing(self.factory_name, identifier)
        if self.when is not None and not self.when(o):
            return None
        given = self.with_(o) if self.with_ else {}
        if draw.nested:
            given |= draw.nested.get(self.attribute, {})
        return maker.related(self.factory_name, given, shared=self.shared)


def lazy(make: Callable[[Any], Any]) -> Any:
    """Declare an attribute that `make` computes from the object: a typed LazyAttribute of factory-boy."""
    return LazyAttribute(make)


def id_of(relation: str) -> Any:
    """Declare an attribute that is the id of the object in the attribute `relation`, or None if there is none."""

    def identifier(o: Any) -> Any:
        found = getattr(o, relation)
        return None if found is None else found.id

    return lazy(identifier)
