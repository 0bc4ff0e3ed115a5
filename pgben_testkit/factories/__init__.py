"""PGBen's objects, built or stored: Brazilian, consistent, unique, and always synthetic.

    from pgben_testkit.factories import Fabrica, PagamentoFactory

Names are imported when first used.
"""

from __future__ import annotations

from typing import Any

from pgben_testkit.factories.catalog import CLASSES, imported

_OTHERS = {"Fabrica": "maker", "PGBenFactory": "base", "Registro": "record", "Relacao": "base", "audit": "dumps"}
__all__ = sorted([*CLASSES, *_OTHERS])


def __getattr__(name: str) -> Any:
    module = CLASSES.get(name) or _OTHERS.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(imported(module), name)
