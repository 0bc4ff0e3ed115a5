"""Reads all code files of a project."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pgben_testkit.env.code import javascript, python
from pgben_testkit.env.code.grammar import FileReads
from pgben_testkit.env.sources.base import unreadable
from pgben_testkit.env.tree import CODE
from pgben_testkit.findings import Finding, Place

LARGEST_BYTES = 2_000_000
"""A file of code that is larger was put together by a machine."""
TEST_PATH = re.compile(r"(?:^|/)(?:tests?|__tests__|e2e|specs?|__mocks__|conftest\.py|jest\.[\w.]+)(?:/|$)"
                       r"|\.(?:spec|test|e2e-spec|e2e)\.[cm]?[jt]sx?$|(?:^|/)test_[^/]*\.py$|_test\.py$")  # fmt: skip
READERS: dict[str, Callable[[bytes, str], FileReads]] = {
    "typescript": javascript.reads,
    "tsx": javascript.reads,
    "javascript": javascript.reads,
    "python": python.reads,
}


@dataclass(frozen=True)
class CodeRead:
    """A variable that code reads. `test`: by the code of tests."""

    name: str
    place: Place
    default: str | None
    required: bool
    hint: str
    test: bool


@dataclass(frozen=True)
class Code:
    """What all files read. `dynamic`: places where the name is known only when they run."""

    reads: tuple[CodeRead, ...]
    dynamic: tuple[Place, ...]
    files: int
    problems: tuple[Finding, ...] = ()


def read(paths: Sequence[Path], root: Path, progress: Callable[[str], None] = lambda _: None) -> Code:
    """The reads of all files; one that can't be read is a finding, not an end."""
    reads: list[CodeRead] = []
    dynamic: list[Place] = []
    problems: list[Finding] = []
    for number, path in enumerate(paths):
        if number % 500 == 499:
            progress(f"read {number + 1} of {len(paths)} files of code")
        shown = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
        try:
            if path.stat().st_size > LARGEST_BYTES:
                why = f"it is larger than {LARGEST_BYTES / 1e6:g} MB, as no file is that a person wrote"
                problems.append(unreadable(Place(shown), why, "leave it out, or name the folder of the source"))
                continue
            if not path.is_file():
                continue
            source = path.read_bytes()
        except OSError as error:
            problems.append(unreadable(Place(shown), error.strerror or type(error).__name__, "make it readable"))
            continue
        language = CODE.get(path.suffix, "javascript")
        found = READERS[language](source, language)
        test = TEST_PATH.search(shown) is not None
        reads += [
            CodeRead(each.name, Place(shown, each.line, each.column), each.default, each.required, each.hint, test)
            for each in found.reads
        ]
        dynamic += [Place(shown, line) for line in found.dynamic]
    return Code(tuple(reads), tuple(dynamic), len(paths), tuple(problems))
