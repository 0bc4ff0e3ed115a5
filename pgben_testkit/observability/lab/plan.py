"""What a laboratory is given before its start: rules, configurations, and where its scrape jobs get their metrics."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pgben_testkit.errors import UsageProblem
from pgben_testkit.observability.lab import rules
from pgben_testkit.observability.lab.rules import AlertRule
from pgben_testkit.observability.servers.alertmanager import DEFAULT_CONFIG, read_config
from pgben_testkit.observability.servers.configured import Endpoint, PrometheusConfig


@dataclass
class Plan:
    """`folder`: what relative paths start at. `endpoints`: job -> where it scrapes. `start_at`: when the laboratory's
    time begins, if not now."""

    folder: Path
    alerting: Mapping[str, Any] = field(default_factory=lambda: DEFAULT_CONFIG)
    rule_globs: list[str] = field(default_factory=list)
    endpoints: dict[str, list[Endpoint]] = field(default_factory=dict)
    start_at: datetime | None = None
    _prometheus: PrometheusConfig | None = None
    _rules: dict[str, list[AlertRule]] = field(default_factory=dict)

    def load_rules(self, pattern: str | Path) -> None:
        """Raises UsageProblem: nothing matches."""
        rules.files([str(self.folder / pattern)])
        self.rule_globs.append(str(self.folder / pattern))
        self._rules = {}

    def load_prometheus(self, path: str | Path) -> None:
        self._prometheus = PrometheusConfig.load(self.folder / path)
        self._rules = {}

    def load_alertmanager(self, path: str | Path) -> None:
        self.alerting = read_config(self.folder / path)

    @property
    def prometheus(self) -> PrometheusConfig:
        """The loaded configuration, or one without a job."""
        if self._prometheus is None:
            self._prometheus = PrometheusConfig.empty(self.folder)
        return self._prometheus

    @property
    def external_labels(self) -> dict[str, str]:
        labels = (self.prometheus.data.get("global") or {}).get("external_labels") or {}
        return {key: str(value) for key, value in labels.items()}

    @property
    def rule_files(self) -> list[Path]:
        """Each once."""
        written = rules.files(self.prometheus.rule_files, may_be_none=True)
        return list(dict.fromkeys([*written, *rules.files(self.rule_globs)]))

    @property
    def rules(self) -> dict[str, list[AlertRule]]:
        """alert name -> its rules, of all loaded files."""
        if not self._rules:
            self._rules = rules.alerts(self.rule_files)
        return self._rules

    def rules_of(self, alert: str) -> list[AlertRule]:
        """Raises UsageProblem: no rule file has it; with the nearest names."""
        known = self.rules
        if alert not in known:
            near = difflib.get_close_matches(alert, known, 3)
            raise UsageProblem(
                f"no alert is called {alert}",
                why=f"{len(known)} alerts are loaded" + (f"; the nearest: {', '.join(near)}" if near else ""),
                remedy="load its rule file, or mend the name",
            )
        return known[alert]

    def instances(self, job: str) -> list[str]:
        """The job's static targets, or what its only one is called.

        Raises:
            UsageProblem: the loaded configuration has no such job.
        """
        return [address for address, _ in self.prometheus.job(job).targets] or [f"{job}:0"]

    def may_have(self, job: str, instance: str) -> None:
        """Raises UsageProblem: the job's targets are static, and this is none of them."""
        known = self.instances(job)
        if instance not in known and not self.prometheus.jobs[job].discovers and known != [f"{job}:0"]:
            raise UsageProblem(
                f"the job {job} has no target {instance}",
                why=f"its static targets are {', '.join(known)}",
                remedy="name one of these, or give the labels that a new one has",
            )

    def add(self, job: str, endpoint: Endpoint) -> None:
        """Instead of the one with the same name, if there is one."""
        self.remove(job, endpoint.instance)
        self.endpoints.setdefault(job, []).append(endpoint)

    def remove(self, job: str, instance: str) -> None:
        self.endpoints[job] = [each for each in self.endpoints.get(job, []) if each.instance != instance]

    @property
    def target_count(self) -> int:
        return sum(map(len, self.endpoints.values()))

    def configuration(self, alertmanager: str) -> dict[str, Any]:
        """Prometheus' own, with our targets and this Alertmanager (`host:port`)."""
        return self.prometheus.here(self.endpoints, alertmanager, self.rule_globs)
