"""PGBen's objects, built or stored: Brazilian, consistent, unique, and always synthetic.

    from pgben_testkit.factories import Fabrica, PagamentoFactory

Names are imported when first used.
"""

from __future__ import annotations

from typing import Any

_OTHERS = {
    "Fabrica": "maker",
    "PGBenFactory": "base",
    "Registro": "record",
    "Relacao": "declarations",
    "audit": "dumps",
}


def __getattr__(name: str) -> Any:
    from pgben_testkit.factories.catalog import CLASSES, imported  # pytest loads this package in every run

    if name == "__all__":
        return sorted([*CLASSES, *_OTHERS])
    module = CLASSES.get(name) or _OTHERS.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(imported(module), name)
