"""Tell in pytest's report what provides the servers, what they cost, and how kept databases are opened."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from pgben_testkit.errors import TestkitError
from pgben_testkit.plugin.options import SETTINGS
from pgben_testkit.plugin.session import FAILED, KEEP_RUNNING, OWNED, is_controller, needed, registry

if TYPE_CHECKING:
    from pgben_testkit.postgres.server import PostgresInfo

SAID: pytest.StashKey[dict[str, str]] = pytest.StashKey()
"""What the header said: service -> backend."""


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(KeptDatabases(config), "pgben_kept_databases")


def pytest_report_header(config: pytest.Config) -> str | None:
    """With xdist the controller collects nothing: what it could provide is said at once."""
    return _header(config, registry(config).names()) if is_controller(config) else None


def pytest_report_collectionfinish(config: pytest.Config, items: Sequence[pytest.Item]) -> str | None:
    """Say what provides the servers that the collected tests need, and why; nothing where they need none."""
    services = needed(config, items)
    return _header(config, services) if services else None


def _header(config: pytest.Config, services: Sequence[str]) -> str:
    from pgben_testkit.report.header import line

    said = config.stash.setdefault(SAID, {})
    return line(config.stash[SETTINGS], [registry(config).get(name) for name in services], said=said)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show an error of ours by its text alone: frames would hide it."""
    ours = call.excinfo is not None and call.excinfo.errisinstance(TestkitError)
    report = yield
    if call.excinfo is not None and ours:
        from pgben_testkit.plugin.failure import told_once, told_without_frames

        again = told_once(item, call.excinfo) if call.when == "setup" else ""
        report.longrepr = again or told_without_frames(call.excinfo, report.longrepr)
    if report.failed:
        item.stash[FAILED] = True
    return report


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if OWNED not in config.stash:
        return
    supply = config.stash[OWNED].supply
    if SAID in config.stash:
        from pgben_testkit.report.header import corrections

        for each in corrections(config.stash[SAID], supply.servers.values()):
            terminalreporter.write_line(each)
    if config.stash[SETTINGS].stats:
        from pgben_testkit.report.stats import lines

        terminalreporter.section("what the environment cost")
        for each in lines(supply.servers, config.stash[OWNED].world.stats):
            terminalreporter.write_line(each)


class KeptDatabases:
    """Gathers the lines about kept databases from all reports of a session, of its xdist workers too."""

    PROPERTY = "pgben_kept"

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._lines: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "teardown":
            self._lines += [str(value) for name, value in report.user_properties if name == self.PROPERTY]
            if self._lines:
                self._config.stash[KEEP_RUNNING] = True

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self._lines:
            terminalreporter.section("databases kept (pgben-testkit down removes them)")
            for each in self._lines:
                terminalreporter.write_line(each)


def note_kept(item: pytest.Item, info: PostgresInfo, name: str) -> None:
    """Write into the test's report how its kept database `name` is opened."""
    from pgben_testkit.postgres.console import psql_line

    item.user_properties.append((KeptDatabases.PROPERTY, f"{item.nodeid}: {psql_line(info, name)}"))
