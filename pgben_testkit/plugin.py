"""The pytest plugin: options, header, summary, markers. What they mean is in the areas."""

from __future__ import annotations

import importlib
import os
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from pgben_testkit import settings as settings_module
from pgben_testkit.errors import TestkitError

FIXTURES = (
    "pgben_testkit.postgres.fixtures",
    "pgben_testkit.storage.fixtures",
    "pgben_testkit.redis.fixtures",
    "pgben_testkit.env.fixtures",
    "pgben_testkit.factories.fixtures",
    "pgben_testkit.observability.fixtures",
)


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    for name in FIXTURES:  # by `pytest_plugins` pytest would look through all installed packages once for each
        pluginmanager.register(importlib.import_module(name), name)
    group = parser.getgroup("pgben", "pgben-testkit: a database and a bucket for every test")
    for name, meta, default in settings_module.rows():
        option, dest = "--pgben-" + name.replace("_", "-"), "pgben_" + name
        shown = f"{meta['help']}" + (f" (default: {default})" if default not in ("", (), False) else "")
        if meta["kind"] == "bool":
            group.addoption(option, dest=dest, action="store_const", const="true", default=None, help=shown)
            off = option.replace("--pgben-", "--no-pgben-")
            group.addoption(off, dest=dest, action="store_const", const="false", default=None, help=f"not {option}")
        else:
            group.addoption(option, dest=dest, default=None, metavar="VALUE", help=shown.replace("%", "%%"))
        parser.addini("pgben_" + name, meta["help"], type="string", default=None)


def _read(config: pytest.Config) -> settings_module.Settings:
    found = _given(config)
    if not found.seed:  # as an option, it reaches xdist's workers too
        config.option.pgben_seed = str(int.from_bytes(os.urandom(4), "big"))
        found = _given(config)
    return found


def _given(config: pytest.Config) -> settings_module.Settings:
    names = [name for name, _, _ in settings_module.rows()]
    return settings_module.read(
        root=Path(config.rootpath),
        command_line={name: config.getoption("pgben_" + name, None) for name in names},
        ini={name: config.getini("pgben_" + name) or None for name in names},
    )


def pytest_configure(config: pytest.Config) -> None:
    from pgben_testkit.pytest_world import SETTINGS, STDERR

    config.addinivalue_line("markers", "pgben_isolation(name): how this test's pgben_database is isolated")
    config.addinivalue_line("markers", "pgben_requires(*capabilities): what this test's S3 backend must be able to do")
    try:
        config.stash[SETTINGS] = _read(config)
    except TestkitError as error:
        raise pytest.UsageError(str(error)) from None
    if not hasattr(config, "workerinput"):
        config.stash[STDERR] = os.dup(2)  # before any capture
    if config.pluginmanager.has_plugin("xdist") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Controller(config), "pgben_controller")


class _Controller:
    """Hooks of xdist: only where it is there."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._desk = ""

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        from pgben_testkit.pytest_world import owned

        if not self._desk:
            self._desk = str(owned(self._config).desk.open())
        node.workerinput["pgben_desk"] = self._desk

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        from pgben_testkit.pytest_world import owned

        spent = getattr(node, "workeroutput", {}).get("pgben_stats")
        if spent:
            owned(self._config).world.stats.merge(spent)


SERVICE_OF = {
    "pgben_postgres": "postgres",
    "pgben_session_database": "postgres",
    "pgben_database": "postgres",
    "pgben_transaction": "postgres",
    "pgben_storage": "storage",
    "pgben_bucket": "storage",
    "pgben_redis": "redis",
    "pgben_redis_db": "redis",
}
"""Fixture -> the service that it stands on. The other fixtures stand on these."""


def _needed(items: Sequence[pytest.Item]) -> list[str]:
    """The services that these tests stand on, in the order of `SERVICE_OF`."""
    wanted = {name for item in items for name in getattr(item, "fixturenames", ())}
    return list(dict.fromkeys(service for fixture, service in SERVICE_OF.items() if fixture in wanted))


def pytest_report_header(config: pytest.Config) -> str | None:
    """With xdist the controller collects nothing: what it could provide is said at once."""
    if not config.pluginmanager.has_plugin("dsession"):
        return None
    return _header(config, list(dict.fromkeys(SERVICE_OF.values())))


def pytest_report_collectionfinish(config: pytest.Config, items: Sequence[pytest.Item]) -> str | None:
    """What provides the servers that the collected tests need, and why; nothing where they need none."""
    needed = _needed(items)
    return _header(config, needed) if needed else None


def _header(config: pytest.Config, services: Sequence[str]) -> str:
    from pgben_testkit.pytest_world import SAID, SETTINGS
    from pgben_testkit.report.header import line

    return line(config.stash[SETTINGS], services, said=config.stash.setdefault(SAID, {}))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start what the collected tests need in the background: the first of them waits less."""
    from pgben_testkit.pytest_world import owned

    config = session.config
    if config.option.collectonly or hasattr(config, "workerinput") or config.pluginmanager.has_plugin("dsession"):
        return
    for service in _needed(session.items):
        owned(config).supply.prestart(service)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    from pgben_testkit.pytest_world import FAILED, LABORATORY, SEED
    from pgben_testkit.report.failure import told_once, told_without_frames

    ours = call.excinfo is not None and call.excinfo.errisinstance(TestkitError)
    report = yield
    if call.excinfo is not None and ours:
        again = told_once(item, call.excinfo) if call.when == "setup" else ""
        report.longrepr = again or told_without_frames(call.excinfo, report.longrepr)
    if report.failed:
        item.stash[FAILED] = True
        told = ours or (call.excinfo is not None and call.excinfo.typename == "AlertFailed")
        if LABORATORY in item.stash and call.when == "call" and not told:
            report.sections.append(("pgben_alerts", item.stash[LABORATORY].story()))
        if SEED in item.stash:
            report.sections.append(("pgben_factory", f"the same data again: --pgben-seed={item.stash[SEED]}"))
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "teardown":
        _KEPT.extend(str(value) for name, value in report.user_properties if name == "pgben_kept")


_KEPT: list[str] = []
"""Lines about kept databases, of this process's workers too; emptied when a session ends."""


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    from pgben_testkit.pytest_world import OWNED, SAID, SETTINGS, WORLD

    if SAID in config.stash and OWNED in config.stash:
        from pgben_testkit.report.header import corrections

        for each in corrections(config.stash[SAID], config.stash[OWNED].supply.servers.values()):
            terminalreporter.write_line(each)
    if _KEPT:
        terminalreporter.section("databases kept (pgben-testkit down removes them)")
        for each in _KEPT:
            terminalreporter.write_line(each)
    if config.stash[SETTINGS].stats and OWNED in config.stash:
        from pgben_testkit.report.stats import lines

        stats = config.stash[OWNED].world.stats
        if WORLD in config.stash:
            stats.merge(dict(config.stash[WORLD].stats.spent))
        terminalreporter.section("what the environment cost")
        for each in lines(config.stash[OWNED].supply.servers, stats):
            terminalreporter.write_line(each)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    from pgben_testkit.pytest_world import ENDING, WORLD

    config = session.config
    config.stash[ENDING] = True
    if hasattr(config, "workeroutput") and WORLD in config.stash:
        config.stash[WORLD].close()
        config.workeroutput["pgben_stats"] = dict(config.stash[WORLD].stats.spent)


def pytest_unconfigure(config: pytest.Config) -> None:
    from pgben_testkit.pytest_world import KEPT, close

    if _KEPT:
        config.stash[KEPT] = list(_KEPT)
        _KEPT.clear()
    close(config)
