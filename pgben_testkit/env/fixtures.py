"""The environment in pytest: the contract is held before collection, and a test gets the typed values."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pgben_testkit.errors import EXIT_ENVIRONMENT, EnvironmentNotAble, TestkitError, UsageProblem
from pgben_testkit.pytest_world import SETTINGS

if TYPE_CHECKING:
    from pgben_testkit.env.assess import Assessment
    from pgben_testkit.env.environment import Environment
    from pgben_testkit.settings import Settings

ASSESSED: pytest.StashKey[Assessment] = pytest.StashKey()
NO_FILES = ("none",)
ONLY_LOOKING = ("collectonly", "showfixtures", "show_fixtures_per_test")
"""Options under which no test runs: an editor that asks for the tests is not stopped."""


def _files(settings: Settings) -> list[Path]:
    """The `.env` files of the test run: those that are named, else those that are there."""
    from pgben_testkit.env.assess import default_files

    if settings.env_files == NO_FILES:
        return []
    named = [settings.root / each for each in settings.env_files]
    for path in named:
        if not path.is_file():
            raise UsageProblem(f"env_files names {path}, and there is no such file", remedy="correct it, or say none")
    return named or default_files(settings.root)


def _assessed(config: pytest.Config) -> Assessment | None:
    """This process's environment held against the contract, once; None where no contract is named."""
    settings = config.stash[SETTINGS]
    if not settings.env_contract:
        return None
    if ASSESSED not in config.stash:
        from pgben_testkit.env import assess, contract_file

        contract = contract_file.load(settings.env_contract, settings.root)
        config.stash[ASSESSED] = assess.of_test_run(
            settings.root, contract, dict(os.environ), files=_files(settings), settings_file=config.inipath
        )
    return config.stash[ASSESSED]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """In the process that the user started, before anything is collected and any worker runs."""
    config = session.config
    settings = config.stash[SETTINGS]
    if not settings.env_contract or settings.env == "off" or hasattr(config, "workerinput"):
        return
    try:
        assessment = _assessed(config)
    except EnvironmentNotAble as error:
        pytest.exit(str(error), returncode=EXIT_ENVIRONMENT)
    except TestkitError as error:
        raise pytest.UsageError(str(error)) from None
    if assessment is None or not assessment.bad:
        return
    from pgben_testkit.report import findings as drawn

    reporter = config.pluginmanager.get_plugin("terminalreporter")
    errors = any(each.severity == "error" for each in assessment.bad)
    only_looking = any(config.getoption(name, False) for name in ONLY_LOOKING)
    stop = errors and settings.env == "stop" and not only_looking
    said = f"the environment breaks its contract {assessment.ground.contract_name}: {drawn.counted(assessment.bad)}"
    if reporter is not None:
        text = drawn.as_text(assessment.bad, max(config.get_terminal_writer().fullwidth, 100))
        reporter.write_sep("=", "environment")
        reporter.write_line(text)
        reporter.write_line("")
    elif stop:
        said = f"{drawn.as_text(assessment.bad)}\n\n{said}"
    if stop:
        pytest.exit(f"{said} (--pgben-env=warn goes on)", returncode=EXIT_ENVIRONMENT)


def pytest_report_header(config: pytest.Config) -> str | None:
    if ASSESSED not in config.stash:
        return None
    from pgben_testkit.report.findings import counted

    assessment = config.stash[ASSESSED]
    contract = assessment.contract
    count = len(contract.variables) if contract else 0
    return f"pgben: environment by {assessment.ground.contract_name}, {count} variables: {counted(assessment.bad)}"


@pytest.fixture
def pgben_env(request: pytest.FixtureRequest) -> Iterator[Environment]:
    """The environment, typed by its contract: `pgben_env["DB_PORT"]`, `.set(...)`, `.unset(...)`, `.raw(name)`.

    Everything that the test changes in `os.environ` is put back after it.
    """
    from pgben_testkit.env.assess import values
    from pgben_testkit.env.environment import Environment

    try:
        assessment = _assessed(request.config)
    except TestkitError as error:
        raise pytest.UsageError(str(error)) from None
    environment = Environment(assessment.contract if assessment else None, values(assessment) if assessment else {})
    environment.begin()
    yield environment
    environment.restore()
