"""The extra `observability`: the parsers that reading expositions and catalogues needs."""

from __future__ import annotations

import importlib
from typing import Any

from pgben_testkit.errors import EnvironmentNotAble


def need(module: str, package: str) -> Any:
    """The module, imported.

    Raises:
        EnvironmentNotAble: the extra is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] == module.split(".")[0]:
            raise EnvironmentNotAble(
                "metrics can't be read",
                why=f"the package {package} is not installed",
                remedy="pip install 'pgben-testkit[observability]'",
            ) from None
        raise
