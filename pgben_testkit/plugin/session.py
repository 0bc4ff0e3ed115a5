"""Hold the world of a pytest process in its config: opened when a fixture first asks, closed when the session ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from pgben_testkit.errors import TestkitError
from pgben_testkit.plugin.ending import ENDING, end_in_order_on_sigterm
from pgben_testkit.plugin.options import SETTINGS, added_services

if TYPE_CHECKING:
    from pgben_testkit.services.registry import Registry
    from pgben_testkit.services.run import Run
    from pgben_testkit.services.world import OwnedWorld, World

OWNED = pytest.StashKey["OwnedWorld"]()
WORLD = pytest.StashKey["World"]()
WORKER_RUN: pytest.StashKey[Run] = pytest.StashKey()
REGISTRY: pytest.StashKey[Registry] = pytest.StashKey()
FAILED = pytest.StashKey[bool]()
STDERR = pytest.StashKey[int]()
KEEP_RUNNING = pytest.StashKey[bool]()
"""Set where the servers must outlive the session: one holds a database that was kept for a person to look at."""


def is_worker(config: pytest.Config) -> bool:
    """Tell whether this process is an xdist worker: its servers are the controller's."""
    return hasattr(config, "workerinput")


def is_controller(config: pytest.Config) -> bool:
    """Tell whether this process only directs xdist workers: it collects and runs nothing."""
    return config.pluginmanager.has_plugin("dsession")


def registry(config: pytest.Config) -> Registry:
    """Return all services that this session knows."""
    if REGISTRY not in config.stash:
        from pgben_testkit.services.registry import Registry

        config.stash[REGISTRY] = Registry(added_services(config))
    return config.stash[REGISTRY]


def world_of(config: pytest.Config) -> World:
    """Return the world of this process. In an xdist worker its servers are the controller's."""
    if WORLD not in config.stash:
        if is_worker(config):
            from pgben_testkit.services.desk import DeskClient
            from pgben_testkit.services.world import World

            given: dict[str, Any] = config.workerinput  # type: ignore[attr-defined]  # xdist's
            config.stash[WORLD] = World(config.stash[SETTINGS], DeskClient(given["pgben_desk"]), given["workerid"])
        else:
            config.stash[WORLD] = owned(config).world
    return config.stash[WORLD]


def owned(config: pytest.Config) -> OwnedWorld:
    """Return the servers that this process owns: the controller's, or a lone process's."""
    if OWNED not in config.stash:
        from pgben_testkit.services.world import OwnedWorld

        config.stash[OWNED] = OwnedWorld.open(
            config.stash[SETTINGS], announce=announce(config), registry=registry(config)
        )
        end_in_order_on_sigterm(config)
    return config.stash[OWNED]


def process_run(config: pytest.Config) -> Run:
    """Return the run whose programs are children of this process: an xdist worker has one of its own."""
    if not is_worker(config):
        return owned(config).supply.run
    if WORKER_RUN not in config.stash:
        from pgben_testkit.services.run import Run

        config.stash[WORKER_RUN] = Run.begin(config.stash[SETTINGS])
        end_in_order_on_sigterm(config)
    return config.stash[WORKER_RUN]


def announce(config: pytest.Config) -> Callable[[str, str], None]:
    """Return what tells of long steps: on standard error, past the capture; in an xdist worker it tells nobody."""
    if STDERR not in config.stash:
        from pgben_testkit.services.server import silent

        return silent
    from pgben_testkit.report.progress import Patient

    descriptor = config.stash[STDERR]
    return Patient(lambda text: os.write(descriptor, text.encode()))


def needed(config: pytest.Config, items: Sequence[pytest.Item]) -> list[str]:
    """Return the names of the services that these tests stand on."""
    asked = set()
    for item in items:
        fixtures = frozenset(name for name in getattr(item, "fixturenames", ()) if name.startswith("pgben_"))
        if fixtures:
            asked.add((fixtures, required(item)))
    return [each.name for each in registry(config) if any(each.needed_by(*one) for one in asked)] if asked else []


def required(item: pytest.Item) -> tuple[str, ...]:
    """Return what the markers `pgben_requires` of a test name."""
    return tuple(str(name) for marker in item.iter_markers("pgben_requires") for name in marker.args)


def test_failed(item: pytest.Item) -> bool:
    """Tell whether a phase of this test has failed so far."""
    return item.stash.get(FAILED, False)


test_failed.__test__ = False  # type: ignore[attr-defined]


@pytest.hookimpl(trylast=True)  # the settings are read first
def pytest_configure(config: pytest.Config) -> None:
    if is_worker(config):
        return
    config.stash[STDERR] = os.dup(2)  # before any capture
    if config.pluginmanager.has_plugin("xdist"):
        from pgben_testkit.plugin.controller import Controller

        config.pluginmanager.register(Controller(lambda: owned(config)), "pgben_controller")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start what the collected tests need in the background: the first of them waits less."""
    config = session.config
    if config.option.collectonly or is_worker(config) or is_controller(config):
        return
    for service in needed(config, session.items):
        owned(config).supply.prestart(service)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    config = session.config
    config.stash[ENDING] = True
    if is_worker(config) and WORLD in config.stash:
        config.stash[WORLD].close()
        spent = dict(config.stash[WORLD].stats.spent)
        config.workeroutput["pgben_stats"] = spent  # type: ignore[attr-defined]  # xdist's


@pytest.hookimpl(trylast=True)  # the reports say first what is to be kept
def pytest_unconfigure(config: pytest.Config) -> None:
    """Give back this process's databases and stop the servers that it owns, unless one holds a kept database."""
    if WORLD in config.stash:
        config.stash[WORLD].close()
    if OWNED in config.stash:
        config.stash[OWNED].close(keep_running=config.stash.get(KEEP_RUNNING, False))
    if WORKER_RUN in config.stash:
        config.stash[WORKER_RUN].end()
        del config.stash[WORKER_RUN]
    if STDERR in config.stash:
        os.close(config.stash[STDERR])
        del config.stash[STDERR]


def as_usage_error(error: TestkitError) -> pytest.UsageError:
    """Return the error as pytest shows a user's mistake: without a traceback, exit code 4."""
    return pytest.UsageError(str(error))
