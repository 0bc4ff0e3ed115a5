"""Import the packages of the extras when something needs them; say which extra is missing."""

from __future__ import annotations

import importlib
from typing import Any

from pgben_testkit.errors import EnvironmentNotAble


def missing(package: str, *, what: str, extra: str) -> EnvironmentNotAble:
    """The error for a package that is not there: `what` can't be done without it, `extra` brings it."""
    return EnvironmentNotAble(
        what, why=f"the package {package} is not installed", remedy=f"pip install 'pgben-testkit[{extra}]'"
    )


def need(module: str, package: str, *, what: str, extra: str) -> Any:
    """The module, imported.

    Raises:
        EnvironmentNotAble: its package is not installed. Another's that it lacks is its own error.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] == module.split(".")[0]:
            raise missing(package, what=what, extra=extra) from None
        raise
