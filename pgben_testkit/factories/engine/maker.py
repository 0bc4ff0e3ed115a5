"""Builds and stores objects of a catalog's factories, with values that belong to one test."""

from __future__ import annotations

import builtins
import copy
import gc
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

from pgben_testkit.errors import OURS_HIDDEN, UsageProblem
from pgben_testkit.factories.engine.catalog import Catalog
from pgben_testkit.factories.engine.current import CURRENT
from pgben_testkit.factories.engine.identity import Draw, Identity, Source
from pgben_testkit.factories.engine.record import Record
from pgben_testkit.factories.engine.store import NotStored, Store, Taken

if TYPE_CHECKING:
    import psycopg

    from pgben_testkit.factories.engine.data_factory import DataFactory

T = TypeVar("T")

TODAY = date(2025, 10, 31)
"""The day on which all stories end, so that values never depend on the clock. `with_today` changes it."""
SHARED_BY = 500
"""How many objects of a batch have one office, role or kind of benefit in common."""
CHUNK = 2_500
"""How many objects are copied while the next ones are made."""
SWITCH_S = 0.0005
"""The switch interval of threads while many objects are made, in seconds."""
TRIES = 12
"""How often other values are tried if a unique one is taken: each try is another block out of a million."""


class ObjectMaker:
    """Makes the objects of a catalog: `build` returns objects, `create` stores rows, `dict` and `json` give what a
    client sends.

    Several threads must not use it at once. The connection is asked for when it is first needed.
    """

    def __init__(
        self,
        catalog: Catalog,
        *,
        seed: str = "0",
        test: str = "",
        today: date = TODAY,
        connect: Callable[[], psycopg.Connection[Any]] | None = None,
    ) -> None:
        self.catalog = catalog
        self.names = catalog.names
        self.seed = seed
        self.test = test
        self._set_today(today)
        self._connect = connect
        self._source = Source(Identity(seed, test))
        self._store: Store | None = None
        self._counts: dict[Any, int] = {}
        self._journal: list[Any] = []
        self._shared: dict[Any, list[Any]] | None = None
        self._found: dict[Any, Record] = {}
        self._creating = False
        self._classes: builtins.dict[str, type[DataFactory]] = {}
        self._copying: Future[None] | None = None

    def _set_today(self, today: date) -> None:
        self.today = today
        self.ordinal = today.toordinal()
        self.midnight = datetime(today.year, today.month, today.day, tzinfo=UTC)

    # -- objects

    def build(self, what: str | type[DataFactory], **given: Any) -> Any:
        """Build an object of the factory `what` and those that it refers to; nothing is stored.

        Raises:
            UsageProblem: a name, field, trait or member is unknown, or arguments contradict each other.
        """
        __tracebackhide__ = OURS_HIDDEN
        if self._shared is None:
            with self.call():
                return self.build(what, **given)
        cls = self.factory_of(what)
        table = cls._meta.model.table
        draw = self._source.draw(table, self.count(table))
        draw.maker = self
        return cls.assemble(draw, given)

    def build_batch(self, what: str | type[DataFactory], size: int, **given: Any) -> list[Any]:
        """Build `size` objects that share offices, roles and kinds of benefits, as those of one city do."""
        __tracebackhide__ = OURS_HIDDEN
        check_size(size)
        with self.call(), _busy():
            return self._several(what, size, given)

    def _several(self, what: str | type[DataFactory], size: int, given: Any) -> list[Any]:
        __tracebackhide__ = OURS_HIDDEN
        made = []
        for _ in range(size):
            made.append(self.build(what, **given))
        return made

    def dict(self, what: str | type[DataFactory], **given: Any) -> builtins.dict[str, Any]:
        """Return what a client sends to make an object: ready for JSON, without ids and times that the server makes."""
        __tracebackhide__ = OURS_HIDDEN
        return self.build(what, **given).body()  # type: ignore[no-any-return]

    def json(self, what: str | type[DataFactory], **given: Any) -> str:
        """Return `dict` as JSON text."""
        import json

        return json.dumps(self.dict(what, **given), ensure_ascii=False)

    # -- rows

    def create(self, what: str | type[DataFactory], **given: Any) -> Any:
        """Build an object, and store its row and the rows that it refers to.

        Raises:
            UsageProblem: as for `build`.
            NotStored: the database refused a row; nothing is stored.
        """
        __tracebackhide__ = OURS_HIDDEN
        return self.stored(partial(self.build_batch, what, 1, **given), what, given)[0]

    def create_batch(self, what: str | type[DataFactory], size: int, **given: Any) -> list[Any]:
        """Build `size` objects and store their rows by COPY; all are stored or none."""
        __tracebackhide__ = OURS_HIDDEN
        check_size(size)

        def make() -> list[Any]:
            __tracebackhide__ = OURS_HIDDEN
            made: list[Any] = []
            with self.store.transaction(), self.call(), _busy(), ThreadPoolExecutor(1, "pgben copy") as copier:
                try:
                    while len(made) < size:
                        chunk = self._several(what, min(CHUNK, size - len(made)), given)
                        made += chunk
                        self._settle()
                        self._copying = copier.submit(self.store.save, chunk, before_commit=self.before_commit)
                finally:
                    self._settle()
            return made

        return self.stored(make, what, given) if size else []

    def _settle(self) -> None:
        """Wait until the rows that are being copied are stored, so that the connection is free."""
        copying, self._copying = self._copying, None
        if copying is not None:
            copying.result()

    def save(self, *objects: Record) -> None:
        """Store objects that were built."""
        __tracebackhide__ = OURS_HIDDEN
        try:
            self.store.save(objects, before_commit=self.before_commit)
        except Taken as taken:
            raise self.clash(taken) from None

    def stored(self, make: Callable[[], list[Any]], what: Any, given: builtins.dict[str, Any]) -> list[Any]:
        """Store what `make` returns; if another row has one of its unique values, make it again with other values."""
        __tracebackhide__ = OURS_HIDDEN
        table = self.factory_of(what)._meta.model.table

        def attempt() -> list[Any]:
            __tracebackhide__ = OURS_HIDDEN
            before, self._creating = self._creating, True
            try:
                made = make()
                self.store.save(made, before_commit=self.before_commit)
                return made
            finally:
                self._creating = before

        return self.retried(attempt, lambda taken: taken.table == table and _all_given(taken.columns, given))

    def retried(self, attempt: Callable[[], T], was_given: Callable[[Taken], bool]) -> T:
        """Return what `attempt` returns; while it raises Taken, call it again with other values.

        Raises:
            NotStored: the call gave the value that is taken (`was_given`), or no free value was found.
        """
        __tracebackhide__ = OURS_HIDDEN
        taken: Taken | None = None
        for _ in range(TRIES):
            counts = {key: value for key, value in self._counts.items() if isinstance(key, str)}
            self._journal = []
            try:
                return attempt()
            except Taken as error:
                taken = error
                if was_given(taken):
                    raise self.clash(taken, "the call gave it") from None
                self._forget(counts)
        assert taken is not None
        raise self.clash(taken)

    def _forget(self, counts: builtins.dict[Any, int]) -> None:
        """Set the counts back to `counts`, and draw from the next identity."""
        for key in self._journal:
            self._counts[key] -= 1
        for key in [key for key in self._counts if isinstance(key, str)]:
            self._counts[key] = counts.get(key, 0)
        self._source = Source(self._source.identity.next())

    @staticmethod
    def clash(taken: Taken, why: str = "") -> NotStored:
        """Explain which unique columns of which table another row has."""
        columns = ", ".join(taken.columns) or "a unique value"
        return NotStored(
            f"{taken.table}: another row has this {columns}",
            why=why or f"tried {TRIES} times with other values; what the call gave, or its relations, stay the same",
            remedy="give another value or relation, or leave it out and let the factory make one",
        )

    @property
    def store(self) -> Store:
        """Return the store that writes into the database.

        Raises:
            UsageProblem: this maker has no database.
        """
        __tracebackhide__ = OURS_HIDDEN
        if self._store is None:
            if self._connect is None:
                raise UsageProblem(
                    "these factories have no database",
                    why="create and for_table write rows",
                    remedy="use the fixture pgben_factory, pgben_factory.using(connection),"
                    " or Maker(connect=lambda: psycopg.connect(..., autocommit=True))",
                )
            self._store = Store(self._connect(), self.catalog.order)
        return self._store

    def using(self, connection: psycopg.Connection[Any]) -> Self:
        """Return a maker that writes through `connection`, in its transaction: its owner commits or rolls back."""
        other = self._like()
        other._connect = lambda: connection
        return other

    def with_today(self, today: date) -> Self:
        """Return a maker whose stories end on `today`: `pgben_factory.with_today(date.today())`."""
        __tracebackhide__ = OURS_HIDDEN
        if not isinstance(today, date):
            raise UsageProblem(
                f"with_today got a {type(today).__name__}", why="it takes a date: the day on which stories end"
            )
        other = self._like()
        other._set_today(date(today.year, today.month, today.day))
        return other

    def with_classes(self, **classes: type[DataFactory]) -> Self:
        """Return a maker that uses your classes instead of ours, in relations too: `with_classes(cidadao=Mine)`."""
        for name, cls in classes.items():
            ours = self.catalog.factory_of(name)
            if not (isinstance(cls, type) and issubclass(cls, ours)):
                raise UsageProblem(f"{cls!r} can't stand for {name}", why=f"it is not made from {ours.__name__}")
        other = self._like()
        other._classes = self._classes | classes
        return other

    def factory_of(self, what: str | type[DataFactory]) -> type[DataFactory]:
        """Return the class that makes the objects of `what` here."""
        if self._classes and isinstance(what, str):
            found = self._classes.get(self.catalog.aliases.get(what, what))
            if found is not None:
                return found
        return self.catalog.factory_of(what)

    def _like(self) -> Self:
        """Return a maker that counts with this one, and has nothing stored, shared or under way."""
        other = copy.copy(self)
        other._store, other._copying, other._shared, other._creating = None, None, None, False
        other._journal, other._found = [], {}
        return other

    def before_commit(self, saved: list[Record]) -> None:
        """Do what belongs to the rows of `saved` before they are committed. Here: nothing."""

    # -- what factories ask for

    def count(self, what: str, owner: Any = None) -> int:
        """Return how many of `what` were made so far, this one included: 1, 2, 3 ... `owner` counts for itself."""
        key = what if owner is None else (what, owner)
        number = self._counts[key] = self._counts.get(key, 0) + 1
        if owner is not None:
            self._journal.append(key)
        return number

    def next_draw(self, name: str) -> Draw:
        """Return the draws of the next object called `name`."""
        return self.draw_at(name, self.count(name))

    def draw_at(self, name: str, number: int) -> Draw:
        """Return the draws of the object `number` called `name`."""
        draw = self._source.draw(name, number)
        draw.maker = self
        return draw

    def related(self, name: str, given: builtins.dict[str, Any], *, shared: bool) -> Any:
        """Return an object for another to refer to; within a batch, a `shared` one is returned again."""
        if not shared or self._shared is None:
            return self.build(name, **given)
        key = name if not given else (name, tuple((each, id(value)) for each, value in sorted(given.items())))
        entry = self._shared.get(key)
        if entry is None or entry[1] >= SHARED_BY:
            entry = self._shared[key] = [self.build(name, **given), 0, given]
        entry[1] += 1
        return entry[0]

    def existing(self, name: str, identifier: Any) -> Any:
        """Return the row with this id if rows are being created; else an object with the id, as if it were the row."""
        table = self.catalog.table_of.get(name, name)
        found = self._found.get((table, identifier))
        if found is None:
            if self._creating:
                self._settle()
                row = self.store.find(table, identifier)
                if row is None:
                    raise UsageProblem(
                        f"{table} has no row with the id {identifier}",
                        why=f"it was given as {name}_id",
                        remedy="create it first, or leave it out and let the factory make one",
                    )
                found = self.factory_of(name)._meta.model(columns=tuple(row), **row)
            else:
                found = self.build(name, id=identifier)
            found.__dict__["saved"] = True
            self._found[table, identifier] = found
        return found

    @contextmanager
    def call(self) -> Iterator[None]:
        """Make this the current maker; objects are shared within the outermost of such contexts."""
        if self._shared is not None:
            yield
            return
        self._shared, self._found = {}, {}
        token = CURRENT.set(self)
        try:
            yield
        finally:
            CURRENT.reset(token)
            self._shared = None

    @contextmanager
    def current(self) -> Iterator[Self]:
        """Let the factory classes (`PagamentoFactory.create()`) use this maker within this context."""
        token = CURRENT.set(self)
        try:
            yield self
        finally:
            CURRENT.reset(token)


def check_size(size: int) -> None:
    """Accept `size` as the size of a batch.

    Raises:
        UsageProblem: it is not a whole number of 0 or more.
    """
    if not isinstance(size, int) or size < 0:
        raise UsageProblem(f"a batch of {size!r}", why="a batch has a whole number of objects, 0 or more")


def _all_given(columns: tuple[str, ...], given: builtins.dict[str, Any]) -> bool:
    return bool(columns) and all(
        name in given or (name.endswith("_id") and name.removesuffix("_id") in given) for name in columns
    )


@contextmanager
def _busy() -> Iterator[None]:
    """Set Python up for making many objects, and back afterwards.

    Cyclic garbage collection is off: it would search again and again through objects that all stay. Threads switch more
    often: the thread that copies mostly waits for the server, and would wait 5 ms for each of its short turns.
    """
    collected, interval = gc.isenabled(), sys.getswitchinterval()
    gc.disable()
    sys.setswitchinterval(SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        if collected:
            gc.enable()
