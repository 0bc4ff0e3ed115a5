"""The maker that a test holds as `pgben_factory`: PGBen's objects, rows of any table, whole offices, and files."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from pgben_testkit.errors import OURS_HIDDEN, UsageProblem
from pgben_testkit.factories.engine.maker import TODAY, ObjectMaker
from pgben_testkit.factories.engine.record import Record
from pgben_testkit.factories.pgben.catalog import CATALOG
from pgben_testkit.factories.pgben.document_source import DocumentSource

if TYPE_CHECKING:
    import psycopg

    from pgben_testkit.factories.pgben.files import Bucket
    from pgben_testkit.factories.pgben.scenarios import Scenario
    from pgben_testkit.factories.tables.table_factory import TableFactory


class Maker(ObjectMaker, DocumentSource):
    """Makes PGBen's objects. `build` returns objects, `create` stores rows, `dict` and `json` give what a client sends.

    Several threads must not use it at once. Connection and bucket are asked for when they are first needed.
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
        super().__init__(CATALOG, seed=seed, test=test, today=today, connect=connect)
        self._bucket = bucket
        self._key = encryption_key

    def for_table(self, table: str) -> TableFactory:
        """Return a factory for any table of the database, made from its columns, constraints and enums.

        Raises:
            UsageProblem: there is no such table; the message lists those that there are.
        """
        __tracebackhide__ = OURS_HIDDEN
        from pgben_testkit.factories.tables.table_factory import TableFactory

        return TableFactory(self, table)

    def scenario(self, name: str, *, solicitacoes: int = 100, store: bool = True, **unknown: Any) -> Scenario:
        """Make a consistent office with that many requests, stored unless `store=False`.

        Raises:
            UsageProblem: there is no such scenario (the message lists those that there are), or no such argument.
        """
        __tracebackhide__ = OURS_HIDDEN
        if unknown:
            raise UsageProblem(
                f"scenario takes no {', '.join(map(repr, unknown))}",
                why="it takes solicitacoes and store",
                remedy="give solicitacoes=N: the rest of the office follows from it",
            )
        from pgben_testkit.factories.pgben.scenarios import run

        return run(self, name, solicitacoes, store=store)

    def read_documento(self, documento: Record) -> bytes:
        """Return the bytes of a document in the test's bucket, decrypted and compared with its hash.

        Raises:
            NotReadable: the document isn't there, was changed, or was written with another key.
        """
        from pgben_testkit.factories.pgben import files

        return files.get(self.bucket, documento.caminho, self.encryption_key)

    @property
    def bucket(self) -> Bucket:
        """Return the test's bucket.

        Raises:
            UsageProblem: this maker has no bucket.
        """
        if self._bucket is None:
            raise UsageProblem(
                "these factories have no bucket",
                why="com_arquivo and read_documento need one",
                remedy="use the fixture pgben_factory, or Maker(bucket=lambda: ...)",
            )
        return self._bucket()

    @property
    def encryption_key(self) -> bytes:
        """Return the key that documents are encrypted with: the given one, else ENCRYPTION_KEY, else the public one."""
        from pgben_testkit.factories.pgben import files

        return files.checked_key(self._key) if self._key is not None else files.key_of()

    def before_commit(self, saved: list[Record]) -> None:
        """Put the files of documents into the bucket, so that no row is there without its file."""
        for each in saved:
            if each.table == "documentos" and each.__dict__.get("arquivo_no_bucket"):
                from pgben_testkit.factories.pgben import files

                key = self.encryption_key if each.criptografado else None
                files.put(self.bucket, each.caminho, each.conteudo, each.nome_original, each.mimetype, key)

    # -- names until 0.1, removed in the release after it

    @property
    def hoje(self) -> date:
        """Return `today`, under its old name."""
        _warn("hoje", "today")
        return self.today

    def em(self, today: date) -> Self:
        """Return `with_today(today)`, under its old name."""
        __tracebackhide__ = OURS_HIDDEN
        _warn("em", "with_today")
        return self.with_today(today)

    def cenario(self, name: str, *, solicitacoes: int = 100, store: bool = True, **unknown: Any) -> Scenario:
        """Return `scenario(...)`, under its old name."""
        __tracebackhide__ = OURS_HIDDEN
        _warn("cenario", "scenario")
        return self.scenario(name, solicitacoes=solicitacoes, store=store, **unknown)


def _warn(old: str, new: str) -> None:
    warnings.warn(f"pgben_factory.{old} is now called {new}", DeprecationWarning, stacklevel=3)


def __getattr__(name: str) -> Any:
    if name == "Fabrica":
        warnings.warn("Fabrica is now called Maker", DeprecationWarning, stacklevel=2)
        return Maker
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
