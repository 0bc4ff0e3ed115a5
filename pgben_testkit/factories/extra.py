"""Reports a missing package of the extra `factories`."""

from __future__ import annotations

import functools

from pgben_testkit import extras

WHAT, EXTRA = "the data factories can't be used", "factories"
missing_extra = functools.partial(extras.missing, what=WHAT, extra=EXTRA)
need = functools.partial(extras.need, what=WHAT, extra=EXTRA)
