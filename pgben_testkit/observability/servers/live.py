"""Prometheus and Alertmanager as a set-up has them, in real time: for tests that look whether it works at all."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pgben_testkit.observability.receivers.inbox import Inbox
from pgben_testkit.observability.receivers.receivers import Receivers
from pgben_testkit.observability.servers import programs
from pgben_testkit.observability.servers.alertmanager import DEFAULT_CONFIG, Alertmanager, read_config
from pgben_testkit.observability.servers.configured import Endpoint, PrometheusConfig, diff
from pgben_testkit.observability.servers.prometheus import Prometheus, Sample
from pgben_testkit.observability.servers.provided import Find
from pgben_testkit.services.run import Run

RESEND = "--rules.alert.resend-delay=1s"
"""What fires before an Alertmanager is known is dropped, and comes again after this time, else after a minute."""
_numbers = itertools.count(1)


class LiveAlertmanager:
    """Running on a configuration whose messages come to `inbox`. `changes`: what was replaced in it, a line each."""

    def __init__(self, run: Run, config: Path | None, *, find: Find = programs.find) -> None:
        name = f"live-alertmanager-{next(_numbers)}"
        self._receivers = Receivers.start(folder=run.data / f"{name}-receivers")
        try:
            wanted = read_config(config) if config else DEFAULT_CONFIG
            redirected, changes = self._receivers.redirect(wanted)
            self.changes = "\n".join(map(str, changes))
            self._server = Alertmanager.start(find("alertmanager"), redirected, run=run, name=name)
        except BaseException:
            self._receivers.close()
            raise
        self.url = self._server.url
        self.address = f"127.0.0.1:{self._server.port}"

    @property
    def inbox(self) -> Inbox:
        """What was delivered: e-mail, Slack, SMS, webhooks."""
        return self._receivers.inbox

    def alerts(self) -> list[dict[str, Any]]:
        """Its alerts that are not resolved, as the API gives them."""
        return self._server.alerts()

    def close(self) -> None:
        self._server.stop()
        self._receivers.close()


class LivePrometheus:
    """Running on a configuration whose jobs have the targets that `scrape` names, and no others."""

    def __init__(
        self,
        run: Run,
        config: Path | None,
        *,
        folder: Path,
        rule_globs: tuple[str, ...] = (),
        find: Find = programs.find,
    ) -> None:
        self.config = PrometheusConfig.load(config) if config else PrometheusConfig.empty(folder)
        self._rule_globs = [str(folder / each) for each in rule_globs]
        self._endpoints: dict[str, list[Endpoint]] = {}
        self._alertmanager = ""
        self._server = Prometheus.start(
            find("prometheus"),
            self._here(),
            run=run,
            name=f"live-prometheus-{next(_numbers)}",
            flags=[RESEND],
        )
        self.url = self._server.url

    @property
    def changes(self) -> str:
        """What differs from the configuration as written, as a unified diff."""
        return diff(self.config.data, self._here(), self.config.name)

    def scrape(self, job: str, url: str, *, instance: str = "", **labels: str) -> None:
        """The job has this endpoint (`http://host:port`; its path is the job's `metrics_path`) from now on.

        Raises:
            UsageProblem: the configuration has no such job.
        """
        static = self.config.job(job).targets
        address = urlsplit(url if "//" in url else f"//{url}").netloc
        name = instance or next((given for given, _ in static), address)
        here = self._endpoints.setdefault(job, [])
        here[:] = [each for each in here if each.instance != name]
        here.append(Endpoint(address, name, labels))
        self._server.reload(self._here())

    def send_alerts_to(self, alertmanager: LiveAlertmanager) -> None:
        """Alerts go to it from now on."""
        self._alertmanager = alertmanager.address
        self._server.reload(self._here())

    def wait_all_up(self, timeout_s: float = 60.0) -> None:
        """Every target that was named has been scraped, with success.

        Raises:
            EnvironmentNotAble: not within `timeout_s` seconds; each that isn't up, with Prometheus' reason.
        """
        self._server.wait_all_up(timeout_s, [each.address for some in self._endpoints.values() for each in some])

    def query(self, expression: str) -> list[Sample]:
        """An instant query, now."""
        return self._server.query(expression)

    def targets(self) -> list[Mapping[str, Any]]:
        """Active targets as the API gives them."""
        return list(self._server.targets())

    def close(self) -> None:
        self._server.stop()

    def _here(self) -> dict[str, Any]:
        return self.config.here(self._endpoints, self._alertmanager, self._rule_globs)
