"""The fixtures of observability: thin over `observability/`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from pgben_testkit.pytest_world import LABORATORY, SETTINGS, announce, process_run

if TYPE_CHECKING:
    from pgben_testkit.observability.lab.laboratory import Laboratory
    from pgben_testkit.observability.metrics import Metrics
    from pgben_testkit.observability.receivers.inbox import Inbox
    from pgben_testkit.observability.servers.live import LiveAlertmanager, LivePrometheus


@pytest.fixture
def pgben_metrics(request: pytest.FixtureRequest) -> Metrics:
    """Metrics of any endpoint: `.scrape(url)`, `.compare(before, now)`, `.check(url)`, `.assert_as_catalogued(url)`.

    The catalogue is the one that `pgben_metrics_catalogue` names, unless a call gives another.
    """
    from pgben_testkit.observability.metrics import Metrics

    settings = request.config.stash[SETTINGS]
    named = settings.metrics_catalogue
    return Metrics(settings.root / named if named else None)


@pytest.fixture(scope="session")
def pgben_alertmanager(request: pytest.FixtureRequest) -> Iterator[LiveAlertmanager]:
    """A real Alertmanager on `pgben_alertmanager_config`, its messages delivered to `.inbox`: `.url`, `.alerts()`."""
    from pgben_testkit.observability.servers.live import LiveAlertmanager

    settings = request.config.stash[SETTINGS]
    named = settings.alertmanager_config
    made = LiveAlertmanager(
        process_run(request.config), settings.root / named if named else None, program=settings.alertmanager_bin
    )
    yield made
    made.close()


@pytest.fixture(scope="session")
def pgben_prometheus(request: pytest.FixtureRequest) -> Iterator[LivePrometheus]:
    """A real Prometheus on `pgben_prometheus_config`: `.scrape(job, url)`, `.wait_all_up()`, `.query(expression)`,
    `.send_alerts_to(pgben_alertmanager)`."""
    from pgben_testkit.observability.servers.live import LivePrometheus

    settings = request.config.stash[SETTINGS]
    named = settings.prometheus_config
    made = LivePrometheus(
        process_run(request.config), settings.root / named if named else None, folder=settings.root,
        rule_globs=settings.alert_rules, program=settings.prometheus_bin,
    )  # fmt: skip
    yield made
    made.close()


@pytest.fixture
def pgben_alerts(request: pytest.FixtureRequest) -> Iterator[Laboratory]:
    """The alert laboratory: the project's rules and routes on the real Prometheus and Alertmanager, in jumped time.

    `.target(job)` gives series to move, `.alert(name)` says what must come of it, `.inbox` has what was delivered.
    """
    from pgben_testkit.observability.lab.laboratory import Laboratory

    made = Laboratory.of(request.config.stash[SETTINGS], process_run(request.config), announce(request.config))
    request.node.stash[LABORATORY] = made
    yield made
    made.close()


@pytest.fixture
def pgben_inbox(pgben_alerts: Laboratory) -> Inbox:
    """What the laboratory's Alertmanager has delivered: `.email`, `.slack`, `.sms`, `.webhook`, each with `.last`."""
    return pgben_alerts.inbox
