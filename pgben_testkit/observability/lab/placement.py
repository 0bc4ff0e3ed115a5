"""The input series of a unit test as targets that are really scraped: one for each job and instance.

A series without `job` or `instance` is scraped from a job that drops these labels, so that rules meet it as the file
has it. `up` is no series of a target: it says when the target is up, down, or not there at all.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pgben_testkit.observability.durations import text as duration
from pgben_testkit.observability.lab.laboratory import Laboratory
from pgben_testkit.observability.lab.notation import InputSeries
from pgben_testkit.observability.lab.series import Scripted
from pgben_testkit.observability.lab.target import Target

ABSENT_JOB = "no-job"
ABSENT_INSTANCE = "no-instance"
"""Names where the file has none; they are in no label that a rule sees, but `up`'s."""


@dataclass
class Placed:
    """A job and instance of the file. `up`: its series of that name, if the file has one. `target` is there while
    service discovery would find it."""

    job: str
    instance: str
    interval_s: float
    series: list[InputSeries] = field(default_factory=list)
    up: InputSeries | None = None
    target: Target | None = None
    _first: float | None = None
    _beginning: float = math.inf

    @property
    def scrape_job(self) -> str:
        """Its name in the configuration: one for each pair of labels to drop."""
        return f"{self.job or ABSENT_JOB}{'' if self.instance else ' without instance'}"

    @property
    def name(self) -> str:
        return self.instance or ABSENT_INSTANCE

    def scrape_config(self) -> dict[str, Any]:
        dropped = [name for name, value in (("job", self.job), ("instance", self.instance)) if not value]
        relabel: list[dict[str, str]] = []
        if self.job and self.job != self.scrape_job:
            relabel.append({"target_label": "job", "replacement": self.job.replace("$", "$$")})
        if dropped:
            relabel.append({"action": "labeldrop", "regex": "|".join(dropped)})
        return {"job_name": self.scrape_job, "metric_relabel_configs": relabel}

    def there(self, step: int) -> bool:
        """Service discovery finds it at this step."""
        return self.up is None or isinstance(self.up.at(step), float)

    def is_up(self, step: int) -> bool:
        return self.up is None or self.up.at(step) != 0.0

    def appear(self, laboratory: Laboratory) -> None:
        """The target is discovered; from the beginning on, it exports its series."""
        if self.target is None:
            self._first = None
            self.target = laboratory.target(self.scrape_job, self.name)
            for each in self.series:
                self.target.add(Scripted(each.name, each.labels_exported, laboratory.clock, self._value(each)))

    def begin(self, beginning: float, laboratory: Laboratory) -> None:
        """Step 0 is its first scrape after `beginning`; for a target that came later, its scrapes are numbered on.

        Steps change midway between two scrapes, so that the jitter of a scrape never repeats or skips one.
        """
        self._beginning = beginning
        last = laboratory.last_scrape(self.scrape_job, self.name)
        if last is not None:
            step = math.ceil((last - beginning) / self.interval_s - 0.001) - 1
            self._first = last - step * self.interval_s

    def step_at(self, now: float) -> int:
        """Below 0: it has not begun."""
        if self._first is None:
            return math.floor((now - self._beginning) / self.interval_s) if now >= self._beginning else -1
        return math.floor((now - self._first) / self.interval_s + 0.5)

    def begins(self, step: int) -> float:
        """When what `up` says of this step has to be so, unix time: midway between two scrapes, or, since discovery
        takes its time, right after a scrape where the target goes, and at the step's beginning where it comes."""
        if self._first is None or (self.there(step) and not self.there(step - 1)):
            return self._beginning + step * self.interval_s
        if not self.there(step):
            return self._first + (step - 1) * self.interval_s + 0.3
        return self._first + (step - 0.5) * self.interval_s

    def changes(self, steps: int) -> list[int]:
        """The steps at which it comes, goes, or changes between up and down."""
        states = [(self.there(each), self.is_up(each)) for each in range(steps + 1)]
        return [each for each in range(1, steps + 1) if states[each] != states[each - 1]]

    def become(self, step: int, laboratory: Laboratory) -> None:
        """It is as `up` says of this step."""
        if not self.there(step):
            if self.target is not None:
                laboratory.remove(self.target)
                self.target = None
            return
        if self.target is None:
            self.appear(laboratory)
            self.begin(self._beginning, laboratory)
        assert self.target
        if self.target.may_fail == self.is_up(step):
            (self.target.up if self.is_up(step) else self.target.down)()

    def _value(self, series: InputSeries) -> Any:
        def at(now: float) -> float | None:
            value = series.at(self.step_at(now))
            return value if isinstance(value, float) else None

        return at


def placed(series: Iterable[InputSeries], interval_s: float) -> list[Placed]:
    """Each job and instance of the file once."""
    found: dict[tuple[str, str], Placed] = {}
    for each in series:
        key = (each.labels.get("job", ""), each.labels.get("instance", ""))
        place = found.setdefault(key, Placed(*key, interval_s))
        if each.name == "up":
            place.up = each
        else:
            place.series.append(each)
    return list(found.values())


def configuration(
    places: Iterable[Placed],
    *,
    interval_s: float,
    evaluation_s: float,
    rule_files: Iterable[str],
    external_labels: dict[str, str],
) -> dict[str, Any]:
    """A Prometheus configuration for them."""
    scrapes = {each.scrape_job: each.scrape_config() for each in places}
    return {
        "global": {
            "scrape_interval": duration(interval_s),
            "scrape_timeout": duration(min(interval_s, 10.0)),
            "evaluation_interval": duration(evaluation_s),
            "external_labels": external_labels,
        },
        "rule_files": list(rule_files),
        "scrape_configs": list(scrapes.values()),
    }
