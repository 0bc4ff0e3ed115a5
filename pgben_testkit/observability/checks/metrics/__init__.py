"""Look at the metrics of an endpoint: each module is one check of an exposition held against a catalogue."""

from __future__ import annotations

from pgben_testkit.checking.group import Group
from pgben_testkit.observability.held import Held

CHECKS: Group[Held] = Group("metrics", __name__)
rules = CHECKS.rules
run = CHECKS.run
