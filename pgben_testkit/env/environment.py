"""Give a test its environment: typed by the contract, settable, restored afterwards."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from pgben_testkit.env.contract import Contract
from pgben_testkit.env.kinds import KINDS, parse
from pgben_testkit.env.nearest import nearest
from pgben_testkit.env.secret import Secret
from pgben_testkit.env.variable import Variable
from pgben_testkit.errors import UsageProblem

PYTESTS_OWN = frozenset({"PYTEST_CURRENT_TEST", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT"})
"""pytest sets and removes these itself, while a test runs: putting back an old one would break its own removal."""


class Environment(Mapping[str, Any]):
    """Give the variables of the contract as typed values, live from this process's environment.

    `env["DB_PORT"]` is 5432, `env["JWT_SECRET"]` a Secret that shows itself to `reveal()` alone; a variable that is
    not set is its default, and a KeyError where it has none. `set` and `unset` reach `os.environ`, and so every child
    process started from then on; whatever a test changed there, by us or past us, is put back after it.
    """

    def __init__(self, contract: Contract | None, values: Mapping[str, str]) -> None:
        self._contract = contract
        self._values = dict(values)
        self._before: dict[str, str] | None = None

    def begin(self) -> None:
        """Remember this process's environment, and put the values of the `.env` files into it."""
        self._before = dict(os.environ)
        for name, value in self._values.items():
            os.environ.setdefault(name, value)
        self._zone_changed(self._before.get("TZ"))

    def restore(self) -> None:
        """Put `os.environ` back as it was at `begin`. A second call does nothing."""
        if self._before is None:
            return
        before, self._before = self._before, None
        zone = os.environ.get("TZ")
        for name in set(os.environ) - set(before) - PYTESTS_OWN:
            del os.environ[name]
        for name, value in before.items():
            if name not in PYTESTS_OWN and os.environ.get(name) != value:
                os.environ[name] = value
        self._zone_changed(zone)

    @staticmethod
    def _zone_changed(before: str | None) -> None:
        """The C library reads TZ when it is told to."""
        if os.environ.get("TZ") != before and hasattr(time, "tzset"):
            time.tzset()

    def _variable(self, name: str) -> Variable | None:
        return self._contract.variable(name) if self._contract else None

    def raw(self, name: str) -> str | None:
        """Return the text of the variable `name` as the program gets it, secrets too; None where it is not set."""
        variable = self._variable(name)
        names = [name, variable.name, *(alias.name for alias in variable.aliases)] if variable else [name]
        return next((os.environ[each] for each in names if each in os.environ), None)

    def __getitem__(self, name: str) -> Any:
        variable = self._variable(name)
        text = self.raw(name)
        if variable is None:
            if text is None:
                raise KeyError(self._unknown(name))
            return text
        if text is None:
            text = variable.default
        if text is None:
            raise KeyError(f"{name} is not set, and the contract has no default for it")
        try:
            return parse(text, variable)
        except ValueError as error:
            raise UsageProblem(
                f"{name} is not {KINDS[variable.kind].expects(variable)}",
                why=str(error),
                remedy="`raw(name)` gives the text as it is",
            ) from None

    def _unknown(self, name: str) -> str:
        meant = nearest(name, self._contract.variables) if self._contract else ""
        return f"{name} is not set" + (f"; did you mean {meant}?" if meant else "")

    def __iter__(self) -> Iterator[str]:
        known = self._contract.variables.values() if self._contract else ()
        yield from (each.name for each in known if each.default is not None or self.raw(each.name) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        variable = self._variable(name)
        return self.raw(name) is not None or (variable is not None and variable.default is not None)

    def set(self, name: str = "", value: Any = None, *, undeclared: bool = False, **values: Any) -> None:
        """Set a variable, or several by keyword, to a text or a typed value (True becomes the contract's true word).

        A value of the wrong kind may be set: to see what the program makes of it is what tests are for.

        Raises:
            UsageProblem: the contract does not know the name, and `undeclared` was not asked for.
        """
        given = {**({name: value} if name else {}), **values}
        for each, wanted in given.items():
            variable = self._variable(each)
            if self._contract is not None and variable is None and not undeclared:
                meant = nearest(each, self._contract.variables)
                raise UsageProblem(
                    f"the contract has no variable {each}",
                    remedy=f"did you mean {meant}?" if meant else "add it, or say set(..., undeclared=True)",
                )
            zone = os.environ.get("TZ")
            os.environ[each] = as_text(wanted, variable)
            self._zone_changed(zone)

    def unset(self, *names: str) -> None:
        """Remove the variables `names` under all their names. A variable that is not set is no error."""
        zone = os.environ.get("TZ")
        for name in names:
            variable = self._variable(name)
            for each in {name, *([variable.name, *(a.name for a in variable.aliases)] if variable else [])}:
                os.environ.pop(each, None)
        self._zone_changed(zone)

    def __repr__(self) -> str:
        name = self._contract.name if self._contract else "no contract"
        return f"<Environment of {name}: {len(self)} variables>"


def as_text(value: Any, variable: Variable | None) -> str:
    """Return how the typed `value` is written in the environment, by the rules of `variable`."""
    if isinstance(value, bool):
        words = (variable.true if value else variable.false) if variable and variable.kind == "bool" else ()
        return words[0] if words else str(value).lower()
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}s"
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, list | tuple):
        return (variable.separator if variable else ",").join(as_text(each, None) for each in value)
    if value is None:
        raise UsageProblem("a variable can't be set to None", remedy="unset(name) takes it away")
    return str(value)
