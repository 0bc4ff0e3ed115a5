"""Look at the comments that switch checks off: each module is one check of them."""

from __future__ import annotations

from pgben_testkit.checking.comments import Commented
from pgben_testkit.checking.group import Group

CHECKS: Group[Commented] = Group("checking", __name__)
