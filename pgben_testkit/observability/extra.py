"""The extra `observability`: the parsers that reading expositions and catalogues needs."""

from __future__ import annotations

import functools

from pgben_testkit import extras

need = functools.partial(extras.need, what="metrics can't be read", extra="observability")
