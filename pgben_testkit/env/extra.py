"""Import the parsers that the extra `env` brings."""

from __future__ import annotations

import functools

from pgben_testkit import extras

WHAT, EXTRA = "environment files can't be read", "env"
missing_extra = functools.partial(extras.missing, what=WHAT, extra=EXTRA)
need = functools.partial(extras.need, what=WHAT, extra=EXTRA)
