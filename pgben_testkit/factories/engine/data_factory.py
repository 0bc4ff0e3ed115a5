"""The base class of all factories: factory-boy's declarations with relations and rules, and a faster way to run them.

factory-boy takes some 10 µs for each attribute of each object. A factory with only lazy attributes, constants and
traits (all of ours, and most subclasses of users) is run here in a tenth of that time. A factory with any other
declaration (factory.Faker, Iterator, post-generation hooks) is left to factory-boy.
"""

from __future__ import annotations

import builtins
import difflib
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from pgben_testkit.errors import OURS_HIDDEN, UsageProblem
from pgben_testkit.factories.engine.current import current
from pgben_testkit.factories.engine.lean import Lean
from pgben_testkit.factories.engine.record import Record
from pgben_testkit.factories.engine.spec import Spec, plan_of, spec_of
from pgben_testkit.factories.extra import missing_extra

try:
    import factory
    from factory.declarations import BaseDeclaration
except ModuleNotFoundError:
    raise missing_extra("factory-boy") from None

if TYPE_CHECKING:
    from pgben_testkit.factories.engine.identity import Draw

Rule = Callable[[Any], str | None]
"""Returns what is wrong with an object, or None."""


_NOTHING: frozenset[str] = frozenset()


class DataFactory(factory.Factory):  # type: ignore[misc]
    """A factory of factory-boy for one table, to be subclassed as any other.

    `build`, `create` and their batches use the `pgben_factory` of the running test, so that values belong to the test
    and rows are written into its database.
    """

    class Meta:
        abstract = True

    Params: ClassVar[Any] = type("Params", (), {"s": None})
    """`s` draws the values of an object: `o.s.pick("cor", ["azul", "verde"])` in a lazy attribute."""

    _rules: ClassVar[tuple[Rule, ...]] = ()
    _enums: ClassVar[Mapping[str, str]] = {}
    """attribute -> enum type"""
    _members: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """enum type -> its members"""
    _tables: ClassVar[Mapping[str, str]] = {}
    """factory name -> table, for the factories that are not called as their tables"""
    _children: ClassVar[Mapping[str, tuple[str, str, str]]] = {}
    """attribute -> (factory, the child's relation to this object, the parameter that says how many)"""
    _relations: ClassVar[Mapping[str, str]] = {}
    """attribute -> table, for objects that no `Relation` declares: that of another attribute, or None"""
    _hidden: ClassVar[tuple[str, ...]] = ()
    """Attributes that are not columns."""
    _days: ClassVar[frozenset[str]] = frozenset()
    """Those of the attributes that `_is_date` knows which are days; all others are moments."""
    _kept: ClassVar[tuple[str, ...]] = ()
    """Those of the hidden attributes that the finished object keeps."""

    @classmethod
    def _generate(cls, strategy: str, params: dict[str, Any]) -> Any:
        __tracebackhide__ = OURS_HIDDEN
        maker = current()
        return maker.create(cls, **params) if strategy == "create" else maker.build(cls, **params)

    @classmethod
    def create_batch(cls, size: int, **kwargs: Any) -> list[Any]:
        """Build `size` objects and store their rows."""
        __tracebackhide__ = OURS_HIDDEN
        return current().create_batch(cls, size, **kwargs)

    @classmethod
    def build_batch(cls, size: int, **kwargs: Any) -> list[Any]:
        """Build `size` objects."""
        __tracebackhide__ = OURS_HIDDEN
        return current().build_batch(cls, size, **kwargs)

    @classmethod
    def dict(cls, **kwargs: Any) -> builtins.dict[str, Any]:
        """Return what a client sends to make an object; see `Record.body`."""
        __tracebackhide__ = OURS_HIDDEN
        return current().dict(cls, **kwargs)

    @classmethod
    def assemble(cls, draw: Draw, given: builtins.dict[str, Any]) -> Any:
        """Build the object of `draw` and those that it refers to; nothing is stored.

        Raises:
            UsageProblem: an argument in `given` is unknown, or contradicts another.
        """
        __tracebackhide__ = OURS_HIDDEN
        try:
            return cls._assembled(draw, given)
        except (AttributeError, TypeError, ValueError) as error:
            if not given:
                raise
            raise UsageProblem(
                f"{cls.__name__} can't make an object of what it was given for {', '.join(given)}",
                why=f"{type(error).__name__} while the other values were computed from it: {error}",
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
            plan = plan_of(cls, active)  # type: ignore[arg-type]
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
        """Split `given` into fields, names of traits, and arguments of relations (`concessao__status`)."""
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
            if fields.get(name) is not None and fields[name] not in cls._members[enum]:
                raise UsageProblem(
                    f"{cls.__name__}: {name} can't be {fields[name]!r}",
                    why=f"the members of {enum} are {', '.join(cls._members[enum])}",
                )
        for name, value in fields.items():
            if value is not None and name in spec.columns and cls._is_date(name):
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
                if isinstance(other, Record) and other.table not in ("", table):
                    raise UsageProblem(
                        f"{cls.__name__}: {name} got a row of {other.table}",
                        why=f"it refers to {table}",
                        remedy=f"give a row of {table}, or {name}_id",
                    )
                if isinstance(other, Mapping):
                    fields[name] = Record(**{"columns": tuple(other), "saved": True, **other})
                if fields.get(name + "_id", identifier) != identifier:
                    raise UsageProblem(
                        f"{cls.__name__}: {name} and {name}_id differ", why="they name two objects", remedy="give one"
                    )
                fields[name + "_id"] = identifier
        return fields, tuple(active), nested

    @classmethod
    def _is_date(cls, name: str) -> bool:
        """Tell whether the column `name` holds a day or a moment."""
        return name in cls._days

    @classmethod
    def _moment(cls, name: str, value: Any) -> Any:
        """Return the date `value` as the column `name` holds it: a day becomes noon in UTC for a moment.

        Raises:
            UsageProblem: `value` is not a date, or is a moment without a time zone.
        """
        __tracebackhide__ = OURS_HIDDEN
        if not isinstance(value, date):
            raise UsageProblem(
                f"{cls.__name__}: {name} got a {type(value).__name__}", why="it takes a date, or a datetime with a zone"
            )
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise UsageProblem(
                    f"{cls.__name__}: {name} got a datetime without a time zone",
                    why="without one it is not clear which moment is meant",
                    remedy="give tzinfo=UTC, or a date",
                )
            return value.date() if name in cls._days else value
        return value if name in cls._days else datetime(value.year, value.month, value.day, 12, tzinfo=UTC)

    @classmethod
    def _check_agreement(cls, spec: Spec, fields: Mapping[str, Any], active: list[str]) -> None:
        """Raise UsageProblem if two traits, or a trait and a field, give different statuses."""
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
