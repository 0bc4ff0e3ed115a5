"""The extra `env`: the parsers that reading files needs."""

from __future__ import annotations

import importlib
from typing import Any

from pgben_testkit.errors import EnvironmentNotAble


def missing_extra(package: str) -> EnvironmentNotAble:
    """The one error for any part of the extra that is not there."""
    return EnvironmentNotAble(
        "environment files can't be read",
        why=f"the package {package} is not installed",
        remedy="pip install 'pgben-testkit[env]'",
    )


def need(module: str, package: str) -> Any:
    """The module, imported.

    Raises:
        EnvironmentNotAble: the extra is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] == module.split(".")[0]:
            raise missing_extra(package) from None
        raise
