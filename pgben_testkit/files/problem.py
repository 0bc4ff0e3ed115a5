"""Describe what is wrong with a file that was read."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pgben_testkit.checking.finding import Place
from pgben_testkit.errors import UsageProblem

_QUOTED = re.compile(r"(?<!\w)['\"`].*['\"`]", re.DOTALL)
"""Up to the last quote: what is quoted may have quotes of its own."""


@dataclass(frozen=True)
class Problem:
    """Say what is wrong with a file, where, and what to do. `summary` is empty where the file can't be read at all."""

    place: Place
    why: str
    remedy: str
    summary: str = ""

    def error(self, what: str) -> UsageProblem:
        """Return the problem as an error about `what`, as `the catalogue`."""
        return UsageProblem(f"{self.place}: {what} can't be read", why=self.why, remedy=self.remedy)


class Unreadable(Exception):
    """Raised where a file can't be used; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.place}: {problem.why}")
        self.problem = problem


def parser_words(message: str) -> str:
    """Return `message`, a parser's, without what it quotes: an alias `*hunter2` in YAML often is a password."""
    return _QUOTED.sub("…", message)
