"""Add the kit's options and ini keys to pytest, and read the settings from them once a session."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pgben_testkit import settings as settings_module
from pgben_testkit.errors import TestkitError
from pgben_testkit.settings import Option, Settings

if TYPE_CHECKING:
    from pgben_testkit.services.registry import AnyService

SETTINGS = pytest.StashKey[Settings]()
ADDED: pytest.StashKey[tuple[Option, ...]] = pytest.StashKey()
"""The options of services that other plugins add."""
MARKERS = (
    "pgben_isolation(name): how this test's pgben_database is isolated",
    "pgben_requires(*capabilities): what this test's S3 backend must be able to do",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    _add(parser, settings_module.options())


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, parser: pytest.Parser) -> None:
    """Add the options of the services that other plugins bring: all plugins are loaded now, nothing is parsed yet."""
    added = added_services(early_config)
    if not added:
        return
    from pgben_testkit.services.registry import Registry

    try:
        early_config.stash[ADDED] = Registry(added).options()
    except TestkitError as error:
        raise pytest.UsageError(str(error)) from None
    _add(parser, early_config.stash[ADDED])


def added_services(config: pytest.Config) -> list[AnyService]:
    """Return the services that other plugins add by the hook `pytest_pgben_services`."""
    return [service for found in config.hook.pytest_pgben_services() for service in found]


def _add(parser: pytest.Parser, options: tuple[Option, ...]) -> None:
    group = parser.getgroup("pgben", "pgben-testkit: a database and a bucket for every test")
    for option in options:
        shown = option.help.replace("%", "%%")
        if option.choices:
            shown += f"; one of {', '.join(option.choices)}"
        if option.default not in ("", (), False):
            shown += f" (default: {_shown(option.default)})"
        dest = "pgben_" + option.name
        if option.kind == "bool":
            group.addoption(option.flag, dest=dest, action="store_const", const="true", default=None, help=shown)
            off = option.flag.replace("--pgben-", "--no-pgben-")
            group.addoption(
                off, dest=dest, action="store_const", const="false", default=None, help=f"not {option.flag}"
            )
        else:
            group.addoption(option.flag, dest=dest, default=None, metavar="VALUE", help=shown)
        parser.addini(dest, option.help, type="string", default=None)


def _shown(default: object) -> str:
    return " ".join(map(str, default)) if isinstance(default, tuple) else str(default)


def pytest_configure(config: pytest.Config) -> None:
    for each in MARKERS:
        config.addinivalue_line("markers", each)
    try:
        config.stash[SETTINGS] = _read(config)
    except TestkitError as error:
        raise pytest.UsageError(str(error)) from None


def _read(config: pytest.Config) -> Settings:
    found = _given(config)
    if not found.seed:  # as an option, it reaches xdist's workers too
        config.option.pgben_seed = str(int.from_bytes(os.urandom(4), "big"))
        found = _given(config)
    return found


def _given(config: pytest.Config) -> Settings:
    added = config.stash.get(ADDED, ())
    names = [option.name for option in (*settings_module.options(), *added)]
    return settings_module.read(
        root=Path(config.rootpath),
        command_line={name: config.getoption("pgben_" + name, None) for name in names},
        ini={name: config.getini("pgben_" + name) or None for name in names},
        added=added,
    )
