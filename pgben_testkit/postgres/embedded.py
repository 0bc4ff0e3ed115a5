"""Start PostgreSQL from programs on this machine, on a copy of a prepared data folder."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pgben_testkit.errors import EnvironmentNotAble
from pgben_testkit.postgres import binaries as programs
from pgben_testkit.postgres import cluster, prepared, template
from pgben_testkit.postgres.admin import Admin
from pgben_testkit.postgres.binaries import Binaries
from pgben_testkit.postgres.schema import Schema
from pgben_testkit.postgres.server import PostgresInfo, connect, import_driver_meanwhile
from pgben_testkit.services.choose import Choice
from pgben_testkit.services.places import MEMORY_DISK
from pgben_testkit.services.process import Account, ServerProcess, unprivileged
from pgben_testkit.services.reap import remove_shared_memory
from pgben_testkit.services.run import Run
from pgben_testkit.services.server import Progress
from pgben_testkit.settings import Settings

PORT_TRIES = 3


class EmbeddedPostgres:
    """A server that we own, in a data folder that is thrown away."""

    def __init__(self, info: PostgresInfo, process: ServerProcess, data: Path) -> None:
        self.info = info
        self._process = process
        self._data = data

    @classmethod
    def start(
        cls, run: Run, settings: Settings, schema: Schema, choice: Choice, progress: Progress
    ) -> EmbeddedPostgres:
        """Running and answering, the template on it. What had to be prepared is cached for the next start."""
        began = time.perf_counter()
        found = programs.find(settings)
        if found is None:
            raise EnvironmentNotAble("no embedded postgres", why=programs.NONE_FOUND, remedy=programs.REMEDY)
        import_driver_meanwhile()
        account = unprivileged()
        usable = programs.reachable(found, settings) if account.uid is not None else found
        kit = _Kit(usable, account, settings, run)
        ready = kit.migrated(schema, progress)
        where = "tmpfs" if run.data.is_relative_to(MEMORY_DISK) else str(run.data.parent)
        server = kit.boot_copy(ready, run.data / "postgres", "postgres", serving=True)
        how = f"PostgreSQL {ready.facts.version} of {found.folder} ({found.origin}) on {where}"
        server.info = replace(server.info, how=how, why=choice.why)
        template.complete(server, ready.facts.template, schema, run.id, progress)
        server.info = replace(server.info, ready_s=time.perf_counter() - began)
        return server

    def stop(self) -> None:
        """Ended and its data removed, without a checkpoint that nobody needs."""
        pid_file = self._data / "postmaster.pid"
        shared_memory = pid_file.read_text("ascii") if pid_file.exists() else ""
        self._process.stop(cluster.STOP_NOW)
        if pid_file.exists() and shared_memory:  # it had to be killed
            remove_shared_memory(pid_file)
        shutil.rmtree(self._data, ignore_errors=True)

    def stop_for_copy(self) -> None:
        """Ended in order, the data folder complete and consistent."""
        self._process.stop(cluster.STOP_FAST, grace_s=60)


class _Kit:
    """What all steps of a start share."""

    def __init__(self, binaries: Binaries, account: Account, settings: Settings, run: Run) -> None:
        self._binaries = binaries
        self._account = account
        self._settings = settings
        self._run = run
        self._key_parts = (
            binaries.fingerprint,
            settings.postgres_locale,
            repr(sorted(cluster.options(settings.postgres_options).items())),
            str(account.uid),
            cluster.extensions_fingerprint(),
        )

    def boot_copy(self, ready: prepared.Prepared, data: Path, name: str, *, serving: bool = False) -> EmbeddedPostgres:
        """Start a server on a fresh copy of a prepared folder, at `data`; `serving` for one that tests use."""
        copy = prepared.Copy(ready, data, self._account)
        return self.boot(data, ready.facts.password, name, meanwhile=copy.rest, serving=serving)

    def boot(
        self,
        data: Path,
        password: str,
        name: str,
        *,
        meanwhile: Callable[[], None] = lambda: None,
        serving: bool = False,
    ) -> EmbeddedPostgres:
        """A server on `data`. A port that was taken since the kernel named it costs another try."""
        for attempt in range(PORT_TRIES):
            process, port = cluster.start(
                self._binaries,
                data,
                run=self._run,
                account=self._account,
                extra=(*(cluster.SERVING if serving else ()), *self._settings.postgres_options),
                name=name,
            )
            try:
                meanwhile()
                version = cluster.wait_until_ready(process, port, password, timeout_s=self._settings.start_timeout)
                break
            except EnvironmentNotAble:
                process.stop()
                if attempt + 1 == PORT_TRIES or not cluster.port_was_taken(process.log):
                    raise
                process.log.unlink()
            except BaseException:
                process.stop()
                raise
        info = PostgresInfo(
            backend="embedded",
            how="",
            why="",
            host="127.0.0.1",
            port=port,
            user=cluster.USER,
            password=password,
            version=version,
        )
        return EmbeddedPostgres(info, process, data)

    def empty(self, progress: Progress) -> prepared.Prepared:
        """A cluster as initdb leaves it."""

        def build(target: Path) -> prepared.Facts:
            progress("initialising a PostgreSQL cluster")
            data, password = self._run.data / "initdb", secrets.token_urlsafe(18)
            cluster.initialise(
                self._binaries, data, account=self._account, password=password, locale=self._settings.postgres_locale
            )
            server = self.boot(data, password, "postgres-initdb")
            try:
                with connect(server.info) as connection:
                    connection.execute(f"ALTER ROLE {cluster.USER} PASSWORD '{cluster.cheap_verifier(password)}'")
                    row = connection.execute(
                        "SELECT oid::text FROM pg_database WHERE datname = current_database()"
                    ).fetchone()
                    assert row is not None
            finally:
                server.stop_for_copy()
            shutil.move(data, target)
            return prepared.Facts(self._binaries.version(), password, "", row[0])

        return self._prepared(prepared.key_of("empty", *self._key_parts), build)

    def migrated(self, schema: Schema, progress: Progress) -> prepared.Prepared:
        """A cluster with the schema's sealed template, or the empty one where the schema has no fingerprint."""
        fingerprint = schema.key()
        if fingerprint is None:
            return self.empty(progress)
        name = template.name_of(schema, self._run.id)

        def build(target: Path) -> prepared.Facts:
            base = self.empty(progress)
            data = self._run.data / "migrating"
            server = self.boot_copy(base, data, "postgres-migrating")
            try:
                admin = Admin(connect(server.info))
                try:
                    template.build(server.info, admin, name, schema, progress)
                finally:
                    admin.close()
            except BaseException:
                server.stop()
                raise
            server.stop_for_copy()
            shutil.move(data, target)
            return replace(base.facts, template=name)

        return self._prepared(prepared.key_of("migrated", fingerprint, *self._key_parts), build)

    def _prepared(self, key: str, build: Callable[[Path], prepared.Facts]) -> prepared.Prepared:
        return prepared.find(key, self._settings) or prepared.make(key, self._settings, build)
