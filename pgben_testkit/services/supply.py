"""Start the servers of one run, each once, when somebody first asks; stop them together."""

from __future__ import annotations

import atexit
import functools
import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pgben_testkit.errors import TestkitError, UsageProblem
from pgben_testkit.services import warm
from pgben_testkit.services.reap import end_all_of, reap_dead
from pgben_testkit.services.registry import Registry
from pgben_testkit.services.run import Run
from pgben_testkit.services.server import Announce, Server, silent
from pgben_testkit.settings import Settings

PATIENCE_S = 2.0
"""How long the end waits for a server that is still starting, before it breaks the start off."""
TURN_S = 0.5
BROKEN_OFF_S = 10.0
"""How long a start that was broken off may take to fail; after it, its thread ends with this process."""


@contextmanager
def _taken(lock: threading.Lock) -> Iterator[None]:
    """The lock, waited for in short turns: a wait without end can miss a ctrl-C that another thread was handed."""
    while not lock.acquire(timeout=TURN_S):
        pass
    try:
        yield
    finally:
        lock.release()


class Supply:
    """Gives servers by name. Safe to ask from many threads; an answer, or an error, is the same for all."""

    def __init__(self, settings: Settings, announce: Announce = silent, *, registry: Registry | None = None) -> None:
        self.settings = settings
        self.registry = registry or Registry()
        self.announce = announce
        self.servers: dict[str, Server] = {}
        self._errors: dict[str, TestkitError] = {}
        self._locks = {service: threading.Lock() for service in self.registry.names()}
        self._run_lock = threading.Lock()
        self._run: Run | None = None
        self._closed = False

    @property
    def run(self) -> Run:
        """This run, begun when first needed; what dead runs left is removed first."""
        with self._run_lock:
            if self._run is None:
                reap_dead()
                self._run = Run.begin(self.settings)
                atexit.register(self.close)
            return self._run

    @property
    def begun(self) -> bool:
        """Whether anything was asked for yet."""
        return self._run is not None

    def get(self, service: str) -> Server:
        """The server, started now if it isn't running yet.

        Raises:
            TestkitError: it can't be had; the same error again for whoever asks next.
        """
        kind = self.registry.get(service)
        with _taken(self._locks[service]):
            if self._closed:
                raise UsageProblem(f"{service} was asked for after the run's end", remedy="ask within the run")
            if service in self._errors:
                raise self._errors[service]
            if service not in self.servers:
                try:
                    found = warm.find(kind, self.settings) if self.settings.warm else None
                    progress = functools.partial(self.announce, service)
                    self.servers[service] = kind.start(self.run, self.settings, progress, found)
                except TestkitError as error:
                    self._errors[service] = error
                    raise
                finally:
                    self.announce(service, "")
            return self.servers[service]

    def prestart(self, service: str) -> None:
        """Begin to start a server in the background; `get` waits for it and raises its error."""
        for module in self.registry.get(service).modules(self.settings):
            importlib.import_module(module)

        def work() -> None:
            try:
                self.get(service)
            except TestkitError:
                pass  # remembered by `get`, raised to whoever needs the server
            except Exception:
                if not self._closed:  # else it is the end that took the server from under it
                    raise

        threading.Thread(target=work, daemon=True, name=f"start {service}").start()

    def close(self, *, keep_running: bool = False) -> None:
        """Stop what runs, remove the data; what is still starting is waited for, and broken off when it takes long:
        a migration may hang for ever. Twice is fine.

        `keep_running` leaves the servers to `pgben-testkit down`.
        """
        self._closed = True
        for service, lock in self._locks.items():
            free = lock.acquire(timeout=-1 if keep_running else PATIENCE_S)
            if not free and self._run is not None:
                end_all_of(self._run)
                free = lock.acquire(timeout=BROKEN_OFF_S)
            if not free:
                continue
            try:
                server = self.servers.get(service)
                if server is not None and not keep_running:
                    server.stop()
            finally:
                lock.release()
        with self._run_lock:
            if self._run is not None:
                atexit.unregister(self.close)
                if keep_running:
                    self._run.stay_warm(warm.facts(self.settings, self.registry, self.servers))
                else:
                    self._run.end()
                self._run = None
