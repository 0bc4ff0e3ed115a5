"""Look at the machine: each module is one check, and yields facts, fine ones too.

A module has a `RULE` and `look(settings, ports)`. It may have `STARTS_A_SERVER = True`: it is then looked at last.
"""

from __future__ import annotations

from pgben_testkit.checking.group import Group
from pgben_testkit.settings import Settings

CHECKS: Group[Settings] = Group("doctor", __name__)
