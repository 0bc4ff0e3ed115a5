"""Connect the kit to pytest. All that knows pytest is in this folder; what things mean is in the areas.

`pgben_testkit.plugin` is the entry point: it registers the modules of options, session and reports, and one module of
fixtures an area.
"""

from __future__ import annotations

import importlib

import pytest

PARTS = (
    "pgben_testkit.plugin.options",
    "pgben_testkit.plugin.session",
    "pgben_testkit.plugin.reports",
    "pgben_testkit.plugin.fixtures.postgres",
    "pgben_testkit.plugin.fixtures.storage",
    "pgben_testkit.plugin.fixtures.redis",
    "pgben_testkit.plugin.fixtures.env",
    "pgben_testkit.plugin.fixtures.factories",
    "pgben_testkit.plugin.fixtures.metrics",
    "pgben_testkit.plugin.fixtures.alerts",
)
"""Registered one by one: for names in `pytest_plugins` pytest would look through all installed packages each time."""


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    from pgben_testkit.plugin import hooks

    pluginmanager.add_hookspecs(hooks)
    for name in PARTS:
        pluginmanager.register(importlib.import_module(name), name)
