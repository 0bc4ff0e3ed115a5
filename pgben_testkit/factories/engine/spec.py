"""Reads a factory class once: its columns, relations and traits, and the plan by which its objects are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from pgben_testkit.factories.engine.declarations import Relation
from pgben_testkit.factories.engine.record import Record
from pgben_testkit.factories.extra import missing_extra

try:
    import factory
    from factory import LazyAttribute, Trait
    from factory.declarations import BaseDeclaration, LazyFunction, Sequence
except ModuleNotFoundError:
    raise missing_extra("factory-boy") from None


@dataclass(frozen=True)
class Spec:
    """Describes a factory class.

    `relations`: attribute -> the table that it refers to. `functions`: attribute -> what computes it from the object.
    `lean`: every declaration is understood here, so that factory-boy is not needed. `known`: all names that a call may
    give.
    """

    columns: tuple[str, ...]
    relations: Mapping[str, str]
    functions: Mapping[str, Callable[[Any], Any]]
    traits: Mapping[str, Mapping[str, Any]]
    params: Mapping[str, Any]
    lean: bool
    model: type[Record]
    known: frozenset[str] = field(default=frozenset())


def _function(declaration: Any) -> Callable[[Any], Any] | None:
    """Return the function that computes `declaration` from the object; None if only factory-boy understands it."""
    if isinstance(declaration, LazyAttribute):
        return declaration.function  # type: ignore[no-any-return]
    if isinstance(declaration, Sequence):
        return lambda o: declaration.function(o.s.number)
    if type(declaration) is LazyFunction:
        return lambda o: declaration.function()
    if isinstance(declaration, BaseDeclaration):
        return None
    return lambda o: declaration


@cache
def spec_of(cls: type[factory.Factory]) -> Spec:
    """Describe the factory class `cls`; each class is read once."""
    meta = cls._meta
    declared: dict[str, Any] = dict(meta.base_declarations)
    relations: dict[str, str] = {}
    for name, each in declared.items():
        if isinstance(each, Relation):
            each.attribute, each.id_attribute = name, f"{name}_id"
            relations[name] = cls._tables.get(each.factory_name, each.factory_name)
    relations |= {name: table for name, table in cls._relations.items() if name not in relations}
    traits = {name: each.overrides for name, each in meta.parameters.items() if isinstance(each, Trait)}
    params = {
        name: getattr(each, "value", None) for name, each in meta.parameters.items() if not isinstance(each, Trait)
    }
    functions = {name: _function(each) for name, each in declared.items()}
    overrides = {name: _function(each) for trait in traits.values() for name, each in trait.items()}
    lean = all(functions.values()) and all(overrides.values()) and not meta.post_declarations.as_dict()
    hidden = {*relations, *cls._hidden, *meta.exclude}
    columns = tuple(name for name in declared if name not in hidden)
    return Spec(
        columns,
        relations,
        {name: each for name, each in functions.items() if each},
        {name: dict(each) for name, each in traits.items()},
        {name: each for name, each in params.items() if name != "s"},
        lean,
        type(
            meta.model.__name__,
            (meta.model,),
            {
                "columns": columns,
                "relations": tuple(relations),
                "children": tuple(cls._children),
                "__module__": meta.model.__module__,
            },
        ),
        frozenset(declared) | frozenset(traits) | frozenset(params) - {"s"} | frozenset(cls._children),
    )


@dataclass
class Plan:
    """Says how the objects of a factory are made with certain traits.

    `steps`: (attribute, function) of what is computed for every object. `childless`: attribute -> no children; None if
    the parameters' defaults ask for some.
    """

    constants: Mapping[str, Any]
    functions: Mapping[str, Callable[[Any], Any]]
    steps: list[tuple[str, Callable[[Any], Any]]]
    params: Mapping[str, Any]
    hidden: tuple[str, ...]
    childless: Mapping[str, tuple[()]] | None
    ordered: bool = False

    def order(self, values: Mapping[str, Any]) -> None:
        """Sort the steps into the order in which the values of the first object were computed.

        What others need then comes first, and is not looked up by `Lean.__getattr__`, which is slower.
        """
        places = {name: place for place, name in enumerate(values)}
        self.steps.sort(key=lambda step: places[step[0]])
        self.ordered = True


def _constant(value: Any, o: Any) -> Any:
    return value


@cache
def plan_of(cls: type[factory.Factory], active: tuple[str, ...]) -> Plan:
    """Plan how the objects of `cls` are made with the traits `active`."""
    spec = spec_of(cls)  # type: ignore[arg-type]
    declared: dict[str, Any] = dict(cls._meta.base_declarations)
    params = dict(spec.params)
    pending = list(active)
    while pending:
        for name, value in spec.traits[pending.pop()].items():
            if name in spec.traits:
                if value:
                    pending.append(name)
            elif name in params:
                params[name] = value
            else:
                declared[name] = value
    constants = {name: value for name, value in declared.items() if not isinstance(value, BaseDeclaration)}
    functions = {name: made for name, value in declared.items() if (made := _function(value)) is not None}
    wanted = [*spec.columns, *cls._kept]
    return Plan(
        constants,
        functions | {name: partial(_constant, value) for name, value in params.items()},
        [(name, functions[name]) for name in wanted if name not in constants],
        params,
        tuple(name for name in (*cls._hidden, *cls._meta.exclude) if name not in cls._kept),
        None if any(params.get(param) for _, _, param in cls._children.values()) else dict.fromkeys(cls._children, ()),
    )
