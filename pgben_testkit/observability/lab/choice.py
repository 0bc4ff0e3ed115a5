"""Which pace a laboratory has: the one asked for, or the first of jumped, scaled and real time that can be had."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from pgben_testkit.observability.lab.clock import ClockNotAble, why_not_able
from pgben_testkit.observability.lab.pace import JumpedPace, Pace, RealPace, ScaledPace
from pgben_testkit.observability.lab.plan import Plan
from pgben_testkit.observability.lab.scale import NotScalable
from pgben_testkit.observability.lab.scaled_config import Scaled, factor, first_work_s

DISCOVERED_S = 6.0
"""Within so many seconds Prometheus knows its targets: it looks for them each 5 s, at first too."""
READY_S = 1.0


@dataclass
class Choice:
    """`scaled`: the configurations, where durations are divided, with rules of our making in `folder`."""

    wanted: str
    plan: Plan
    folder: Path
    pace: Pace
    scaled: Scaled | None = None
    why_not_jumped: str = ""
    why_not_scaled: str = ""

    @classmethod
    def of(cls, wanted: str, plan: Plan, folder: Path) -> Choice:
        """Raises what `without_jumps` does."""
        why = why_not_able() if wanted in ("auto", "jump") else ""
        made = cls(wanted, plan, folder, RealPace())
        if wanted in ("auto", "jump") and not why:
            at = plan.start_at
            made.pace = JumpedPace(at.timestamp() - time.time() if at else 0.0)
        else:
            made.without_jumps(why)
        return made

    def without_jumps(self, why: str) -> None:
        """It is scaled or real time.

        Raises:
            ClockNotAble: jumps are wanted, or real time with a moment of the future to start at.
            NotScalable: scaled time is wanted, and a configuration can't be.
        """
        self.why_not_jumped = why
        if self.wanted in ("auto", "scaled"):
            try:
                self._scale()
                return
            except NotScalable as error:
                if self.wanted == "scaled":
                    raise
                self.why_not_scaled = str(error)
        if self.plan.start_at or self.wanted == "jump":
            whys = [why or "the pace is `real`", " ".join(self.why_not_scaled.split())]
            raise ClockNotAble(
                "clocks are not jumped here",
                why="; ".join(filter(None, whys)),
                remedy="use the pace `real`, and no start_at",
            )
        self.pace = RealPace()

    def _scale(self) -> None:
        plan = self.plan
        by = factor(plan.prometheus.data, plan.rule_files, plan.alerting)
        pace = ScaledPace(by)
        made = Scaled(self.folder, plan.rule_files)
        made.check(plan.prometheus.data, pace.scale)
        self.pace, self.scaled = pace, made

    def begin(self, took_s: float) -> None:
        """Prometheus is started next; its Alertmanager took so long to. Scaled time begins when it must be ready."""
        if isinstance(self.pace, ScaledPace):
            at = self.plan.start_at
            scraped_s, evaluated_s = map(
                self.pace.scale.shorter, first_work_s(self.plan.prometheus.data, self.plan.rule_files)
            )
            ready_s = 2 * took_s + max(DISCOVERED_S + scraped_s, READY_S + evaluated_s)
            self.pace.begins(time.time() + ready_s, at.timestamp() if at else None)
