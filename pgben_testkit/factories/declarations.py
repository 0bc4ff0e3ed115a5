"""What a factory of PGBen's is declared with, beside factory-boy's own: relations, ids of them, a trait a status."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pgben_testkit.errors import OURS_HIDDEN
from pgben_testkit.factories.extra import missing_extra
from pgben_testkit.factories.record import Registro
from pgben_testkit.factories.vocabulary import MEMBERS

try:
    from factory import LazyAttribute, Trait
except ModuleNotFoundError:
    raise missing_extra("factory-boy") from None

if TYPE_CHECKING:
    from pgben_testkit.factories.identity import Draw
    from pgben_testkit.factories.maker import Fabrica


def registro(table: str) -> type[Registro]:
    """The class of a table's objects."""
    name = "".join(part.capitalize() for part in table.split("_"))
    return type(name, (Registro,), {"table": table, "__module__": __name__})


class Relacao(LazyAttribute):  # type: ignore[misc]
    """Another object that this one refers to; made when it is needed and neither it nor its id was given.

    `with_` gives the other factory's arguments from this object; `shared`: objects of one batch have it in common;
    `when`: None where it doesn't hold.
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
        __tracebackhide__ = OURS_HIDDEN
        draw: Draw = o.s
        maker: Fabrica = draw.maker
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
    """factory-boy's LazyAttribute, for type checkers too: an attribute made from the object."""
    return LazyAttribute(make)


def de(relation: str) -> Any:
    """The id of the object in the attribute `relation`; None where there is none."""

    def identifier(o: Any) -> Any:
        found = getattr(o, relation)
        return None if found is None else found.id

    return lazy(identifier)


def status_params(enum: str, attribute: str = "status", **others: Any) -> Any:
    """`Params` with a trait for each member of an enum, and others."""
    traits = {member: Trait(**{attribute: member}) for member in MEMBERS[enum]}
    return type("Params", (), traits | others)
