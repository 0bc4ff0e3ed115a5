"""Look at the environment of a project: each module is one check over a `Ground`."""

from __future__ import annotations

from pgben_testkit.checking.group import Group
from pgben_testkit.env.ground import Ground

CHECKS: Group[Ground] = Group("env", __name__)
rules = CHECKS.rules
run = CHECKS.run
