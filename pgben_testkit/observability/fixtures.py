"""The fixtures of observability: thin over `observability/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pgben_testkit.pytest_world import SETTINGS

if TYPE_CHECKING:
    from pgben_testkit.observability.metrics import Metrics


@pytest.fixture
def pgben_metrics(request: pytest.FixtureRequest) -> Metrics:
    """Metrics of any endpoint: `.scrape(url)`, `.compare(before, now)`, `.check(url)`, `.assert_as_catalogued(url)`.

    The catalogue is the one that `pgben_metrics_catalogue` names, unless a call gives another.
    """
    from pgben_testkit.observability.metrics import Metrics

    settings = request.config.stash[SETTINGS]
    named = settings.metrics_catalogue
    return Metrics(settings.root / named if named else None)
