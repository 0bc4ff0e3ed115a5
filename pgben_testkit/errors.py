"""Define the errors that a user meets: what happened, why, and what to do."""

from __future__ import annotations

from operator import methodcaller
from typing import ClassVar

EXIT_OK = 0
EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_ENVIRONMENT = 3


class TestkitError(Exception):
    """A problem told in three parts; `str()` gives them as three lines at most.

    No part may hold a secret or personal data: the text goes to terminals and reports.
    """

    exit_code: ClassVar[int] = EXIT_ENVIRONMENT

    def __init__(self, what: str, *, why: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.remedy = remedy

    def __str__(self) -> str:
        lines = [self.what]
        if self.why:
            lines.append(f"  why: {self.why}")
        if self.remedy:
            lines.append(f"  what to do: {self.remedy}")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, str]:
        """The parts as JSON carries them between processes; `from_dict` is the way back."""
        return {"type": type(self).__name__, "what": self.what, "why": self.why, "remedy": self.remedy}


class UsageProblem(TestkitError):
    """An option, a marker or a call that can't mean anything: exit code 2."""

    exit_code = EXIT_USAGE


class EnvironmentNotAble(TestkitError):
    """This machine can't give what was asked for: exit code 3."""


class SchemaFailed(EnvironmentNotAble):
    """The user's schema or migration didn't load; nothing of it was cached."""


OURS_HIDDEN = methodcaller("errisinstance", TestkitError)
"""As `__tracebackhide__` of a function: pytest shows an error of ours at the test's own line, a bug with all frames."""

_TYPES = {kind.__name__: kind for kind in (TestkitError, UsageProblem, EnvironmentNotAble, SchemaFailed)}


def from_dict(data: dict[str, str]) -> TestkitError:
    """The error that another process sent with `as_dict`."""
    kind = _TYPES.get(data.get("type", ""), TestkitError)
    return kind(data["what"], why=data.get("why", ""), remedy=data.get("remedy", ""))
