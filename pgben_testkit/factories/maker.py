"""What a test holds as `pgben_factory`: objects built and stored, with values that are the test's own."""

from __future__ import annotations

import builtins
import gc
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from pgben_testkit.errors import OURS_HIDDEN, UsageProblem
from pgben_testkit.factories.catalog import ALIASES, NAMES, TABLE_OF, factory_of
from pgben_testkit.factories.document_source import DocumentSource
from pgben_testkit.factories.identity import Draw, Identity, Source
from pgben_testkit.factories.record import Registro
from pgben_testkit.factories.store import NotStored, Store, Taken

if TYPE_CHECKING:
    import psycopg

    from pgben_testkit.factories.base import PGBenFactory
    from pgben_testkit.factories.scenarios import Cenario
    from pgben_testkit.factories.tables import TableFactory
    from pgben_testkit.storage.bucket import Bucket

TODAY = date(2025, 10, 31)
"""All stories end here or before, so that values never depend on the clock. `em(...)` moves it."""
SHARED_BY = 500
"""Objects of a batch that have one office, role or kind of benefit in common."""
CHUNK = 2_500
"""Objects that are copied while the next ones are made."""
SWITCH_S = 0.0005
TRIES = 12
"""How often other values are tried where a unique one is taken: each try is another block out of a million."""

What = "str | type[PGBenFactory]"
_CURRENT: ContextVar[Fabrica | None] = ContextVar("pgben_factory", default=None)


class Fabrica(DocumentSource):
    """Makes PGBen's objects. `build` gives objects, `create` rows, `dict` and `json` what a client sends and gets.

    Not for several threads at once. Connection and bucket are asked for when first needed.
    """

    def __init__(
        self,
        *,
        seed: str = "0",
        test: str = "",
        today: date = TODAY,
        connect: Callable[[], psycopg.Connection[Any]] | None = None,
        bucket: Callable[[], Bucket] | None = None,
        encryption_key: bytes | None = None,
    ) -> None:
        self.seed = seed
        self.test = test
        self.hoje = today
        self.ordinal = today.toordinal()
        self.midnight = datetime(today.year, today.month, today.day, tzinfo=UTC)
        self.names = NAMES
        self._connect = connect
        self._bucket = bucket
        self._key = encryption_key
        self._source = Source(Identity(seed, test))
        self._store: Store | None = None
        self._counts: dict[Any, int] = {}
        self._journal: list[Any] = []
        self._shared: dict[Any, list[Any]] | None = None
        self._found: dict[Any, Registro] = {}
        self._creating = False
        self._classes: builtins.dict[str, type[PGBenFactory]] = {}
        self._copying: Future[None] | None = None

    # -- objects

    def build(self, what: str | type[PGBenFactory], **given: Any) -> Any:
        """An object, with those that it refers to; nothing is stored.

        Raises:
            UsageProblem: an unknown name, field, trait or member, or arguments that contradict each other.
        """
        __tracebackhide__ = OURS_HIDDEN
        if self._shared is None:
            with self._call():
                return self.build(what, **given)
        cls = self.factory_of(what)
        table = cls._meta.model.table
        draw = self._source.draw(table, self.count(table))
        draw.maker = self
        return cls.assemble(draw, given)

    def build_batch(self, what: str | type[PGBenFactory], size: int, **given: Any) -> list[Any]:
        """Objects that share offices, roles and kinds of benefits, as those of one city do."""
        __tracebackhide__ = OURS_HIDDEN
        _check_size(size)
        with self._call(), _busy():
            return self._several(what, size, given)

    def _several(self, what: str | type[PGBenFactory], size: int, given: Any) -> list[Any]:
        __tracebackhide__ = OURS_HIDDEN
        made = []
        for _ in range(size):
            made.append(self.build(what, **given))
        return made

    def dict(self, what: str | type[PGBenFactory], **given: Any) -> builtins.dict[str, Any]:
        """What a client sends to make one: ready for JSON, without ids and times that the server makes."""
        __tracebackhide__ = OURS_HIDDEN
        return self.build(what, **given).body()  # type: ignore[no-any-return]

    def json(self, what: str | type[PGBenFactory], **given: Any) -> str:
        """`dict` as text."""
        import json

        return json.dumps(self.dict(what, **given), ensure_ascii=False)

    # -- rows

    def create(self, what: str | type[PGBenFactory], **given: Any) -> Any:
        """An object whose row, and those that it refers to, are in the database.

        Raises:
            UsageProblem: as for `build`.
            NotStored: the database refused it; nothing of it is there.
        """
        __tracebackhide__ = OURS_HIDDEN
        return self._stored(partial(self.build_batch, what, 1, **given), what, given)[0]

    def create_batch(self, what: str | type[PGBenFactory], size: int, **given: Any) -> list[Any]:
        """`size` objects and their rows, by COPY; all or none are there."""
        __tracebackhide__ = OURS_HIDDEN
        _check_size(size)

        def make() -> list[Any]:
            __tracebackhide__ = OURS_HIDDEN
            made: list[Any] = []
            with self.store.transaction(), self._call(), _busy(), ThreadPoolExecutor(1, "pgben copy") as copier:
                try:
                    while len(made) < size:
                        chunk = self._several(what, min(CHUNK, size - len(made)), given)
                        made += chunk
                        self._settle()
                        self._copying = copier.submit(self.store.save, chunk, before_commit=self._put_files)
                finally:
                    self._settle()
            return made

        return self._stored(make, what, given) if size else []

    def _settle(self) -> None:
        """The connection is free: the rows that were being copied are there."""
        copying, self._copying = self._copying, None
        if copying is not None:
            copying.result()

    def save(self, *objects: Registro) -> None:
        """Objects that were built become rows."""
        __tracebackhide__ = OURS_HIDDEN
        try:
            self.store.save(objects, before_commit=self._put_files)
        except Taken as taken:
            raise self._clash(taken) from None

    def _stored(self, make: Callable[[], list[Any]], what: Any, given: builtins.dict[str, Any]) -> list[Any]:
        """What `make` gives, stored; with other values where somebody has ours."""
        __tracebackhide__ = OURS_HIDDEN
        cls = self.factory_of(what)
        taken: Taken | None = None
        for _ in range(TRIES):
            tables = dict(self._tables())
            self._journal = []
            before, self._creating = self._creating, True
            try:
                made = make()
                self.store.save(made, before_commit=self._put_files)
                return made
            except Taken as error:
                taken = error
                if taken.table == cls._meta.model.table and _all_given(taken.columns, given):
                    raise self._clash(taken, "the call gave it") from None
                self._forget(tables)
            finally:
                self._creating = before
        assert taken is not None
        raise self._clash(taken)

    def _tables(self) -> Iterator[tuple[Any, int]]:
        return ((key, value) for key, value in self._counts.items() if isinstance(key, str))

    def _forget(self, tables: builtins.dict[Any, int]) -> None:
        """Count as before, and draw from the next identity."""
        for key in self._journal:
            self._counts[key] -= 1
        for key in [key for key in self._counts if isinstance(key, str)]:
            self._counts[key] = tables.get(key, 0)
        self._source = Source(self._source.identity.next())

    @staticmethod
    def _clash(taken: Taken, why: str = "") -> NotStored:
        columns = ", ".join(taken.columns) or "a unique value"
        return NotStored(
            f"{taken.table}: another row has this {columns}",
            why=why or f"tried {TRIES} times with other values; what the call gave, or its relations, stay the same",
            remedy="give another value or relation, or leave it out and let the factory make one",
        )

    @property
    def store(self) -> Store:
        """The rows' way into the database.

        Raises:
            UsageProblem: this factory has no database.
        """
        __tracebackhide__ = OURS_HIDDEN
        if self._store is None:
            if self._connect is None:
                raise UsageProblem(
                    "these factories have no database",
                    why="create and for_table write rows",
                    remedy="use the fixture pgben_factory, pgben_factory.using(connection),"
                    " or Fabrica(connect=lambda: psycopg.connect(..., autocommit=True))",
                )
            self._store = Store(self._connect())
        return self._store

    def using(self, connection: psycopg.Connection[Any]) -> Fabrica:
        """The same, writing through this connection: part of its transaction, committed or not by its owner."""
        return self._like(connect=lambda: connection)

    def em(self, today: date) -> Fabrica:
        """The same with another today: `pgben_factory.em(date.today())` for stories that end now."""
        __tracebackhide__ = OURS_HIDDEN
        if not isinstance(today, date):
            raise UsageProblem(f"em got a {type(today).__name__}", why="it takes a date: the day on which stories end")
        return self._like(today=date(today.year, today.month, today.day))

    def with_classes(self, **classes: type[PGBenFactory]) -> Fabrica:
        """The same with classes of yours in the place of ours, in relations too: `with_classes(cidadao=MeuCidadao)`."""
        for name, cls in classes.items():
            ours = factory_of(name)
            if not (isinstance(cls, type) and issubclass(cls, ours)):
                raise UsageProblem(f"{cls!r} can't stand for {name}", why=f"it is not made from {ours.__name__}")
        other = self._like()
        other._classes = self._classes | classes
        return other

    def factory_of(self, what: str | type[PGBenFactory]) -> type[PGBenFactory]:
        """The class that makes these objects here."""
        if self._classes and isinstance(what, str):
            found = self._classes.get(ALIASES.get(what, what))
            if found is not None:
                return found
        return factory_of(what)

    def _like(self, **changed: Any) -> Fabrica:
        given: builtins.dict[str, Any] = {
            "seed": self.seed,
            "test": self.test,
            "today": self.hoje,
            "bucket": self._bucket,
            "connect": self._connect,
            "encryption_key": self._key,
        } | changed
        other = Fabrica(**given)
        other._counts, other._source, other._classes = self._counts, self._source, self._classes
        return other

    # -- tables without a factory, and whole offices

    def for_table(self, table: str) -> TableFactory:
        """A factory for a table of the database, made from its columns, constraints and enums.

        Raises:
            UsageProblem: no such table, with those that there are.
        """
        __tracebackhide__ = OURS_HIDDEN
        from pgben_testkit.factories.tables import TableFactory

        return TableFactory(self, table)

    def cenario(self, name: str, *, solicitacoes: int = 100, store: bool = True, **unknown: Any) -> Cenario:
        """A consistent office of that many requests, stored unless `store=False`; what was made, by table and status.

        Raises:
            UsageProblem: no such scenario, with those that there are; or no such argument.
        """
        __tracebackhide__ = OURS_HIDDEN
        if unknown:
            raise UsageProblem(
                f"cenario takes no {', '.join(map(repr, unknown))}",
                why="it takes solicitacoes and store",
                remedy="give solicitacoes=N: the rest of the office follows from it",
            )
        from pgben_testkit.factories.scenarios import run

        return run(self, name, solicitacoes, store=store)

    # -- files

    def read_documento(self, documento: Registro) -> bytes:
        """The bytes of a document that is in the test's bucket, decrypted and held against its Hash.

        Raises:
            NotReadable: it isn't there, was changed, or was written with another key.
        """
        from pgben_testkit.factories import files

        return files.get(self.bucket, documento.caminho, self.encryption_key)

    @property
    def bucket(self) -> Bucket:
        if self._bucket is None:
            raise UsageProblem(
                "these factories have no bucket",
                why="com_arquivo and read_documento need one",
                remedy="use the fixture pgben_factory, or Fabrica(bucket=lambda: ...)",
            )
        return self._bucket()

    @property
    def encryption_key(self) -> bytes:
        from pgben_testkit.factories import files

        return files.checked_key(self._key) if self._key is not None else files.key_of()

    def _put_files(self, saved: list[Registro]) -> None:
        for each in saved:
            if each.table == "documentos" and each.__dict__.get("arquivo_no_bucket"):
                from pgben_testkit.factories import files

                key = self.encryption_key if each.criptografado else None
                files.put(self.bucket, each.caminho, each.conteudo, each.nome_original, each.mimetype, key)

    # -- what factories ask for

    def count(self, what: str, owner: Any = None) -> int:
        """How many of `what` there are now, with this one: 1, 2, 3 ..."""
        key = what if owner is None else (what, owner)
        number = self._counts[key] = self._counts.get(key, 0) + 1
        if owner is not None:
            self._journal.append(key)
        return number

    def _draw(self, name: str) -> Draw:
        draw = self._source.draw(name, self.count(name))
        draw.maker = self
        return draw

    def related(self, name: str, given: builtins.dict[str, Any], *, shared: bool) -> Any:
        """An object for another to refer to; in a batch, `shared` ones come again."""
        if not shared or self._shared is None:
            return self.build(name, **given)
        key = name if not given else (name, tuple((each, id(value)) for each, value in sorted(given.items())))
        entry = self._shared.get(key)
        if entry is None or entry[1] >= SHARED_BY:
            entry = self._shared[key] = [self.build(name, **given), 0, given]
        entry[1] += 1
        return entry[0]

    def existing(self, name: str, identifier: Any) -> Any:
        """The row of this id, where rows are being created; else an object that has the id and is taken for one."""
        table = TABLE_OF.get(name, name)
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
    def _call(self) -> Iterator[None]:
        """What is shared, is shared within the outermost call."""
        if self._shared is not None:
            yield
            return
        self._shared, self._found = {}, {}
        token = _CURRENT.set(self)
        try:
            yield
        finally:
            _CURRENT.reset(token)
            self._shared = None

    @contextmanager
    def current(self) -> Iterator[Fabrica]:
        """Within, the classes (`PagamentoFactory.create()`) are this factory's."""
        token = _CURRENT.set(self)
        try:
            yield self
        finally:
            _CURRENT.reset(token)


def current() -> Fabrica:
    """The factory of the running test; outside of one, one without a database."""
    found = _CURRENT.get()
    if found is None:
        found = Fabrica(test="outside of a test")
        _CURRENT.set(found)
    return found


def _check_size(size: int) -> None:
    if not isinstance(size, int) or size < 0:
        raise UsageProblem(f"a batch of {size!r}", why="a batch has a whole number of objects, 0 or more")


def _all_given(columns: tuple[str, ...], given: builtins.dict[str, Any]) -> bool:
    return bool(columns) and all(
        name in given or (name.endswith("_id") and name.removesuffix("_id") in given) for name in columns
    )


@contextmanager
def _busy() -> Iterator[None]:
    """Python's settings for making many objects: no cyclic collection, which would look at objects that all stay again
    and again; and threads that change often, or the one that copies, which mostly waits for the server, would wait
    5 ms for each of its short turns. As they were, afterwards."""
    collected, interval = gc.isenabled(), sys.getswitchinterval()
    gc.disable()
    sys.setswitchinterval(SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        if collected:
            gc.enable()
