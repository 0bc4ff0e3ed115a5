"""The world of a pytest process: kept in its config, asked for by every area's fixtures."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from pgben_testkit.errors import TestkitError
from pgben_testkit.settings import Settings

if TYPE_CHECKING:
    from pgben_testkit.observability.lab.laboratory import Laboratory
    from pgben_testkit.postgres.server import PostgresInfo
    from pgben_testkit.services.run import Run
    from pgben_testkit.world import OwnedWorld, World

SETTINGS = pytest.StashKey[Settings]()
OWNED = pytest.StashKey["OwnedWorld"]()
WORLD = pytest.StashKey["World"]()
FAILED = pytest.StashKey[bool]()
STDERR = pytest.StashKey[int]()
SEED = pytest.StashKey[str]()
"""The seed of a test that used the data factories."""
LABORATORY: pytest.StashKey[Laboratory] = pytest.StashKey()
"""The alert laboratory of a test that has one."""
PROCESS_RUN: pytest.StashKey[Run] = pytest.StashKey()
ENDING = pytest.StashKey[bool]()
"""The session is being finished."""
SIGTERM_AGAIN_S = 5.0
SAID: pytest.StashKey[dict[str, str]] = pytest.StashKey()
"""What the header said: service -> backend."""
KEPT: pytest.StashKey[list[str]] = pytest.StashKey()


def world_of(config: pytest.Config) -> World:
    """The world of this process. In an xdist worker its servers are the controller's."""
    if WORLD not in config.stash:
        from pgben_testkit.world import World

        settings = config.stash[SETTINGS]
        if hasattr(config, "workerinput"):
            from pgben_testkit.services.desk import DeskClient

            client = DeskClient(config.workerinput["pgben_desk"])
            config.stash[WORLD] = World(settings, client, config.workerinput["workerid"])
        else:
            config.stash[WORLD] = World(settings, owned(config).desk)
    return config.stash[WORLD]


def owned(config: pytest.Config) -> OwnedWorld:
    """The servers that this process owns: the controller's, or a lone process's."""
    if OWNED not in config.stash:
        from pgben_testkit.report.progress import Patient
        from pgben_testkit.world import OwnedWorld

        config.stash[OWNED] = OwnedWorld.open(config.stash[SETTINGS], announce=Patient(_uncaptured(config)))
        _end_in_order_on_sigterm(config)
    return config.stash[OWNED]


def process_run(config: pytest.Config) -> Run:
    """A run of this process alone, an xdist worker's too: for programs that must be its own children."""
    if PROCESS_RUN not in config.stash:
        from pgben_testkit.services.reap import reap_dead
        from pgben_testkit.services.run import Run

        reap_dead()
        config.stash[PROCESS_RUN] = Run.begin(config.stash[SETTINGS])
        _end_in_order_on_sigterm(config)
    return config.stash[PROCESS_RUN]


def announce(config: pytest.Config) -> Callable[[str, str], None]:
    """Long steps are told on standard error, past the capture; in an xdist worker nobody is told."""
    from pgben_testkit.report.progress import Patient
    from pgben_testkit.services.server import silent

    return Patient(_uncaptured(config)) if STDERR in config.stash else silent


def _uncaptured(config: pytest.Config) -> Callable[[str], object]:
    """Writes to the standard error that was there before tests were captured."""
    fd = config.stash[STDERR]
    return lambda text: os.write(fd, text.encode())


def _end_in_order_on_sigterm(config: pytest.Config) -> None:
    """What CI sends when it cancels a job ends the session as ctrl-C does, unless somebody else takes the signal."""
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:

        def end(number: int, _: object) -> None:
            if ENDING in config.stash:
                return  # once is enough: the servers are being stopped
            _again_until_it_ends(config, number)
            pytest.exit(f"terminated by {signal.Signals(number).name}", returncode=128 + number)

        signal.signal(signal.SIGTERM, end)
        config.add_cleanup(_default_sigterm)


def _again_until_it_ends(config: pytest.Config, number: int) -> None:
    """An exception at any moment can leave a lock of the code under test taken, and its own clean-up waits for it for
    ever: the signal comes again."""

    main = threading.main_thread().ident
    assert main is not None

    def again() -> None:
        if ENDING not in config.stash:
            signal.pthread_kill(main, number)

    timer = threading.Timer(SIGTERM_AGAIN_S, again)
    timer.daemon = True
    timer.start()


def _default_sigterm() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def close(config: pytest.Config) -> None:
    """This process's databases are gone, and so are the servers that it owns, unless one holds a kept database."""
    if WORLD in config.stash:
        config.stash[WORLD].close()
    if OWNED in config.stash:
        config.stash[OWNED].close(keep_running=bool(config.stash.get(KEPT, None)))
    if PROCESS_RUN in config.stash:
        config.stash[PROCESS_RUN].end()
        del config.stash[PROCESS_RUN]
    if STDERR in config.stash:
        os.close(config.stash[STDERR])
        del config.stash[STDERR]


def test_failed(item: pytest.Item) -> bool:
    return item.stash.get(FAILED, False)


test_failed.__test__ = False  # type: ignore[attr-defined]


def note_kept(item: pytest.Item, info: PostgresInfo, name: str) -> None:
    """Say in the test's report how its database is opened. The password stays in a file that only we can read."""
    from pgben_testkit.services.places import private_folder, state_dir

    file = private_folder(state_dir() / "pgpass") / str(info.port)
    file.touch(0o600)
    file.write_text(f"{info.host}:{info.port}:*:{info.user}:{info.password}\n", "utf-8")
    line = f"PGPASSFILE={file} psql -h {info.host} -p {info.port} -U {info.user} -d {name}"
    item.user_properties.append(("pgben_kept", f"{item.nodeid}: {line}"))


def as_pytest_error(error: TestkitError) -> pytest.UsageError:
    return pytest.UsageError(str(error))
