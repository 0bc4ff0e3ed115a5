"""Builds and stores PGBen's objects: Brazilian, consistent, unique, and always synthetic.

    from pgben_testkit.factories import Maker, PagamentoFactory

Names are imported when they are first used. Within the area, `engine` says how objects are made, `pgben` what they are,
and `tables` makes rows of any table; `maker` and `strategies` put them together.
"""

from __future__ import annotations

import importlib
import warnings
from typing import TYPE_CHECKING, Any

from pgben_testkit.factories.engine.current import set_default

if TYPE_CHECKING:
    from pgben_testkit.factories.engine.current import Session

_OTHERS = {
    "Maker": "pgben_testkit.factories.maker",
    "PGBenFactory": "pgben_testkit.factories.pgben.base",
    "Record": "pgben_testkit.factories.engine.record",
    "Relation": "pgben_testkit.factories.engine.declarations",
    "Scenario": "pgben_testkit.factories.pgben.scenarios",
    "audit": "pgben_testkit.lgpd.dumps",
}
_RENAMED = {"Fabrica": "Maker", "Registro": "Record", "Relacao": "Relation", "Cenario": "Scenario"}
"""Names until 0.1 -> names of today; the old ones are removed in the release after it."""


def _outside_of_a_test() -> Session:
    from pgben_testkit.factories.maker import Maker

    return Maker(test="outside of a test")


set_default(_outside_of_a_test)


def __getattr__(name: str) -> Any:
    from pgben_testkit.factories.pgben.catalog import CATALOG  # pytest loads this package in every run

    if name == "__all__":
        return sorted([*CATALOG.classes, *_OTHERS])
    if name in _RENAMED:
        warnings.warn(f"{name} is now called {_RENAMED[name]}", DeprecationWarning, stacklevel=2)
        name = _RENAMED[name]
    if name in CATALOG.classes:
        return getattr(CATALOG.module(CATALOG.classes[name]), name)
    if name in _OTHERS:
        return getattr(importlib.import_module(_OTHERS[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
