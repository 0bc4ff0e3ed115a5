"""Read all code files of a project."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pgben_testkit.checking.comments import MARK
from pgben_testkit.checking.finding import Finding, Place
from pgben_testkit.env.code import javascript, python
from pgben_testkit.env.code.grammar import FileReads, parser
from pgben_testkit.env.sources.base import unreadable
from pgben_testkit.env.tree import CODE

LARGEST_BYTES = 2_000_000
"""A file of code that is larger was put together by a machine."""
BUNDLE_BYTES = 50_000
LONGEST_LINE = 2_000
"""Bytes a line, on average, over which a file of `BUNDLE_BYTES` or more was put together by a machine."""
SHARED_FROM_FILES = 400
MOST_WORKERS = 8
TEST_PATH = re.compile(
    r"(?:^|/)(?:tests?|__tests__|e2e|specs?|__mocks__|conftest\.py|jest\.[\w.]+)(?:/|$)"
    r"|\.(?:spec|test|e2e-spec|e2e)\.[cm]?[jt]sx?$|(?:^|/)test_[^/]*\.py$|_test\.py$"
)
READERS: dict[str, Callable[[bytes, str], FileReads]] = {
    "typescript": javascript.reads,
    "tsx": javascript.reads,
    "javascript": javascript.reads,
    "python": python.reads,
}


@dataclass(frozen=True)
class CodeRead:
    """Describe a variable that code reads, as `Read` does. `test` tells that it is the code of tests."""

    name: str
    place: Place
    default: str | None
    required: bool
    hint: str
    test: bool
    optional: bool = False


@dataclass(frozen=True)
class CodeWrite:
    """Describe a variable that code sets for its own process. `test` tells that it is the code of tests."""

    name: str
    value: str | None = field(repr=False)
    place: Place
    test: bool


@dataclass(frozen=True)
class Code:
    """Hold what all files read.

    `dynamic` are places where the name is known only when the code runs; `commented` are the files that may have a
    comment that switches a check off. `skipped` counts files that a machine put together: bundles, minified code.
    """

    reads: tuple[CodeRead, ...]
    dynamic: tuple[Place, ...]
    files: int
    problems: tuple[Finding, ...] = ()
    commented: tuple[Path, ...] = ()
    writes: tuple[CodeWrite, ...] = ()
    skipped: int = 0


@dataclass(frozen=True)
class _Found:
    """What one file gave: plain data, so that it travels between processes."""

    reads: tuple[CodeRead, ...] = ()
    dynamic: tuple[Place, ...] = ()
    problem: Finding | None = None
    commented: bool = False
    skipped: bool = False
    writes: tuple[CodeWrite, ...] = ()


def read(paths: Sequence[Path], root: Path, progress: Callable[[str], None] = lambda _: None) -> Code:
    """Return what the files at `paths` read; a file that can't be read becomes a finding.

    Parsing holds the interpreter's lock, so many files are shared out to processes, one a core.
    """
    found: list[_Found] = []
    names = [(str(path), _shown(path, root)) for path in paths]
    workers = min(os.cpu_count() or 1, MOST_WORKERS)
    if len(names) < SHARED_FROM_FILES or workers < 2 or not sys.platform.startswith("linux") or _has_threads():
        for number, each in enumerate(names):
            if number % 500 == 499:
                progress(f"read {number + 1} of {len(names)} files of code")
            found.append(_read(each))
    else:
        import multiprocessing

        for language in ("typescript", "python"):
            parser(language)  # loaded once, before the fork
        with multiprocessing.get_context("fork").Pool(workers, _alone) as pool:
            for number, one in enumerate(pool.imap(_read, names, chunksize=50)):
                if number % 500 == 499:
                    progress(f"read {number + 1} of {len(names)} files of code")
                found.append(one)
    return Code(
        tuple(each for one in found for each in one.reads),
        tuple(each for one in found for each in one.dynamic),
        len(names),
        tuple(one.problem for one in found if one.problem),
        tuple(path for path, one in zip(paths, found, strict=True) if one.commented),
        tuple(each for one in found for each in one.writes),
        sum(one.skipped for one in found),
    )


def _is_bundle(source: bytes) -> bool:
    return len(source) >= BUNDLE_BYTES and len(source) > LONGEST_LINE * (source.count(b"\n") + 1)


def _alone() -> None:
    """A worker leaves ctrl-C to its parent, and ends when that one is killed: the pipe between them would not tell
    it, since its brothers hold the other end too."""
    import ctypes
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


def _has_threads() -> bool:
    """Whether a fork would copy locks that nobody in the copy can open."""
    import threading

    return threading.active_count() > 1


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _read(names: tuple[str, str]) -> _Found:
    """One file, by its path and the path that is shown."""
    path, shown = names
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            return _Found()
        if found.st_size > LARGEST_BYTES:
            return _Found(skipped=True)
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        return _Found(problem=unreadable(Place(shown), error.strerror or type(error).__name__, "make it readable"))
    if _is_bundle(source):
        return _Found(skipped=True)
    language = CODE.get(os.path.splitext(path)[1], "javascript")
    reads = READERS[language](source, language)
    test = TEST_PATH.search(shown) is not None if reads.reads or reads.writes else False
    return _Found(
        tuple(
            CodeRead(
                each.name,
                Place(shown, each.line, each.column),
                each.default,
                each.required,
                each.hint,
                test,
                each.optional,
            )
            for each in reads.reads
        ),
        tuple(Place(shown, line) for line in reads.dynamic),
        commented=MARK in source,
        writes=tuple(CodeWrite(each.name, each.value, Place(shown, each.line), test) for each in reads.writes),
    )
