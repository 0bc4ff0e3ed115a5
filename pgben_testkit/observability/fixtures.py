"""The fixtures of observability: thin over `observability/`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pgben_testkit.pytest_world import LABORATORY, SETTINGS, announce, process_run

if TYPE_CHECKING:
    from pgben_testkit.observability.lab.laboratory import Laboratory
    from pgben_testkit.observability.lab.scenario import Scenario
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
    from pgben_testkit.observability.servers.provided import finder

    settings = request.config.stash[SETTINGS]
    named = settings.alertmanager_config
    made = LiveAlertmanager(
        process_run(request.config),
        settings.root / named if named else None,
        find=finder(settings, announce(request.config)),
    )
    yield made
    made.close()


@pytest.fixture(scope="session")
def pgben_prometheus(request: pytest.FixtureRequest) -> Iterator[LivePrometheus]:
    """A real Prometheus on `pgben_prometheus_config`: `.scrape(job, url)`, `.wait_all_up()`, `.query(expression)`,
    `.send_alerts_to(pgben_alertmanager)`."""
    from pgben_testkit.observability.servers.live import LivePrometheus
    from pgben_testkit.observability.servers.provided import finder

    settings = request.config.stash[SETTINGS]
    named = settings.prometheus_config
    made = LivePrometheus(
        process_run(request.config),
        settings.root / named if named else None,
        folder=settings.root,
        rule_globs=settings.alert_rules,
        find=finder(settings, announce(request.config)),
    )
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


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ScenarioFile | None:
    """Files of alert scenarios that `pgben_alert_scenarios` names; none where it names none."""
    globs = parent.config.stash[SETTINGS].alert_scenarios
    if any(file_path.match(each) for each in globs):
        return ScenarioFile.from_parent(parent, path=file_path)
    return None


class ScenarioFile(pytest.File):
    """Each scenario of it is an item."""

    def collect(self) -> Iterator[ScenarioItem]:
        from pgben_testkit.errors import TestkitError
        from pgben_testkit.observability.lab import scenario

        try:
            found = scenario.read(self.path)
        except TestkitError as error:
            raise self.CollectError(str(error)) from None
        for each in found:
            yield ScenarioItem.from_parent(self, name=each.name, scenario=each)


class ScenarioItem(pytest.Item):
    """A scenario in a laboratory of its own."""

    def __init__(self, *, scenario: Scenario, **more: Any) -> None:
        super().__init__(**more)
        self._scenario = scenario

    def runtest(self) -> None:
        from pgben_testkit.observability.lab.laboratory import Laboratory

        settings = self._scenario.settings(self.config.stash[SETTINGS])
        made = Laboratory.of(settings, process_run(self.config), announce(self.config))
        try:
            self._scenario.run(made)
        finally:
            made.close()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What the scenario's reader understands: no Python frames, but for bugs of ours."""
        from pgben_testkit.errors import TestkitError

        if isinstance(excinfo.value, AssertionError | TestkitError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self._scenario.line - 1, self.name
