"""Gives every test its own real world: a database, a bucket, an environment. A pytest plugin with a command line.

Public names are imported when first used, so that loading the plugin costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pgben_testkit.errors import EnvironmentNotAble as EnvironmentNotAble
    from pgben_testkit.errors import TestkitError as TestkitError
    from pgben_testkit.errors import UsageProblem as UsageProblem
    from pgben_testkit.postgres.database import Database as Database
    from pgben_testkit.settings import Settings as Settings
    from pgben_testkit.storage.bucket import Bucket as Bucket

__version__ = "0.1.0"

pytest_plugins = ("pgben_testkit.plugin",)
"""For `-p pgben_testkit` where the package lies on the path without being installed."""

_PLACES = {
    "Bucket": "pgben_testkit.storage.bucket",
    "Database": "pgben_testkit.postgres.database",
    "EnvironmentNotAble": "pgben_testkit.errors",
    "Settings": "pgben_testkit.settings",
    "TestkitError": "pgben_testkit.errors",
    "UsageProblem": "pgben_testkit.errors",
}
__all__ = ["Bucket", "Database", "EnvironmentNotAble", "Settings", "TestkitError", "UsageProblem"]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_PLACES[name]), name)
