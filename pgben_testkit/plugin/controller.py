"""Serve xdist's workers from the controller: where they ask for servers, and what they spent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pgben_testkit.services.world import OwnedWorld


class Controller:
    """The hooks of xdist, registered only where xdist is there."""

    def __init__(self, owned: Callable[[], OwnedWorld]) -> None:
        self._owned = owned
        self._desk = ""

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        if not self._desk:
            self._desk = str(self._owned().desk.open())
        node.workerinput["pgben_desk"] = self._desk

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        spent = getattr(node, "workeroutput", {}).get("pgben_stats")
        if spent:
            self._owned().world.stats.merge(spent)
