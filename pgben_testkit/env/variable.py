"""Describe one variable of a contract."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field

from pgben_testkit.checking.finding import Place
from pgben_testkit.env.secret import looks_secret

TRUE_WORDS = ("1", "true", "yes", "on")
FALSE_WORDS = ("0", "false", "no", "off")
VARYING_KINDS = frozenset({"secret", "pem", "base64", "host", "url", "path", "email"})
"""Kinds whose value belongs to one deployment: that two of them differ says nothing."""


@dataclass(frozen=True)
class Alias:
    """Describe another name that still works; `note` is what to say of it."""

    name: str
    note: str = ""


@dataclass(frozen=True)
class Variable:
    """Hold a row of the contract. Fields that a kind does not use keep their default.

    `required_in`: the stages (as `production`) that it is required in, all of them when `required` is set too and
    this is empty. `only="test"`: it belongs to the test run alone. `applications`: only the services and containers
    whose names match one of these patterns are asked for it. `otherwise`: what a boolean's reader makes of any other
    word: an error, true, or false.
    """

    name: str
    kind: str = "string"
    required: bool = False
    required_in: tuple[str, ...] = ()
    forbidden_in: tuple[str, ...] = ()
    only: str = ""
    applications: tuple[str, ...] = ()
    default: str | None = field(default=None, repr=False)
    description: str = ""
    group: str = ""
    secret: bool | None = None
    aliases: tuple[Alias, ...] = ()
    values: tuple[str, ...] = ()
    true: tuple[str, ...] = TRUE_WORDS
    false: tuple[str, ...] = FALSE_WORDS
    otherwise: str = "error"
    min: float | None = None
    max: float | None = None
    bytes: int | None = None
    min_bytes: int | None = None
    pattern: str = ""
    schemes: tuple[str, ...] = ()
    exists: bool = True
    pem: str = ""
    holds: str = ""
    bare: bool = False
    separator: str = ","
    items: str = ""
    varies: bool | None = None
    place: Place = Place("")

    def concerns(self, application: str) -> bool:
        """Return whether the service or container `application` (empty: not known) may be asked for the variable."""
        return not (application and self.applications) or any(
            fnmatch.fnmatchcase(application, pattern) for pattern in self.applications
        )

    @property
    def is_secret(self) -> bool:
        """Return whether the value must never be shown: by its kind, by the contract's word, or by its name."""
        if self.secret is not None:
            return self.secret
        if self.kind in ("secret", "pem"):
            return self.pem != "public"
        if self.kind == "base64":
            return self.pem != "public"
        return self.kind in ("string", "url") and looks_secret(self.name)

    @property
    def may_differ(self) -> bool:
        """Return whether two deployments are expected to have different values."""
        return self.varies if self.varies is not None else (self.kind in VARYING_KINDS or self.is_secret)

    def is_required(self, stage: str) -> bool:
        """Return whether an application at `stage` (empty: not known) does not work without the variable."""
        if (self.only and self.only != stage) or stage in self.forbidden_in:
            return False
        if self.required_in:
            return stage in self.required_in
        return self.required
