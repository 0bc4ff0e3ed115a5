"""Say what must hold between variables: one of these groups, or some variables when another is set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pgben_testkit.checking.finding import Place


@dataclass(frozen=True)
class Clause:
    """State something about a variable.

    `NAME`: it is set; `NAME=value`: it has this value; `!` before either: the reverse.
    """

    name: str
    value: str | None = None
    negated: bool = False

    @classmethod
    def read(cls, text: str) -> Clause:
        """Read the clause that `text` writes."""
        negated = text.startswith("!")
        name, equals, value = text.removeprefix("!").partition("=")
        return cls(name.strip(), value.strip() if equals else None, negated)

    def holds(self, values: Mapping[str, str | None]) -> bool:
        """Return whether the clause is true of `values`."""
        if self.value is None:
            found = self.name in values and values[self.name] != ""
        else:
            found = values.get(self.name) == self.value
        return found != self.negated

    def __str__(self) -> str:
        text = self.name if self.value is None else f"{self.name}={self.value}"
        return f"{text} is not set" if self.negated else (f"{text} is set" if self.value is None else text)


@dataclass(frozen=True)
class Condition:
    """State what must be set together.

    `one_of`: at least one of these groups is set completely. `require`: all of these are set, where `when` holds and
    `unless` does not. Both may be given; no `when` means always.
    """

    one_of: tuple[tuple[str, ...], ...] = ()
    require: tuple[str, ...] = ()
    when: Clause | None = None
    unless: Clause | None = None
    reason: str = ""
    place: Place = Place("")

    def names(self) -> frozenset[str]:
        """Return all names that the condition may ask for."""
        return frozenset(self.require).union(*self.one_of) if self.one_of else frozenset(self.require)

    def applies(self, values: Mapping[str, str | None]) -> bool:
        """Return whether the condition asks for anything, given `values`."""
        return (self.when is None or self.when.holds(values)) and not (self.unless and self.unless.holds(values))

    def broken(self, values: Mapping[str, str | None]) -> tuple[str, str] | None:
        """Return the subject and the words of what `values` do not meet; None where all is met.

        A value of None means that the variable is set, to something that is not known.
        """
        if not self.applies(values):
            return None

        def is_set(name: str) -> bool:
            return name in values and values[name] != ""

        missing = [name for name in self.require if not is_set(name)]
        if missing:
            because = f", since {self.when}" if self.when else ""
            return ", ".join(missing), f"{', '.join(missing)} must be set{because}"
        if self.one_of and not any(all(map(is_set, group)) for group in self.one_of):
            groups = " or ".join("+".join(group) for group in self.one_of)
            half = [name for group in self.one_of for name in group if is_set(name)]
            got = f"; of them only {', '.join(half)} is" if half else ""
            return self.one_of[0][0], f"{groups} must be set{got}"
        return None
