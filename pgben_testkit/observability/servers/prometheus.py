"""A Prometheus of ours: the real program on a configuration of a user's, with its data in the run's folder."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from pgben_testkit.errors import EnvironmentNotAble, UsageProblem
from pgben_testkit.observability.servers.configured import as_yaml
from pgben_testkit.observability.servers.http import HttpFailed
from pgben_testkit.observability.servers.running import Running, refusal


@dataclass(frozen=True)
class Sample:
    """One value of an instant query: labels with `__name__` where it has one, unix time, value."""

    labels: Mapping[str, str]
    at: float
    value: float


class Prometheus(Running):
    """A running one."""

    title = "Prometheus"
    config_name = "prometheus.yml"
    checker = "promtool check config"

    @classmethod
    def words(cls, folder: Path) -> list[str]:
        return [f"--storage.tsdb.path={folder}/data", "--web.enable-lifecycle"]

    def reload(self, config: Mapping[str, Any]) -> None:
        """It runs on another configuration.

        Raises:
            UsageProblem: it refuses that one, and goes on with the old.
        """
        (self.folder / self.config_name).write_text(as_yaml(config), "utf-8")
        try:
            self.http.post("/-/reload")
        except HttpFailed as error:
            raise self.refused(refusal(self.process.log_tail()) or error.why) from None

    def query(self, expression: str, at: float | None = None) -> list[Sample]:
        """An instant query's vector or scalar.

        Raises:
            UsageProblem: no PromQL; or a result of another kind.
        """
        data = self._query(f"/api/v1/query?query={quote(expression)}" + (f"&time={at:.3f}" if at else ""))
        if data["resultType"] == "scalar":
            return [Sample({}, float(data["result"][0]), float(data["result"][1]))]
        if data["resultType"] != "vector":
            raise UsageProblem(f"a {data['resultType']} is no instant value", why=expression)
        return [Sample(each["metric"], float(each["value"][0]), float(each["value"][1])) for each in data["result"]]

    def query_range(
        self, expression: str, begin: float, end: float, step_s: float
    ) -> list[tuple[Mapping[str, str], list[tuple[float, float]]]]:
        """(labels, [(unix time, value), ...]) of each series.

        Raises:
            UsageProblem: no PromQL.
        """
        path = f"/api/v1/query_range?query={quote(expression)}&start={begin:.3f}&end={end:.3f}&step={step_s:g}"
        return [
            (each["metric"], [(float(at), float(value)) for at, value in each["values"]])
            for each in self._query(path)["result"]
        ]

    def series(self, selector: str, begin: float, end: float) -> list[Mapping[str, str]]:
        """Return the labels of each series that `selector` finds between two moments, unix seconds."""
        path = f"/api/v1/series?match[]={quote(selector)}&start={begin:.3f}&end={end:.3f}"
        found: list[Mapping[str, str]] = self._query(path)
        return found

    def _query(self, path: str) -> Any:
        try:
            return self.http.json(path)["data"]
        except HttpFailed as error:
            if error.status in (400, 422):
                raise UsageProblem(
                    "Prometheus refuses the query", why=error.why, remedy="mend the expression"
                ) from None
            raise

    def targets(self) -> list[dict[str, Any]]:
        """Active targets as the API gives them."""
        found: list[dict[str, Any]] = self.http.json("/api/v1/targets?state=active")["data"]["activeTargets"]
        return found

    def wait_all_up(self, timeout_s: float = 30.0, addresses: Sequence[str] = ()) -> None:
        """Every target was scraped, with success, and these addresses (`host:port`) are among them.

        Raises:
            EnvironmentNotAble: not within `timeout_s` seconds; each target that isn't up, with Prometheus' reason.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            targets = self.targets()
            wrong = [each for each in targets if each["health"] != "up"]
            found = {urlsplit(each["scrapeUrl"]).netloc for each in targets}
            lacking = [each for each in addresses if each not in found]
            if targets and not wrong and not lacking:
                return
            if time.monotonic() > deadline:
                told = [f"{each} is not among the targets" for each in lacking]
                told += [
                    f"{each['scrapePool']} at {each['scrapeUrl']}: {each['lastError'] or 'not scraped yet'}"
                    for each in wrong
                ]
                raise EnvironmentNotAble(
                    "not all targets are up" if targets else "Prometheus has no targets",
                    why="; ".join(told),
                    remedy="mend the address, the path or the target",
                )
            time.sleep(0.05)
