"""Computes the attributes of one object, each when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


class Lean:
    """Stands for an object while its attributes are computed. `functions`: attribute -> what computes it."""

    def __init__(self, functions: Mapping[str, Callable[[Any], Any]], values: dict[str, Any]) -> None:
        self.__dict__ = values
        values["_functions"] = functions

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__
        make = values["_functions"].get(name)
        if make is None:
            raise AttributeError(f"no attribute {name!r}")
        value = values[name] = make(self)
        return value
