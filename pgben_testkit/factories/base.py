"""What the factories stand on: factory-boy's declarations, run by a lean resolver, with PGBen's relations and rules.

factory-boy takes some 10 µs for each attribute of each object. A factory that has only lazy attributes, constants and
traits (all of ours, and most of a user's subclasses) is resolved here, lazily and in a tenth of that; one with any
other declaration (factory.Faker, Iterator, post-generation hooks) is left to factory-boy.
"""

from __future__ import annotations

import builtins
import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any, ClassVar

from pgben_testkit.errors import OURS_HIDDEN, UsageProblem
from pgben_testkit.factories.catalog import TABLE_OF
from pgben_testkit.factories.declarations import Relacao
from pgben_testkit.factories.extra import missing_extra
from pgben_testkit.factories.record import Registro
from pgben_testkit.factories.vocabulary import MEMBERS

try:
    import factory
    from factory import LazyAttribute, Trait
    from factory.declarations import BaseDeclaration, LazyFunction, Sequence
except ModuleNotFoundError:
    raise missing_extra("factory-boy") from None

if TYPE_CHECKING:
    from pgben_testkit.factories.identity import Draw

Rule = Callable[[Any], str | None]
"""What is wrong with an object, or None."""


@dataclass(frozen=True)
class Spec:
    """What is known of a factory class. `relations`: attribute -> the table that it refers to; `functions`: attribute
    -> what makes it from the object."""

    columns: tuple[str, ...]
    relations: Mapping[str, str]
    functions: Mapping[str, Callable[[Any], Any]]
    traits: Mapping[str, Mapping[str, Any]]
    params: Mapping[str, Any]
    lean: bool
    model: type[Registro]
    known: frozenset[str] = field(default=frozenset())


def _function(declaration: Any) -> Callable[[Any], Any] | None:
    """None for a declaration that only factory-boy understands."""
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
def spec_of(cls: type[PGBenFactory]) -> Spec:
    """Read once for each class."""
    meta = cls._meta
    declared: dict[str, Any] = dict(meta.base_declarations)
    relations: dict[str, str] = {}
    for name, each in declared.items():
        if isinstance(each, Relacao):
            each.attribute, each.id_attribute = name, f"{name}_id"
            relations[name] = TABLE_OF.get(each.factory_name, each.factory_name)
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


_NOTHING: frozenset[str] = frozenset()


class Lean:
    """The object while it is made: an attribute is made when first asked for."""

    def __init__(self, functions: Mapping[str, Callable[[Any], Any]], values: dict[str, Any]) -> None:
        self.__dict__ = values
        values["_functions"] = functions

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__
        make = values["_functions"].get(name)
        if make is None:
            raise AttributeError(f"no attribute {name!r}")
        value = values[name] = make(self)
        return value


class PGBenFactory(factory.Factory):  # type: ignore[misc]
    """A factory-boy factory of one table. Subclass it as any; `build`, `create` and their batches go through the
    test's `pgben_factory`, so that values are the test's own and rows land in its database."""

    class Meta:
        abstract = True

    Params: ClassVar[Any] = type("Params", (), {"s": None})
    """`s` is the draws of an object: `o.s.pick("cor", ["azul", "verde"])` in a lazy attribute."""

    _rules: ClassVar[tuple[Rule, ...]] = ()
    _enums: ClassVar[Mapping[str, str]] = {}
    """attribute -> enum type"""
    _children: ClassVar[Mapping[str, tuple[str, str, str]]] = {}
    """attribute -> (factory, the child's relation to this object, the parameter that says how many)"""
    _relations: ClassVar[Mapping[str, str]] = {}
    """Attributes that are other objects and are no `Relacao`: another attribute's object, or None."""
    _hidden: ClassVar[tuple[str, ...]] = ()
    """Attributes that are no columns."""
    _days: ClassVar[frozenset[str]] = frozenset()
    """Those of the attributes `data_...` and `prazo_...` that are days; all others are moments."""
    _kept: ClassVar[tuple[str, ...]] = ()
    """Those of them that the object keeps."""

    @classmethod
    def _generate(cls, strategy: str, params: dict[str, Any]) -> Any:
        __tracebackhide__ = OURS_HIDDEN
        from pgben_testkit.factories.maker import current

        maker = current()
        return maker.create(cls, **params) if strategy == "create" else maker.build(cls, **params)

    @classmethod
    def create_batch(cls, size: int, **kwargs: Any) -> list[Any]:
        __tracebackhide__ = OURS_HIDDEN
        from pgben_testkit.factories.maker import current

        return current().create_batch(cls, size, **kwargs)

    @classmethod
    def build_batch(cls, size: int, **kwargs: Any) -> list[Any]:
        __tracebackhide__ = OURS_HIDDEN
        from pgben_testkit.factories.maker import current

        return current().build_batch(cls, size, **kwargs)

    @classmethod
    def dict(cls, **kwargs: Any) -> builtins.dict[str, Any]:
        """What a client sends to make one; see `Registro.body`."""
        __tracebackhide__ = OURS_HIDDEN
        from pgben_testkit.factories.maker import current

        return current().dict(cls, **kwargs)

    @classmethod
    def assemble(cls, draw: Draw, given: builtins.dict[str, Any]) -> Any:
        """The object, with what it refers to; nothing is saved.

        Raises:
            UsageProblem: an argument that means nothing, or contradicts another.
        """
        __tracebackhide__ = OURS_HIDDEN
        try:
            return cls._assembled(draw, given)
        except (AttributeError, TypeError, ValueError) as error:
            if not given:
                raise
            raise UsageProblem(
                f"{cls.__name__} can't make an object of what it was given for {', '.join(given)}",
                why=f"{type(error).__name__} while the other values were worked out from it: {error}",
                remedy="give values of the columns' types; None only where the column may be null",
            ) from error

    @classmethod
    def _assembled(cls, draw: Draw, given: builtins.dict[str, Any]) -> Any:
        __tracebackhide__ = OURS_HIDDEN
        spec = spec_of(cls)  # type: ignore[arg-type]
        if given:
            fields, active, nested = cls._sort(spec, given)
        else:
            fields, active, nested = {}, (), {}
        draw.given = frozenset(fields) if fields else _NOTHING
        draw.nested = nested
        if spec.lean:
            plan = _plan(cls, active)  # type: ignore[arg-type]
            values = {**plan.constants, **fields}
            values["s"] = draw
            lean = Lean(plan.functions, values)
            for name, make in plan.steps:
                if name not in values:
                    values[name] = make(lean)
            if not plan.ordered:
                plan.order(values)
            del values["_functions"], values["s"]
            for hidden in plan.hidden:
                values.pop(hidden, None)
            if fields:
                for param in plan.params:
                    values.pop(param, None)
            made = spec.model.__new__(spec.model)
            made.__dict__ = values
            if not given and plan.childless is not None:
                values.update(plan.childless)
                return made
            counts = {**plan.params, **fields}
        else:
            attributes = super()._generate("build", {**fields, **dict.fromkeys(active, True), "s": draw}).__dict__
            made = spec.model(**attributes)
            for name in spec.relations:
                if made.__dict__.get(name + "_id", name) is None:
                    made.__dict__[name] = None
            counts = {**spec.params, **fields}
        for attribute, (child, relation, param) in cls._children.items():
            if attribute not in made.__dict__:
                number = counts.get(param)
                made.__dict__[attribute] = (
                    [draw.maker.build(child, **{relation: made}) for _ in range(int(number))] if number else ()
                )
        if given:
            for rule in cls._rules:
                wrong = rule(made)
                if wrong:
                    raise UsageProblem(f"{cls.__name__} was asked for a contradiction", why=wrong)
        return made

    @classmethod
    def _sort(
        cls, spec: Spec, given: Mapping[str, Any]
    ) -> tuple[builtins.dict[str, Any], tuple[str, ...], builtins.dict[str, builtins.dict[str, Any]]]:
        """Fields, names of the traits that are on, and what is meant for relations (`concessao__status`)."""
        __tracebackhide__ = OURS_HIDDEN
        fields: builtins.dict[str, Any] = {}
        active: list[str] = []
        nested: builtins.dict[str, dict[str, Any]] = {}
        for name, value in given.items():
            relation, _, rest = name.partition("__")
            if rest and relation in spec.relations:
                nested.setdefault(relation, {})[rest] = value
            elif name in spec.traits:
                if not isinstance(value, bool):
                    raise UsageProblem(
                        f"{cls.__name__}: the trait {name} got a {type(value).__name__}", why="a trait is True or False"
                    )
                if value:
                    active.append(name)
            elif name in spec.known:
                fields[name] = value
            else:
                raise cls._unknown(spec, name)
        for name, enum in cls._enums.items():
            if fields.get(name) is not None and fields[name] not in MEMBERS[enum]:
                raise UsageProblem(
                    f"{cls.__name__}: {name} can't be {fields[name]!r}",
                    why=f"the members of {enum} are {', '.join(MEMBERS[enum])}",
                )
        for name, value in fields.items():
            if name.startswith(("data_", "prazo_")) and name in spec.columns and value is not None:
                fields[name] = cls._moment(name, value)
        for _, _, param in cls._children.values():
            number = fields.get(param, 0)
            if not isinstance(number, int) or number < 0:
                raise UsageProblem(
                    f"{cls.__name__}: {param} got {number if isinstance(number, int) else type(number).__name__}",
                    why="it says how many: a whole number of 0 or more, or True for one",
                )
        cls._check_agreement(spec, fields, active)
        for name, table in spec.relations.items():
            other = fields.get(name)
            if other is not None and name + "_id" in spec.known:
                identifier = other.get("id") if isinstance(other, Mapping) else getattr(other, "id", None)
                if identifier is None:
                    raise UsageProblem(
                        f"{cls.__name__}: {name} got a {type(other).__name__} without an id",
                        why=f"{name} takes an object of a factory, a mapping with `id`, or use {name}_id",
                    )
                if isinstance(other, Registro) and other.table not in ("", table):
                    raise UsageProblem(
                        f"{cls.__name__}: {name} got a row of {other.table}",
                        why=f"it refers to {table}",
                        remedy=f"give a row of {table}, or {name}_id",
                    )
                if isinstance(other, Mapping):
                    fields[name] = Registro(**{"columns": tuple(other), "saved": True, **other})
                if fields.get(name + "_id", identifier) != identifier:
                    raise UsageProblem(
                        f"{cls.__name__}: {name} and {name}_id differ", why="they name two objects", remedy="give one"
                    )
                fields[name + "_id"] = identifier
        return fields, tuple(active), nested

    @classmethod
    def _moment(cls, name: str, value: Any) -> Any:
        """A date that was given, of the kind that its column has: a date is noon in UTC where a moment is wanted.

        Raises:
            UsageProblem: it is no date, or a moment without a time zone.
        """
        __tracebackhide__ = OURS_HIDDEN
        if name in ("prazo_dias",):
            return value
        if not isinstance(value, date):
            raise UsageProblem(
                f"{cls.__name__}: {name} got a {type(value).__name__}", why="it takes a date, or a datetime with a zone"
            )
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise UsageProblem(
                    f"{cls.__name__}: {name} got a datetime without a time zone",
                    why="nobody knows which moment that is",
                    remedy="give tzinfo=UTC, or a date",
                )
            return value.date() if name in cls._days else value
        return value if name in cls._days else datetime(value.year, value.month, value.day, 12, tzinfo=UTC)

    @classmethod
    def _check_agreement(cls, spec: Spec, fields: Mapping[str, Any], active: list[str]) -> None:
        __tracebackhide__ = OURS_HIDDEN
        said: builtins.dict[str, tuple[str, Any]] = {name: (name, value) for name, value in fields.items()}
        for trait in active:
            for name, value in spec.traits[trait].items():
                if isinstance(value, BaseDeclaration):
                    continue
                other, before = said.get(name, (trait, value))
                if before != value and name == "status":
                    shown = f"{other}={before!r}" if other == name else f"{other}=True"
                    raise UsageProblem(
                        f"{cls.__name__}: {trait}=True contradicts {shown}",
                        why=f"both say what {name} is",
                        remedy="give one of them",
                    )
                said[name] = (trait, value)

    @classmethod
    def _unknown(cls, spec: Spec, name: str) -> UsageProblem:
        close = difflib.get_close_matches(name.partition("__")[0], spec.known, 1)
        parts = {
            "fields": [each for each in spec.columns],
            "relations": [*spec.relations, *cls._children],
            "traits": list(spec.traits),
            "parameters": list(spec.params),
        }
        known = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in parts.items() if names)
        return UsageProblem(
            f"{cls.__name__} has no field or trait {name!r}" + (f"; did you mean {close[0]!r}?" if close else ""),
            why=known,
        )


@dataclass
class _Plan:
    """How objects of a factory are made with some traits on. `steps`: what is made for every object."""

    constants: Mapping[str, Any]
    functions: Mapping[str, Callable[[Any], Any]]
    steps: list[tuple[str, Callable[[Any], Any]]]
    params: Mapping[str, Any]
    hidden: tuple[str, ...]
    childless: Mapping[str, tuple[()]] | None
    """attribute -> no children; None where parameters ask for some of themselves."""
    ordered: bool = False

    def order(self, values: Mapping[str, Any]) -> None:
        """From now on in the order in which the first object's values came to be: what others need comes first, and
        is not looked up by the slower way of `Lean.__getattr__`."""
        places = {name: place for place, name in enumerate(values)}
        self.steps.sort(key=lambda step: places[step[0]])
        self.ordered = True


def _constant(value: Any, o: Any) -> Any:
    return value


@cache
def _plan(cls: type[PGBenFactory], active: tuple[str, ...]) -> _Plan:
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
    return _Plan(
        constants,
        functions | {name: partial(_constant, value) for name, value in params.items()},
        [(name, functions[name]) for name in wanted if name not in constants],
        params,
        tuple(name for name in (*cls._hidden, *cls._meta.exclude) if name not in cls._kept),
        None if any(params.get(param) for _, _, param in cls._children.values()) else dict.fromkeys(cls._children, ()),
    )
