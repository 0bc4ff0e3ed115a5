"""Declare the hooks by which other pytest plugins extend the kit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgben_testkit.services.registry import AnyService


def pytest_pgben_services() -> Sequence[AnyService]:  # type: ignore[empty-body]
    """Return services to add to the kit's own, each with a name of its own.

    Called once a session, after all plugins are loaded and before the command line is parsed, so that the settings of
    each service become options, ini keys and variables.
    """
